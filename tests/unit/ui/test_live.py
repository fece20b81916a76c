"""The live region: its size, its place on the screen, its calm."""

from __future__ import annotations

import re
import threading

import pytest
from rich.console import Console

from hfget.errors import InterruptedRunError, NetworkError
from hfget.events import ActiveFile, FileFailed, Finished, Note, Planned, Retrying
from hfget.model import Failure
from hfget.ui import live_rows
from hfget.ui.live import LiveDisplay
from tests.unit.ui.test_all_displays import (
    HOSTILE,
    Clock,
    Stream,
    plan_of,
    progress_of,
    report_of,
    snapshot_of,
)

pytestmark = pytest.mark.usefixtures("capable_terminal")

_TOKEN = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\r|\n|[^\x1b\r\n]+")


class Screen:
    """As much of a terminal as the live display uses: rows without end, a cursor, autowrap."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.rows = [""]
        self.row = self.column = 0
        self.wraps = self.cursor_visible = self.knows_its_size = True

    def feed(self, text: str) -> None:
        position = 0
        for match in _TOKEN.finditer(text):
            assert match.start() == position, f"not understood: {text[position:][:20]!r}"
            position = match.end()
            if match[2]:
                self._control(match[1], match[2])
            elif match[0] == "\r":
                self.column = 0
            elif match[0] == "\n":
                self._down()
                self.column = 0
            else:
                self._put(match[0])
        assert position == len(text)

    def resize(self, width: int) -> None:
        """Reflow as terminals do: rows that are too long are broken up, the cursor stays on its
        character (here always in the first column)."""
        rows: list[str] = []
        for number, row in enumerate(self.rows):
            if number == self.row:
                self.row = len(rows)
            rows += [row[at : at + width] for at in range(0, max(1, len(row)), width)]
        self.rows, self.width = rows, width

    @property
    def lines(self) -> list[str]:
        return [row.rstrip() for row in self.rows]

    def _put(self, text: str) -> None:
        for char in text:
            if self.column >= self.width and self.wraps:
                self._down()
                self.column = 0
            elif self.column >= self.width:
                assert not self.knows_its_size, "a row of the region is too wide"
                self.column = self.width - 1
            row = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = row[: self.column] + char + row[self.column + 1 :]
            self.column += 1

    def _down(self) -> None:
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append("")

    def _control(self, argument: str, name: str) -> None:
        if name == "A":
            self.row -= int(argument or 1)
            assert self.row >= 0
        elif name == "C":
            self.column += 1
        elif name in "JK":
            row = self.rows[self.row]
            self.rows[self.row] = "" if argument == "2" else row[: self.column]
            if name == "J":
                del self.rows[self.row + 1 :]
        elif name in "hl" and argument == "?7":
            self.wraps = name == "h"
        elif name in "hl" and argument == "?25":
            self.cursor_visible = name == "h"
        else:
            assert name == "m", f"unknown sequence {argument}{name}"


class Terminal:
    """A live display on a screen; it is painted by hand and looked at in between."""

    def __init__(self, width: int = 80, height: int = 24) -> None:
        self.clock = Clock()
        self.stream = Stream(terminal=True)
        self.console = Console(
            file=self.stream, force_terminal=True, width=width, height=height, highlight=False
        )
        self.display = LiveDisplay(self.console, command="hfget x", clock=self.clock)
        # As within `with`, but nothing paints by itself.
        self.display._thread = threading.Thread()
        self.screen = Screen(width)
        self._read = 0

    def paint(self, seconds: float = 0.1) -> list[str]:
        self.clock.now += seconds
        self.display.paint()
        return self.look()

    def stop(self) -> list[str]:
        self.display._thread = None
        self.display.stop()
        return self.look()

    def look(self) -> list[str]:
        text = self.stream.text
        self.screen.feed(text[self._read :])
        self._read = len(text)
        assert self.screen.wraps and self.screen.cursor_visible
        return self.screen.lines


def active(number: int, size: int = 900_000_000) -> tuple[ActiveFile, ...]:
    return tuple(ActiveFile(f"f{i:03d}.bin", size - i, size // 3, 0, 2) for i in range(number))


@pytest.mark.parametrize("width", [1, 5, 19, 20, 39, 40, 59, 60, 75, 80, 99, 100, 200])
@pytest.mark.parametrize("height", [1, 2, 3, 5, 8, 12, 50])
@pytest.mark.parametrize("glyphs", [live_rows.FANCY, live_rows.ASCII])
def test_the_region_fits_any_terminal(width: int, height: int, glyphs: live_rows.Glyphs) -> None:
    terminal = Terminal(width, height)
    display = terminal.display
    display._glyphs = glyphs
    files = tuple(ActiveFile(name, 10**13, 10**12, 0, 100) for name in HOSTILE)
    for _ in range(3):
        display(progress_of(*files))
        rows = display._frame(width - 1, height - 1)
        assert 1 <= len(rows) <= max(1, height - 1)
        assert max(row.cell_len for row in rows) <= max(5, width - 1)


def test_messages_scroll_above_a_region_that_stays() -> None:
    terminal = Terminal()
    display = terminal.display
    display(Planned(plan_of(snapshot_of("a"))))
    for number in range(3):
        display(progress_of(*active(7), done=1_000_000_000 + number))
        terminal.paint()
    assert terminal.look()[:3] == [
        "org/name @ 4a5b6c7 from https://hub.example → ./name",
        "1 file, 20.0 MB to fetch",
        "",
    ]
    assert terminal.look()[3].startswith("  f000.bin")
    assert terminal.look()[8] == "  and 2 more files"
    assert terminal.look()[9].endswith("  1.0/3.4 GB  29%")
    assert len(terminal.look()) == 10
    display(Note("long " * 40))
    display(Note("short"))
    lines = terminal.paint()
    assert lines[2].startswith("note: long") and lines[5] == "note: short"
    assert lines[6] == "" and len(lines) == 6 + 8


def test_nothing_is_written_when_nothing_changes() -> None:
    terminal = Terminal()
    terminal.display(progress_of())
    terminal.paint()
    before = len(terminal.stream.text)
    terminal.paint()
    assert len(terminal.stream.text) == before
    for _ in range(100):
        terminal.display(progress_of())
    assert len(terminal.stream.text) == before


def test_the_region_shrinks_late() -> None:
    terminal = Terminal()
    for _ in range(2):
        terminal.display(progress_of(*active(4)))
        tall = len(terminal.paint())
    terminal.display(progress_of(*active(1)))
    assert len(terminal.paint()) == tall
    assert len(terminal.paint(1.0)) == tall
    assert len(terminal.paint(1.5)) == tall - 3


@pytest.mark.parametrize("widths", [(80, 50, 80), (200, 40, 100), (60, 59, 76, 30), (40, 200)])
def test_a_resize_leaves_no_debris(widths: tuple[int, ...]) -> None:
    terminal = Terminal(widths[0], 60)
    terminal.display(Note("first"))
    for number, width in enumerate(widths):
        terminal.console.width = width
        terminal.screen.resize(width)
        for _ in range(2):
            terminal.display(progress_of(*active(3), done=10**9 + number))
            lines = terminal.paint()
        if number:
            assert len(lines) == 2 and lines[1].startswith("  29%"), "short while it is resized"
        terminal.display(progress_of(*active(3), done=10**9 + number))
        lines = terminal.paint(1.0)
        assert [line for line in lines if "note" in line] == ["note: first"]
        assert sum("f000" in line for line in lines) == 1
        assert sum("%" in line and "f0" not in line for line in lines) == 1
    assert terminal.stop() == ["note: first", ""]


def test_a_size_that_is_told_late_eats_nothing() -> None:
    """Terminals break and join rows at once, and may tell the new size a quarter second later."""
    terminal = Terminal(100, 60)
    terminal.screen.knows_its_size = False
    terminal.display(Note("first"))
    for number, width in enumerate((97, 80, 51, 120, 100)):
        terminal.screen.resize(width)
        for step in range(2):
            terminal.display(progress_of(*active(3), done=10**9 + 2 * number + step))
            assert terminal.paint()[0] == "note: first"
        terminal.console.width = width
        terminal.paint(1.0)
        lines = terminal.paint(1.0)
        assert sum("f000" in line for line in lines) == 1 and lines[0] == "note: first"
    assert terminal.stop() == ["note: first", ""]


def test_the_end_at_once_leaves_no_region(capfd: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.display(Note("first"))
    terminal.display(progress_of(*active(3)))
    assert len(terminal.paint()) > 1
    terminal.display.abandon(InterruptedRunError(2, "ended", hint="hfget x"))
    terminal.screen.feed(capfd.readouterr().err)
    assert terminal.look() == ["note: first", "interrupted: ended", "  next: hfget x", ""]


def test_stop_leaves_only_messages_behind() -> None:
    terminal = Terminal()
    display = terminal.display
    for _ in range(2):
        display(progress_of(*active(3)))
        terminal.paint()
    failure = Failure("a", "network", "reset", "try later", "https://h/a?sig=1", 5)
    display(FileFailed(failure))
    display(Finished(report_of(snapshot_of("a", "b"), failure)))
    display(progress_of(*active(3)))
    assert terminal.stop() == [
        "failed: a: reset",
        "error: reset [network]",
        "  file: a",
        "  from: h",
        "  next: try later",
        "incomplete: 1 of 2 files done, 40.0 MB of 40.0 MB in ./name after 4.0 s",
        "  next: hfget x",
        "",
    ]
    assert terminal.screen.column == 0


def test_an_error_takes_the_region_away() -> None:
    terminal = Terminal()
    terminal.paint(1.0)
    assert "asking the hub" in terminal.look()[0]
    terminal.display.error(NetworkError("no route", url="https://h/"))
    assert terminal.paint() == ["error: no route [network]", "  from: h", ""]
    assert terminal.stop() == ["error: no route [network]", "  from: h", ""]


def test_a_quick_command_shows_no_region() -> None:
    terminal = Terminal()
    assert terminal.paint(0.1) == [""]
    assert terminal.stop() == [""]


def test_the_same_retry_is_told_once_in_five_seconds() -> None:
    terminal = Terminal()
    for _ in range(60):
        for thread in range(8):
            terminal.display(Retrying(f"f{thread}", "h", "reset", 1.0, 1))
        terminal.display(Retrying("x", "other", "reset", 1.0, 1))
        lines = terminal.paint(0.1)
    told = [line for line in lines if line.startswith("retry: h:")]
    assert len(told) == 2 and "more like it" in told[1]
    assert len(lines) == 5


def test_a_real_run_paints_by_itself_and_stops() -> None:
    stream = Stream(terminal=True)
    console = Console(file=stream, force_terminal=True, width=80, height=24)
    painted = threading.Event()
    write = stream.write

    def watch(text: str) -> int:
        if "35%" in text:
            painted.set()
        return write(text)

    stream.write = watch  # type: ignore[method-assign]
    with LiveDisplay(console) as display:
        display(progress_of())
        assert painted.wait(30)
    screen = Screen(80)
    screen.feed(stream.text)
    assert screen.lines == [""]
    assert not [t for t in threading.enumerate() if t.name == "hfget-display"]


def test_no_color_means_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    terminal.display(Note("a", "warning"))
    terminal.display(progress_of(*active(2)))
    terminal.display(progress_of(*active(2)))
    terminal.paint()
    codes = set(";".join(re.findall(r"\x1b\[([0-9;]*)m", terminal.stream.text)).split(";"))
    assert codes <= {"0", "1", "2", ""}


def test_a_window_made_narrow_at_once_is_told_again_what_runs() -> None:
    terminal = Terminal(120)
    terminal.display(Planned(plan_of(snapshot_of("a"))))
    terminal.display(progress_of(*active(3)))
    terminal.paint()
    terminal.console.width = 40
    terminal.screen.resize(40)
    lines = [line for line in terminal.paint(1.0) if line]
    terminal.display(progress_of(*active(3), done=10**9))
    lines = [line for line in terminal.paint(1.0) if line]
    at = len(lines) - 1 - lines[::-1].index("org/name @ 4a5b6c7 from")
    assert lines[at + 1 : at + 3] == ["  https://hub.example → ./name", "1 file, 20.0 MB to fetch"]
    assert sum(line.startswith(" f00") for line in lines[at:]) == 3


def test_a_wait_says_who_asked_and_counts_down() -> None:
    terminal = Terminal()
    terminal.display(Retrying("f", "hf-mirror.com", "HTTP 429", 12.1, 1, asked=True))
    terminal.display(Retrying("f", "other.example", "reset", 8.0, 1))
    terminal.display(progress_of(*active(1)))
    rows = [terminal.paint(second) for second in (0.1, 3.0)]
    assert "  hf-mirror.com asks for 12 s: 12 s left" in rows[0]
    assert "  hf-mirror.com asks for 12 s: 9 s left" in rows[1]
    assert not any("other.example" in row for row in rows[1] if row.startswith("  "))
    assert not any("asks for" in row for row in terminal.paint(10.0))


def test_a_wait_before_the_first_byte_says_why() -> None:
    terminal = Terminal()
    terminal.display(Retrying("", "hub.example", "HTTP 503", 30.0, 1))
    assert terminal.paint(1.0)[-1].endswith(" hub.example: HTTP 503: again in 29 s")


def test_messages_break_between_words_and_commands_not_at_all() -> None:
    terminal = Terminal(40)
    terminal.display(Note("a line that is longer than forty columns of a terminal"))
    terminal.display(Note("it may be tried again in about 0.7 s, or so"))
    terminal.display.error(NetworkError("no", hint="hfget org/name --endpoint http://127.0.0.1:1"))
    assert terminal.paint() == [
        "note: a line that is longer than forty",
        "  columns of a terminal",
        "note: it may be tried again in about",
        "  0.7 s, or so",
        "error: no [network]",
        "  next: hfget org/name --endpoint http:/",
        "/127.0.0.1:1",
        "",
    ]


def test_several_endpoints_are_shown_with_what_they_send() -> None:
    terminal = Terminal()
    for seconds in range(3):
        sent = (("hub.example", seconds * 8_000_000), ("mirror.example", seconds * 2_000_000))
        terminal.display(progress_of(*active(1), done=seconds)._replace(places=sent))
        lines = terminal.paint(1.0)
    assert "  from: hub.example 8.0 MB/s, mirror.example 2.0 MB/s" in lines


def test_bars_and_sizes_stand_in_columns_of_one_unit() -> None:
    terminal = Terminal(100)
    files = (ActiveFile("a", 4_000_000_000, 10**9, 0, 2), ActiveFile("b", 300_000_000, 10**8, 0, 1))
    for done in (1, 2):
        terminal.display(progress_of(*files, done=done))
        rows = [row for row in terminal.paint() if "GB" in row]
    assert len(rows) == 3 and len({re.search("[━╸─]", row).start() for row in rows}) == 1  # type: ignore[union-attr]
    assert len({row.index(" GB") for row in rows}) == 1, rows
