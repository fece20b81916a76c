"""A worker: takes work, does it over its own connection, decides what a failure means."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

from hfget import events
from hfget.errors import VerificationError
from hfget.http import Transient, backoff, given_up, is_last, wait_after
from hfget.limits import CRUMB_BYTES, CRUMB_SECONDS, MAX_LIES
from hfget.messages import advice, http_texts
from hfget.messages import transfer_texts as texts
from hfget.sources import NoRangesError
from hfget.system import Stopped, Superseded
from hfget.transfer.concurrency import SINGLE_REQUEST_BYTES, ConnectionLimit
from hfget.transfer.fetch import Fetcher
from hfget.transfer.file_job import FileJob
from hfget.transfer.finalize import Finisher
from hfget.transfer.leases import Lease
from hfget.transfer.local_content import LocalContent, another_file
from hfget.transfer.results import Results
from hfget.transfer.reuse import Reuse
from hfget.transfer.samples import resembles
from hfget.transfer.scheduler import Schedule, Work

#: So often a file is asked for by parts that do not come, if no --retries allows more.
LEAST_RANGE_TRIES = 8
#: So much later than others a file asks a paused host: perhaps it is this very file at which
#: the host, or a box on the way, breaks connections.
LAST_TO_PROBE_SECONDS = 0.25
#: How often it is asked whether content that another process fetches has come.
LOOK_AGAIN_SECONDS = 0.2


class WorkerTools(NamedTuple):
    """What all workers of a run have in common."""

    schedule: Schedule
    limit: ConnectionLimit
    reuse: Reuse
    finisher: Finisher
    results: Results
    retries: int
    stop: threading.Event


class Worker:
    """One thread's worth of work; `fetcher` tells how much came and from what."""

    def __init__(self, shared: WorkerTools) -> None:
        self._schedule = shared.schedule
        self._limit = shared.limit
        self._reuse = shared.reuse
        self._finisher = shared.finisher
        self._results = shared.results
        self._retries = shared.retries
        self._stop = shared.stop
        self.fetcher = Fetcher(self._stop, self._schedule.changed, self._without_ranges)

    def run(self) -> None:
        """Work until there is none left."""
        work = self._schedule.take(self._stop)
        while work is not None:
            try:
                self._do(work)
            except Stopped:
                pass
            except Exception as error:
                self._results.crashed(work.job, error)
            except BaseException:
                self._schedule.give_back()
                raise
            finally:
                self._settle(work.job)
            work = self._schedule.take(self._stop, again=True)

    def _settle(self, job: FileJob) -> None:
        try:
            self._finisher.settle(job)
        except Exception as error:
            self._results.crashed(job, error)

    def _do(self, work: Work) -> None:
        job, lease = work.job, work.lease
        if lease is None and self._begin(job):
            lease = self._schedule.lease(job)
        if lease is not None:
            self._fetch(job, lease)

    def _begin(self, job: FileJob) -> bool:
        """Begin a job; false if nothing has to be fetched for it, or not now."""
        if job.file.defect:
            raise VerificationError(
                texts.UNVERIFIABLE(defect=job.file.defect),
                path=job.file.path,
                hint=advice.OTHER_MIRROR,
            )
        local = job.task.local()
        if local is None:
            self._schedule.postpone(job, LOOK_AGAIN_SECONDS)
            return False
        if not self._is_worth_it(job, local) or self._reuse.take(job, local):
            return False
        job.open()
        self._finisher.follow(job)  # first: others may have fetched it all in no time
        self._schedule.fetching(job)
        return True

    def _is_worth_it(self, job: FileJob, local: LocalContent) -> bool:
        """False if it cannot be told now whether what is there is half a download.

        Raises DiskError if it is the user's own file.
        """
        begun = local.begun
        if begun is None or not begun.doubtful or local.copies:
            return True
        asked = time.monotonic()
        try:
            if resembles(job.source, begun, self._stop):
                return True
        except OSError:
            return True  # the copy will say what is wrong with it
        except Superseded:
            self._schedule.postpone(job, LOOK_AGAIN_SECONDS)
            return False
        except Transient as failure:
            self._retry_later(job, failure, asked, 0)
            self._schedule.postpone(job, max(0.0, job.not_before - time.monotonic()))
            return False
        raise another_file(begun.path, job.file.path)

    def _fetch(self, job: FileJob, lease: Lease) -> None:
        begun, received = time.monotonic(), self.fetcher.received
        try:
            self.fetcher.fetch(job, lease)
            job.budget.forgive()
        except Superseded:
            pass
        except Transient as failure:
            if not (self._stop.is_set() or lease.taken):
                self._retry_later(job, failure, begun, self.fetcher.received - received)
        finally:
            job.ledger.release(lease)
            if job.file.size > SINGLE_REQUEST_BYTES or not job.ledger.finished:
                self._schedule.changed()

    def _without_ranges(self, origin: str) -> None:
        """Say once a host why there is one connection only."""
        self._results.note_once(texts.NO_RANGES(origin=origin))

    def _retry_later(self, job: FileJob, failure: Transient, begun: float, came: int) -> None:
        """Decide when the range is asked for again, after `came` bytes of it.

        Raises HfgetError when that makes no sense.
        """
        wait = job.source.failed(failure, begun)
        if failure.elsewhere:
            return
        if not failure.lie:
            self._limit.trouble(overloaded=failure.overloaded)
        attempt = 0
        if isinstance(failure, NoRangesError):
            # the host is soon asked for whole files: then what comes is held against the file
            attempt = job.budget.strike(begun, lie=False)
            if attempt > max(self._retries, LEAST_RANGE_TRIES):
                raise given_up(failure, job.file.path)
            wait = max(wait, backoff(1))
            job.not_before = max(job.not_before, time.monotonic() + wait)
        elif failure.fruitful:
            job.budget.forgive()
            if came < CRUMB_BYTES:
                wait = max(wait, CRUMB_SECONDS)
                job.not_before = max(job.not_before, time.monotonic() + wait)
        else:
            attempt = job.budget.strike(begun, lie=failure.lie)
            wait = max(wait, self._wait(job, failure, attempt))
            rest = wait + LAST_TO_PROBE_SECONDS * failure.whole_host
            job.not_before = max(job.not_before, time.monotonic() + rest)
        asked = failure.wait is not None
        self._results.tell(
            events.Retrying(job.file.path, failure.host, failure.reason, wait, attempt, asked)
        )

    def _wait(self, job: FileJob, failure: Transient, attempt: int) -> float:
        """Seconds before the file is asked for again. Raises when the tries are used up."""
        if failure.lie:
            if attempt >= MAX_LIES:
                raise VerificationError(
                    http_texts.HOST_FAILED(host=failure.host, reason=failure.reason),
                    path=job.file.path,
                    url=failure.url,
                    hint=advice.OTHER_MIRROR,
                )
            return backoff(attempt)
        if is_last(failure, attempt, self._retries):
            raise given_up(failure, job.file.path)
        return wait_after(failure, attempt)
