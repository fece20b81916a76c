"""What was pulled into a cache, and when each content was last asked for: it keeps to a size.

Nothing else in the cache is ever removed.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from hfget.system import atomic_write, is_inside, read_text

NAME = ".hfget-pulled.json"
_FORMAT = 1
_MOST_BYTES = 256 << 20


class KeptContents:
    """The contents pulled into `cache`, at most `limit` bytes of them. Thread-safe.

    What cannot be read of an earlier run counts as the user's own, and stays.
    """

    def __init__(self, cache: Path, limit: int | None = None) -> None:
        self.limit = limit
        self._cache = Path(os.path.realpath(cache))
        self._lock = threading.Lock()
        self._changed = False
        self._files: dict[Path, tuple[int, float]] = self._load()

    @property
    def total(self) -> int:
        """Bytes of everything that was pulled and is still here."""
        with self._lock:
            return sum(size for size, _ in self._files.values())

    def arrived(self, place: Path, size: int) -> None:
        """A content has come to `place`."""
        with self._lock:
            self._files[place] = size, time.time()
            self._changed = True

    def used(self, place: Path) -> None:
        """A client has asked for the content at `place`."""
        with self._lock:
            if known := self._files.get(place):
                self._files[place] = known[0], time.time()
                self._changed = True

    def make_room(
        self, coming: int, busy: Collection[Path] = (), unused_seconds: float = 0.0
    ) -> int:
        """Remove what was not asked for for longest until `coming` bytes more fit; how many
        contents that were. Those at `busy` stay, and those asked for within `unused_seconds`."""
        if self.limit is None:
            return 0
        until = time.time() - unused_seconds
        with self._lock:
            total = sum(size for size, _ in self._files.values())
            oldest = sorted(self._files.items(), key=lambda item: item[1][1])
            leaving = []
            for place, (size, used) in oldest:
                if total + coming <= self.limit:
                    break
                if place in busy or used > until:
                    continue
                leaving.append(place)
                total -= size
                del self._files[place]
                self._changed = True
        for place in leaving:
            self._remove(place)
        return len(leaving)

    def save(self) -> None:
        """Write down what is known; without it nothing is removed in a later run."""
        with self._lock:
            if not self._changed:
                return
            self._changed = False
            files = {
                place.relative_to(self._cache).as_posix(): [size, used]
                for place, (size, used) in self._files.items()
                if place.is_relative_to(self._cache)
            }
        with suppress(OSError):
            atomic_write(self._cache / NAME, json.dumps({"format": _FORMAT, "files": files}))

    def _remove(self, place: Path) -> None:
        """The content and the names that lead to it."""
        if not is_inside(place, self._cache):
            return
        with suppress(OSError):
            place.unlink()
        repo = self._cache / place.relative_to(self._cache).parts[0]
        for folder, _, names in os.walk(repo / "snapshots"):
            for name in names:
                link = Path(folder, name)
                with suppress(OSError):
                    if link.is_symlink() and os.path.realpath(link) == str(place):
                        link.unlink()

    def _load(self) -> dict[Path, tuple[int, float]]:
        try:
            data: Any = json.loads(read_text(self._cache / NAME, _MOST_BYTES))
            entries = data["files"].items() if data["format"] == _FORMAT else ()
            found = {}
            for name, (size, used) in entries:
                place = self._cache / name
                if is_inside(place, self._cache) and os.path.lexists(place):
                    found[place] = int(size), float(used)
            return found
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}
