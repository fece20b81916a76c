"""Content hashes: sha256 for LFS files, the git blob sha1 for all others; and CRC-32.

What is hashed is always what is read back from the file, never what was received.
"""

from __future__ import annotations

import errno
import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hfget.partials.positional_file import PositionalFile
from hfget.system import Stamp, open_file

try:  # what does it fastest here: any writer gives the same journal
    from isal.isal_zlib import crc32
except ImportError:  # no wheel for this machine
    from zlib import crc32

__all__ = ["InOrder", "PrefixHash", "crc32", "hash_file", "new_hash"]

_READ_BYTES = 1 << 20


def new_hash(kind: str, size: int) -> Any:
    """A hash object for content of `size` bytes; a git blob's begins with its own header."""
    if kind == "sha256":
        return hashlib.sha256()
    return hashlib.sha1(b"blob %d\0" % size)


def hash_file(
    path: Path,
    kind: str,
    *,
    stop: threading.Event | None = None,
    progress: Callable[[int], None] | None = None,
) -> str | None:
    """The content hash of a file in hex, or None if `stop` was set.

    Raises OSError; with EBUSY if the file was changed while it was read.
    """
    source = PositionalFile(path, writable=False)
    try:
        before = Stamp.of(path.stat())
        size = before.size
        follower = PrefixHash(source, kind, size)
        while follower.position < size:
            if stop is not None and stop.is_set():
                return None
            position = follower.position
            follower.advance(size)
            if follower.position == position:
                break
            if progress is not None:
                progress(follower.position)
        if Stamp.of(path.stat()) != before:
            raise OSError(errno.EBUSY, "changed while it was read", str(path))
        return follower.hexdigest()
    finally:
        source.close()


class PrefixHash:
    """A hash that follows the finished prefix of a file that is still being written."""

    def __init__(self, source: PositionalFile, kind: str, size: int) -> None:
        self._source = source
        self._hash = new_hash(kind, size)
        self._buffer = bytearray(min(_READ_BYTES, max(size, 1)))
        self.position = 0

    def advance(self, prefix: int) -> None:
        """Hash the next piece, at most 1 MiB of it, up to byte `prefix`. Raises OSError."""
        length = min(len(self._buffer), prefix - self.position)
        if length > 0:
            view = memoryview(self._buffer)[:length]
            count = self._source.read_at(view, self.position)
            self._hash.update(view[:count])
            self.position += count

    def hexdigest(self) -> str:
        return str(self._hash.hexdigest())


class InOrder:
    """The hash of what is written from the first byte to the last, and never read back."""

    def __init__(self, kind: str, size: int) -> None:
        self._hash = new_hash(kind, size)
        self._position = 0

    def take(self, view: memoryview, offset: int) -> None:
        """These bytes are about to be written. Raises OSError if they are not the next."""
        if offset != self._position:
            raise OSError(errno.ESPIPE, f"byte {offset} came after byte {self._position}")
        self._hash.update(view)
        self._position += len(view)

    def hexdigest(self) -> str:
        return str(self._hash.hexdigest())


def is_beginning(path: Path, whole: Path) -> bool:
    """Whether the bytes of one file are the first of another. Raises OSError."""
    with (
        open(open_file(path), "rb", buffering=0) as short,
        open(open_file(whole), "rb", buffering=0) as long,
    ):
        while piece := short.read(_READ_BYTES):
            if long.read(len(piece)) != piece:
                return False
    return True
