"""The disk: what its errors mean, what is there, and how much room is left."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hfget.errors import DiskError, LocaleError
from hfget.system import safe_open
from hfget.system.mounts import cannot_rename
from hfget.system.text import safe_text

#: Characters of a path in a message.
_MOST_SHOWN = 400
#: Others may fill what is read-only here.
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
#: Inodes that a failed file may have given back before they are counted: a few a thread.
_INODES_GIVEN_BACK = 128
#: Bytes that no write of ours asks for at once: with more left it is not room that is missing.
_AMPLE_ROOM = 32 << 20
#: Which option that is hangs on where the download goes; here both are known to be options.
ANOTHER_FOLDER = "choose another folder: --local-dir DIR, or --cache-dir DIR for the Hub cache"
_MEANINGS = {
    errno.ENOSPC: ("no space left on the disk", "make room and run the same command again"),
    errno.EDQUOT: ("the disk quota is used up", "make room and run the same command again"),
    errno.EFBIG: (
        "the file is larger than this file system or limit allows",
        "choose a folder on another file system, or raise `ulimit -f`",
    ),
    errno.EROFS: ("the file system is read-only", ANOTHER_FOLDER),
    errno.EACCES: ("permission denied", ANOTHER_FOLDER),
    errno.EPERM: ("not permitted", ANOTHER_FOLDER),
    errno.ENAMETOOLONG: ("the name is too long for this file system", "choose a shorter folder"),
    errno.ENOTDIR: ("a file is where a folder is needed", "move that file away"),
    errno.EISDIR: ("a folder is where a file should go", "move that folder away"),
    errno.EIO: ("the disk reports a read or write error", "check the disk (dmesg, SMART)"),
    errno.EBUSY: (
        "it was changed meanwhile by another program",
        "run the same command again when that has come to its end",
    ),
    errno.EMFILE: ("too many open files", "lower --jobs, or raise `ulimit -n`"),
    errno.ENFILE: ("too many open files in the system", "lower --jobs"),
    errno.ENOENT: (
        "the folder or a partial file in it has gone away",
        "run the same command again, with nothing else working on that folder",
    ),
}

#: What mounts say of calls that they do not have.
_PERHAPS_THE_MOUNT = (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EINVAL)
_NO_RENAME = (
    "this mount cannot rename files, so that no file could get its name once it is verified",
    "download into a folder of a local disk, and copy it there",
)
_NO_INODES = (
    "the disk has room, but cannot hold more files (no inodes left)",
    "remove files that you do not need (`df -i` counts them), or choose another folder",
)


def disk_error(error: OSError, path: Path | str, doing: str = "writing") -> DiskError:
    """The DiskError for an OSError, in words: what failed, where, why, what to do next."""
    if isinstance(error, safe_open.UntrustedError):
        path = error.filename or path
        return DiskError(
            f"{doing} {_short(str(path))}: it {error.strerror}",
            hint="move it away, and run the same command again",
        )
    meaning, hint = _MEANINGS.get(
        error.errno or 0, (error.strerror or type(error).__name__, "check the disk and the folder")
    )
    if error.errno == errno.ENOSPC and _is_out_of_inodes(Path(path)):
        meaning, hint = _NO_INODES
    if error.errno in _PERHAPS_THE_MOUNT and cannot_rename(existing_folder(Path(path).parent)):
        meaning, hint = _NO_RENAME
    return DiskError(f"{doing} {_short(str(path))}: {meaning}", hint=hint)


def check_working_folder() -> None:
    """Raise DiskError if the working directory has been deleted, or cannot be used."""
    try:
        os.getcwd()  # noqa: PTH109 (as the system names it)
    except OSError as error:
        what = "has been deleted"
        if error.errno != errno.ENOENT:
            what = f"cannot be used: {(error.strerror or type(error).__name__).lower()}"
        raise DiskError(
            f"the working directory {what}",
            hint="cd to a folder that is there, or give whole paths",
        ) from error


@contextmanager
def naming_disk_errors() -> Iterator[None]:
    """Raise a DiskError for an error of the system that has no words of its own.

    LocaleError for a name that the locale cannot write. What the network does is not the disk's.
    """
    try:
        yield
    except UnicodeEncodeError as error:
        encoding = sys.getfilesystemencoding()
        raise LocaleError(
            f"{safe_text(error.object, 200)} is no name that can be written here: "
            f"the locale has file names as {encoding}",
            hint="choose a locale of UTF-8, or set PYTHONUTF8=1",
        ) from error
    except OSError as error:
        if error.errno is None or isinstance(error, ConnectionError | TimeoutError):
            raise
        check_working_folder()
        if error.filename is None:
            raise
        raise disk_error(error, os.fsdecode(error.filename), "using") from error


def _is_out_of_inodes(path: Path) -> bool:
    """Whether the disk has room, but for no more files.

    By the time it is asked, other threads may have given a few inodes back.
    """
    with suppress(OSError, AttributeError):
        found = os.statvfs(existing_folder(path))
        if found.f_files == 0:
            return False
        if found.f_favail == 0:
            return found.f_bavail > 0
        return (
            found.f_favail <= _INODES_GIVEN_BACK and found.f_bavail * found.f_frsize > _AMPLE_ROOM
        )
    return False


def _short(path: str) -> str:
    """A path whose middle is left out if it is so long that the message would be cut."""
    half = _MOST_SHOWN // 2
    return path if len(path) <= _MOST_SHOWN else f"{path[:half]}…{path[-half:]}"


def is_inside(path: Path | str, root: Path) -> bool:
    """Whether `path`, all links followed, lies in `root` (or is it)."""
    real, top = os.path.realpath(path), os.path.realpath(root)
    return real == top or real.startswith(os.path.join(top, ""))


def existing_folder(path: Path) -> Path:
    """`path`, or what is there of the way to it."""
    probe = path.absolute()
    while not exists(probe) and probe != probe.parent:
        probe = probe.parent
    return probe


def exists(path: Path) -> bool:
    """Whether something is seen there; what may not be looked at is for the one who opens it.

    `Path.exists` and its siblings raise where a folder is closed, a mount has died or a name is
    too long; those of os.path do not.
    """
    return os.path.exists(path)


def free_bytes(path: Path) -> int | None:
    """Bytes that may still be written where `path` lies or will lie; None if it is not known.

    Some FUSE mounts report 0 of 0 bytes, which means nothing.
    """
    probe = existing_folder(path)
    try:
        usage = os.statvfs(probe) if hasattr(os, "statvfs") else None
    except OSError:
        return None
    if usage is None:
        import shutil

        return shutil.disk_usage(probe).free
    return usage.f_bavail * usage.f_frsize if usage.f_blocks else None
