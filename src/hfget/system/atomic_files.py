"""Small files and names on the disk: whole or not at all for those who read meanwhile."""

from __future__ import annotations

import errno
import functools
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from hfget.system import safe_open
from hfget.system.lazy_patterns import lazy_pattern
from hfget.system.mounts import temporary_name

_TEMPORARY = lazy_pattern(r"\.[0-9a-f]{16}\.tmp")
#: A temporary file this old (seconds) belongs to a process that died while writing it.
_TEMPORARY_SECONDS = 60.0
_PIECES_A_WRITE = 1000
_AT_FDCWD, _RENAME_NOREPLACE = -100, 1  # linux/fcntl.h, linux/fs.h


def sync_directory(path: Path | str) -> bool:
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


def atomic_write(path: Path | str, text: str | Iterable[str], *, sync: bool = False) -> None:
    """Write a file so that readers see the old or the new one, whole. Raises OSError.

    A long text may come in pieces: it need not fit into memory.

    With `sync` its content is on the disk before it gets its name. What has the name, be it a
    link, is replaced; the folder must not be one.
    """
    with AtomicWriter() as writer:
        writer.write(path, text, sync=sync)


class AtomicWriter:
    """Writes files as `atomic_write` does. A folder stays open until one of another is written."""

    def __init__(self) -> None:
        self._parent: str | None = None
        self._folder: int | None = None

    def __enter__(self) -> AtomicWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._parent = None
        safe_open.close(self._folder)
        self._folder = None

    def write(self, path: Path | str, text: str | Iterable[str], *, sync: bool = False) -> None:
        """See `atomic_write`. Raises OSError."""
        parent, name = os.path.split(path)
        create = safe_open.create_another_in
        if parent != self._parent:
            create = safe_open.create_file_in
            self.__exit__()
            self._folder = safe_open.open_folder(parent)
            self._parent = parent
        folder, temporary = self._folder, temporary_name()
        if folder is None:
            temporary, name = os.path.join(parent, temporary), os.fspath(path)
        fd = create(folder, temporary)
        try:
            try:
                for block in [text] if isinstance(text, str) else _blocks(text):
                    write_all(fd, block.encode("utf-8", "surrogateescape"))
                if sync:
                    with suppress(OSError):
                        os.fsync(fd)
            finally:
                os.close(fd)
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=folder)
            raise


def _blocks(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces, some thousands at a time."""
    rest = iter(pieces)
    while block := "".join(islice(rest, _PIECES_A_WRITE)):
        yield block


def sweep_temporaries(root: Path) -> None:
    """Clear away what an `atomic_write` that was killed has left anywhere below `root`."""
    for folder, _, names in os.walk(root):
        for name in filter(_TEMPORARY.fullmatch, names):
            path = os.path.join(folder, name)
            with suppress(OSError):
                if time.time() - os.lstat(path).st_mtime > _TEMPORARY_SECONDS:
                    os.unlink(path)


def read_text(path: Path | str, most: int, *, errors: str = "strict", foreign: bool = False) -> str:
    """The text of a file of at most `most` bytes, as `safe_open.read_bytes` reads it.

    Raises OSError, ValueError.
    """
    return safe_open.read_bytes(path, most, foreign=foreign)[0].decode("utf-8", errors)


def rename_new(source: Path, target: Path | str, *, dst_dir_fd: int | None = None) -> None:
    """Rename `source`; FileExistsError if something has the new name. Raises OSError.

    Atomic on Linux and Windows; elsewhere, and on file systems that cannot do that, there is a
    moment between the look and the rename.
    """
    if _renamed_by_linux(source, target, dst_dir_fd):
        return
    try:
        os.stat(target, dir_fd=dst_dir_fd, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(source, target, dst_dir_fd=dst_dir_fd)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))


def _renamed_by_linux(source: Path, target: Path | str, dst_dir_fd: int | None) -> bool:
    """Rename by renameat2; false where that does not exist."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    call = _renameat2()
    if call is None:
        return False
    folder = _AT_FDCWD if dst_dir_fd is None else dst_dir_fd
    names = os.fsencode(source), os.fsencode(target)
    if call(_AT_FDCWD, names[0], folder, names[1], _RENAME_NOREPLACE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
        return False
    raise OSError(number, os.strerror(number), str(target))


@functools.cache
def _renameat2() -> Any:
    import ctypes

    return getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write all of it where the file is. Raises OSError."""
    while data:
        data = data[os.write(fd, data) :]
