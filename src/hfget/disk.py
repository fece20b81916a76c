"""The disk: what its errors mean, and how a small file or a name is made safe on it."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

from hfget.errors import DiskError

_BINARY = getattr(os, "O_BINARY", 0)
_MEANINGS = {
    errno.ENOSPC: ("no space left on the disk", "make room and run the same command again"),
    errno.EDQUOT: ("the disk quota is used up", "make room and run the same command again"),
    errno.EFBIG: (
        "the file is larger than this file system or limit allows",
        "choose a folder on another file system, or raise `ulimit -f`",
    ),
    errno.EROFS: ("the file system is read-only", "choose another folder with --local-dir"),
    errno.EACCES: ("permission denied", "choose another folder with --local-dir"),
    errno.EPERM: ("not permitted", "choose another folder with --local-dir"),
    errno.ENAMETOOLONG: ("the name is too long for this file system", "choose a shorter folder"),
    errno.EIO: ("the disk reports a read or write error", "check the disk (dmesg, SMART)"),
    errno.EMFILE: ("too many open files", "lower --jobs, or raise `ulimit -n`"),
    errno.ENFILE: ("too many open files in the system", "lower --jobs"),
    errno.ENOENT: (
        "the folder or a partial file in it has gone away",
        "run the same command again, with nothing else working on that folder",
    ),
}


def disk_error(error: OSError, path: Path | str, doing: str = "writing") -> DiskError:
    """The DiskError for an OSError, in words: what failed, where, why, what to do next."""
    meaning, hint = _MEANINGS.get(
        error.errno or 0, (error.strerror or type(error).__name__, "check the disk and the folder")
    )
    return DiskError(f"{doing} {path}: {meaning}", hint=hint)


def sync_directory(path: Path) -> bool:
    """Have a directory's entries reach the disk; False where the system cannot do that."""
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError:
        return False
    try:
        os.fsync(fd)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def atomic_write(path: Path, text: str) -> None:
    """Write a small file so that readers see the old or the new one, whole. Raises OSError."""
    temporary = os.path.join(path.parent, f".{secrets.token_hex(8)}.tmp")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
    try:
        try:
            _write_all(fd, text.encode("utf-8", "surrogateescape"))
        finally:
            os.close(fd)
        os.replace(temporary, path)
    except OSError:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def is_inside(path: Path, root: Path) -> bool:
    """Whether `path`, all links followed, lies in `root` (or is it)."""
    real, top = os.path.realpath(path), os.path.realpath(root)
    return real == top or real.startswith(os.path.join(top, ""))


def free_bytes(path: Path) -> int | None:
    """Bytes that may still be written where `path` lies or will lie; None if nobody can tell.

    Some FUSE mounts report 0 of 0 bytes, which means nothing.
    """
    probe = path.absolute()
    while not probe.exists() and probe != probe.parent:
        probe = probe.parent
    try:
        usage = os.statvfs(probe) if hasattr(os, "statvfs") else None
    except OSError:
        return None
    if usage is None:
        import shutil

        return shutil.disk_usage(probe).free
    return usage.f_bavail * usage.f_frsize if usage.f_blocks else None
