"""What became of the jobs: counted, told, and handed to the caller in the end."""

from __future__ import annotations

import logging
import threading

from hfget import events
from hfget.errors import DiskError, HfgetError
from hfget.messages import advice
from hfget.messages import transfer_texts as texts
from hfget.model import Failure
from hfget.system import lacks_memory, naming_disk_errors
from hfget.transfer.backend import DoneFile, Outcome
from hfget.transfer.file_job import FileJob, Phase
from hfget.transfer.progress import Meter
from hfget.transfer.scheduler import Schedule

_log = logging.getLogger("hfget")


class Results:
    """Takes each job's end, once, and tells the observer; thread-safe."""

    def __init__(self, schedule: Schedule, meter: Meter, observer: events.Observer) -> None:
        self.outcome = Outcome()
        self._schedule = schedule
        self._meter = meter
        self.tell = observer
        self._lock = threading.Lock()
        self._noted: set[str] = set()

    def succeed(self, job: FileJob) -> None:
        """The job's file has its final name, or the wanted range of it is here."""
        if not self._schedule.ended(job, Phase.DONE):
            return
        file = job.file
        self._meter.done(job.size)
        if job.at_rest:
            with self._lock:
                self.outcome.rested.add(file.path)
            job.task.ended()
            return
        with self._lock:
            self.outcome.done.append(DoneFile(file.path, file.size, job.received))
        job.task.ended()
        self.tell(events.FileDone(file.path, file.size, job.received, file.hash_kind, file.etag))

    def fail(self, job: FileJob, error: HfgetError) -> None:
        """The job is given up; what is there of it is kept once no thread writes any more.

        After the run has been stopped nothing counts as a failure any more.
        """
        if job.abandoned or not self._schedule.ended(job, Phase.FAILED):
            return
        job.abandoned = True
        job.task.ended(error)
        failure = Failure.of(error, job.file.path)
        with self._lock:
            self.outcome.failures.append(failure)
        self.unfinished(job)
        if job.ledger.leases == 0:
            job.park()
        self.tell(events.FileFailed(failure))

    def unfinished(self, job: FileJob) -> None:
        """So much of the job's file is kept on disk."""
        with self._lock:
            self.outcome.unfinished[job.file.path] = job.ledger.done_bytes

    def crashed(self, job: FileJob, error: Exception) -> None:
        """Work on the job ended with `error`, perhaps an unexpected one."""
        try:
            with naming_disk_errors():
                raise error
        except HfgetError as known:
            self.fail(job, known)
        except Exception:
            if lacks_memory(error):
                self.fail(job, DiskError(texts.NO_MEMORY, hint=advice.MORE_MEMORY))
                return
            _log.debug("unexpected", exc_info=error)
            self.fail(job, HfgetError(texts.UNEXPECTED(name=type(error).__name__, error=error)))

    def not_durable(self) -> None:
        """This file system cannot be told to bring data to the disk."""
        self.outcome.durable = False
        self.note_once(texts.NOT_DURABLE)

    def note_once(self, text: str) -> None:
        """Warn of what many threads find, the first time only."""
        with self._lock:
            known = text in self._noted
            self._noted.add(text)
        if not known:
            self.tell(events.Note(text, "warning"))
