"""The locks by which huggingface_hub keeps two processes from fetching one blob at once.

`.locks/<repo folder>/ETAG.lock` in the cache, taken by `WeakFileLock` (`utils/_fixes.py`). They
save bandwidth and no more: on Lustre and some NFS they succeed for everybody.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hfget.model import RemoteFile
from hfget.system import names_in, take

if TYPE_CHECKING:
    from filelock import BaseFileLock


#: A process that fetches a blob and has written nothing for so long is not waited for.
_PATIENCE_SECONDS = 60.0


class EtagLocks:
    """The locks in one folder that this run holds, of blobs in another. Thread-safe."""

    def __init__(self, folder: Path, blobs: Path) -> None:
        self._folder = folder
        self._blobs = blobs
        self._waiting: dict[str, tuple[frozenset[tuple[str, int, int]], float]] = {}
        self._lock = threading.Lock()
        self._held: dict[str, BaseFileLock | None] = {}

    def reserve(self, file: RemoteFile) -> bool:
        """Take the lock that huggingface_hub takes for a blob.

        Locks only save bandwidth: one whose holder shows no sign of life is not waited for.
        """
        if self.acquire(file.etag):
            return True
        signs, now = self._signs_of_life(file), time.monotonic()
        known, since = self._waiting.get(file.etag, (None, now))
        if signs == known:
            return now - since > _PATIENCE_SECONDS
        self._waiting[file.etag] = signs, now
        return False

    def _signs_of_life(self, file: RemoteFile) -> frozenset[tuple[str, int, int]]:
        """What changes as long as huggingface_hub fetches this content: its partials."""
        signs = set()
        for name in names_in(self._blobs):
            if name.startswith(file.etag) and name.endswith(".incomplete"):
                with suppress(OSError):
                    found = os.lstat(self._blobs / name)
                    if stat.S_ISREG(found.st_mode) and found.st_size <= file.size:
                        signs.add((name, found.st_size, found.st_mtime_ns))
        return frozenset(signs)

    def acquire(self, etag: str) -> bool:
        """Take the lock without waiting; False if another process has it."""
        with self._lock:
            try:
                lock = self._lock_of(etag)
                if not take(lock):
                    return False
                self._held[etag] = lock
            except (NotImplementedError, OSError):
                self._held[etag] = None  # no locks here; the files are right without
            return True

    def release(self, etag: str) -> None:
        """Give a lock back; nothing happens if it is not held."""
        with self._lock:
            lock = self._held.pop(etag, None)
            if lock is not None:
                with suppress(OSError):
                    lock.release()

    def release_all(self) -> None:
        for etag in list(self._held):
            self.release(etag)

    def _lock_of(self, etag: str) -> BaseFileLock:
        """Raises OSError."""
        from filelock import FileLock

        self._folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self._folder / f"{etag}.lock", mode=0o664, thread_local=False)
