"""A schedule without a network: jobs whose ranges are handed out, on a clock of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hfget.errors import HfgetError
from hfget.http.retry import Transient
from hfget.limits import PATIENCE_SECONDS, SAVED_ALONE_SECONDS, SAVED_SECONDS
from hfget.model import RemoteFile, Span
from hfget.partials.journal import Identity
from hfget.sources.byte_source import ByteSource, Relief
from hfget.sources.host_health import HostHealth
from hfget.transfer.backend import Task, TransferOptions
from hfget.transfer.concurrency import ConnectionLimit
from hfget.transfer.file_job import FileJob, Phase
from hfget.transfer.leases import Lease
from hfget.transfer.local_content import LocalContent
from hfget.transfer.scheduler import Schedule, Work

HOST = "hub.test"


@dataclass
class Somewhere:
    """Stands in for a source: where a file's bytes are, and whether that is known.

    `others` are what further places bring, in bytes a second.
    """

    origin: str = HOST
    resolved: bool = False
    ranged: bool = True
    hosts: HostHealth | None = None
    others: dict[str, float] = field(default_factory=dict)

    def width(self, connections: int) -> int:
        return connections if self.resolved else 1

    def fewest(self) -> int:
        return 0

    def relief(self) -> Relief | None:
        return (
            Relief(self.others, {}, SAVED_SECONDS, SAVED_ALONE_SECONDS, PATIENCE_SECONDS)
            if self.others
            else None
        )

    def places(self) -> list[str]:
        return [self.origin]

    def avoid(self, *places: str, doubtful: Iterable[str] = ()) -> None:
        pass

    def delay(self) -> float:
        return self.hosts.delay(self.origin) if self.hosts else 0.0

    def failed(self, failure: Transient, began: float) -> float:
        return self.hosts.failed(failure, began) if self.hosts else 0.0


def resolve(job: FileJob) -> None:
    """From now on the job's source leads to the bytes without a detour."""
    source: Any = job.source
    source.resolved = True


class GivenSources:
    """One source for all files."""

    def __init__(self, source: Any = None) -> None:
        self._source = source

    def source_of(self, file: RemoteFile) -> Any:
        return self._source


@dataclass
class GivenTask:
    """A task of which a test says everything; `job` is what becomes of it."""

    file: RemoteFile
    stem: Path
    origin: Any
    on_publish: Callable[[Path], object] = lambda path: None
    on_local: Callable[[], LocalContent | None] = LocalContent
    on_end: Callable[[], None] = lambda: None
    adopted: int = 0
    span: Span | None = None

    def __post_init__(self) -> None:
        self.job = FileJob(self)

    def source(self) -> ByteSource:
        source: ByteSource = self.origin
        return source

    def partial(self) -> tuple[Path, Identity]:
        return self.stem, Identity.of(self.file, "c" * 40)

    def local(self) -> LocalContent | None:
        return self.on_local()

    def adopt(self) -> None:
        self.adopted += 1

    def publish(self, data: Path) -> None:
        self.on_publish(data)

    def ended(self, error: HfgetError | None = None) -> None:
        self.on_end()


def given(job: FileJob) -> GivenTask:
    """The task of a job that a test made."""
    task: Any = job.task
    made: GivenTask = task
    return made


def job_again(job: FileJob) -> FileJob:
    """Another job for the same file, as a later run would have it."""
    return replace(given(job)).job


def job_of(size: int, *, resolved: bool = False, host: str = HOST) -> FileJob:
    """A job whose ranges are handed out; nothing of it is on disk."""
    file = RemoteFile(f"{size}.bin", size, "0" * 40, "0" * 64)
    return GivenTask(file, Path("unused"), Somewhere(host, resolved)).job


def given_job(task: Task) -> FileJob:
    """The job that was made for a task already."""
    given: Any = task
    job: FileJob = given.job
    return job


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
        self,
        jobs: list[FileJob],
        *,
        connections: int = 16,
        files: int = 16,
        open_files: int = 64,
        allowed: int = 16,
    ) -> None:
        self.now = 1000.0
        self.limit = ConnectionLimit(64, clock=lambda: self.now, room=open_files)
        self.limit.allowed = allowed
        self.hosts = HostHealth(8, threading.Event(), clock=lambda: self.now)
        self.hosts.answered(HOST)
        for job in jobs:
            source: Any = job.source
            source.hosts = self.hosts
        self.schedule = Schedule(
            [job.task for job in jobs],
            TransferOptions(connections, files, retries=8),
            self.limit,
            begin=given_job,
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
            lease = work.job.ledger.lease(self.schedule.piece(work.job), 64)
        assert lease is not None
        resolve(work.job)
        return work.job, lease

    def end(self, job: FileJob, lease: Lease) -> None:
        """The rest of a range has come; a file that is complete is done."""
        start = lease.position
        job.ledger.claim(lease, lease.remaining)
        job.ledger.record(start, lease.end)
        job.ledger.release(lease)
        if self.schedule.fetched(job):
            assert self.schedule.ended(job, Phase.DONE)
        self.schedule.give_back()
