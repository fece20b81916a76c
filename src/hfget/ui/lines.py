"""Plain lines for pipes and CI: no escape codes, no carriage returns, at a calm pace."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TextIO

from hfget.errors import HfgetError
from hfget.events import (
    Event,
    FileDone,
    FileFailed,
    Finished,
    Note,
    Planned,
    Progress,
    RepoFailed,
    Retrying,
)
from hfget.model import Plan
from hfget.ui.output import Sink, in_notebook
from hfget.ui.pacing import Burst, Clock, LinePace, Repeats
from hfget.ui.sentences import (
    error_text,
    failed_line,
    file_line,
    header_line,
    note_line,
    plan_line,
    progress_line,
    repo_failed_text,
    report_text,
    retry_line,
)
from hfget.ui.summaries import Summaries

LARGE_FILE_BYTES = 10_000_000


class LinesDisplay(Summaries):
    """Header, plan, large files as they finish, progress now and then, retries, the report.

    Lines for large files come at most ten in ten seconds; a dataset of a thousand shards on a
    fast line is told by the progress lines.
    """

    #: Whether a user at a terminal is told what loads the download.
    _advises = True

    def __init__(
        self,
        stream: TextIO,
        *,
        command: str = "",
        results: TextIO | None = None,
        clock: Clock = time.monotonic,
        sink: Sink | None = None,
    ) -> None:
        super().__init__(results)
        self._sink = sink or Sink(stream)
        self._command = command
        self._kept = 0
        self._plan: Plan | None = None
        self._pace = LinePace(clock)
        self._repeats = Repeats(clock)
        self._files = Burst(clock, 10, 10.0)

    def __call__(self, event: Event, /) -> None:
        match event:
            case Note():
                self._sink.message(note_line(event))
            case Planned(plan):
                self._plan = plan if self._sink.is_terminal and self._advises else None
                self._sink.message(header_line(plan.snapshot, plan.root))
                self._sink.message(plan_line(plan))
            case Retrying():
                more = self._repeats.passes(("retry", event.host, event.reason))
                if more is not None:
                    self._sink.message(retry_line(event, more))
            case Progress():
                self._kept = event.bytes_done
                if self._pace.due():
                    self._sink.message(progress_line(event))
            case FileDone():
                large = event.size >= LARGE_FILE_BYTES and event.received > 0
                if large and self._files.passes():
                    self._sink.message(file_line(event))
            case FileFailed(failure):
                if self._repeats.passes(("failed", failure.message)) is not None:
                    self._sink.message(failed_line(failure))
            case RepoFailed():
                self._sink.message(repo_failed_text(event))
            case Finished(report, name):
                text = report_text(report, self._command, self._kept, name, self._plan)
                # A terminal has echoed ^C, and stands behind it; that of a cell, a line end too.
                echoed = report.interrupted_by is not None and self._sink.is_terminal
                echoed = echoed and not in_notebook()
                self._sink.message(f"\n{text}" if echoed else text)
            case _:
                pass

    def __enter__(self) -> LinesDisplay:
        self._sink.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sink.close()

    def error(self, err: HfgetError) -> None:
        self._tell(error_text(err))

    def _tell(self, text: str) -> None:
        self._sink.message(text)
