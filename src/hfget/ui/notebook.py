"""One bar in the output of a notebook's cell, drawn by the notebook itself.

IPython's display data: HTML for notebooks, a line of text for what does not show HTML. It is
updated in place by its id (IPython.display, `display_id`).
"""

from __future__ import annotations

import html
import signal
import sys
import time
from types import TracebackType
from typing import Any

from hfget.events import Event, FileFailed, Finished, Note, Planned, Progress, RepoFailed, Retrying
from hfget.messages import advice
from hfget.model import Plan, Report
from hfget.ui.countdown import Countdown
from hfget.ui.figures import percent
from hfget.ui.pacing import Clock
from hfget.ui.sentences import (
    failed_line,
    header_line,
    note_line,
    progress_line,
    repo_failed_text,
    report_text,
)

#: So often the bar is drawn at most: each update stays in the file of the notebook's messages.
_PAUSE_SECONDS = 0.5
_MOST_MESSAGES = 20
#: Grey that is seen on white and on black, and a blue for both.
_TRACK, _BAR = "#8886", "#2188d9"


def kernel() -> Any:
    """The IPython shell of a notebook's kernel; None elsewhere. Imports nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if hasattr(shell, "kernel") else None


class NotebookDisplay:
    """Watches a download; what it shows ends as the report, the bar gone."""

    def __init__(self, *, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._handle: Any = None
        self._drawn = float("-inf")
        self._head = ""
        self._plan: Plan | None = None
        self._messages: list[str] = []
        self._progress: Progress | None = None
        self._waits = Countdown()
        self._end = ""

    def __call__(self, event: Event, /) -> None:
        match event:
            case Planned(plan):
                self._plan, self._head = plan, header_line(plan.snapshot, plan.root)
            case Note():
                self._messages.append(note_line(event))
            case Retrying():
                self._waits.note(event, self._clock())
            case FileFailed(failure):
                self._messages.append(failed_line(failure))
            case RepoFailed():
                self._messages.append(repo_failed_text(event))
            case Finished(report, name):
                self._end = report_text(report, name=name)
            case Progress():
                self._progress = event
                if self._clock() - self._drawn < _PAUSE_SECONDS:
                    return
            case _:
                return
        self._draw()

    def __enter__(self) -> NotebookDisplay:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, KeyboardInterrupt):
            # IPython shows what an exception gives it in place of all the lines in between.
            error._render_traceback_ = lambda: ["KeyboardInterrupt"]  # type: ignore[attr-defined]
            self._end = self._kept()
        if self._handle is not None and (error is not None or not self._end):
            self._progress = None
            self._draw()

    def _kept(self) -> str:
        """What an interruption leaves, and what to do next."""
        if self._plan is None or self._progress is None:
            return ""
        now = self._progress
        report = Report(
            self._plan.snapshot, self._plan.root, now.files_total, now.files_done, now.bytes_total,
            now.bytes_done, now.received, reused=0, requests=0, seconds=0.0,
            interrupted_by=signal.SIGINT,
        )  # fmt: skip
        return report_text(report, command=advice.RUN_CELL_AGAIN, kept=now.bytes_done)

    def _draw(self) -> None:
        from IPython.display import display

        self._drawn = self._clock()
        lines = [self._head, *self._messages[-_MOST_MESSAGES:]]
        if self._end:
            lines += self._end.split("\n")
        elif self._progress is not None:
            lines.append(progress_line(self._progress))
            lines += self._waits.lines(self._drawn, self._progress.connections)
        lines = [line for line in lines if line]
        data = {"text/html": self._html(lines), "text/plain": "\n".join(lines)}
        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)

    def _html(self, lines: list[str]) -> str:
        rows = "".join(f"<div>{html.escape(line)}</div>" for line in lines)
        bar = ""
        if self._progress is not None and not self._end:
            share = percent(self._progress.bytes_done, self._progress.bytes_total)
            look = f"height: 6px; border-radius: 3px; background: {_TRACK}; margin: 4px 0"
            done = f"height: 6px; border-radius: 3px; background: {_BAR}; width: {share}%"
            bar = (
                f'<div role="progressbar" aria-valuenow="{share}" style="{look}">'
                f'<div style="{done}"></div></div>'
            )
        return f'<div style="font-family: monospace; white-space: pre-wrap">{bar}{rows}</div>'
