"""The locks by which huggingface_hub keeps two processes from fetching one blob at once.

`.locks/<repo folder>/ETAG.lock` in the cache, taken by `WeakFileLock` (`utils/_fixes.py`). They
save bandwidth and no more: on Lustre and some NFS they succeed for everybody.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hfget.system import take

if TYPE_CHECKING:
    from filelock import BaseFileLock


class EtagLocks:
    """The locks in one folder that this run holds. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._held: dict[str, BaseFileLock | None] = {}

    def acquire(self, etag: str) -> bool:
        """Take the lock without waiting; False if someone has it."""
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
