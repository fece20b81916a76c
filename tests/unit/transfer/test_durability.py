"""Data reaches the disk in time, before the journal says so; a disk that cannot is told of."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hfget.errors import DiskError, HfgetError
from hfget.partials.journal import read_journal
from hfget.partials.partial_names import journal_of
from hfget.partials.positional_file import PositionalFile
from hfget.transfer import durability
from hfget.transfer.durability import SYNC_JOURNAL_BYTES, SYNC_SECONDS, keep_synced
from hfget.transfer.file_job import FileJob
from tests.support.loopback import lfs_file
from tests.support.schedules import GivenTask

SIZE = 2 << 20
BLOCKS_UNTIL_SYNC = SYNC_JOURNAL_BYTES // 32


class Told:
    """Stands in for `Results`."""

    def __init__(self) -> None:
        self.undurable = 0
        self.failed: list[tuple[FileJob, HfgetError]] = []

    def not_durable(self) -> None:
        self.undurable += 1

    def fail(self, job: FileJob, error: HfgetError) -> None:
        self.failed.append((job, error))


class Turns(threading.Event):
    """An end that comes after some turns; before each something happens."""

    def __init__(self, *turns: Callable[[], object]) -> None:
        super().__init__()
        self._turns = iter(turns)

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None and 0 < timeout < 1
        turn = next(self._turns, None)
        if turn is not None:
            turn()
        return turn is None


class Bench:
    """Jobs under way, on a clock that passes when told to."""

    def __init__(self, *jobs: FileJob) -> None:
        self.now = 1000.0
        self.told = Told()
        self._schedule: Any = SimpleNamespace(active=list(jobs))

    def run(self, *turns: Callable[[], object]) -> None:
        results: Any = self.told
        keep_synced(self._schedule, results, Turns(*turns))

    def later(self, seconds: float) -> None:
        self.now += seconds


def nothing() -> None:
    pass


def write(job: FileJob, blocks: int) -> None:
    for number in range(blocks):
        job.partial.write(memoryview(b"block"), 8 * (number + job.partial.unsynced))


def synced(job: FileJob) -> int:
    journal = read_journal(journal_of(job.partial.data_path))
    assert journal is not None
    return journal.synced


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[list[FileJob]]:
    """Two jobs that are begun."""
    made = []
    for name in ("one", "two"):
        file = lfs_file(name, bytes(SIZE))
        source: Any = None
        job = GivenTask(file, tmp_path / name, source).job
        job.open()
        made.append(job)
    yield made
    for job in made:
        job.discard()


@pytest.fixture
def bench(jobs: list[FileJob], monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench(*jobs)
    monkeypatch.setattr(durability, "time", SimpleNamespace(monotonic=lambda: bench.now))
    return bench


def test_much_is_synced_at_once_and_little_after_a_while(bench: Bench, jobs: list[FileJob]) -> None:
    first, second = jobs
    little = BLOCKS_UNTIL_SYNC - 1
    bench.run(
        nothing, lambda: write(second, little), lambda: bench.later(SYNC_SECONDS - 0.5), nothing
    )
    assert (synced(first), synced(second)) == (0, 0)
    bench.run(nothing, lambda: write(second, 1))
    assert (synced(first), synced(second)) == (0, little + 1)
    bench.run(nothing, lambda: write(first, 1), lambda: bench.later(SYNC_SECONDS), nothing)
    assert (synced(first), synced(second)) == (1, little + 1)
    assert not bench.told.undurable and not bench.told.failed


def test_data_comes_first_then_the_journal_and_nothing_without_news(
    bench: Bench, jobs: list[FileJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    brought: list[int] = []
    real = os.fdatasync

    def fdatasync(fd: int) -> None:
        brought.append(os.fstat(fd).st_ino)
        real(fd)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    data = jobs[1].partial.data_path
    wanted = [data.stat().st_ino, journal_of(data).stat().st_ino]
    write(jobs[1], 1)
    bench.run(nothing, lambda: bench.later(SYNC_SECONDS))
    assert brought == wanted
    bench.run(*[lambda: bench.later(SYNC_SECONDS)] * 2)
    assert brought == wanted * 2 or brought == wanted


def test_a_disk_that_cannot_sync_is_told_of_and_one_that_fails_ends_the_job(
    bench: Bench, jobs: list[FileJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = errno.EINVAL

    def fails(file: PositionalFile) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(PositionalFile, "sync_data", fails)
    write(jobs[0], BLOCKS_UNTIL_SYNC)
    bench.run(nothing)
    assert bench.told.undurable == 1 and not bench.told.failed
    assert synced(jobs[0]) == 0
    number = errno.EIO
    bench.run(nothing)
    (failed,) = bench.told.failed
    assert failed[0] is jobs[0] and isinstance(failed[1], DiskError)
