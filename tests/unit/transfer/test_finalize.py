"""From fetched to published: who hashes, when it is over, and what is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from hfget.system.cancellation import Stopped
from hfget.transfer.file_job import Phase
from hfget.transfer.finalize import FOLLOWED_BYTES, Finisher
from tests.support.loopback import BOUND


class Job:
    """Stands in for a `FileJob` whose hash and end are scripted."""

    def __init__(self, size: int = 10, *, ends: object = True, durable: bool = True) -> None:
        self.file = SimpleNamespace(path="a/model.bin", size=size)
        self.phase = Phase.FETCHING
        self.span = None
        self.abandoned = False
        self.followed = False
        self.durable = durable
        self.ledger = SimpleNamespace(leases=0)
        self.progressed = threading.Event()
        self.said: list[object] = []
        self.pieces = 0
        self._ends = ends

    def advance_hash(self) -> bool:
        if self.pieces == 0:
            return False
        self.pieces -= 1
        self.said.append("hashed")
        return True

    def finish(self, fsync: bool) -> bool:
        self.said.append(("finished", fsync))
        if isinstance(self._ends, Exception):
            if isinstance(self._ends, Stopped):
                self.phase = Phase.FAILED
            raise self._ends
        return bool(self._ends)

    def park(self) -> None:
        self.said.append("parked")


class Desk:
    """A finisher, and what it tells whom."""

    def __init__(self, *, fsync: bool = True, threads: bool = True) -> None:
        self.fetched = True
        self.again: list[Job] = []
        self.succeeded: list[Job] = []
        self.crashed: list[tuple[Job, Exception]] = []
        self.undurable = 0
        self.notes: list[str] = []
        self.threads: list[tuple[str, Callable[[], None]]] = []
        self.stop = threading.Event()
        schedule: Any = SimpleNamespace(fetched=self._fetched, fetching=self.again.append)
        results: Any = SimpleNamespace(
            succeed=self._succeed,
            crashed=self._crash,
            not_durable=self._not_durable,
            note_once=self.notes.append,
        )

        def spawn(name: str, target: Callable[[], None]) -> bool:
            self.threads.append((name, target))
            return threads

        self.finisher: Any = Finisher(schedule, results, self.stop, fsync=fsync, spawn=spawn)

    def _fetched(self, job: Job) -> bool:
        if self.fetched:
            job.phase = Phase.VERIFYING
        return self.fetched

    def _succeed(self, job: Job) -> None:
        job.phase = Phase.DONE
        self.succeeded.append(job)

    def _crash(self, job: Job, error: Exception) -> None:
        job.phase = Phase.FAILED
        self.crashed.append((job, error))

    def _not_durable(self) -> None:
        self.undurable += 1

    def hash_along(self, job: Job) -> None:
        """Run the thread that follows the job, here."""
        self.finisher.follow(job)
        thread = threading.Thread(target=self.threads[-1][1], daemon=True)
        thread.start()
        thread.join(BOUND)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("size", "followed"), [(FOLLOWED_BYTES, False), (FOLLOWED_BYTES + 1, True)]
)
def test_a_large_file_is_hashed_by_a_thread_that_is_named_after_it(
    size: int, followed: bool
) -> None:
    desk, job = Desk(), Job(size)
    desk.finisher.follow(job)
    assert [name for name, _ in desk.threads] == ["hfget-hash-a/model.bin"] * followed
    assert job.followed is followed


def test_where_there_is_no_thread_to_be_had_no_one_counts_on_it() -> None:
    desk, job = Desk(threads=False), Job(FOLLOWED_BYTES + 1)
    desk.finisher.follow(job)
    assert not job.followed
    desk.finisher.settle(job)
    assert desk.succeeded == [job]


@pytest.mark.parametrize("fsync", [True, False])
def test_a_small_file_is_finished_by_the_worker_that_fetched_its_last_byte(fsync: bool) -> None:
    desk, job = Desk(fsync=fsync), Job()
    desk.finisher.settle(job)
    assert job.said == [("finished", fsync)] and desk.succeeded == [job]
    assert desk.undurable == 0 and not desk.notes and not desk.again


def test_what_is_not_all_there_is_not_finished() -> None:
    desk, job = Desk(), Job()
    desk.fetched = False
    desk.finisher.settle(job)
    assert job.said == [] and not job.progressed.is_set()


def test_a_followed_file_is_left_to_its_thread_which_is_woken() -> None:
    desk, job = Desk(), Job()
    job.followed = True
    desk.finisher.settle(job)
    assert job.said == [] and job.progressed.is_set()


@pytest.mark.parametrize("phase", [Phase.FAILED, Phase.FETCHING])
def test_a_job_that_is_given_up_is_parked_by_its_last_worker(phase: Phase) -> None:
    desk, job = Desk(), Job()
    job.phase, job.abandoned = phase, phase is Phase.FETCHING
    job.ledger.leases = 1
    desk.finisher.settle(job)
    assert job.said == []
    job.ledger.leases = 0
    desk.finisher.settle(job)
    assert job.said == ["parked"] and not desk.succeeded


def test_the_thread_hashes_all_there_is_and_then_finishes() -> None:
    desk, job = Desk(), Job(FOLLOWED_BYTES + 1)
    job.pieces, job.phase = 3, Phase.VERIFYING
    desk.hash_along(job)
    assert job.said == ["hashed"] * 3 + [("finished", True)]
    assert desk.succeeded == [job]


def test_the_thread_waits_for_more_and_looks_again() -> None:
    desk, job = Desk(), Job(FOLLOWED_BYTES + 1)
    waited = 0

    class Progressed(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            nonlocal waited
            assert timeout is not None and 0 < timeout < 1 and not self.is_set()
            waited += 1
            self.set()
            if waited == 3:
                job.pieces, job.phase = 1, Phase.VERIFYING
            return True

    job.progressed = Progressed()
    desk.hash_along(job)
    assert waited == 3 and job.said == ["hashed", ("finished", True)]


@pytest.mark.parametrize("phase", [Phase.FAILED, Phase.DONE, Phase.WAITING])
def test_the_thread_ends_when_the_job_does(phase: Phase) -> None:
    desk, job = Desk(), Job(FOLLOWED_BYTES + 1)
    job.phase, job.pieces = phase, 1
    desk.hash_along(job)
    assert job.said == []


def test_after_a_stop_nothing_is_hashed_and_nothing_finished() -> None:
    desk, job = Desk(), Job(FOLLOWED_BYTES + 1)
    job.phase, job.pieces = Phase.VERIFYING, 1
    desk.stop.set()
    desk.hash_along(job)
    desk.finisher.settle(Job())
    assert job.said == [] and not desk.succeeded


def test_wrong_bytes_are_fetched_again_and_told() -> None:
    desk, job = Desk(), Job(ends=False)
    desk.finisher.settle(job)
    assert desk.again == [job] and not desk.succeeded
    (note,) = desk.notes
    assert "a/model.bin" in note


def test_a_disk_that_cannot_promise_is_told_of_once_the_file_is_there() -> None:
    desk, job = Desk(), Job(durable=False)
    desk.finisher.settle(job)
    assert desk.succeeded == [job] and desk.undurable == 1


@pytest.mark.parametrize("followed", [True, False])
def test_what_no_one_thought_of_fails_the_file_and_a_stop_does_not(followed: bool) -> None:
    for error, failed in ((ZeroDivisionError("a bug"), True), (Stopped(), False)):
        desk, job = Desk(), Job(FOLLOWED_BYTES + 1, ends=error)
        if followed:
            job.phase = Phase.VERIFYING
            desk.hash_along(job)
        else:
            desk.finisher.settle(job)
        assert desk.crashed == ([(job, error)] if failed else [])
        assert not desk.succeeded and not desk.again


def test_a_bug_while_hashing_fails_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, job = Desk(), Job(FOLLOWED_BYTES + 1)
    error = ZeroDivisionError("a bug")

    def fails() -> bool:
        raise error

    monkeypatch.setattr(job, "advance_hash", fails)
    desk.hash_along(job)
    assert desk.crashed == [(job, error)] and not desk.succeeded
