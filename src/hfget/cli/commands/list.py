"""`hfget list`: which downloads lie below folders and in the Hub cache, and what they lack."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hfget.cli import command_options
from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import cli_texts as texts
from hfget.system import command, count_text, safe_text, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfget.operations import FoundDownload
    from hfget.ui import Records, Table

_HEAD = (
    texts.HEAD_REPO,
    texts.HEAD_REVISION,
    texts.HEAD_SIZE,
    texts.HEAD_WHEN,
    texts.HEAD_STATE,
    texts.HEAD_WHERE,
)

Folders = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="DIR",
        help="Where to look (default: here, and the Hub cache).",
        parser=command_options.path,
    ),
]


def list_downloads(
    folders: Folders = None,
    json: command_options.Json = False,
    quiet: command_options.Quiet = False,
    debug: command_options.Debug = False,
) -> None:
    """Show the downloads below each DIR: repo, size, when, and whether anything is missing.

    Files are told by their records and sizes; `hfget verify DIR` reads and hashes them. On a
    pipe the fields are separated by tabs, sizes are bytes and times unix seconds.
    """
    from hfget.cli.session import session

    with session(json=json, quiet=quiet, debug=debug) as (display, _):
        from hfget import events
        from hfget.operations import downloads, places

        closed: list[Path] = []
        roots = existing(folders)
        found = [one for place in places(roots, closed.append) for one in downloads(place)]
        if closed:
            first = safe_text(str(closed[0]), 200)
            more = len(closed) - 1
            text = texts.CLOSED(folder=first)
            if more:
                text = texts.MORE_CLOSED(folder=first, more=more)
            display(events.Note(text, "warning"))
        display.result(*shown(found))


def existing(folders: Sequence[Path] | None) -> list[Path]:
    """The folders that were named. Raises UsageError for what is none."""
    for folder in folders or []:
        if not os.path.isdir(folder):
            name = str(folder)
            raise UsageError(
                texts.NOT_A_FOLDER(folder=safe_text(name, 200)),
                hint=advice.FILES_OF_REPO(command=command("hfget", "ls", operands=[name])),
            )
    return list(folders or [])


def shown(found: Sequence[FoundDownload]) -> tuple[Table, list[str], Records]:
    """The table, the sum and the way to go on below it, and the same for programs."""
    from hfget.ui import Table

    ordered = sorted(found, key=lambda one: (one.held.repo_id, one.held.root))
    unfinished = [one for one in ordered if one.held.complete is False]
    total = sum(map(_here, ordered))
    count, size = count_text(len(ordered), "download"), size_text(total)
    line = texts.DOWNLOADS(downloads=count, size=size)
    if unfinished:
        line = texts.DOWNLOADS_INCOMPLETE(downloads=count, size=size, incomplete=len(unfinished))
    lines = [line if ordered else texts.NO_DOWNLOADS]
    if unfinished and unfinished[0].held.missing:
        where = str(unfinished[0].held.root)
        go_on = command("hfget", "verify", options=["--repair"], operands=[where])
        lines += [texts.FETCH_MISSING, f"    {go_on}"]
    if modified := [one.held for one in ordered if one.held.modified]:
        look = command("hfget", "verify", operands=[str(modified[0].root)])
        lines += [texts.LOOK_AT_MODIFIED, f"    {look}"]
    rows = [_row(one) for one in ordered]
    fields = [_fields(one) for one in ordered]
    table = Table(_HEAD, rows, right=frozenset({2}), fields=fields, whole=frozenset({2, 3, 4}))
    records = [("download", _record(one)) for one in ordered]
    sums = {"downloads": len(ordered), "bytes": total, "incomplete": len(unfinished)}
    return table, lines, [*records, ("downloads", sums)]


def _row(one: FoundDownload) -> list[str]:
    held = one.held
    return [
        _repo(one) or texts.BY_ANOTHER_PROGRAM,
        held.revision or held.commit[:7],
        size_text(_here(one)),
        time.strftime("%Y-%m-%d", time.localtime(held.moment)),
        _state(one),
        _place(held.root),
    ]


def _state(one: FoundDownload) -> str:
    """`complete`, `3 missing, 1.2 GB`, or how many files there are if that is not known."""
    held = one.held
    if held.modified and not held.missing:
        return texts.FILES_MODIFIED(files=count_text(len(held.modified), "file"))
    if held.complete is None:
        return count_text(held.files, "file")
    if held.complete:
        return texts.DOWNLOAD_COMPLETE
    if not held.missing:
        return texts.FILES_MISSING
    lacking = size_text(held.missing_bytes - one.partial_bytes)
    return texts.MISSING(files=len(held.missing), size=lacking)


def _here(one: FoundDownload) -> int:
    """Bytes on this disk, those of unfinished files included."""
    return one.held.size - one.held.missing_bytes + one.partial_bytes


def _repo(one: FoundDownload) -> str:
    """`datasets/org/name`; empty where no repo is recorded."""
    held = one.held
    prefix = "" if held.repo_type == "model" else f"{held.repo_type}s/"
    return f"{prefix}{held.repo_id}" if held.repo_id else ""


def _place(root: Path) -> str:
    """A path as the user may type it: from here, or from home."""
    here, home = os.getcwd(), os.path.expanduser("~")  # noqa: PTH109, PTH111
    for base, sign in ((here, "."), (home, "~")):
        if len(base) > 1 and root.is_relative_to(base):
            rest = str(root.relative_to(base))
            return sign if rest == "." else f"{sign}{os.sep}{rest}"
    return str(root)


def _fields(one: FoundDownload) -> list[str]:
    held = one.held
    state = "unknown" if held.complete is None else "complete" if held.complete else "incomplete"
    return [
        _repo(one),
        held.revision,
        held.commit,
        str(held.size),
        str(held.missing_bytes - one.partial_bytes),
        str(int(held.moment)),
        state,
        str(held.root),
    ]


def _record(one: FoundDownload) -> dict[str, Any]:
    held = one.held
    return {
        "path": str(held.root),
        "in_cache": held.in_cache,
        "repo_type": held.repo_type,
        "repo_id": held.repo_id or None,
        "revision": held.revision or None,
        "commit": held.commit,
        "files": held.files,
        "bytes": held.size,
        "complete": held.complete,
        "missing": [file.path for file in held.missing],
        "missing_bytes": held.missing_bytes,
        "modified": list(held.modified),
        "partial_bytes": one.partial_bytes,
        "time": round(held.moment, 3),
    }
