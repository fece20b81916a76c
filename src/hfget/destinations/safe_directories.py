"""Destination folders, made and opened once, and known to lie where they should.

A folder is entered from the root, one name after the other, never through a link, and a file
is renamed into the open folder: a link planted meanwhile in the path to it leads nowhere. Where
a folder cannot be opened (Windows) its path is checked again each time.
"""

from __future__ import annotations

import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from hfget.errors import UnsafeError
from hfget.messages import advice
from hfget.messages import destination_texts as texts
from hfget.system import (
    Stamp,
    exists,
    is_inside,
    owner_of,
    rename_new,
    safe_text,
    sync_directory,
)

_MOST_OPEN = 32
_HAS_DIR_FD = {os.rename, os.stat, os.open, os.mkdir, os.unlink} <= os.supports_dir_fd
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)


class Seen(NamedTuple):
    """What lay under a name at some time, as far as it can be told without reading it."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int
    owner: int

    @classmethod
    def of(cls, found: os.stat_result) -> Seen:
        return cls(
            found.st_dev,
            found.st_ino,
            found.st_size,
            found.st_mtime_ns,
            found.st_ctime_ns,
            owner_of(found),
        )

    @property
    def stamp(self) -> Stamp:
        """What ties a record to the one file that was hashed."""
        return Stamp(self.size, self.modified_ns, self.changed_ns, self.inode)

    def is_still(self, other: Seen) -> bool:
        """Whether that is the same file with the same bytes: names and modes may have changed."""
        return self[:4] == other[:4]


class _Folder:
    """An open folder. Which one it is never changes, so it is asked once."""

    __slots__ = ("dropped", "fd", "found", "users")

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.found = os.fstat(fd)
        self.users = 0
        self.dropped = False


class Directories:
    """The folders below `root`. Thread-safe. Methods raise OSError and UnsafeError.

    No file is moved under the lock: a thread that waits for the disk lets others go on. A folder
    is closed when it is dropped and the last who uses it has left it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        #: One after the other: what is recorded next may lie below what is being synced.
        self._syncing = threading.Lock()
        self._open: OrderedDict[str, _Folder] = OrderedDict()
        #: Folders that have got, or will get, an entry for a new folder.
        self._grown = {str(folder.parent) for folder in _missing(root)}

    def move_in(
        self, data: Path, target: Path | str, *, replace: bool, seen: Seen | None = None
    ) -> None:
        """Give `data` the name `target`, atomically.

        Raises FileExistsError if something has that name and `replace` is false, or if `seen`
        is given and what has that name is that no more.
        """
        with self._place(target) as (fd, name):
            self._move_in(data, fd, name, replace=replace, seen=seen)

    def move_in_and_look(
        self, data: Path, target: Path | str, *, replace: bool, seen: Seen | None = None
    ) -> os.stat_result:
        """As `move_in`; then what lies there, in the folder that it was moved into."""
        with self._place(target) as (fd, name):
            self._move_in(data, fd, name, replace=replace, seen=seen)
            return os.stat(name, dir_fd=fd, follow_symlinks=False)

    def _move_in(
        self, data: Path, fd: int | None, name: str, *, replace: bool, seen: Seen | None
    ) -> None:
        if replace and seen is not None:
            with suppress(FileNotFoundError):
                found = os.stat(name, dir_fd=fd, follow_symlinks=False)
                replace = seen.is_still(Seen.of(found))
        if replace:
            os.replace(data, name, dst_dir_fd=fd)
        else:
            rename_new(data, name, dst_dir_fd=fd)

    def remove(self, target: Path) -> None:
        """Remove the file at `target`."""
        with self._place(target) as (fd, name):
            os.unlink(name, dir_fd=fd)

    def look(self, target: Path | str) -> os.stat_result:
        """What lies at `target` itself, a link not followed."""
        with self._place(target) as (fd, name):
            return os.stat(name, dir_fd=fd, follow_symlinks=False)

    def sync(self, folders: Iterable[Path | str]) -> bool:
        """Have the entries of `folders` reach the disk, and those of folders made meanwhile.

        False where the system cannot do that.
        """
        with self._syncing:
            with self._lock:
                paths, self._grown = {str(folder) for folder in folders} | self._grown, set()
            synced = [self._sync(path) for path in paths]
        return all(synced)

    def refuse_escape(self, folder: Path | str) -> None:
        """Raise UnsafeError if a link leads `folder` out of the root."""
        if not is_inside(folder, self._root):
            raise UnsafeError(
                texts.LINK_LEADS_OUT(root=self._root, folder=safe_text(str(folder))),
                hint=advice.REMOVE_LINK,
            )

    def close(self) -> None:
        with self._lock:
            for folder in list(self._open):
                self._drop(folder)

    def _sync(self, folder: str) -> bool:
        known = self._known(folder)
        if known is None:
            return sync_directory(folder)
        try:
            with suppress(OSError):
                os.fsync(known.fd)
                return True
            return False
        finally:
            self._leave(known)

    @contextmanager
    def _place(self, target: Path | str) -> Iterator[tuple[int | None, str]]:
        """The open folder in which `target` lies, and its name there; or None and its path."""
        folder, name = os.path.split(target)
        if not _HAS_DIR_FD:
            os.makedirs(folder, exist_ok=True)
            self.refuse_escape(folder)
            yield None, str(target)
            return
        opened = self._opened(folder)
        try:
            yield opened.fd, name
        finally:
            self._leave(opened)

    def _known(self, folder: str) -> _Folder | None:
        """The folder if it is open, to be used until `_leave`."""
        with self._lock:
            known = self._open.get(folder)
            if known is not None:
                known.users += 1
                self._open.move_to_end(folder)
            return known

    def _opened(self, folder: str) -> _Folder:
        """The folder, to be used until `_leave`."""
        known = self._known(folder)
        if known is not None:
            if _is_at(known.found, folder):
                return known
            self._leave(known)
        with self._lock:
            now = self._open.get(folder)
            if now is None or now is known:  # else another thread has just entered it
                if now is not None:
                    self._drop(folder)
                now = self._open[folder] = _Folder(self._enter(folder))
                if len(self._open) > _MOST_OPEN:
                    self._drop(next(iter(self._open)))
            now.users += 1
            return now

    def _leave(self, folder: _Folder) -> None:
        with self._lock:
            folder.users -= 1
            if folder.dropped and not folder.users:
                os.close(folder.fd)

    def _drop(self, path: str) -> None:
        """Under the lock: from now on it is entered anew."""
        folder = self._open.pop(path)
        folder.dropped = True
        if not folder.users:
            os.close(folder.fd)

    def _enter(self, folder: str) -> int:
        """Open `folder`, made where it is missing. A link in it must lead to inside the root."""
        self.refuse_escape(folder)
        top, real = os.path.realpath(self._root), os.path.realpath(folder)
        place = Path(top)
        fd = os.open(top, _FOLDER)
        for name in Path(real).relative_to(top).parts:
            try:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=fd)
                    self._grown.add(str(place))
                place /= name
                if _is_link(name, fd):
                    raise UnsafeError(
                        texts.BEING_REPLACED(place=safe_text(str(place))),
                        hint=advice.RUN_AGAIN_ALONE,
                    )
                inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=fd)
            finally:
                os.close(fd)
            fd = inner
        return fd


def _missing(root: Path) -> Iterator[Path]:
    """The root and the folders above it that do not exist yet."""
    while not exists(root) and root != root.parent:
        yield root
        root = root.parent


def _is_at(found: os.stat_result, folder: str) -> bool:
    """Whether the folder that was found still has that path."""
    with suppress(OSError):
        return os.path.samestat(found, os.stat(folder))
    return False


def _is_link(name: str, fd: int) -> bool:
    return stat.S_ISLNK(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode)
