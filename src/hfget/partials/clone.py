"""A file of this disk under another name: as a clone, as a link, or copied byte by byte.

A clone (FICLONE of Linux; btrfs, XFS, bcachefs) shares its blocks with the source until one of
the two is written to: it costs no space and no time, and is an inode of its own all the same.
"""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hfget.system import Inode, Stopped, create_file, open_file, open_own, temporary_name, write_all

_FICLONE = 0x40049409  # linux/fs.h: _IOW(0x94, 9, int)
_PIECE_BYTES = 16 << 20
_BUFFER_BYTES = 1 << 20
#: Nothing but the destination can be to blame for these.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


def duplicate(
    source: Path, target: Path, *, link: bool = False, stop: threading.Event | None = None
) -> Inode:
    """Give the content of `source` the new name `target`; which file that is.

    With `link` both names are one file where the file system allows that: what changes the
    one changes the other. Else `target` is an inode of its own. Never follows a link at
    `source`. Raises OSError, Stopped; then nothing is left at `target`.
    """
    reader = open_file(source)
    try:
        inode = Inode.of(os.fstat(reader))
        if link and _linked(source, target, inode):
            return inode
        writer = create_file(target)
        try:
            if not _cloned(reader, writer):
                _copy(reader, writer, stop)
            return Inode.of(os.fstat(writer))
        except BaseException:
            with suppress(OSError):
                os.unlink(target)
            raise
        finally:
            os.close(writer)
    finally:
        os.close(reader)


def can_clone(source: Path, folder: Path) -> bool:
    """Whether a clone of `source` in `folder` would cost no space. Tries it; leaves nothing."""
    trial = folder / temporary_name()
    try:
        reader = open_file(source)
    except OSError:
        return False
    try:
        writer = create_file(trial, 0o600)
        try:
            os.unlink(trial)
            return _cloned(reader, writer)
        finally:
            os.close(writer)
    except OSError:
        return False
    finally:
        os.close(reader)


def can_take_alone(path: Path) -> bool:
    """Whether `path` can become ours by rename: its user's only file of that inode, open nowhere.

    Asked of the kernel by a lease (fcntl(2)), which it gives on no file that another process
    has open. Where there are no leases (network file systems, other systems): no.
    """
    with suppress(OSError), _alone(path):
        return True
    return False


def take_alone(path: Path, target: Path) -> bool:
    """Rename `path` to `target` if no process has it open; whether that was done.

    Raises OSError if it went wrong halfway.
    """
    try:
        with _alone(path) as is_still_alone:
            path.rename(target)
            if is_still_alone():
                return True
            target.rename(path)
    except OSError:
        if os.path.lexists(target) and not os.path.lexists(path):
            target.rename(path)
    return False


@contextmanager
def _alone(path: Path) -> Iterator[Callable[[], bool]]:
    """Hold the lease that says that no one else has the file open. Raises OSError without one."""
    try:
        import fcntl

        get, ask, tell_by = fcntl.F_GETLEASE, fcntl.F_SETLEASE, fcntl.F_SETSIG
    except (ImportError, AttributeError) as error:
        raise OSError(errno.ENOSYS, "no leases") from error
    fd = open_own(path, os.O_RDWR)
    try:
        # Who opens it meanwhile waits; the kernel tells by a signal, SIGIO, that would kill us.
        fcntl.fcntl(fd, tell_by, signal.SIGURG)
        fcntl.fcntl(fd, ask, fcntl.F_WRLCK)
        yield lambda: fcntl.fcntl(fd, get) == fcntl.F_WRLCK
    finally:
        os.close(fd)


def _linked(source: Path, target: Path, inode: Inode) -> bool:
    try:
        os.link(source, target, follow_symlinks=False)
        if Inode.of(os.lstat(target)) == inode:
            return True
        os.unlink(target)  # `source` was replaced meanwhile
    except NotImplementedError:
        return False
    except OSError as error:
        if error.errno in FULL or error.errno in (errno.EEXIST, errno.ENOENT):
            raise
    return False


def _cloned(reader: int, writer: int) -> bool:
    try:
        import fcntl

        fcntl.ioctl(writer, _FICLONE, reader)
    except (ImportError, OSError):
        return False
    return True


def _copy(reader: int, writer: int, stop: threading.Event | None) -> None:
    """Copy to what is the end now (it may be growing), in the kernel where it can."""
    in_kernel = hasattr(os, "copy_file_range")
    buffer = memoryview(bytearray(_BUFFER_BYTES))
    left = os.fstat(reader).st_size
    with open(reader, "rb", buffering=0, closefd=False) as raw:
        while left > 0:
            if stop is not None and stop.is_set():
                raise Stopped
            if in_kernel:
                count = _copy_in_kernel(reader, writer, left)
                in_kernel = count > 0
            elif count := raw.readinto(buffer[: min(left, _BUFFER_BYTES)]) or 0:
                write_all(writer, buffer[:count])
            else:
                return
            left -= count


def _copy_in_kernel(reader: int, writer: int, most: int) -> int:
    """The bytes copied; 0 at the end, and where the kernel cannot (both files stay in step)."""
    try:
        return os.copy_file_range(reader, writer, min(most, _PIECE_BYTES))
    except OSError as error:
        if error.errno in FULL:
            raise
        return 0
