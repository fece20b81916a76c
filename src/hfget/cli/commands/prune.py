"""`hfget prune`: partial files that no process is at work on are removed, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hfget.cli import command_options
from hfget.cli.commands.list import Folders, existing
from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import cli_texts as texts
from hfget.system import count_text, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfget.operations import Prunable, Pruned
    from hfget.ui import Records, Table

_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_AGE = re.compile(r"([0-9]{1,6})([mhdw])")
_DEFAULT_AGE = "7d"


def age(text: str | float) -> float:
    """Seconds from `30m`, `12h`, `7d` or `2w`; 0 is any age. Raises typer.BadParameter."""
    if isinstance(text, float) or text == "0":
        return float(text)
    match = _AGE.fullmatch(text.strip().lower())
    if match is None:
        raise typer.BadParameter(texts.NOT_AN_AGE(text=text))
    return float(int(match[1]) * _SECONDS[match[2]])


def prune(
    folders: Folders = None,
    older_than: Annotated[
        float,
        typer.Option(
            "--older-than",
            metavar="AGE",
            parser=age,
            help=f"Not written to for 30m, 12h, 7d, ... (default {_DEFAULT_AGE}); 0: any.",
        ),
    ] = age(_DEFAULT_AGE),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be removed, remove nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
    json: command_options.Json = False,
    quiet: command_options.Quiet = False,
    debug: command_options.Debug = False,
) -> None:
    """Remove unfinished files below each DIR that no process is at work on; they are shown first.

    Only hfget's own partial files of yours go. A download that is given up so begins anew; what is
    complete stays. `hf cache` manages the rest of the Hub cache.
    """
    from hfget.cli.session import session

    with session(json=json, quiet=quiet, debug=debug) as (display, stop):
        from hfget import events
        from hfget.operations import Pruned, places, prunable
        from hfget.operations import prune as remove

        found = list(prunable(places(existing(folders)), older_than))
        if not found:
            display(events.Note(texts.NO_PARTIALS))
        if dry_run or not found or not json:
            display.result(*shown(found, Pruned(), dry_run=True))
        if dry_run or not found:
            return
        count = sum(len(each.partials) for each in found)
        question = texts.REMOVE_PARTIALS(partials=count_text(count, "partial file"))
        if not yes and not display.ask(question):
            raise UsageError(texts.NOTHING_REMOVED, hint=advice.ADD_YES)
        pruned = remove(found, display, stop)
        if json:
            display.result(*shown(found, pruned, dry_run=False))
        else:
            display(events.Note(_told(pruned)))


def shown(
    found: Sequence[Prunable], pruned: Pruned, *, dry_run: bool
) -> tuple[Table, list[str], Records]:
    """The places with their partials, and the sum."""
    from hfget.ui import Table

    rows = [
        [
            size_text(each.size),
            count_text(len(each.partials), "partial file"),
            f"{each.age / _SECONDS['d']:.0f} d",
            str(each.store.root),
        ]
        for each in found
    ]
    count = sum(len(each.partials) for each in found)
    total = size_text(sum(each.size for each in found))
    fields = [[str(one.size), str(int(one.moment)), str(one.paths[0])] for one in _every(found)]
    lines = (
        [texts.PARTIALS(partials=count_text(count, "partial file"), size=total)] if found else []
    )
    records: list[tuple[str, dict[str, Any]]] = [
        (
            "partial",
            {"path": str(one.paths[0]), "bytes": one.size, "time": round(one.moment, 3)},
        )
        for one in _every(found)
    ]
    sums = {
        "files": count,
        "bytes": sum(each.size for each in found),
        "removed": pruned.partials,
        "removed_bytes": pruned.size,
        "skipped": pruned.skipped,
        "dry_run": dry_run,
    }
    head = (texts.HEAD_SIZE, texts.HEAD_WHAT, texts.HEAD_AGE, texts.HEAD_WHERE)
    table = Table(head, rows, frozenset({0, 2}), fields)
    return table, lines, [*records, ("pruned", sums)]


def _every(found: Sequence[Prunable]) -> list[Any]:
    return [one for each in found for one in each.partials]


def _told(pruned: Pruned) -> str:
    count, size = count_text(pruned.partials, "partial file"), size_text(pruned.size)
    if pruned.skipped:
        return texts.REMOVED_BUT(partials=count, size=size, skipped=pruned.skipped)
    return texts.REMOVED(partials=count, size=size)
