"""Opening what someone else may have prepared: records, journals, partials, blobs, locks.

A name in a folder that others can write to may be a link, a pipe, a device, a second name of a
file that matters, or a file whose owner still holds it open. So a name is opened from its open
folder, never through a link and never waiting, and what counts is what the descriptor says:
a regular file, with one name, of this user. What is opened only to be hashed or copied may be
any user's.

Whose a file is, the file system tells: where root is squashed (NFS), user numbers are mapped, or
a mount shows one owner for all (FAT, SMB, FUSE), what this process creates there appears as some
other user's. That number then stands for this user on that device.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import NamedTuple

from hfget.messages import system_texts as texts

_BINARY = getattr(os, "O_BINARY", 0)
_SAFE = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | _BINARY
)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _SAFE
_HAS_DIR_FD = {os.open, os.stat, os.rename, os.unlink} <= os.supports_dir_fd
_HAS_OWNERS = hasattr(os, "geteuid")
_ROOT = 0
#: What the system says of a link that is not to be followed (FreeBSD: EMLINK), of a socket.
_NO_FILE = (errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.EOPNOTSUPP)

#: By device, the owner that files created by this process have there, if it is another number.
_appearing: dict[int, int] = {}
_other_users: ContextVar[bool] = ContextVar("other_users", default=False)


class UntrustedError(OSError):
    """What lies there is not what it should be; `strerror` says what it is."""

    def __init__(self, path: str | os.PathLike[str], why: str) -> None:
        super().__init__(errno.EINVAL, why, os.fspath(path))


class Inode(NamedTuple):
    """What one file is as long as it is open, whatever names it has."""

    device: int
    number: int

    @classmethod
    def of(cls, found: os.stat_result) -> Inode:
        return cls(found.st_dev, found.st_ino)


class Stamp(NamedTuple):
    """What differs once a file has been written to or replaced; times in nanoseconds."""

    size: int
    modified_ns: int
    changed_ns: int
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> Stamp:
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def open_file(path: str | os.PathLike[str]) -> int:
    """A descriptor to read a regular file of any user. Raises OSError, UntrustedError."""
    return _checked(_open(path, os.O_RDONLY, None), path)


def open_own(path: str | os.PathLike[str], flags: int) -> int:
    """A descriptor of a regular file of this user that has no other name.

    Its folder is not entered through a link. Raises OSError, UntrustedError.
    """
    folder = open_folder(os.path.dirname(path))
    try:
        fd = _checked(_open(path, flags, folder), path)
    finally:
        close(folder)
    try:
        found = os.fstat(fd)
        if found.st_nlink != 1:
            raise UntrustedError(path, texts.HARD_LINKS)
        if not is_own(found):
            raise UntrustedError(path, texts.OTHER_USER)
    except BaseException:
        os.close(fd)
        raise
    return fd


def create_file(path: str | os.PathLike[str], mode: int = 0o666) -> int:
    """A descriptor of a file that was not there before, to read and write. Raises OSError."""
    folder = open_folder(os.path.dirname(path))
    try:
        return create_file_in(folder, path, mode)
    finally:
        close(folder)


def create_file_in(folder: int | None, path: str | os.PathLike[str], mode: int = 0o666) -> int:
    """`create_file` in a folder that is open (see `open_folder`)."""
    return create_and_look(folder, path, mode)[0]


def create_another_in(folder: int | None, path: str | os.PathLike[str]) -> int:
    """As `create_file_in`, where that has made a file in this folder: whose they are is known."""
    return _create(folder, path, 0o666)


def create_and_look(
    folder: int | None, path: str | os.PathLike[str], mode: int = 0o666
) -> tuple[int, os.stat_result]:
    """As `create_file_in`; and what the descriptor says of the new file."""
    fd = _create(folder, path, mode)
    found = os.fstat(fd)
    if _HAS_OWNERS and found.st_uid != os.geteuid():
        _appearing[found.st_dev] = found.st_uid
    return fd, found


def open_folder(path: str) -> int | None:
    """A descriptor of a folder that is not a link; None where the system has none (Windows)."""
    if not _HAS_DIR_FD:
        return None
    try:
        return os.open(path or ".", _FOLDER)
    except OSError as error:
        if error.errno in (errno.ENOTDIR, *_NO_FILE) and os.path.islink(path):
            raise UntrustedError(path, texts.LINK_FOR_FOLDER) from error
        raise


def close(folder: int | None) -> None:
    """Close what `open_folder` has opened."""
    if folder is not None:
        os.close(folder)


def read_bytes(
    path: str | os.PathLike[str], most: int, *, foreign: bool = False, cut: bool = False
) -> tuple[bytes, os.stat_result]:
    """The content of a small file, and what its descriptor says of it.

    A file of another user, or with other names, counts only with `foreign`, and within
    `reading_other_users`; root's always does. One of more than `most` bytes is not read, with `cut`
    its beginning is. Raises OSError, UntrustedError.
    """
    folder = open_folder(os.path.dirname(path))
    try:
        fd = _checked(_open(path, os.O_RDONLY, folder), path)
    finally:
        close(folder)
    try:
        found = os.fstat(fd)
        if not (foreign or _other_users.get()):
            if found.st_nlink != 1:
                raise UntrustedError(path, texts.HARD_LINKS)
            if not is_trusted(found):
                raise UntrustedError(path, texts.OTHER_USER)
        if found.st_size > most and not cut:
            raise UntrustedError(path, texts.LARGER_THAN(most=most))
        size = min(found.st_size, most)
        data = os.read(fd, size)
        while len(data) < size and (piece := os.read(fd, size - len(data))):
            data += piece
    finally:
        os.close(fd)
    return data, found


@contextmanager
def reading_other_users() -> Iterator[None]:
    """Within it records of every user count: to compare, not to believe."""
    token = _other_users.set(True)
    try:
        yield
    finally:
        _other_users.reset(token)


def is_own(found: os.stat_result) -> bool:
    """Whether that is this user's, as far as the file system tells users apart."""
    if not _HAS_OWNERS:
        return True
    return found.st_uid == os.geteuid() or found.st_uid == _appearing.get(found.st_dev)


def owner_of(found: os.stat_result) -> int:
    """The user ID of its owner; this process's own where the file system shows another for it."""
    return os.geteuid() if _HAS_OWNERS and is_own(found) else found.st_uid


def is_trusted(found: os.stat_result) -> bool:
    """Whether what is written there is this user's word, or root's."""
    return found.st_uid == _ROOT or is_own(found)


def is_sole(found: os.stat_result) -> bool:
    """Whether that is a regular file of this user with one name."""
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and is_own(found)


def check_inode(path: str | os.PathLike[str], inode: Inode, *, names: int = 1) -> None:
    """Raise UntrustedError unless `path` is that very file, with so many names. Raises OSError."""
    found = os.lstat(path)
    if Inode.of(found) != inode or not stat.S_ISREG(found.st_mode):
        raise UntrustedError(path, texts.REPLACED)
    if found.st_nlink > names:
        raise UntrustedError(path, texts.NEW_HARD_LINK)


def _create(folder: int | None, path: str | os.PathLike[str], mode: int) -> int:
    name = os.fspath(path) if folder is None else os.path.split(path)[1]
    try:
        return os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | _SAFE, mode, dir_fd=folder)
    except OSError as error:
        error.filename = os.fspath(path)
        raise


def _open(path: str | os.PathLike[str], flags: int, folder: int | None) -> int:
    name = os.fspath(path) if folder is None else os.path.split(path)[1]
    try:
        if not _SAFE & getattr(os, "O_NOFOLLOW", 0) and os.path.islink(path):
            raise UntrustedError(path, texts.LINK)
        return os.open(name, flags | _SAFE, dir_fd=folder)
    except UntrustedError:
        raise
    except OSError as error:
        if error.errno in _NO_FILE:
            raise UntrustedError(path, texts.LINK_OR_NOT_REGULAR) from error
        error.filename = os.fspath(path)
        raise


def _checked(fd: int, path: str | os.PathLike[str]) -> int:
    try:
        if stat.S_ISREG(os.fstat(fd).st_mode):
            return fd
    except OSError:
        os.close(fd)
        raise
    with suppress(OSError):
        os.close(fd)
    raise UntrustedError(path, texts.NOT_REGULAR)
