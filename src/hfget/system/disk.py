"""The disk: what its errors mean, what is there, and how much room is left."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hfget.errors import DiskError, LocaleError
from hfget.messages import advice
from hfget.messages import system_texts as texts
from hfget.system import safe_open
from hfget.system.mounts import cannot_rename, temporary_name
from hfget.system.text import safe_text

#: Characters of a path in a message.
_MOST_SHOWN = 400
#: Others may fill what is read-only here.
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
#: Inodes that a failed file may have given back before they are counted: a few a thread.
_INODES_GIVEN_BACK = 128
#: Bytes that no write of ours asks for at once: with more left it is not room that is missing.
_AMPLE_ROOM = 32 << 20
_MEANINGS = {
    errno.ENOSPC: (texts.DISK_FULL, advice.MAKE_ROOM_AND_RUN),
    errno.EDQUOT: (texts.QUOTA, advice.MAKE_ROOM_AND_RUN),
    errno.EFBIG: (texts.FILE_TOO_LARGE, advice.OTHER_FILE_SYSTEM),
    errno.EROFS: (texts.READ_ONLY, advice.OTHER_FOLDER_OR_CACHE),
    errno.EACCES: (texts.PERMISSION, advice.OTHER_FOLDER_OR_CACHE),
    errno.EPERM: (texts.NOT_PERMITTED, advice.OTHER_FOLDER_OR_CACHE),
    errno.ENAMETOOLONG: (texts.NAME_TOO_LONG, advice.SHORTER_FOLDER),
    errno.ENOTDIR: (texts.FILE_FOR_FOLDER, advice.MOVE_FILE_AWAY),
    errno.EISDIR: (texts.FOLDER_FOR_FILE, advice.MOVE_FOLDER_AWAY),
    errno.EIO: (texts.IO_ERROR, advice.CHECK_DISK),
    errno.EBUSY: (texts.CHANGED_MEANWHILE, advice.RUN_AGAIN_WHEN_DONE),
    errno.EMFILE: (texts.TOO_MANY_FILES, advice.FEWER_JOBS_OR_LIMIT),
    errno.ENFILE: (texts.TOO_MANY_FILES_SYSTEM, advice.FEWER_JOBS),
    errno.ENOMEM: (texts.NO_MEMORY, advice.MORE_MEMORY),
    errno.ENOENT: (texts.GONE, advice.RUN_AGAIN_ALONE),
}

_DOING = {
    "opening": texts.OPENING,
    "reading": texts.READING,
    "reading back": texts.READING_BACK,
    "recording": texts.RECORDING,
    "removing": texts.REMOVING,
    "using": texts.USING,
    "writing": texts.WRITING,
}

#: What mounts say of calls that they do not have.
_PERHAPS_THE_MOUNT = (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EINVAL)
_NO_RENAME = (texts.NO_RENAME, advice.LOCAL_DISK)
_NO_INODES = (texts.NO_INODES, advice.FREE_INODES)


def disk_error(error: OSError, path: Path | str, doing: str = "writing") -> DiskError:
    """The DiskError for an OSError, in words: what failed, where, why, what to do next."""
    doing = _DOING.get(doing, doing)
    if isinstance(error, safe_open.UntrustedError):
        path = error.filename or path
        return DiskError(
            texts.DOING_IT(doing=doing, path=_short(str(path)), what=error.strerror),
            hint=advice.MOVE_AWAY_AND_RUN,
        )
    meaning: str
    hint: str
    meaning, hint = _MEANINGS.get(
        error.errno or 0, (error.strerror or type(error).__name__, advice.CHECK_DISK_AND_FOLDER)
    )
    if error.errno == errno.ENOSPC and _is_out_of_inodes(Path(path)):
        meaning, hint = _NO_INODES
    if error.errno == errno.ENOTDIR and not _is_in_the_way(Path(path)):
        hint = advice.OTHER_FOLDER_OR_CACHE
    if error.errno == errno.ENOENT and _takes_no_folders(existing_folder(Path(path))):
        meaning, hint = _MEANINGS[errno.EPERM]
    if error.errno in _PERHAPS_THE_MOUNT and cannot_rename(existing_folder(Path(path).parent)):
        meaning, hint = _NO_RENAME
    said = texts.DOING_FAILED(doing=doing, path=_short(str(path)), meaning=meaning)
    return DiskError(said, hint=hint)


def is_shortage(error: OSError) -> bool:
    """Whether descriptors or memory are short, which says nothing of the file that was meant."""
    return error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


def check_shortage(error: OSError, path: Path | str) -> None:
    """Raise a DiskError where descriptors or memory were short, so that `path` was not read.

    What cannot be read is not there, as far as this process is concerned; what it could not read
    just now may be, and nothing must be made of its absence.
    """
    if is_shortage(error):
        raise disk_error(error, path, "reading") from error


def names_in(folder: Path) -> list[str]:
    """The entries of a folder, none if it is closed or not there. Raises DiskError."""
    try:
        return os.listdir(folder)  # noqa: PTH208
    except OSError as error:
        check_shortage(error, folder)
        return []


def unwritable(folder: Path) -> DiskError | None:
    """Why nothing can be written in `folder`, or where it would come to be; None if it can."""
    there = existing_folder(folder)
    with suppress(OSError, AttributeError):
        if os.statvfs(there).f_flag & os.ST_RDONLY:
            return disk_error(OSError(errno.EROFS, ""), folder)
    return None if os.access(there, os.W_OK) else disk_error(OSError(errno.EACCES, ""), folder)


def check_working_folder() -> None:
    """Raise DiskError if the working directory has been deleted, or cannot be used."""
    try:
        os.getcwd()  # noqa: PTH109 (as the system names it)
    except OSError as error:
        what: str = texts.DELETED
        if error.errno != errno.ENOENT:
            why = (error.strerror or type(error).__name__).lower()
            what = texts.UNUSABLE_CWD(why=why)
        raise DiskError(what, hint=advice.CD) from error


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
            texts.LOCALE(name=safe_text(error.object, 200), encoding=encoding),
            hint=advice.UTF8,
        ) from error
    except OSError as error:
        if error.errno is None or isinstance(error, ConnectionError | TimeoutError):
            raise
        check_working_folder()
        if error.filename is None:
            raise
        raise disk_error(error, os.fsdecode(error.filename), "using") from error


def _is_in_the_way(path: Path) -> bool:
    """Whether a file lies where a folder should be that its user may move away: no device."""
    there = next((each for each in (path, *path.parents) if os.path.lexists(each)), path)
    return os.path.isfile(there)


def _takes_no_folders(folder: Path) -> bool:
    """Whether a folder that is there says that it is not when one is made in it, as /proc does."""
    trial = folder / temporary_name()
    try:
        trial.mkdir()
        trial.rmdir()
    except FileNotFoundError:
        return os.path.isdir(folder)
    except OSError:
        pass
    return False


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
