"""What aria2c writes to, between its first byte and the file's final name."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hfget.messages import external_texts as texts
from hfget.model import RemoteFile
from hfget.partials import aria2c_name, aria2c_notes, can_take_alone, hash_file, own_name
from hfget.system import Inode, Stopped, check_inode, disk_error, is_sole, open_own

#: Seconds that are waited for a program of an earlier run which may still write, and without a
#: change after which there is none, where the file system cannot tell.
_LONGEST_WAIT, _STILL_SECONDS, _POLL_SECONDS = 8.0, 3.0, 0.1


class Aria2cData:
    """The file that aria2c fetches, and its notes.

    At rest it has a name that the next run finds, by aria2c or without it. If another program
    holds it open and does not let go, this run has a file of its own.
    """

    def __init__(self, stem: Path, file: RemoteFile, stop: threading.Event) -> None:
        self._stem = stem
        self._file = file
        self._stop = stop
        self.place = aria2c_name(stem)

    @property
    def control(self) -> Path:
        return aria2c_notes(self.place)

    @property
    def is_whole(self) -> bool:
        """Whether all bytes are there, as far as lengths tell."""
        with suppress(OSError):
            return not os.path.lexists(self.control) and self._written() == self._file.size
        return False

    def prepare(self) -> None:
        """Make sure that no one else writes to it, and that aria2c resumes only by its notes.

        What has these names and is not a file of this user alone goes: aria2c follows links.
        Raises DiskError, Stopped.
        """
        try:
            self.place.parent.mkdir(parents=True, exist_ok=True)
            for path in (self.place, self.control):
                with suppress(FileNotFoundError):
                    if not is_sole(path.lstat()):
                        path.unlink()
            if os.path.lexists(self.place) and not self._let_go():
                self.place = own_name(self._stem)
            if not os.path.lexists(self.control) and not self.is_whole:
                self.place.unlink(missing_ok=True)
        except OSError as error:
            raise disk_error(error, self.place) from error

    def discard(self) -> None:
        """Remove it: its bytes are wrong."""
        for path in (self.place, self.control):
            with suppress(OSError):
                path.unlink()

    def content(self, progress: Callable[[int], None]) -> str:
        """Its hash, read back. Raises DiskError, Stopped."""
        kind = self._file.hash_kind
        try:
            actual = hash_file(self.place, kind, stop=self._stop, progress=progress)
        except OSError as error:
            raise disk_error(error, self.place, texts.READING_BACK) from error
        if actual is None:
            raise Stopped
        return actual

    def take(self, *, fsync: bool) -> tuple[Path, bool]:
        """What was hashed, under a name that is this process's own, and whether it is durable.

        Raises DiskError.
        """
        data = own_name(self._stem)
        try:
            fd = open_own(self.place, os.O_RDWR)
            try:
                inode = Inode.of(os.fstat(fd))
                durable = fsync and _synced(fd)
            finally:
                os.close(fd)
            self.place.rename(data)
            check_inode(data, inode)
        except OSError as error:
            raise disk_error(error, self.place) from error
        return data, durable

    def give_back(self, data: Path) -> None:
        """What could not be published is there for the next run."""
        with suppress(OSError):
            data.rename(self.place)

    def _written(self) -> int:
        """Its length; fewer where it has holes that were never written to."""
        fd = open_own(self.place, os.O_RDONLY)
        try:
            size = os.fstat(fd).st_size
            hole = os.lseek(fd, 0, os.SEEK_HOLE) if size and hasattr(os, "SEEK_HOLE") else size
            return min(size, hole)
        finally:
            os.close(fd)

    def _let_go(self) -> bool:
        """Whether no other process writes to it (any more)."""
        deadline = time.monotonic() + _LONGEST_WAIT
        seen, since = self._signs(), time.monotonic()
        while not can_take_alone(self.place):
            if self._stop.wait(_POLL_SECONDS):
                raise Stopped
            now, signs = time.monotonic(), self._signs()
            if signs != seen:
                seen, since = signs, now
            if now - since >= _STILL_SECONDS:
                return True
            if now > deadline:
                return False
        return True

    def _signs(self) -> tuple[object, ...]:
        """What changes as long as a program writes."""
        signs: list[object] = []
        for path in (self.place, self.control):
            with suppress(OSError):
                found = path.lstat()
                signs.append((found.st_size, found.st_mtime_ns, getattr(found, "st_blocks", 0)))
        return tuple(signs)


def _synced(fd: int) -> bool:
    """Whether the bytes have reached the disk. Raises OSError where the disk fails."""
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno in (errno.EIO, errno.ENOSPC, errno.EDQUOT):
            raise
        return False
    return True
