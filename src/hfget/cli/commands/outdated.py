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
    token_file: command_options.TokenFile = None,
    env_file: command_options.EnvFile = None,
    json: command_options.Json = False,
    quiet: command_options.Quiet = False,
    debug: command_options.Debug = False,
) -> None:
    """Say of each download what the hub has newer: commit, files, and what fetching costs."""
    from hfget.cli.session import session

    codes = [0]
    with session(json=json, quiet=quiet, debug=debug, env_file=env_file) as (display, stop):
        from hfget.operations import downloads_below, newer

        asked = given.options(token_file, display)
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
