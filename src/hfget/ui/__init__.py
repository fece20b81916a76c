"""Displays: they watch a run and tell about it. `display` picks the fitting one.

Messages go to stderr, results (a folder, a table, JSON) to stdout.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, TextIO

from hfget.errors import HfgetError
from hfget.events import Event, Observer
from hfget.model import Plan, RepoChange, Snapshot
from hfget.system import is_true
from hfget.ui.output import absolute, in_notebook
from hfget.ui.tables import Records, Table
from hfget.ui.verdicts import Verdict as Verdict
from hfget.ui.verdicts import verdicts_text as verdicts_text

__all__ = ["Display", "Records", "Table", "absolute", "display", "progress_display"]


class Display(Protocol):
    """An observer that also shows errors and results; a context for the time of a run."""

    def __call__(self, event: Event, /) -> None: ...

    def __enter__(self) -> Display: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...

    def error(self, err: HfgetError) -> None:
        """Say what went wrong, as a block on stderr or as an object."""

    def ask(self, question: str) -> bool:
        """Whether a user sits at a terminal and says yes; false where no user can be asked."""

    def can_ask(self) -> bool:
        """Whether `ask` and `choose` reach a user."""

    def choose(self, question: str, rows: Sequence[Sequence[str]], /) -> int | None:
        """The number of the row that a user takes; None for none, or where none can be asked."""

    def abandon(self, error: HfgetError) -> None:
        """The process ends in this moment: say so, and leave the screen in order."""

    def dry_run(self, plan: Plan) -> None:
        """The table of what would be done, on stdout."""

    def listing(self, snapshot: Snapshot, *, tree: bool = False) -> None:
        """The files of a snapshot, on stdout; as a `tree` for people."""

    def changed(self, change: RepoChange) -> None:
        """What a repo is now, beside what it was, on stdout."""

    def verified(self, verdicts: Sequence[Verdict], summary: str) -> None:
        """`(path, state, detail)` of every file looked at, and a sentence about them all."""

    def result(self, table: Table, lines: Sequence[str], records: Records) -> None:
        """What a command has found, on stdout: a table and lines after it, or `records`."""


def display(
    *,
    json: bool = False,
    quiet: bool = False,
    live: bool = True,
    stream: TextIO | None = None,
    results: TextIO | None = None,
    command: str = "",
) -> Display:
    """The display for these flags and these streams (default: stderr and stdout).

    `command` is the command line that would go on with an unfinished run. The live display
    needs a terminal; CI=true, TERM=dumb, HF_HUB_DISABLE_PROGRESS_BARS, a notebook's cell and
    `live=False` turn it off.
    """
    if json:
        from hfget.ui.ndjson import NdjsonDisplay

        return NdjsonDisplay(results)
    messages = stream or sys.stderr
    if quiet:
        from hfget.ui.quiet import QuietDisplay

        return QuietDisplay(messages, command=command, results=results)
    if live and _wants_live(messages):
        from rich.console import Console

        console = Console(file=messages, highlight=False, markup=False, emoji=False)
        # Consoles of old Windows know no escape codes.
        if not console.legacy_windows:
            from hfget.ui.live import LiveDisplay

            return LiveDisplay(console, command=command, results=results)
    if _set("CI"):
        from hfget.ui.ci_logs import service_lines

        return service_lines(os.environ)(messages, command=command, results=results)
    from hfget.ui.lines import LinesDisplay

    return LinesDisplay(messages, command=command, results=results)


def progress_display() -> AbstractContextManager[Observer]:
    """What shows a download of a program: a notebook's own bar, or messages on stderr."""
    from hfget.ui.notebook import NotebookDisplay, kernel

    return NotebookDisplay() if kernel() is not None else display()


def _wants_live(stream: TextIO) -> bool:
    try:
        terminal = stream.isatty()
    except ValueError:  # a closed stream
        return False
    return (
        terminal
        and not _set("CI")
        and not in_notebook()
        and not _set("HF_HUB_DISABLE_PROGRESS_BARS")
        and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")
    )


def _set(name: str) -> bool:
    return is_true(os.environ.get(name))
