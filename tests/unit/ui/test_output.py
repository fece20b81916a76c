"""What goes to stdout and what to stderr."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from hfget.events import Event, Finished, Note, Planned, Resolved, Retrying
from hfget.model import ItemState
from hfget.system import cells
from hfget.ui import Display
from hfget.ui.output import broken
from hfget.ui.quiet import QuietDisplay
from hfget.ui.verdicts import Verdict, verdicts_text
from tests.unit.ui.test_all_displays import (
    Stream,
    make_lines,
    make_live,
    make_quiet,
    plan_of,
    progress_of,
    report_of,
    run,
    snapshot_of,
)


def test_messages_and_results_keep_to_their_streams() -> None:
    for make in (make_live, make_lines, make_quiet):
        messages, results = Stream(), Stream()
        display = make(messages, results)
        with display:
            for event in run(("a.bin",)):
                display(event)
        assert results.text == ""
        before = messages.text
        display.listing(snapshot_of("a.bin"))
        assert results.text == "20000000\tlfs\ta.bin\n"
        assert messages.text == before


def test_quiet_says_nothing_of_a_good_run() -> None:
    messages, results = Stream(), Stream()
    display = QuietDisplay(messages, results=results)
    snapshot = snapshot_of("a.bin")
    good: tuple[Event, ...] = (
        Note("careful", "warning"),
        Resolved(snapshot),
        Planned(plan_of(snapshot)),
        Retrying("a.bin", "h", "reset", 1.0, 1),
        progress_of(),
        Finished(report_of(snapshot)),
    )
    with display:
        for event in good:
            display(event)
    assert messages.text == results.text == ""
    display.verified([("a", "ok", ""), ("b", "missing", ""), ("c", "extra", "")], "1 of 3")
    assert messages.text == "error: missing: b\n"


def test_a_good_verdict_is_said_and_a_bad_one_left_to_the_error() -> None:
    good: list[Verdict] = [("a", "ok", ""), ("mine", "extra", "")]
    for make in (make_live, make_lines):
        messages, results = Stream(), Stream()
        display = make(messages, results)
        with display:
            display.verified(good, verdicts_text(good, 3_400_000_000))
            display.verified([("a", "missing", "")], "1 missing of 1 file")
        assert results.text == "ok\ta\t\nextra\tmine\t\nmissing\ta\t\n"
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", messages.text)
        assert plain == "verified: 1 file, 3.4 GB, all as recorded; 1 extra\n"


def test_a_result_ends_the_region() -> None:
    messages, results = Stream(), Stream(terminal=True)
    display = make_live(messages, results)
    with display:
        display(progress_of())
        display.paint()
        assert "35%" in messages.text
        display.listing(snapshot_of("a.bin"))
        before = messages.text
        display(progress_of(done=2_000_000_000))
        display.paint()
    assert messages.text == before


def test_tables_for_people_and_for_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hfget.ui.summaries.free_bytes", lambda path: 12_300_000_000)
    monkeypatch.setattr("hfget.ui.summaries.last_speed", lambda: 2_000_000.0)
    snapshot = snapshot_of("a.bin", "dir/b c.bin")
    for terminal, listing, dry, verified in (
        (
            True,
            "org/name @ 4a5b6c7 from https://hub.example\n"
            "  20.0 MB  lfs  a.bin\n  20.0 MB  lfs  dir/b c.bin\n2 files, 40.0 MB\n",
            "  20.0 MB  partial, 15.0 MB to fetch  a.bin\n"
            "  20.0 MB  partial, 15.0 MB to fetch  dir/b c.bin\n"
            "2 files, 40.0 MB; 10.0 MB already here, 30.0 MB to fetch\n"
            "12.3 GB free on this disk\nabout 15 s at 2.0 MB/s, the speed seen last\n",
            "  changed  sha256 differs  b\n",
        ),
        (
            False,
            "20000000\tlfs\ta.bin\n20000000\tlfs\tdir/b c.bin\n",
            "20000000\tpartial\ta.bin\n20000000\tpartial\tdir/b c.bin\n",
            "ok\ta\t\nchanged\tb\tsha256 differs\n",
        ),
    ):
        shows: list[tuple[str, Callable[[Display], None]]] = [
            (listing, lambda display: display.listing(snapshot)),
            (dry, lambda display: display.dry_run(plan_of(snapshot, ItemState.PARTIAL, 5_000_000))),
            (
                verified,
                lambda display: display.verified(
                    [("a", "ok", ""), ("b", "changed", "sha256 differs")], "1 of 2"
                ),
            ),
        ]
        for expected, show in shows:
            messages, results = Stream(), Stream(terminal=terminal)
            show(make_lines(messages, results))
            assert results.text == expected
            assert messages.text == ""


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("  next: check the spelling; for a dataset add --dataset", 2),
        ("  next: hfget org/name --revision main --local-dir some/where/else", 1),
        ("  next: set it: export HF_ENDPOINT=https://hf-mirror.com", 1),
        ('  next: in Python: AutoModel.from_pretrained("./some/folder")', 1),
        ("  next: llama-cli -m ./some/folder/with/a/model-Q4_K_M.gguf", 1),
        ("  next: hfget ls shows what there is; none of these is a repo either", 2),
        ("  next: apt install a-package-with-a-long-name for this", 1),
        ("  next: the hub may be down; try again later, or tomorrow", 2),
        ("    verbatim, whatever it is, as long as it is long enough", 1),
        ("retry: a.host: connection refused; again in 3 s (try 2)", 2),
    ],
)
def test_prose_is_broken_between_words_and_commands_are_whole(line: str, lines: int) -> None:
    parts = broken(line, 40)
    assert len(parts) == lines and all(cells(part) <= 40 for part in parts[: lines - 1])
    assert " ".join(part.strip() for part in parts) == line.strip()
