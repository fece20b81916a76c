"""The sentences, one by one."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from hfget.errors import (
    GatedRepoError,
    HfgetError,
    InterruptedRunError,
    NetworkError,
    UsageError,
)
from hfget.events import FileDone, Note, Retrying
from hfget.model import Failure, ItemState, Plan, PlanItem, RemoteFile, RepoRef, Snapshot
from hfget.ui import figures, sentences
from hfget.ui.verdicts import verdicts_text
from tests.unit.ui.test_all_displays import plan_of, progress_of, report_of, snapshot_of

GB = 1_000_000_000


@pytest.mark.parametrize(
    ("done", "total", "expected"),
    [
        (0, 0, 100),
        (0, 10, 0),
        (999, 1000, 99),
        (1000, 1000, 100),
        (1001, 1000, 100),
        (-1, 10, 0),
    ],
)
def test_percent_is_100_only_at_the_end(done: int, total: int, expected: int) -> None:
    assert figures.percent(done, total) == expected


@pytest.mark.parametrize(
    ("done", "total", "expected"),
    [
        (0, 0, "0/0 B"),
        (12, 693, "12/693 B"),
        (1_240_000_000, 4_900_000_000, "1.2/4.9 GB"),
        (500_000, 120_000_000, "0.5/120 MB"),
        (999_999, 1_000_000, "1.0/1.0 MB"),
    ],
)
def test_pair(done: int, total: int, expected: str) -> None:
    assert figures.pair_text(done, total) == expected


@pytest.mark.parametrize(
    ("eta", "expected"),
    [
        (None, ""),
        (float("inf"), ""),
        (float("nan"), ""),
        (-1.0, ""),
        (0.2, "1 s"),
        (9.5, "10 s"),
        (24.0, "24 s"),
        (3900.0, "1 h 05 min"),
        (400_000.0, "5 d"),
    ],
)
def test_eta(eta: float | None, expected: str) -> None:
    assert figures.eta_text(eta) == expected


@pytest.mark.parametrize(
    ("revision", "middle"),
    [
        (None, "4a5b6c7"),
        ("main", "4a5b6c7"),
        ("4a5b6c7" + "d" * 33, "4a5b6c7"),
        ("refs/pr/3", "refs/pr/3 (4a5b6c7)"),
        ("v\x1b[1m", "v\\x1b[1m (4a5b6c7)"),
    ],
)
def test_header(revision: str | None, middle: str) -> None:
    ref = RepoRef("org/name", "dataset", revision)
    snapshot = Snapshot(ref, "https://u:p@hub.example", "4a5b6c7" + "d" * 33, ())
    begin = f"datasets/org/name @ {middle} from https://hub.example"
    assert sentences.header_line(snapshot) == begin
    assert sentences.header_line(snapshot, Path("name")) == f"{begin} → .{os.sep}name"


def item(size: int, state: ItemState, have: int) -> PlanItem:
    return PlanItem(RemoteFile("f", size, "a" * 40), Path("f"), state, have)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ((), "no files"),
        ((item(3 * GB, ItemState.MISSING, 0),), "1 file, 3.0 GB to fetch"),
        ((item(3 * GB, ItemState.COMPLETE, 3 * GB),), "1 file, 3.0 GB; all here already"),
        ((item(0, ItemState.COMPLETE, 0),), "1 file, 0 B; all here already"),
        (
            (item(3 * GB, ItemState.PARTIAL, GB), item(GB, ItemState.COMPLETE, GB)),
            "2 files, 4.0 GB; 2.0 GB already here, 2.0 GB to fetch",
        ),
        (
            (item(3 * GB, ItemState.ADOPTABLE, 0), item(GB, ItemState.OUTDATED, 0)),
            "2 files, 4.0 GB; 3.0 GB present, to be checked, 1.0 GB to fetch",
        ),
        ((item(GB, ItemState.ADOPTABLE, GB),), "1 file, 1.0 GB; 1.0 GB present, to be checked"),
        (
            (item(GB, ItemState.MISSING, 0), replace(item(GB, ItemState.TWIN, GB), comes=True)),
            "2 files, 2.0 GB; 1.0 GB to fetch, 1.0 GB of the same content",
        ),
    ],
)
def test_plan(items: tuple[PlanItem, ...], expected: str) -> None:
    assert sentences.plan_line(Plan(snapshot_of(), Path("name"), items)) == expected


def test_states_of_a_dry_run() -> None:
    told = {state: sentences.state_text(item(GB, state, 0)) for state in ItemState}
    assert len(set(told.values())) == len(ItemState)
    assert told[ItemState.PARTIAL] == "partial, 1.0 GB to fetch"
    broken = RemoteFile("f", 1, "", defect="no usable hash")
    text = sentences.state_text(PlanItem(broken, Path("f"), ItemState.MISSING, 0))
    assert text == "cannot be fetched: no usable hash"


@pytest.mark.parametrize(
    ("event", "more", "expected"),
    [
        (Retrying("a", "h", "reset", 2.0, 1), 0, "retry: h: reset; again in 2.0 s (try 2, a)"),
        (Retrying("", "h", "reset", 0.0, 0), 0, "retry: h: reset; again at once"),
        (
            Retrying("", "h", "re\nset", 30.0, 3),
            7,
            "retry: h: re\\x0aset; again in 30 s (try 4, and 7 more like it)",
        ),
    ],
)
def test_retry(event: Retrying, more: int, expected: str) -> None:
    assert sentences.retry_line(event, more) == expected


def test_small_sentences() -> None:
    assert sentences.note_line(Note("a")) == "note: a"
    assert sentences.note_line(Note("a", "warning")) == "warning: a"
    done = FileDone("a.bin", 20_000_000, 1, "sha256", "b" * 64)
    assert sentences.file_line(done) == "a.bin: 20.0 MB verified"
    assert sentences.failed_line(Failure("a", "disk", "full")) == "failed: a: full"
    assert sentences.failed_line(Failure("", "disk", "full")) == "failed: full"
    line = sentences.progress_line(progress_of())
    assert line == "35%, 1.2/3.4 GB, 5/12 files, 52.0 MB/s, 42 s left"
    assert sentences.progress_line(progress_of(done=3_400_000_000)).endswith("files, verifying")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (HfgetError("it broke"), "error: it broke [unexpected]"),
        (
            NetworkError(
                "503 after 5 tries",
                path="a.bin",
                url="https://u:p@cdn.example:8443/x?sig=1",
                hint="try later",
            ),
            "error: 503 after 5 tries [network]\n"
            "  file: a.bin\n  from: cdn.example:8443\n  next: try later",
        ),
        (GatedRepoError("gated\x1b[31m", hint="ask"), "error: gated\\x1b[31m [gated]\n  next: ask"),
        (NetworkError("x", url="https://[oops"), "error: x [network]"),
        (UsageError("no option --x"), "error: no option --x"),
        (InterruptedRunError(2, "stopped"), "interrupted: stopped"),
    ],
)
def test_error_block(error: HfgetError, expected: str) -> None:
    assert sentences.error_text(error) == expected


def test_report_of_a_good_run() -> None:
    report = report_of(snapshot_of("a", "b"))
    assert sentences.report_text(report, "hfget x") == (
        "done: 2 files, 40.0 MB verified in 4.0 s (40.0 MB fetched, 10.0 MB/s)"
    )


def test_report_groups_failures_by_reason() -> None:
    same = [Failure(f"f{i}", "network", "503", "later", "https://h/x?sig=1", 5) for i in range(12)]
    other = Failure("g", "disk", "full", "make room", None, 7)
    text = sentences.report_text(report_of(snapshot_of("a"), *same, other), "hfget org/name")
    lines = text.split("\n")
    said = [line for line in lines if line.startswith("error:")]
    assert said == ["error: 503 [network]", "error: full [disk]"]
    assert "  file: f9" in lines and "  file: and 2 more" in lines and "  file: f10" not in lines
    assert lines[-2].startswith("incomplete: -12 of 1 file done")
    assert lines[-1] == "  next: hfget org/name"


def test_a_thousand_reasons_are_not_all_told() -> None:
    failures = [Failure(f"f{i}", "network", f"reason {i}") for i in range(1000)]
    text = sentences.failures_text(failures)
    assert text.count("error:") == 21
    assert text.endswith("error: 980 other failures; --json lists all of them")


def test_report_of_an_interrupted_run() -> None:
    report = report_of(snapshot_of("a", "b"), interrupted_by=2)
    line = f"interrupted: 2 of 2 files done; 40.0 MB of 40.0 MB kept in .{os.sep}name"
    assert sentences.report_text(report, "hfget x") == f"{line}\n  next: hfget x"
    assert sentences.report_text(report) == f"{line}\n  next: run the same command again to resume"


def test_a_dry_plan_needs_no_bytes() -> None:
    plan = plan_of(snapshot_of("a"), ItemState.COMPLETE, 20_000_000)
    assert sentences.plan_line(plan) == "1 file, 20.0 MB; all here already"


def test_verdicts_are_summed_up() -> None:
    good = [("a", "ok", ""), ("b", "ok", "")]
    assert verdicts_text(good, 3_400_000_000) == "2 files, 3.4 GB, all as recorded"
    bad = [*good, ("c", "missing", ""), ("d", "changed", "x"), ("e", "extra", "")]
    assert verdicts_text(bad, 5) == "1 changed, 1 missing, 1 extra of 4 files"
    assert verdicts_text([("a", "missing", "")], 0) == "1 missing of 1 file"
