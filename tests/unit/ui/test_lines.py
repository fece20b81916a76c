"""Plain lines: what is said, and how seldom."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace

import pytest

from hfget.events import FileDone, FileFailed, Finished, Note, Planned, Resolved, Retrying
from hfget.messages.language import speak_as
from hfget.messages.template import speak
from hfget.model import Failure
from hfget.ui.lines import LinesDisplay
from hfget.ui.pacing import Burst, LinePace, Repeats
from hfget.ui.quiet import QuietDisplay
from tests.unit.ui.test_all_displays import (
    Clock,
    Stream,
    plan_of,
    progress_of,
    report_of,
    snapshot_of,
)


def large(number: int, size: int = 10_000_000, received: int = 1) -> FileDone:
    return FileDone(f"f{number}", size, received, "sha256", "b" * 64)


def test_the_pace_slows_down() -> None:
    clock = Clock()
    pace = LinePace(clock)
    began = clock.now
    times = []
    while clock.now - began < 1800:
        clock.now += 0.25
        if pace.due():
            times.append(clock.now - began)
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert times[0] == 5.0
    assert {gap for gap, at in zip(gaps, times[1:], strict=True) if at < 60} == {5.0}
    assert {gap for gap, at in zip(gaps, times[1:], strict=True) if 70 < at < 600} == {10.0}
    assert {gap for gap, at in zip(gaps, times[1:], strict=True) if at > 660} == {60.0}
    assert len(times) < 11 + 55 + 21


def test_repeats_pass_once_and_are_counted() -> None:
    clock = Clock()
    repeats = Repeats(clock)
    assert repeats.passes("a") == 0
    assert [repeats.passes("a") for _ in range(3)] == [None, None, None]
    assert repeats.passes("b") == 0
    clock.now += 5
    assert repeats.passes("a") == 3
    for number in range(10_000):
        repeats.passes(number)
    assert len(repeats._seen) <= 256


def test_a_burst_is_bounded() -> None:
    clock = Clock()
    burst = Burst(clock, 10, 10.0)
    assert sum(burst.passes() for _ in range(50)) == 10
    clock.now += 10
    assert sum(burst.passes() for _ in range(50)) == 10


def test_a_whole_run_reads_like_this() -> None:
    clock, stream = Clock(), Stream()
    display = LinesDisplay(stream, clock=clock)
    snapshot = snapshot_of("a.bin", "b.bin")
    failure = Failure("b.bin", "network", "reset", "try later", "https://h/b?sig=1", 5)
    with display:
        display(Resolved(snapshot))
        display(Planned(plan_of(snapshot)))
        display(Note("a mirror is used"))
        display(progress_of())
        for _ in range(8):
            display(Retrying("b.bin", "h", "reset", 1.0, 1))
        display(large(1))
        display(large(2, size=9_999_999))
        display(large(3, received=0))
        clock.now += 5
        display(progress_of())
        display(progress_of())
        display(FileFailed(failure))
        display(Finished(report_of(snapshot, failure)))
    assert stream.text.replace("\\", "/").split("\n") == [
        "org/name @ 4a5b6c7 from https://hub.example → ./name",
        "2 files, 40.0 MB to fetch",
        "note: a mirror is used",
        "retry: h: reset; again in 1.0 s (try 2, b.bin)",
        "f1: 10.0 MB verified",
        "35%, 1.2/3.4 GB, 5/12 files, 52.0 MB/s, 42 s left",
        "failed: b.bin: reset",
        "error: reset [network]",
        "  file: b.bin",
        "  from: h",
        "  next: try later",
        "incomplete: 1 of 2 files done, 40.0 MB of 40.0 MB in ./name after 4.0 s",
        "  next: run the same command again to resume",
        "",
    ]


@pytest.mark.parametrize(
    ("language", "first", "last"),
    [
        ("en", "retry: h: reset; again in 1.0 s (try 2)", "(try 6, and 3 more like it)"),
        (
            "zh_CN",
            "重试：h：reset；1.0 s 后重试（第 2 次尝试）",
            "（第 6 次尝试，另有 3 个类似的）",
        ),
    ],
)
def test_retries_that_are_held_back_are_counted(language: str, first: str, last: str) -> None:
    clock, stream = Clock(), Stream()
    display = LinesDisplay(stream, clock=clock)
    speak_as({"HFGET_LANG": language})
    try:
        for attempt in range(1, 5):
            display(Retrying("", "h", "reset", 1.0, attempt))
        clock.now += 5
        display(Retrying("", "h", "reset", 1.0, 5))
    finally:
        speak()
    begun, ended = stream.text.splitlines()
    assert begun == first and ended.endswith(last)


def test_an_hour_of_a_large_dataset_stays_readable() -> None:
    clock, stream = Clock(), Stream()
    display = LinesDisplay(stream, clock=clock)
    for _ in range(3600 * 4):
        clock.now += 0.25
        display(progress_of())
        display(Retrying("x", "h", "reset", 1.0, 1))
    lines = stream.text.splitlines()
    assert len([line for line in lines if line.startswith("35%")]) < 120
    assert len([line for line in lines if line.startswith("retry")]) <= 3600 / 5 + 1
    assert "\x1b" not in stream.text and "\r" not in stream.text


def test_a_stalled_reader_does_not_stall_the_run() -> None:
    gate = threading.Event()

    class Stalled(Stream):
        def write(self, text: str) -> int:
            assert gate.wait(30)
            return super().write(text)

    stream = Stalled()
    with LinesDisplay(stream) as display:
        for number in range(100):
            display(Note(str(number)))
        assert stream.text == ""
        gate.set()
    assert stream.text.splitlines() == [f"note: {number}" for number in range(100)]


def test_ascii_streams_get_ascii() -> None:
    stream = Stream(encoding="ascii")
    display = LinesDisplay(stream)
    display(Planned(plan_of(snapshot_of("数.bin"))))
    display(large(1))
    display(Note("数 …"))
    assert stream.text.splitlines()[0].endswith("https://hub.example -> ./name")
    assert stream.text.splitlines()[-1] == "note: \\u6570 ..."


def test_an_interruption_tells_what_is_kept_of_unfinished_files_too() -> None:
    snapshot = snapshot_of("a.bin", "b.bin")
    report = replace(report_of(snapshot, interrupted_by=2), bytes_done=20_000_000, files_done=1)
    for make in (LinesDisplay, QuietDisplay):
        for terminal in (False, True):
            stream = Stream(terminal=terminal)
            display = make(stream, command="hfget x")
            with display:
                display(progress_of()._replace(bytes_done=25_000_000))
                display(Finished(report))
            assert stream.text.lstrip("\n") == (
                "interrupted: 1 of 2 files done; 25.0 MB of 40.0 MB kept in ./name\n"
                "  next: hfget x\n"
            )
