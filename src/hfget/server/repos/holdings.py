"""What a server holds: of each repo how many files, and how much of the disk they take."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from hfget.model import is_commit, is_etag
from hfget.server.repos.cached import CachedRepo
from hfget.server.repos.repo import Repo
from hfget.server.repos.store import Store

#: So long what was counted is shown, in seconds: a look at a large cache takes a while.
_FRESH_SECONDS = 4.0


class Holding(NamedTuple):
    """One repo; `files` and `size` are None as long as its folders are not listed yet."""

    repo: Repo
    revisions: tuple[str, ...]
    files: int | None
    size: int | None


@dataclass
class Holdings:
    """Counts what is in `store`, now and then. Thread-safe; reads the disk."""

    store: Store
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _counted: tuple[float, tuple[Holding, ...]] = (float("-inf"), ())

    def now(self) -> tuple[Holding, ...]:
        """Every repo, the largest first."""
        with self._lock:
            at, found = self._counted
            if time.monotonic() - at > _FRESH_SECONDS:
                counted = (self._count(repo) for repo in self.store.repos())
                found = tuple(sorted(counted, key=lambda one: (-(one.size or 0), str(one.repo))))
                self._counted = time.monotonic(), found
            return found

    def _count(self, repo: Repo) -> Holding:
        files = size = 0
        known = True
        caches = set()
        for folder in repo.folders.values():
            if CachedRepo.of_snapshot(folder):
                caches.add(folder.parent.parent)
                continue
            listing = self.store.last_listing(folder)
            if listing is None:
                known = False
                continue
            files += len(listing.files)
            size += listing.total_size
        for cache in caches:
            for blob in _blobs(cache / "blobs"):
                files += 1
                size += blob
        named = tuple(name for name in sorted(repo.folders) if not is_commit(name))
        revisions = named or tuple(name[:7] for name in sorted(repo.folders))
        return Holding(repo, revisions, files if known else None, size if known else None)


def _blobs(folder: Path) -> Iterator[int]:
    """The sizes of the contents that a cache keeps of a repo."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_etag(entry.name):
                    yield entry.stat().st_size
    except OSError:
        return
