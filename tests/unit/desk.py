"""A schedule without a network: jobs whose ranges are handed out, on a clock of its own."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hfget.model import RemoteFile
from hfget.retry import Transient
from hfget.sources.host_health import Hosts
from hfget.transfer.connections import ConnectionLimit
from hfget.transfer.job import FileJob, Phase
from hfget.transfer.journal import Identity
from hfget.transfer.ranges import Lease
from hfget.transfer.schedule import Schedule, Work

HOST = "hub.test"


@dataclass
class Somewhere:
    """Stands in for a source: where a file's bytes are, and whether that is known."""

    origin: str = HOST
    resolved: bool = False
    hosts: Hosts | None = None

    def delay(self) -> float:
        return self.hosts.delay(self.origin) if self.hosts else 0.0

    def failed(self, failure: Transient, began: float) -> float:
        return self.hosts.failed(failure, began) if self.hosts else 0.0


def resolve(job: FileJob) -> None:
    """From now on the job's source leads to the bytes without a detour."""
    source: Any = job.source
    source.resolved = True


def job_of(size: int, *, resolved: bool = False, host: str = HOST) -> FileJob:
    """A job whose ranges are handed out; nothing of it is on disk."""
    file = RemoteFile(f"{size}.bin", size, "0" * 40, "0" * 64)
    source: Any = Somewhere(host, resolved)
    return FileJob(file, Identity.of(file, "c" * 40), Path("unused"), source, lambda path: None)


class Once(threading.Event):
    """A wish to stop that comes after one look around."""

    def __init__(self) -> None:
        super().__init__()
        self._looks = 0

    def is_set(self) -> bool:
        self._looks += 1
        return self._looks > 1


class Desk:
    """A schedule with all that it asks, on a clock that passes when told to."""

    def __init__(
        self, jobs: list[FileJob], *, connections: int = 16, files: int = 16, allowed: int = 16
    ) -> None:
        self.now = 1000.0
        self.limit = ConnectionLimit(64, clock=lambda: self.now)
        self.limit.allowed = allowed
        self.hosts = Hosts(8, threading.Event(), clock=lambda: self.now)
        self.hosts.answered(HOST)
        for job in jobs:
            source: Any = job.source
            source.hosts = self.hosts
        self.schedule = Schedule(
            jobs,
            connections=connections,
            jobs_at_a_time=files,
            limit=self.limit,
            clock=lambda: self.now,
        )

    def take(self) -> Work | None:
        """Work if there is some now."""
        with patch.object(self.schedule._changed, "wait"):
            return self.schedule.take(Once())

    def begin(self) -> tuple[FileJob, Lease]:
        """Take work, and a range of it as a worker does, whose URL is then known."""
        work = self.take()
        assert work is not None
        lease = work.lease
        if lease is None:
            self.schedule.fetching(work.job)
            lease = work.job.lease(self.schedule.piece(work.job), 64)
        assert lease is not None
        resolve(work.job)
        return work.job, lease

    def end(self, job: FileJob, lease: Lease) -> None:
        """The rest of a range has come; a file that is complete is done."""
        start = lease.position
        job.claim(lease, lease.remaining)
        job.record(start, lease.end)
        job.release(lease)
        if self.schedule.fetched(job):
            assert self.schedule.ended(job, Phase.DONE)
        self.schedule.give_back()
