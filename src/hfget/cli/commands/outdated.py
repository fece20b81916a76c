"""`hfget outdated [DIR...]`: what the hub has newer than downloads."""

from __future__ import annotations

from typing import Annotated

import typer

from hfget.cli import command_options
from hfget.cli.flags import Given, with_download_options
from hfget.errors import HfgetError, InterruptedRunError, TimeLimitError

_NAMES = ("endpoint", "allow_private", "token", "ambient_token", "send_token_to")


@with_download_options(only=_NAMES)
def outdated(
    folders: Annotated[
        list[str] | None,
        typer.Argument(metavar="DIR", help="Downloads, or folders that hold some (default .)."),
    ] = None,
    *,
    given: Given,
    common: command_options.CommonOptions,
) -> None:
    """Say of each download what the hub has newer: commit, files, and what fetching costs."""

    codes = [0]
    with common.session() as (display, stop):
        from hfget.operations import downloads_below, newer

        asked = given.options(common.token_file, display)
        named = [command_options.path(folder) for folder in folders or ["."]]
        found = [each for folder in named for each in downloads_below(folder)]
        for folder in dict.fromkeys(found):
            try:
                display.changed(newer(folder, asked, display, stop))
            except (InterruptedRunError, TimeLimitError):
                raise
            except HfgetError as error:
                display.error(error)
                codes.append(error.exit_code)
    raise typer.Exit(max(codes))
