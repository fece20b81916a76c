"""`hfget lock REF...`: which commit and which files that is now, into a lock file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hfget.cli import command_options
from hfget.cli.flags import Given, with_download_options
from hfget.errors import UsageError, VerificationError
from hfget.messages import advice
from hfget.messages import cli_texts as texts
from hfget.options import CHOICE, DEFAULTS, PLACE, SELECTING

if TYPE_CHECKING:
    from hfget.options import DownloadOptions

_NAMES = (
    *(name for name in SELECTING if name != "files"),
    *("revision", "repo_type", "local_dir", "endpoint", "allow_private"),
    *("token", "ambient_token", "send_token_to"),
)


@with_download_options(only=_NAMES)
def lock(
    repos: Annotated[
        list[str] | None,
        typer.Argument(metavar="REF", help="Repos to lock; with --update, those to move."),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            parser=command_options.path,
            help="The lock file (default hfget.lock).",
            rich_help_panel=PLACE,
        ),
    ] = Path("hfget.lock"),
    update: Annotated[
        bool,
        typer.Option(
            "--update", help="Move what is locked to the newest commits.", rich_help_panel=CHOICE
        ),
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Only say what --update would change; 6 if anything.",
            rich_help_panel=CHOICE,
        ),
    ] = False,
    *,
    given: Given,
    common: command_options.CommonOptions,
) -> None:
    """Write down the commit of each repo, with size and hash of every file that is chosen.

    What the lock file holds already stays, unless it is named. `hfget sync` downloads it.
    """

    with common.session() as (display, stop):
        from hfget.operations import Locking, update_command

        asked = given.options(common.token_file, display)
        locking = Locking(output, asked, display, stop)
        if update or check:
            _refuse_choice(asked)
            changes = locking.update(repos or (), write=not check)
        elif repos:
            changes = locking.lock(repos)
        else:
            raise UsageError(texts.NO_REPO_NAMED, hint=advice.LOCK_OR_UPDATE)
        for change in changes:
            display.changed(change)
        moved = [change for change in changes if change.before != change.after or change.files]
        if check and moved:
            raise VerificationError(
                texts.MOVED_ON(path=output, moved=len(moved), of=len(changes)),
                hint=update_command(output),
            )


def _refuse_choice(asked: DownloadOptions) -> None:
    """With --update each repo keeps the options it was locked with. Raises UsageError."""
    for name in (*SELECTING, "revision", "repo_type", "local_dir"):
        if getattr(asked, name) != DEFAULTS[name]:
            raise UsageError(
                texts.UPDATE_KEEPS(flag=f"--{name.replace('_', '-')}"),
                hint=advice.LOCK_WITH_OTHERS,
            )
