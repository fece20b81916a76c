"""A file of lines to which several processes append, and which one may write anew meanwhile.

Both is done under a lock. Where a process does not get it, or where locks only seem to work, no
line is lost either: a process that has appended looks whether the file still has its name, and
one that has written it anew brings along what was appended to the old one.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from hfget.system import atomic_write, is_own, lock_open_file, write_all

_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)
_FLAGS |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
#: A log is written anew in less; a process that was stopped while it did so is not waited for.
_LOCK_SECONDS = 5.0
_MOST_TRIES = 50
_BLOCK = 1 << 20


def append(path: Path, text: str) -> None:
    """Append lines. Raises OSError.

    What is there and is not a regular file of this user's is replaced, never written to.
    """
    for _ in range(_MOST_TRIES):
        try:
            fd = os.open(path, _FLAGS | os.O_CREAT, 0o666)
        except OSError:
            if not os.path.lexists(path) or os.path.isdir(path):
                raise
            atomic_write(path, text)
            return
        try:
            if not _is_ours(fd):
                atomic_write(path, text)
                return
            lock_open_file(fd, _LOCK_SECONDS)
            _append_to(fd, text)
            if _has_name(fd, path):
                return
        finally:
            os.close(fd)
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), os.fspath(path))


def write_anew(path: Path, content: Callable[[], str]) -> None:
    """Put `content` in place of what the file has, if it can be locked at once. Raises OSError."""
    fd = os.open(path, _FLAGS)
    try:
        if not (_is_ours(fd) and lock_open_file(fd, 0) and _has_name(fd, path)):
            return
        size = os.fstat(fd).st_size
        atomic_write(path, content(), sync=True)
        os.lseek(fd, size, os.SEEK_SET)
        came = b"".join(iter(lambda: os.read(fd, _BLOCK), b""))
    finally:
        os.close(fd)
    if came:
        append(path, came.decode(errors="replace"))


def _append_to(fd: int, text: str) -> None:
    """A line of its own begins where another process, or a crash, has left half of one."""
    torn = os.lseek(fd, 0, os.SEEK_END) > 0
    if torn:
        os.lseek(fd, -1, os.SEEK_END)
        torn = os.read(fd, 1) != b"\n"
    write_all(fd, ("\n" * torn + text).encode())


def _is_ours(fd: int) -> bool:
    """Whether it has no other name; it has none where another process has just written it anew."""
    found = os.fstat(fd)
    return stat.S_ISREG(found.st_mode) and is_own(found) and found.st_nlink <= 1


def _has_name(fd: int, path: Path) -> bool:
    try:
        named = path.lstat()
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(fd))
