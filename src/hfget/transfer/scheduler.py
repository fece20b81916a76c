"""Who does what next: one queue of work over all files.

Largest files first, so that the largest work is never left for last; a share of the
connections takes small files meanwhile, whose cost is waiting, not bytes. A file gets more
connections as long as it has ranges that no worker fetches; when nothing is left to hand out, an
idle connection takes half of what will take longest.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hfget.transfer.backend import Task, TransferOptions
from hfget.transfer.concurrency import (
    MIB,
    SINGLE_REQUEST_BYTES,
    STRIPED_BYTES,
    ConnectionLimit,
    connections_of,
)
from hfget.transfer.file_job import FileJob, Phase
from hfget.transfer.leases import Lease

#: Where there are several places, they ask for so much of a file at least.
MIN_SHARE_BYTES = MIB
#: A request for a part of a larger file asks for this much at least and at most: an eighth of
#: what each connection would get, or so much that waiting for the first byte is a twentieth.
MIN_PIECE_BYTES, MAX_PIECE_BYTES = 4 * MIB, 64 * MIB
PIECES_A_CONNECTION, LATENCY_SHARE = 8, 20
#: A steal costs a request, a connection and what the server has sent ahead (some MiB): both
#: halves have so many bytes, or take so long.
MIN_STEAL_BYTES, MIN_STEAL_SECONDS = 32 * MIB, 1.0
#: Up to this size all take as long; in one folder after the other each is opened once.
TINY_BYTES = 64 << 10
#: What takes longer to ask for than to fetch; one in so many connections is kept for it.
SMALL_BYTES, SMALL_SHARE = MIB, 4

_LONGEST_WAIT = 0.5
#: How often it is looked, in seconds, whether another place brings sooner what is being fetched.
_RELIEF_WAIT = 0.1


class Work(NamedTuple):
    """A range to fetch, or (`lease` is None) a job to begin."""

    job: FileJob
    lease: Lease | None


class Schedule:
    """Hands out work to idle workers; thread-safe. A task becomes a job when its turn comes.

    `options` say how many connections a file may have and how many files are fetched at a time,
    `limit` how many workers may have work at all, and how many files may be open, those included
    that are being verified. With `lasting`, tasks are added until `close`.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        options: TransferOptions,
        limit: ConnectionLimit,
        *,
        lasting: bool = False,
        begin: Callable[[Task], FileJob] = FileJob,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waiting = deque(sorted(tasks, key=_rank))
        self._later: list[FileJob] = []
        self._active: list[FileJob] = []
        self._lasting = lasting
        self._unfinished = len(tasks) + lasting
        self._connections = options.connections
        self._places = options.places
        self._jobs_at_a_time = min(options.jobs, limit.most)
        self._open_at_most = limit.room
        self._limit = limit
        self._job_for = begin
        self._clock = clock
        self._changed = threading.Condition()
        self._done = threading.Condition()
        self._busy = 0

    @property
    def active(self) -> list[FileJob]:
        with self._changed:
            return list(self._active)

    @property
    def busy(self) -> int:
        """How many workers have work."""
        return self._busy

    @property
    def is_tiny(self) -> bool:
        """Whether all that is in the works are files that cost waiting, not bytes."""
        return all(job.file.size <= TINY_BYTES for job in self.active)

    @property
    def unfinished(self) -> int:
        return self._unfinished

    def add(self, task: Task) -> None:
        """One more task, of a lasting schedule."""
        with self._changed:
            self._waiting.insert(bisect_left(self._waiting, _rank(task), key=_rank), task)
            self._unfinished += 1
            self._wake()

    def close(self) -> None:
        """A lasting schedule gets no more tasks."""
        with self._changed:
            self._unfinished -= self._lasting
            self._lasting = False
            self._changed.notify_all()
        with self._done:
            self._done.notify_all()

    def wait(self, seconds: float) -> None:
        """Until all jobs have ended, at most so long."""
        with self._done:
            if self._unfinished:
                self._done.wait(seconds)

    def take(self, stop: threading.Event, *, again: bool = False) -> Work | None:
        """The next work, waiting for some if need be; None when all is done or `stop` is set.

        A worker gives its work back by `give_back`, or when it takes work `again`: then no other
        is woken in between to do what it does itself.
        """
        with self._changed:
            self._busy -= again
            while self._unfinished and not stop.is_set():
                wait = _LONGEST_WAIT
                if self._busy < self._limit.allowed or self._a_place_idles():
                    work, wait = self._next()
                    if work is not None:
                        self._busy += 1
                        return work
                self._changed.wait(wait)
            return None

    def give_back(self) -> None:
        """A worker is done with its work, and about to take other."""
        with self._changed:
            self._busy -= 1

    def changed(self) -> None:
        """Something was released or resolved: idle workers look again."""
        with self._changed:
            self._wake()

    def stopped(self) -> None:
        """`stop` was set: no worker waits for work any more."""
        with self._changed:
            self._changed.notify_all()

    def fetched(self, job: FileJob) -> bool:
        """Whether all bytes are there now; true for one caller only, who sees to the rest."""
        with self._changed:
            if job.phase is not Phase.FETCHING or not job.ledger.finished:
                return False
            job.phase = Phase.VERIFYING
            return True

    def fetching(self, job: FileJob) -> None:
        """The job has ranges to fetch: it was just opened, or bytes of it were wrong.

        One that was given up meanwhile stays so.
        """
        with self._changed:
            if job.phase is not Phase.FAILED:
                job.phase = Phase.FETCHING
                if job.size > SMALL_BYTES:  # a smaller one is for the worker that has begun it
                    self._wake()

    def postpone(self, job: FileJob, seconds: float) -> None:
        """The job cannot begin yet: others first."""
        with self._changed:
            job.phase = Phase.WAITING
            job.not_before = self._clock() + seconds
            self._active.remove(job)
            self._later.append(job)

    def ended(self, job: FileJob, phase: Phase) -> bool:
        """The job is done or failed; False if it had ended before."""
        with self._changed:
            if job.phase in (Phase.DONE, Phase.FAILED):
                return False
            job.phase = phase
            if job in self._active:
                self._active.remove(job)
                if len(self._active) + 1 == self._open_at_most:
                    self._wake()
            self._unfinished -= 1
            if self._unfinished:
                return True
            self._changed.notify_all()
        with self._done:
            self._done.notify_all()
        return True

    def piece(self, job: FileJob) -> int:
        """How many bytes to ask for at once, so that neither requests nor the tail dominate."""
        size = job.size
        if self._places > 1:
            return self._share(job)
        if size <= SINGLE_REQUEST_BYTES:
            return size
        share = size // (PIECES_A_CONNECTION * self._connections)
        worth_waiting = int(LATENCY_SHARE * job.pace.bytes_while_waiting)
        return min(max(share, worth_waiting, MIN_PIECE_BYTES), MAX_PIECE_BYTES)

    def _share(self, job: FileJob) -> int:
        """Half of what each connection would get of the rest: all places end at the same time."""
        if job.size <= STRIPED_BYTES:
            return job.size
        each = connections_of(job.size, self._connections)
        share = job.ledger.free_bytes // (2 * self._places * each)
        worth_waiting = int(LATENCY_SHARE * job.pace.bytes_while_waiting)
        return min(max(share, worth_waiting, MIN_SHARE_BYTES), MAX_PIECE_BYTES)

    def lease(self, job: FileJob) -> Lease | None:
        """A range of the job for one more connection, if it can use one."""
        most = job.source.width(self._connections)  # one until it is known where its bytes are
        return job.ledger.lease(self.piece(job), most, whole=not job.source.ranged)

    def _wake(self) -> None:
        """Let as many idle workers look as may work: others would only take turns at the lock."""
        self._changed.notify(max(0, self._limit.allowed - self._busy))

    def _next(self) -> tuple[Work | None, float]:
        now = self._clock()
        wait = _LONGEST_WAIT
        begun = [job for job in self._active if job.phase is not Phase.VERIFYING]
        room = len(begun) < self._jobs_at_a_time and len(self._active) < self._open_at_most
        for job in self._later if room else ():
            if job.not_before <= now:
                self._later.remove(job)
                return self._resume(job), 0.0
            wait = min(wait, job.not_before - now)
        if room and self._small_is_due(begun):
            return self._resume(self._job_for(self._waiting.pop())), 0.0
        fetching = [job for job in begun if job.phase is Phase.FETCHING]
        for job in fetching:
            if not job.ledger.has_free:  # so are most, of many small files: no lock is taken
                continue
            if (delay := max(job.not_before - now, job.source.delay())) > 0:
                wait = min(wait, delay)
            elif lease := self.lease(job):
                return Work(job, lease), 0.0
        if room and self._waiting:
            return self._resume(self._job_for(self._waiting.popleft())), 0.0
        for job in fetching:
            if (delay := max(job.not_before - now, job.source.delay())) > 0:
                wait = min(wait, delay)
                continue
            if not job.source.ranged:
                continue
            most = job.source.width(self._connections)
            if relief := job.source.relief():
                wait = min(wait, _RELIEF_WAIT)
                lease = job.ledger.relieve(relief, most, now)
            else:
                lease = job.ledger.steal(MIN_STEAL_BYTES, MIN_STEAL_SECONDS, most)
            if lease:
                return Work(job, lease), 0.0
        return None, max(wait, 0.005)

    def _a_place_idles(self) -> bool:
        """Whether one of several places has less than half of its share of what is allowed."""
        fair = self._limit.allowed // (2 * self._places)
        return self._places > 1 and any(
            job.source.fewest() < fair for job in self._active if job.phase is Phase.FETCHING
        )

    def _resume(self, job: FileJob) -> Work:
        job.phase = Phase.OPENING
        self._active.append(job)
        return Work(job, None)

    def _small_is_due(self, begun: Sequence[FileJob]) -> bool:
        """Whether small files have less than their share while larger ones are in the works."""
        if not self._waiting or self._waiting[-1].file.size > SMALL_BYTES:
            return False
        small = sum(job.file.size <= SMALL_BYTES for job in begun)
        return small < len(begun) and small < max(1, self._limit.allowed // SMALL_SHARE)


def _rank(task: Task) -> int:
    """The largest first; tiny ones as they are listed, folder by folder."""
    return -task.file.size if task.file.size > TINY_BYTES else 0
