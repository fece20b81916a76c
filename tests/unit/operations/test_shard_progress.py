"""What the shards of one plan tell, as one run."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

from hfget.events import ActiveFile, Progress
from hfget.model import (
    Failure,
    ItemState,
    MirrorUse,
    Plan,
    PlanItem,
    RemoteFile,
    RepoRef,
    Report,
    Snapshot,
)
from hfget.operations.shards.shard_progress import ShardProgress
from hfget.operations.shards.sharding import shares_of
from hfget.system import Stop

FILES = tuple(RemoteFile(f"f{n}", 100, f"{n:040x}") for n in range(4))
SNAPSHOT = Snapshot(RepoRef("org/m"), "https://hub.example", "c" * 40, FILES)
NUMBERS = {path: share.number for path, (share,) in shares_of(FILES, 2).items()}
HERE = next(file for file in FILES if NUMBERS[file.path] == 2)
PLAN = Plan(
    SNAPSHOT,
    Path("m"),
    tuple(
        PlanItem(file, Path("m"), ItemState.COMPLETE, 100)
        if file is HERE
        else PlanItem(file, Path("m"), ItemState.MISSING, 0)
        for file in FILES
    ),
)


def told(files: int, size: int, received: int) -> Progress:
    row = ActiveFile("f0", 100, 10, 0, 3)
    return Progress(files, 2, size, 200, received, 1.0, None, 3, (row,))


def report(files: int, received: int, *failures: Failure, state: str = "in use") -> Report:
    use = MirrorUse("a.example", received, 2, 1, 0, state)  # type: ignore[arg-type]
    return Report(
        SNAPSHOT, Path("m"), 2, files, 200, files * 100, received, 0, 5, 1.0, failures,
        mirrors=(use,),
    )  # fmt: skip


def test_shards_add_up_and_what_is_here_already_counts() -> None:
    progress = ShardProgress(PLAN, 2)
    assert progress.sample()[:5] == (1, 4, 100, 400, 0)
    progress.add(1, "a", told(0, 10, 10))
    assert progress.sample()[:5] == (1, 4, 110, 400, 10)
    progress.add(2, "b", told(1, 160, 60))
    sample = progress.sample()
    assert sample[:5] == (1, 4, 170, 400, 70)
    assert sample.connections == 6 and len(sample.active) == 2
    progress.end(2)
    assert progress.sample().connections == 3


def test_what_a_worker_received_before_it_died_is_not_forgotten() -> None:
    progress = ShardProgress(PLAN, 2)
    progress.add(1, "a", told(0, 40, 40))
    progress.add(1, "b", told(1, 100, 30))
    assert progress.sample()[:5] == (2, 4, 200, 400, 70)
    whole = progress.report({1: report(2, 160), 2: report(2, 100)}, [], Stop())
    assert whole.received == 40 + 160 + 100
    assert whole.ok and whole.files_done == 4 and whole.bytes_done == 400
    assert whole.requests == 10


def test_a_shard_without_a_report_leaves_what_was_here() -> None:
    progress = ShardProgress(PLAN, 2)
    progress.add(2, "a", told(1, 140, 40))
    lost = Failure("", "unexpected", "shard 2 of 2 failed: each worker that ran it died")
    whole = progress.report({1: report(2, 200)}, [lost], Stop())
    assert whole.failures == (lost,) and whole.exit_code == 1
    assert (whole.files_done, whole.files_total) == (3, 4)
    assert (whole.bytes_done, whole.received, whole.reused) == (300, 240, 100)


def test_failures_and_mirrors_of_all_shards() -> None:
    one, other = Failure("f3", "network", "x", exit_code=5), Failure("f1", "disk", "y", exit_code=7)
    reports = {1: report(1, 100, one, state="out"), 2: report(1, 50, other)}
    whole = ShardProgress(PLAN, 2).report(reports, [], Stop())
    assert whole.failures == (other, one) and whole.exit_code == 7
    [use] = whole.mirrors
    assert (use.received, use.requests, use.failures, use.state) == (150, 4, 2, "out")


def test_an_end_before_all_is_here_is_told_as_such() -> None:
    stop = Stop()
    stop.signal_number = signal.SIGTERM
    stop.set()
    progress = ShardProgress(PLAN, 2)
    assert progress.report({1: report(1, 0)}, [], stop).interrupted_by == signal.SIGTERM
    assert progress.report({1: report(2, 0), 2: report(2, 0)}, [], stop).interrupted_by is None
    stop.time_limit = 3.0
    assert progress.report({1: report(1, 0)}, [], stop).exit_code == 124


def test_what_is_not_all_there_is_not_called_complete() -> None:
    """A shard that has lost its client stops by itself, and nothing of it has failed."""
    stopped = replace(report(1, 0), interrupted_by=int(signal.SIGINT))
    whole = ShardProgress(PLAN, 2).report({1: stopped, 2: report(2, 0)}, [], Stop())
    assert not whole.ok and whole.exit_code == 1 and whole.files_done == 3
