"""Taking a file from this disk instead of fetching it: what lies there, a copy, a beginning.

Nothing is believed: what gets the final name was hashed, and is an inode of its own that no one
else can write to (unless hard links were asked for).
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from contextlib import suppress
from pathlib import Path

from hfget.partials import FULL, Begun, duplicate, hash_file, inherit, own_name
from hfget.system import Stopped, check_inode, disk_error, free_bytes, open_own
from hfget.transfer.file_job import FileJob
from hfget.transfer.local_content import Existing, LocalContent, another_file
from hfget.transfer.results import Results

_MOST_NAMES = 1 << 31

_log = logging.getLogger("hfget")


class Reuse:
    """Sees to the jobs that the network is not needed for."""

    def __init__(self, results: Results, stop: threading.Event, *, fsync: bool) -> None:
        self._results = results
        self._stop = stop
        self._fsync = fsync

    def take(self, job: FileJob, local: LocalContent) -> bool:
        """Finish the job with what this disk has; false if the file, or its rest, must be fetched.

        Raises DiskError if another file is in the way or the disk is full, Stopped.
        """
        if local.existing is not None and self._adopt(job, local.existing):
            return True
        if any(self._copy(job, copy.path, link=copy.link) for copy in local.copies):
            return True
        if local.begun is not None:
            self._begin_with(job, local.begun)
        return False

    def _adopt(self, job: FileJob, existing: Existing) -> bool:
        """Take the file that is there already, if its hash is right."""
        if existing.blocked is not None:
            raise existing.blocked
        if existing.half and not existing.earlier:
            return False
        try:
            actual = job.file.etag if existing.known else self._hash(job, existing.path)
        except OSError as error:
            if error.errno == errno.EBUSY or not existing.replaceable:
                raise disk_error(error, existing.path, "reading") from error
            actual = ""
        if actual == job.file.etag:
            job.task.adopt()
            self._results.succeed(job)
            return True
        if not (existing.replaceable or existing.half or actual in existing.earlier):
            raise another_file(existing.path, job.file.path)
        return False

    def _copy(self, job: FileJob, source: Path, *, link: bool) -> bool:
        """Copy `source` and take the copy, if its hash is right."""
        data = own_name(job.stem)
        try:
            data.parent.mkdir(parents=True, exist_ok=True)
            inode = duplicate(source, data, link=link, stop=self._stop)
            if self._hash(job, data) != job.file.etag:
                _log.debug("%s is not what it should be; %s is fetched", source, job.file.path)
                return False
            if self._fsync and not link:
                self._sync(data)
            if self._stop.is_set():
                raise Stopped
            check_inode(data, inode, names=_MOST_NAMES if link else 1)
            job.task.publish(data)
        except OSError as error:
            if error.errno in FULL:
                raise disk_error(error, data) from error
            _log.debug("%s cannot be copied: %s", source, error.strerror)
            return False
        finally:
            with suppress(OSError):
                data.unlink()
        self._results.succeed(job)
        return True

    def _begin_with(self, job: FileJob, begun: Begun) -> None:
        """Have the job find what another program has as an earlier run would have left it."""
        try:
            free = free_bytes(job.stem)
            if free is not None and free < job.file.size:
                begun = begun._replace(movable=True)
            if inherit(begun, job.stem, job.identity, self._stop) and begun.doubtful:
                job.moved = begun
        except OSError as error:
            if error.errno in FULL:
                raise disk_error(error, job.stem.parent) from error
            _log.debug("%s cannot be resumed: %s", begun.path, error.strerror)

    def _hash(self, job: FileJob, path: Path) -> str:
        """The hash of a file, told as progress of the job. Raises OSError, Stopped."""

        def progress(position: int) -> None:
            job.hash.position = position

        try:
            actual = hash_file(path, job.file.hash_kind, stop=self._stop, progress=progress)
        finally:
            job.hash.position = 0
        if actual is None:
            raise Stopped
        return actual

    def _sync(self, data: Path) -> None:
        fd = open_own(data, os.O_RDWR)
        try:
            with suppress(OSError):
                os.fsync(fd)
        finally:
            os.close(fd)
