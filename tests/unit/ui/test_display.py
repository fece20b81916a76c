"""Which display is chosen, and what that costs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hfget.events import Note
from hfget.ui import display
from hfget.ui.lines import LinesDisplay
from hfget.ui.live import LiveDisplay
from hfget.ui.ndjson import NdjsonDisplay
from hfget.ui.output import Sink
from hfget.ui.quiet import QuietDisplay
from tests.unit.ui.test_all_displays import Stream


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "HF_HUB_DISABLE_PROGRESS_BARS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_flags_decide_first() -> None:
    terminal = Stream(terminal=True)
    assert isinstance(display(json=True, quiet=True, stream=terminal), NdjsonDisplay)
    assert isinstance(display(quiet=True, stream=terminal), QuietDisplay)


def test_a_terminal_is_live_and_a_pipe_is_not() -> None:
    assert isinstance(display(stream=Stream(terminal=True)), LiveDisplay)
    assert isinstance(display(stream=Stream()), LinesDisplay)
    closed = Stream(terminal=True)
    closed.close()
    assert isinstance(display(stream=closed), LinesDisplay)


@pytest.mark.parametrize(
    ("name", "value", "live"),
    [
        ("CI", "true", False),
        ("CI", "1", False),
        ("CI", "false", True),
        ("TERM", "dumb", False),
        ("HF_HUB_DISABLE_PROGRESS_BARS", "1", False),
        ("HF_HUB_DISABLE_PROGRESS_BARS", "YES", False),
        ("HF_HUB_DISABLE_PROGRESS_BARS", "0", True),
        ("NO_COLOR", "1", True),
        ("JPY_PARENT_PID", "1", False),
    ],
)
def test_the_environment_decides_then(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, live: bool
) -> None:
    monkeypatch.setenv(name, value)
    shown = display(stream=Stream(terminal=True))
    assert isinstance(shown, LiveDisplay if live else LinesDisplay)


def test_rich_is_imported_for_the_live_display_only() -> None:
    code = (
        "import sys, io, hfget.ui as ui\n"
        "for flags in ({'json': True}, {'quiet': True}, {}):\n"
        "    ui.display(stream=io.StringIO(), results=io.StringIO(), **flags)\n"
        "sys.exit('rich' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise on Windows")
def test_a_broken_pipe_leaves_no_trace() -> None:
    code = (
        "from hfget.ui import display\n"
        "from hfget.events import Note\n"
        "with display(json=True) as shown:\n"
        "    for number in range(20000):\n"
        "        shown(Note('x' * 100))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout and process.stderr
    assert process.stdout.readline().startswith(b'{"event":"note"')
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("encoding", "ascii_only"),
    [("utf-8", False), ("ascii", True), ("cp1252", True), ("cp437", True), ("gb18030", False)],
)
def test_a_sink_knows_what_its_stream_can_hold(encoding: str, ascii_only: bool) -> None:
    stream = Stream(encoding=encoding)
    sink = Sink(stream)
    assert sink.ascii == ascii_only
    sink.line("a → b … \udc80")
    assert stream.text == ("a -> b ... \\udc80\n" if ascii_only else "a → b … \\udc80\n")


def test_closing_a_sink_writes_everything_and_it_goes_on_afterwards() -> None:
    stream = Stream()
    shown = display(stream=stream)
    with shown:
        shown(Note("one"))
    assert stream.text == "note: one\n"
    shown(Note("two"))
    with shown:
        shown(Note("three"))
    assert stream.text == "note: one\nnote: two\nnote: three\n"
