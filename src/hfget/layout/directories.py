"""Destination folders, made and opened once, and known to lie where they should.

A file is renamed into an open directory, so that a link planted meanwhile in the path to it
leads nowhere. Where a directory cannot be opened (Windows) its path is checked again each time.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import OrderedDict
from pathlib import Path

from hfget.disk import is_inside, sync_directory
from hfget.errors import UnsafeError
from hfget.text import safe_text

_MOST_OPEN = 32
_HAS_DIR_FD = os.rename in os.supports_dir_fd and os.stat in os.supports_dir_fd


class Directories:
    """The folders below `root`. Thread-safe. Methods raise OSError and UnsafeError."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._open: OrderedDict[Path, int] = OrderedDict()

    def move_in(self, data: Path, target: Path, *, replace: bool) -> None:
        """Give `data` the name `target`, atomically.

        Raises FileExistsError if something has that name and `replace` is false.
        """
        with self._lock:
            fd = self._opened(target.parent)
            name = target if fd is None else target.name
            if not replace and _exists(name, fd):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
            os.replace(data, name, dst_dir_fd=fd)

    def sync(self, folder: Path) -> bool:
        """Have a folder's entries reach the disk; False where the system cannot do that."""
        with self._lock:
            fd = self._open.get(folder)
            if fd is not None:
                try:
                    os.fsync(fd)
                except OSError:
                    return False
                return True
        return sync_directory(folder)

    def refuse_escape(self, folder: Path) -> None:
        """Raise UnsafeError if a link leads `folder` out of the root."""
        if not is_inside(folder, self._root):
            raise UnsafeError(
                f"a link in {self._root} leads outside of it: {safe_text(str(folder))}",
                hint="remove the link, or choose another folder with --local-dir",
            )

    def close(self) -> None:
        with self._lock:
            while self._open:
                os.close(self._open.popitem()[1])

    def _opened(self, folder: Path) -> int | None:
        if not _HAS_DIR_FD:
            folder.mkdir(parents=True, exist_ok=True)
            self.refuse_escape(folder)
            return None
        if folder in self._open:
            self._open.move_to_end(folder)
            return self._open[folder]
        folder.mkdir(parents=True, exist_ok=True)
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self.refuse_escape(folder)
            if not os.path.samestat(os.fstat(fd), os.stat(folder)):
                raise UnsafeError(
                    f"{safe_text(str(folder))} is being replaced while it is written to",
                    hint="run the same command again, with nothing else working on that folder",
                )
        except BaseException:
            os.close(fd)
            raise
        self._open[folder] = fd
        if len(self._open) > _MOST_OPEN:
            os.close(self._open.popitem(last=False)[1])
        return fd


def _exists(name: Path | str, fd: int | None) -> bool:
    try:
        os.stat(name, dir_fd=fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
