"""From fetched to published: hashing beside the download, repair, the final name."""

from __future__ import annotations

import threading
from collections.abc import Callable

from hfget.messages import transfer_texts as texts
from hfget.system import Stopped
from hfget.transfer.file_job import FileJob, Phase
from hfget.transfer.results import Results
from hfget.transfer.scheduler import Schedule

#: Files above this size are hashed by a thread of their own while they come.
FOLLOWED_BYTES = 16 << 20
_FOLLOWED = (Phase.OPENING, Phase.FETCHING, Phase.VERIFYING)


class Finisher:
    """Sees jobs through once they have bytes. `spawn` starts a thread, or says that it cannot."""

    def __init__(
        self,
        schedule: Schedule,
        results: Results,
        stop: threading.Event,
        *,
        fsync: bool,
        spawn: Callable[[str, Callable[[], None]], bool],
    ) -> None:
        self._schedule = schedule
        self._results = results
        self._stop = stop
        self._fsync = fsync
        self._spawn = spawn

    def follow(self, job: FileJob) -> None:
        """From now on hash a large file as it comes. Before others may fetch it: who fetches its
        last byte must know who finishes it.
        """
        if job.file.size > FOLLOWED_BYTES and job.span is None:
            job.followed = self._spawn(
                f"hfget-hash-{job.file.path[:40]}", lambda: self._hash_along(job)
            )

    def settle(self, job: FileJob) -> None:
        """After any work on a job: finish it if it is complete, clear up if it has failed."""
        if job.phase is Phase.FAILED or job.abandoned:
            if job.ledger.leases == 0:
                job.park()
        elif self._schedule.fetched(job):
            if job.followed:
                job.progressed.set()
            else:
                self._finish(job)

    def _hash_along(self, job: FileJob) -> None:
        """Hash the finished prefix as it grows, then finish the job."""
        try:
            while not self._stop.is_set() and job.phase in _FOLLOWED:
                if job.advance_hash():
                    continue
                if job.phase is Phase.VERIFYING:
                    self._finish(job)
                else:
                    job.progressed.wait(0.05)
                    job.progressed.clear()
        except Stopped:
            pass
        except Exception as error:
            self._results.crashed(job, error)

    def _finish(self, job: FileJob) -> None:
        if self._stop.is_set():
            return
        try:
            if job.finish(fsync=self._fsync):
                self._results.succeed(job)
                if not job.durable:
                    self._results.not_durable()
                return
            self._results.note_once(texts.FETCHED_AGAIN(path=job.file.path))
            self._schedule.fetching(job)
        except Stopped:
            pass
        except Exception as error:
            self._results.crashed(job, error)
