"""`hfget sync [LOCK]`: exactly what a lock file says, from any mirror."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hfget.cli import command_options
from hfget.cli.flags import Given, with_download_options
from hfget.errors import VerificationError
from hfget.options import ACCESS, CHOICE, MANNER, OPTIONS, PLACE

if TYPE_CHECKING:
    from hfget.operations import RepoResult

_NAMES = (
    *("force", "delete"),
    *(name for name, option in OPTIONS.items() if option.group in (PLACE, ACCESS, MANNER)),
)
_NOT_HERE = ("local_dir", "stale")


@with_download_options(only=[name for name in _NAMES if name not in _NOT_HERE])
def sync(
    lock_file: Annotated[
        Path,
        typer.Argument(
            metavar="LOCK", parser=command_options.path, help="The lock file (default hfget.lock)."
        ),
    ] = Path("hfget.lock"),
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Only compare, without a request; 6 if not as locked.",
            rich_help_panel=CHOICE,
        ),
    ] = False,
    frozen: Annotated[
        bool, typer.Option("--frozen", help="Never write the lock file.", rich_help_panel=CHOICE)
    ] = False,
    into: Annotated[
        Path | None,
        typer.Option(
            "--local-dir",
            metavar="DIR",
            parser=command_options.path,
            help="Where the folders are made (default: beside the lock file).",
            rich_help_panel=PLACE,
        ),
    ] = None,
    *,
    given: Given,
    yes: command_options.Yes = False,
    max_time: command_options.MaxTime = None,
    common: command_options.CommonOptions,
) -> None:
    """Download exactly the files that a lock file names, each repo into its own folder.

    No hub is asked what a branch means; what has other content than is locked is refused. The
    folders are printed on stdout.
    """
    from hfget.cli.session import consent, print_results

    results: list[RepoResult] = []
    with common.session(max_time) as (display, stop):
        from hfget.operations import Syncing
        from hfget.system import command
        from hfget.ui import verdicts_text

        asked = given.options(common.token_file, display)
        syncing = Syncing(lock_file, asked, display, stop, into=into)
        if check:
            found = syncing.compare()
            verdicts = [(file.path, file.state, file.detail) for file in found]
            summary = verdicts_text(verdicts, sum(file.size for file in found))
            display.verified(verdicts, summary)
            if any(file.state != "ok" for file in found):
                operands = [] if lock_file == Path("hfget.lock") else [str(lock_file)]
                raise VerificationError(summary, hint=command("hfget", "sync", operands=operands))
        else:
            results = syncing.sync(consent(display, yes=yes), frozen=frozen)
    print_results(results, json=common.json)
