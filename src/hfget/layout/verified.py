"""Which files of a cached repo were hashed and found right: remembered by inode, size and time.

The Hub cache itself does not tell: huggingface_hub checks the size of what it downloads, and
anybody may have changed a blob since. Hashing a large one costs seconds, so what was found is
written down, one line a file: etag, size, modification time (ns), inode. A file that was
replaced or changed no longer fits its line and is hashed again. What another user has found is not
believed: who shares a cache keeps a record of his own beside it.
"""

from __future__ import annotations

import os
import re
import threading
from contextlib import suppress
from pathlib import Path

from hfget import opening
from hfget.disk import atomic_write, read_text
from hfget.layout.directories import Seen

_LINE = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64}) (\d{1,19}) (\d{1,20}) (\d{1,20})")
_MOST_BYTES = 256 << 20


class Verified:
    """The record at `path`. Thread-safe; lines of other processes are kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: set[tuple[str, int, int, int]] | None = None
        self._unwritten: list[tuple[str, int, int, int]] = []

    def holds(self, etag: str, seen: Seen) -> bool:
        """Whether what was seen was hashed before and is the content that `etag` names."""
        with self._lock:
            if self._known is None:
                self._known = _read(_mine(self._path))
            return _entry(etag, seen) in self._known

    def reread(self) -> None:
        """Look again what other processes have found."""
        with self._lock:
            self._known = None

    def add(self, etag: str, seen: Seen) -> None:
        """What was seen is the content that `etag` names; `write` brings that to disk."""
        if not self.holds(etag, seen):
            with self._lock:
                self._unwritten.append(_entry(etag, seen))

    def write(self) -> None:
        """Append what was added. Raises OSError."""
        with self._lock:
            entries, self._unwritten = list(dict.fromkeys(self._unwritten)), []
            if not entries:
                return
            text = "".join(f"{etag} {size} {time} {inode}\n" for etag, size, time, inode in entries)
            _append(_mine(self._path), text)
            if self._known is not None:
                self._known.update(entries)


def _entry(etag: str, seen: Seen) -> tuple[str, int, int, int]:
    return etag, seen.size, seen.modified_ns, seen.inode


def _read(path: Path) -> set[tuple[str, int, int, int]]:
    """All whole lines; one that a power failure has torn is not one."""
    try:
        lines = read_text(path, _MOST_BYTES, errors="replace").splitlines()
    except OSError:
        return set()
    found = filter(None, map(_LINE.fullmatch, lines))
    return {(line[1], int(line[2]), int(line[3]), int(line[4])) for line in found}


def _append(path: Path, text: str) -> None:
    """A line of its own begins where another process, or a power failure, has left half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(opening.create(path))
    try:
        fd = opening.open_own(path, os.O_RDWR | os.O_APPEND)
    except opening.UntrustedError:
        atomic_write(path, text)
        return
    try:
        torn = os.lseek(fd, 0, os.SEEK_END) > 0
        if torn:
            os.lseek(fd, -1, os.SEEK_END)
            torn = os.read(fd, 1) != b"\n"
        data = ("\n" * torn + text).encode()
        while data:
            data = data[os.write(fd, data) :]
    finally:
        os.close(fd)


def _mine(path: Path) -> Path:
    """`path`, or the name of this user's record beside that of somebody else."""
    try:
        found = path.lstat()
    except OSError:
        return path
    return path if opening.is_own(found) else path.with_name(f"{path.name}-{os.geteuid()}")
