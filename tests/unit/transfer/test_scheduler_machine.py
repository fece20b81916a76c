"""In any order of completions, failures, steals and repairs every byte is fetched, and once."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from functools import partial
from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from hfget.errors import NetworkError
from hfget.http.retry import Transient
from hfget.partials.spans import Spans
from hfget.transfer.backend import TransferOptions
from hfget.transfer.concurrency import ConnectionLimit
from hfget.transfer.file_job import FileJob, Phase
from hfget.transfer.leases import Lease
from hfget.transfer.scheduler import Schedule
from tests.support.schedules import HOST, Desk, given_job, job_of, resolve
from tests.support.transfers import MIB, in_thread, until


class ScheduleMachine(RuleBasedStateMachine):
    """Connections take, fetch, break, are hung up, steal and give up in any order."""

    @initialize(
        sizes=st.lists(
            st.one_of(st.integers(0, 3), st.integers(1, 100), st.sampled_from([40, 70, 300])),
            min_size=1,
            max_size=7,
        ),
        connections=st.integers(1, 6),
        files=st.integers(1, 4),
        allowed=st.integers(1, 6),
    )
    def begin(self, sizes: list[int], connections: int, files: int, allowed: int) -> None:
        self.jobs = [job_of(size * MIB + (size > 0) * number) for number, size in enumerate(sizes)]
        self.connections, self.files = connections, files
        self.desk = Desk(self.jobs, connections=connections, files=files, allowed=allowed)
        self.held: list[tuple[FileJob, Lease]] = []
        self.verifying: list[FileJob] = []
        self.written = {id(job): Spans() for job in self.jobs}
        self.repaired: set[int] = set()

    def settle(self, job: FileJob) -> None:
        """As a worker does after any work."""
        if self.desk.schedule.fetched(job):
            self.verifying.append(job)
        self.desk.schedule.give_back()

    def write(self, job: FileJob, lease: Lease, length: int) -> None:
        start = lease.position
        granted = job.ledger.claim(lease, length)
        for left, right in job.ledger.missing(start, start + granted):
            assert not self.written[id(job)].overlaps(left, right), "a byte was fetched twice"
            self.written[id(job)].add(left, right)
            job.ledger.record(left, right)

    @rule()
    def take(self) -> None:
        busy = self.desk.schedule.busy
        work = self.desk.take()
        if work is None:
            return
        assert busy < self.desk.limit.allowed
        job, lease = work.job, work.lease
        if lease is None:
            assert job.phase is Phase.OPENING
            active = [job for job in self.desk.schedule.active if job.phase is not Phase.VERIFYING]
            assert len(active) <= self.files or self.repaired
            self.desk.schedule.fetching(job)
            lease = job.ledger.lease(self.desk.schedule.piece(job), self.connections)
        if lease is None:
            self.settle(job)
            return
        assert lease.remaining > 0 and job.ledger.leases <= self.connections
        self.held.append((job, lease))

    @precondition(lambda self: self.held)
    @rule(data=st.data(), share=st.floats(0.01, 1.0), rate=st.floats(1.0, 1e9))
    def bytes_come(self, data: st.DataObject, share: float, rate: float) -> None:
        job, lease = data.draw(st.sampled_from(self.held))
        if not job.source.resolved:
            resolve(job)
        lease.rate = rate
        self.write(job, lease, max(1, int(lease.remaining * share)))

    @precondition(lambda self: self.held)
    @rule(
        data=st.data(),
        end=st.sampled_from(["complete", "break", "hang up", "expired", "whole", "give up"]),
    )
    def end(self, data: st.DataObject, end: str) -> None:
        job, lease = data.draw(st.sampled_from(self.held))
        self.held.remove((job, lease))
        if end == "complete":
            resolve(job)
            self.write(job, lease, lease.remaining)
        elif end == "break":
            job.not_before = self.desk.now + data.draw(st.floats(0, 30))
        elif end == "expired":
            cast(Any, job.source).resolved = False
        elif end == "whole":
            job.ledger.widen(lease)
        elif end == "give up" and self.desk.schedule.ended(job, Phase.FAILED):
            job.abandoned = True
        job.ledger.release(lease)
        self.desk.schedule.changed()
        self.settle(job)

    @precondition(lambda self: self.verifying)
    @rule(right=st.booleans())
    def verify(self, right: bool) -> None:
        job = self.verifying.pop(0)
        if right or job.file.size == 0 or id(job) in self.repaired:
            assert self.desk.schedule.ended(job, Phase.DONE)
            return
        self.repaired.add(id(job))
        half = job.file.size // 2
        job.ledger.restart([(0, half)])
        self.written[id(job)] = Spans([(0, half)])
        self.desk.schedule.fetching(job)

    @rule(whole_host=st.booleans(), overloaded=st.booleans())
    def trouble(self, whole_host: bool, overloaded: bool) -> None:
        failure = Transient("trouble", url=f"https://{HOST}/", whole_host=whole_host)
        with suppress(NetworkError):
            self.desk.hosts.failed(failure, self.desk.now)
        self.desk.limit.trouble(overloaded=overloaded)

    @rule(seconds=st.floats(0.1, 20))
    def time_passes(self, seconds: float) -> None:
        self.desk.now += seconds

    @invariant()
    def every_byte_is_done_leased_or_free(self) -> None:
        for job in getattr(self, "jobs", ()):
            mine = [lease for other, lease in self.held if other is job]
            assert job.ledger.leases == len(mine)
            claimed = [(lease.position, lease.end) for lease in mine if lease.remaining]
            assert len(Spans(claimed)) <= len(claimed)
            assert sum(end - start for start, end in claimed) == Spans(claimed).total
            assert job.ledger.done_bytes == self.written[id(job)].total

    def teardown(self) -> None:
        """Whatever happened: from here on all goes well, and all ends."""
        if not hasattr(self, "jobs"):
            return
        for _ in range(5000):
            if not self.desk.schedule.unfinished:
                break
            while self.held:
                job, lease = self.held.pop()
                resolve(job)
                self.write(job, lease, lease.remaining)
                job.ledger.release(lease)
                self.settle(job)
            while self.verifying:
                assert self.desk.schedule.ended(self.verifying.pop(), Phase.DONE)
            self.desk.hosts.answered(HOST)
            self.take()
            if not self.held:
                self.desk.now += 31.0
        assert self.desk.schedule.unfinished == 0 and self.desk.schedule.active == []
        assert self.desk.schedule.busy == len(self.held) and self.desk.take() is None
        for job in self.jobs:
            if job.phase is not Phase.FAILED:
                assert job.phase is Phase.DONE and job.ledger.done_bytes == job.file.size


TestSchedule = ScheduleMachine.TestCase
TestSchedule.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)


@pytest.mark.parametrize("seed", range(3))
def test_many_threads_get_everything_once(seed: int) -> None:
    chance = random.Random(seed)
    sizes = [300 * MIB, 50 * MIB, *(chance.randrange(1, 3 * MIB) for _ in range(60)), 0, 0]
    jobs = [job_of(size) for size in sizes]
    limit = ConnectionLimit(8)
    schedule = Schedule(
        [job.task for job in jobs],
        TransferOptions(4, 6, retries=8),
        limit,
        begin=given_job,
    )
    stop = threading.Event()
    lock = threading.Lock()
    written = {id(job): Spans() for job in jobs}

    def work(luck: random.Random) -> None:
        while (taken := schedule.take(stop)) is not None:
            job, lease = taken.job, taken.lease
            if lease is None:
                schedule.fetching(job)
                lease = job.ledger.lease(schedule.piece(job), 4)
            if lease is not None:
                resolve(job)
                while lease.remaining and luck.random() > 0.05:
                    start = lease.position
                    granted = job.ledger.claim(lease, luck.randrange(1, 2 * MIB))
                    with lock:
                        assert not written[id(job)].overlaps(start, start + granted)
                        written[id(job)].add(start, start + granted)
                    job.ledger.record(start, start + granted)
                    lease.rate = luck.random() * 1e6
                job.ledger.release(lease)
                schedule.changed()
            if schedule.fetched(job):
                schedule.ended(job, Phase.DONE)
            schedule.give_back()

    waiting = [in_thread(partial(work, random.Random(n))) for n in range(12)]
    until(lambda: schedule.unfinished == 0)
    assert [ended() for ended in waiting] == [None] * 12
    assert schedule.busy == 0 and all(job.ledger.done_bytes == job.file.size for job in jobs)
