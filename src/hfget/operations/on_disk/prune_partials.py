"""Partials that no process is at work on, found by age and removed: `hfget prune`."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hfget import events
from hfget.destinations import PartialStore, cached_partials, folder_partials, repo_folders
from hfget.errors import LockedError
from hfget.messages import operations_texts as texts
from hfget.operations.on_disk.found_downloads import Place
from hfget.partials import Abandoned, abandoned_in, clear
from hfget.system import Stop, disk_error, folder_lock, is_shared, safe_text


class Prunable(NamedTuple):
    """The partials of one place that are old enough; `age` in seconds is that of the youngest."""

    store: PartialStore
    partials: tuple[Abandoned, ...]
    age: float

    @property
    def size(self) -> int:
        return sum(each.size for each in self.partials)


class Pruned(NamedTuple):
    """What was removed: partials and bytes; `skipped` are those left to a process at work."""

    partials: int = 0
    size: int = 0
    skipped: int = 0


def prunable(found: Iterable[Place], older_than: float) -> Iterator[Prunable]:
    """What may be removed there: written to for the last time more than so many seconds ago.

    As long as a shard is at work there, ranges that others have brought are kept for it.
    """
    now = time.time()
    for place in found:
        for store in _stores(place):
            ranges = not is_shared(store.lock_path)
            old = tuple(
                each
                for folder in store.folders
                for each in abandoned_in(folder, ranges=ranges)
                if now - each.moment >= older_than
            )
            if old:
                yield Prunable(store, old, now - max(each.moment for each in old))


def prune(wanted: Sequence[Prunable], observer: events.Observer, stop: Stop) -> Pruned:
    """Remove them, a place at a time and under its lock. Raises DiskError, the error of `stop`."""
    partials = size = skipped = 0
    for each in wanted:
        try:
            with folder_lock(
                each.store.lock_path, wait=False, stop=stop, observer=observer
            ) as alive:
                for one in each.partials:
                    if stop.is_set():
                        raise stop.error()
                    alive()
                    removed = _clear(one)
                    size += removed or 0
                    partials += removed is not None
                    skipped += removed is None
        except LockedError as error:
            skipped += len(each.partials)
            root = safe_text(str(each.store.root), 200)
            observer(events.Note(texts.PRUNE_LEFT(root=root, reason=error.message), "warning"))
    return Pruned(partials, size, skipped)


def _clear(one: Abandoned) -> int | None:
    """Bytes given back; None if a process has taken it over meanwhile. Raises DiskError."""
    try:
        return clear(one)
    except OSError as error:
        raise disk_error(error, one.paths[0], "removing") from error


def _stores(place: Place) -> Iterator[PartialStore]:
    if not place.is_cache:
        yield folder_partials(place.path)
        return
    for folder in repo_folders(place.path):
        yield cached_partials(place.path, folder)
