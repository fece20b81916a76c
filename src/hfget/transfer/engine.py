"""The engine: workers that fetch, followers that hash, one thread that makes data durable.

`run` returns when every job has ended or the run was stopped; it never raises for a file.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from hfget import events
from hfget.errors import DiskError, HfgetError, VerificationError
from hfget.http import HttpClient
from hfget.model import Failure
from hfget.retry import Transient, given_up, wait_after
from hfget.settings import MAX_CONNECTIONS, Settings, host_of
from hfget.transfer.control import Hosts
from hfget.transfer.digest import hash_file
from hfget.transfer.fetch import Fetcher
from hfget.transfer.job import FileJob, Phase, Stopped
from hfget.transfer.meter import Meter
from hfget.transfer.ranges import Lease
from hfget.transfer.schedule import Schedule, Work
from hfget.transfer.source import Superseded

#: Files above this size are hashed by a thread of their own while they come.
FOLLOWED_BYTES = 16 << 20
#: Unsynced journal (32 bytes a block of at most 1 MiB) or seconds after which data is synced.
SYNC_JOURNAL_BYTES, SYNC_SECONDS = 64 * 32, 2.0
#: A server that answers wrongly so many times in a row will not answer rightly.
MAX_LIES = 3
STOP_SECONDS = 0.8

_log = logging.getLogger("hfget")


@dataclass
class Outcome:
    """What the engine did. `received` counts body bytes off the wire."""

    done: list[FileJob] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    received: int = 0
    durable: bool = True


class Engine:
    """Runs jobs. `stop` may be set from anywhere, also from a signal handler."""

    def __init__(
        self,
        jobs: Sequence[FileJob],
        http: HttpClient,
        settings: Settings,
        *,
        meter: Meter,
        observer: events.Observer = events.ignore,
        stop: threading.Event | None = None,
    ) -> None:
        self._http = http
        self._settings = settings
        self._meter = meter
        self._observer = observer
        self._stop = stop or threading.Event()
        self._hosts = Hosts(settings.retries)
        self._hosts.answered(host_of(settings.endpoint))
        self._schedule = Schedule(
            jobs,
            connections=settings.connections,
            jobs_at_a_time=settings.jobs,
            hosts=self._hosts,
        )
        self._outcome = Outcome(durable=settings.fsync)
        self._outcome_lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._fetchers: list[Fetcher] = []
        self._ended = threading.Event()
        self._jobs = jobs

    def run(self) -> Outcome:
        """Fetch everything, or as much as can be; afterwards nothing is written any more."""
        budget = min(max(self._settings.connections, self._settings.jobs), MAX_CONNECTIONS)
        for number in range(budget):
            fetcher = Fetcher(self._hosts, self._stop)
            self._fetchers.append(fetcher)
            self._spawn(f"hfget-fetch-{number}", self._work, fetcher)
        workers = list(self._threads)
        syncer = threading.Thread(target=self._keep_synced, name="hfget-sync", daemon=True)
        if self._settings.fsync:
            syncer.start()
        while any(worker.is_alive() for worker in workers) and not self._stop.is_set():
            self._sample()
            workers[0].join(0.1) if workers[0].is_alive() else time.sleep(0.05)
        self._wind_down()
        if syncer.is_alive():
            syncer.join(STOP_SECONDS)
        self._sample()
        self._outcome.received = sum(fetcher.received for fetcher in self._fetchers)
        return self._outcome

    def _wind_down(self) -> None:
        """Join all threads; after a stop, wake them first, and keep what is unfinished."""
        deadline = None
        if self._stop.is_set():
            self._schedule.changed()
            self._http.abort()
            deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        self._ended.set()
        for job in self._schedule.active:
            job.abandoned = True
            job.park()

    def _spawn(self, name: str, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, name=name, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _work(self, fetcher: Fetcher) -> None:
        while (work := self._schedule.take(self._stop)) is not None:
            job = work.job
            try:
                self._do(work, fetcher)
            except Stopped:
                pass
            except HfgetError as error:
                self._fail(job, error)
            except Exception as error:
                _log.debug("unexpected", exc_info=True)
                self._fail(job, HfgetError(f"unexpected {type(error).__name__}: {error}"))
            self._settle(job)

    def _do(self, work: Work, fetcher: Fetcher) -> None:
        job, lease = work.job, work.lease
        if lease is None:
            if job.file.defect:
                raise VerificationError(
                    f"cannot be verified: {job.file.defect}",
                    path=job.file.path,
                    hint="the server's listing is broken; try another --endpoint",
                )
            if job.existing is not None and self._adopt(job):
                return
            job.open()
            self._schedule.fetching(job)
            self._follow(job)
            lease = job.lease(self._schedule.piece(job), self._settings.connections)
        if lease is not None:
            self._fetch(job, lease, fetcher)

    def _fetch(self, job: FileJob, lease: Lease, fetcher: Fetcher) -> None:
        begun = time.monotonic()
        try:
            fetcher.fetch(job, lease)
            job.strikes = job.lies = 0
        except Superseded:
            pass
        except Transient as failure:
            if not self._stop.is_set():
                self._retry_later(job, failure, begun)
        finally:
            job.release(lease)
            self._schedule.changed()

    def _retry_later(self, job: FileJob, failure: Transient, begun: float) -> None:
        """Decide when the range is asked for again. Raises HfgetError when that makes no sense."""
        now = time.monotonic()
        if failure.fruitful:
            job.strikes = 0
        if failure.lie:
            job.lies += 1
            if job.lies >= MAX_LIES:
                raise VerificationError(
                    f"{failure.host}: {failure.reason}",
                    path=job.file.path,
                    url=failure.url,
                    hint="the server or mirror serves wrong content; try another --endpoint",
                )
        if failure.whole_host:
            wait = self._hosts.failed(failure, begun)
        elif failure.fruitful:
            wait = 0.0
        else:
            if begun >= job.struck_at:
                job.strikes += 1
                job.struck_at = now
            if job.strikes > self._settings.retries:
                raise given_up(failure, job.file.path)
            wait = wait_after(failure, job.strikes)
            job.not_before = max(job.not_before, now + wait)
        self._observer(
            events.Retrying(
                job.file.path, failure.host, failure.reason, wait, max(job.strikes, job.lies)
            )
        )

    def _settle(self, job: FileJob) -> None:
        """After any work on a job: verify it if it is complete, clear up if it has failed."""
        if job.phase is Phase.FAILED:
            if job.connections == 0:
                job.park()
        elif self._schedule.fetched(job):
            job.progressed.set()
            if job.file.size <= FOLLOWED_BYTES:
                self._finish(job)

    def _follow(self, job: FileJob) -> None:
        if job.file.size > FOLLOWED_BYTES:
            self._spawn(f"hfget-hash-{job.file.path[:40]}", self._hash_along, job)

    def _hash_along(self, job: FileJob) -> None:
        """Hash the finished prefix as it grows, then finish the job."""
        try:
            while not self._stop.is_set() and job.phase in (Phase.FETCHING, Phase.VERIFYING):
                if job.advance_hash():
                    continue
                if job.phase is Phase.VERIFYING:
                    self._finish(job)
                else:
                    job.progressed.wait(0.05)
                    job.progressed.clear()
        except HfgetError as error:
            self._fail(job, error)

    def _finish(self, job: FileJob) -> None:
        if self._stop.is_set():
            return
        try:
            if job.finish(self._settings.fsync):
                self._succeed(job)
            else:
                self._observer(
                    events.Note(
                        f"{job.file.path}: wrong bytes found, they are fetched again", "warning"
                    )
                )
                self._schedule.fetching(job)
        except HfgetError as error:
            self._fail(job, error)
        except Exception as error:
            _log.debug("unexpected", exc_info=True)
            self._fail(job, HfgetError(f"unexpected {type(error).__name__}: {error}"))

    def _adopt(self, job: FileJob) -> bool:
        """Take the file that is there already, if its hash is right. Raises DiskError."""
        existing, file = job.existing, job.file
        assert existing is not None

        def progress(position: int) -> None:
            job.hashed = position

        try:
            actual = hash_file(existing.path, file.hash_kind, stop=self._stop, progress=progress)
        except OSError:
            actual = ""
        if actual is None:
            raise Stopped
        if actual == file.etag:
            existing.adopt()
            self._succeed(job)
            return True
        if not existing.replaceable:
            raise DiskError(
                f"{existing.path} is another file than the one wanted, and not one that was "
                "downloaded here",
                path=file.path,
                hint="move it away, or replace it with --force",
            )
        job.hashed = 0
        return False

    def _succeed(self, job: FileJob) -> None:
        if self._schedule.ended(job, Phase.DONE):
            with self._outcome_lock:
                self._outcome.done.append(job)
            self._meter.done(job)
            received = job.file.size - job.received_at_start if job.opened else 0
            self._observer(
                events.FileDone(
                    job.file.path, job.file.size, received, job.file.hash_kind, job.file.etag
                )
            )

    def _fail(self, job: FileJob, error: HfgetError) -> None:
        if not self._schedule.ended(job, Phase.FAILED):
            return
        job.abandoned = True
        failure = Failure(
            job.file.path, error.kind, error.message, error.hint, error.url, error.exit_code
        )
        with self._outcome_lock:
            self._outcome.failures.append(failure)
        self._observer(events.FileFailed(failure))
        if job.connections == 0:
            job.park()

    def _keep_synced(self) -> None:
        """Make what came durable, every 64 MiB or 2 seconds of each file."""
        last: dict[int, float] = {}
        while not self._ended.wait(0.1):
            now = time.monotonic()
            for job in self._schedule.active:
                pending = job.unsynced
                due = now - last.setdefault(id(job), now) >= SYNC_SECONDS
                if not pending or not (due or pending >= SYNC_JOURNAL_BYTES):
                    continue
                last[id(job)] = now
                try:
                    if not job.partial.sync():
                        self._not_durable()
                except DiskError as error:
                    self._fail(job, error)

    def _not_durable(self) -> None:
        with self._outcome_lock:
            first, self._outcome.durable = self._outcome.durable, False
        if first:
            self._observer(
                events.Note("this file system cannot promise that data is durable", "warning")
            )

    def _sample(self) -> None:
        received = sum(fetcher.received for fetcher in self._fetchers)
        self._observer(self._meter.sample(self._schedule.active, received))
