"""The display for people: a small region that stays at the bottom of the terminal.

The region is repainted in place, at most ten times a second, in one write: every row is written
over the old one and erased to its end, then the cursor goes back to the first row and rests
there. Nothing is cleared before it is written, so nothing flickers, and no terminal mode
outlives a paint. Messages are written above the region and scroll away as usual.

The cursor rests at the top because a terminal that is resized breaks long rows anew, or does
not, and tells the new size late: how many rows the region has then cannot be known. The
cursor stays on its character, and all that is below it is ours. (rich's own `Live` rests at
the bottom and goes up as many rows as it once wrote.)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.text import Text

from hfget.errors import HfgetError
from hfget.events import (
    ActiveFile,
    Event,
    FileFailed,
    Finished,
    Note,
    Planned,
    Progress,
    RepoFailed,
    Resolved,
    Retrying,
)
from hfget.messages import translated
from hfget.messages import ui_texts as texts
from hfget.model import Plan
from hfget.system import redact
from hfget.ui import live_rows
from hfget.ui.ansi import RESTORE, Brush, message_rows, safe
from hfget.ui.countdown import Countdown
from hfget.ui.job_control import JobControl
from hfget.ui.output import Sink, to_ascii, write_at_once
from hfget.ui.pacing import Clock, Repeats
from hfget.ui.place_rates import PlaceRates
from hfget.ui.sentences import (
    error_text,
    failed_line,
    header_line,
    note_line,
    plan_line,
    repo_failed_text,
    report_text,
    retry_line,
)
from hfget.ui.summaries import Summaries

REFRESH_SECONDS = 0.1
# What was typed and what was said about the plan stay in view above the region.
_MESSAGE_ROWS = 3
# A command that answers at once shows no region at all.
_STATUS_AFTER_SECONDS = 0.4
# While a window is being resized the region is one short row: what is longer than a line gets
# broken in two, and pushes the lines above off the screen, with every step of the edge.
_RESIZED_SECONDS = 0.5
# A window that is that much narrower at once, and how long Ctrl-Z waits for a paint to end.
_JUMP, _AWAY_SECONDS = 2 / 3, 0.5
# The region grows at once but shrinks late, so that the total does not jump about.
_SHRINK_AFTER_SECONDS = 2.0


class LiveDisplay(Summaries):
    """Shows a run on `console`; on one that is not a terminal, only the messages."""

    def __init__(
        self,
        console: Console,
        *,
        command: str = "",
        results: TextIO | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        super().__init__(results)
        self.console = console
        self._command = command
        self._clock, self._began = clock, clock()
        self._sink = Sink(console.file)  # type: ignore[arg-type]  # rich says IO[str]
        self._glyphs = live_rows.ASCII if self._sink.ascii else live_rows.FANCY
        self._region = console.is_terminal and not console.is_dumb_terminal
        self._brush = Brush(console)
        self._repeats = Repeats(clock)
        self._picker = live_rows.Picker()
        self._lock = threading.Lock()  # guards what events change
        self._painting = threading.Lock()  # guards what is on the screen
        self._messages: list[str] = []
        self._heading = ""
        self._waits = Countdown()
        self._rates = PlaceRates()
        self._jobs = JobControl(self._away, console.file)
        self._status: str = texts.ASKING_HUB
        self._progress: Progress | None = None
        self._rows: list[ActiveFile] = []
        self._plan: Plan | None = None
        self._last: tuple[list[str], int] = ([], 0)
        self._resized_at = float("-inf")
        self._tall, self._tall_at = 0, self._began
        self._stop, self._over = threading.Event(), False
        self._thread: threading.Thread | None = None

    def __call__(self, event: Event, /) -> None:
        match event:
            case Note():
                self._say(note_line(event))
            case Resolved():
                self._status = texts.GETTING_READY
            case Planned(plan):
                self._over, self._plan = False, plan if self._region else None
                self._status = texts.STARTING
                self._heading = f"{header_line(plan.snapshot, plan.root)}\n{plan_line(plan)}"
                self._say(self._heading)
            case Retrying():
                with self._lock:
                    self._waits.note(event, self._clock())
                more = self._repeats.passes(("retry", event.host, event.reason))
                if more is not None:
                    self._say(retry_line(event, more))
            case Progress():
                with self._lock:
                    self._progress = event
                    self._rows = self._picker.pick(event.active)
                    self._rates.note(event.places, self._clock())
            case FileFailed(failure):
                if self._repeats.passes(("failed", failure.message)) is not None:
                    self._say(failed_line(failure))
            case RepoFailed():
                self._say(repo_failed_text(event))
            case Finished(report, name):
                self._over = True
                kept = self._progress.bytes_done if self._progress else 0
                self._say(report_text(report, self._command, kept, name, self._plan))

    def __enter__(self) -> LiveDisplay:
        if self._thread is None:
            self._over, self._progress, self._began = False, None, self._clock()
            self._stop.clear()
            if self._region:
                self._jobs.begin()
            thread = threading.Thread(target=self._run, name="hfget-display", daemon=True)
            with suppress(RuntimeError):  # no room for another thread: nothing is repainted
                thread.start()
                self._thread = thread
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the region away and write what is still to be said."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stop.set()
            thread.join()
            self._jobs.end()
        self._over = True
        self.paint()

    def choose(self, question: str, rows: Sequence[Sequence[str]]) -> int | None:
        """Without the region meanwhile."""
        self.stop()
        try:
            return super().choose(question, rows)
        finally:
            self.__enter__()

    def ask(self, question: str) -> bool:
        """Without the region meanwhile."""
        self.stop()
        try:
            return super().ask(question)
        finally:
            self.__enter__()

    @contextmanager
    def _away(self) -> Iterator[None]:
        """Without the region, and without a paint meanwhile; afterwards it is painted anew."""
        held = self._painting.acquire(timeout=_AWAY_SECONDS)  # this thread may hold it itself
        try:
            if self._jobs.in_foreground():
                write_at_once(RESTORE)
            yield
            self._last = ([], 0)
        finally:
            if held:
                self._painting.release()

    def abandon(self, error: HfgetError) -> None:
        if self._region and self._jobs.in_foreground():
            write_at_once(RESTORE)
        super().abandon(error)

    def error(self, err: HfgetError) -> None:
        self._over = True
        self._say(error_text(err))

    def _tell(self, text: str) -> None:
        self._say(text)

    def _write(self, lines: Iterable[str]) -> None:
        """A result ends the region: both may be on the same terminal."""
        self.stop()
        super()._write(lines)

    def paint(self) -> None:
        """Write the messages that wait, and the region if it differs from what is there."""
        with self._painting:
            with self._lock:
                messages, self._messages = self._messages, []
            if not (self._region and self._jobs.in_foreground()):
                self._last = ([], 0)
                if messages:
                    lines = self._brush.lines(message_rows(messages))
                    self._sink.write(self._jobs.apart(lines, self._clock()))
                return
            width, height = self.console.size
            if width != self._last[1] != 0:
                self._resized_at = self._clock()
                if self._heading and self._last[0] and width <= self._last[1] * _JUMP:
                    # Some terminals scroll by as many rows as the old region has been broken
                    # into: what is being downloaded, and where to, is said again.
                    messages = [*self._heading.split("\n"), *messages]
            rows = [] if self._over else self._frame(width - 1, height - 1)
            painted = [self._brush.ansi(row) for row in rows]
            if not messages and (painted, width) == self._last:
                return
            # A resized terminal has reflowed the old rows; written over, they would stay
            # joined in its memory. Messages may wrap. Both need a clean ground.
            clear = bool(messages) or width != self._last[1]
            self._last = (painted, width)
            said = message_rows(messages, width)
            self._sink.write(self._brush.repaint(said, painted, clear=clear))

    def _frame(self, width: int, height: int) -> list[Text]:
        with self._lock:
            progress, status, files = self._progress, self._status, list(self._rows)
        now = self._clock()
        if progress is None:
            if now - self._began < _STATUS_AFTER_SECONDS:
                return []
            status = translated(status)
            with self._lock:
                status = next(iter(self._waits.lines(now, 0)), status)
            text = to_ascii(status) if self._sink.ascii else status
            tick = int((now - self._began) / REFRESH_SECONDS)
            return [safe(live_rows.status_row(text, tick, width, self._glyphs))]
        if now - self._resized_at < _RESIZED_SECONDS:
            return [safe(live_rows.short_row(progress, width))]
        with self._lock:
            rates, waits = self._rates.line(width), self._waits.lines(now, progress.connections)
        total = live_rows.about_rows(rates, waits, width, self._glyphs)
        total += live_rows.total_rows(progress, width, self._glyphs)
        total = total[-max(1, height) :]
        room = max(0, height - len(total) - 1 - _MESSAGE_ROWS)
        largest = max((file.size for file in files[:room]), default=0)
        rows = [live_rows.file_row(file, width, self._glyphs, largest) for file in files[:room]]
        hidden = len(progress.active) - len(rows)
        if hidden and len(rows) == live_rows.MAX_FILES and room > len(rows):
            rows.append(live_rows.more_row(hidden, width))
        rows = [Text()] * min(room - len(rows), self._padding(len(rows), now)) + rows
        rows = ([Text()] if room else []) + rows + total
        for row in rows:
            row.rstrip()
        return [safe(row) for row in rows]

    def _padding(self, rows: int, now: float) -> int:
        """How many empty rows keep the region's height for the moment."""
        if rows >= self._tall or now - self._tall_at >= _SHRINK_AFTER_SECONDS:
            self._tall, self._tall_at = rows, now
        return self._tall - rows

    def _run(self) -> None:
        while not self._stop.wait(REFRESH_SECONDS):
            self.paint()

    def _say(self, text: str) -> None:
        if self._sink.ascii:
            text = to_ascii(text)
        lines = [redact(line) for line in text.split("\n")]
        with self._lock:
            self._messages += lines
        if self._thread is None:
            self.paint()
