"""`hfget sync [LOCK]`: exactly what a lock file says, from any mirror."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hfget.cli import command_options
from hfget.cli.flags import Given, with_download_options
from hfget.errors import VerificationError
from hfget.messages import advice
from hfget.options import ACCESS, CHOICE, MANNER, OPTIONS, PLACE, DownloadOptions

if TYPE_CHECKING:
    from hfget.operations import Remedy, RepoResult

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
        from hfget.ui import verdicts_text

        asked = given.options(common.token_file, display)
        syncing = Syncing(lock_file, asked, display, stop, into=into)
        if check:
            found = syncing.compare()
            verdicts = [(file.path, file.state, file.detail) for file in found]
            summary = verdicts_text(verdicts, sum(file.size for file in found))
            display.verified(verdicts, summary)
            if remedies := {file.remedy for file in found if file.state != "ok"}:
                raise VerificationError(summary, hint=_hint(remedies, lock_file, into, asked))
        else:
            results = syncing.sync(consent(display, yes=yes), frozen=frozen)
    print_results(results, json=common.json)


def _hint(remedies: set[Remedy], lock_file: Path, into: Path | None, asked: DownloadOptions) -> str:
    """The command that makes all as it is locked. It never replaces your own files unasked."""
    from hfget.operations import Remedy
    from hfget.system import command, option

    where = [*(option("--local-dir", str(into)) if into is not None else ())]
    where += ["--cache"] if asked.cache else []
    where += option("--cache-dir", str(asked.cache_dir)) if asked.cache_dir is not None else []
    where += ["--delete"] if asked.delete else []
    operands = [] if lock_file == Path("hfget.lock") else [str(lock_file)]
    plain = command("hfget", "sync", options=where, operands=operands)
    if Remedy.MOVE in remedies:
        return advice.MOVE_AND_SYNC(command=plain)
    if Remedy.FORCE in remedies:
        forced = command("hfget", "sync", options=["--force", *where], operands=operands)
        return advice.SYNC_BY_FORCE(forced=forced, command=plain)
    return plain
