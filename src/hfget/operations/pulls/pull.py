"""One file on its way from upstream into the cache, readable while it comes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hfget.errors import HfgetError
from hfget.model import RemoteFile, Snapshot
from hfget.system import Stamp
from hfget.transfer import Arrival

_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0)


class Pull:
    """One file on its way into the cache. Thread-safe; what is read before `place` is unverified.

    `rate` is how fast it comes, in bytes a second, from `begun` on (monotonic clock).
    `place` is where it lies in the end and `stamp` what it was then, `error` why it does not;
    `ended` is set with either.
    """

    def __init__(self, snapshot: Snapshot, file: RemoteFile) -> None:
        self.snapshot = snapshot
        self.file = file
        self.place: Path | None = None
        self.stamp: Stamp | None = None
        self.error: HfgetError | None = None
        self.ended = threading.Event()
        self.begun = time.monotonic()
        self.rate = 0.0
        self.is_published = False
        self._lock = threading.Lock()
        self._find: Callable[[], Arrival | None] = lambda: None
        self._arrival: Arrival | None = None
        self._readers: set[object] = set()
        self._measured = self.begun, 0

    @property
    def readers(self) -> int:
        """How many clients wait for it."""
        return len(self._readers)

    @property
    def done(self) -> int:
        """How many bytes are here."""
        if self.place is not None:
            return self.file.size
        arrival = self._look()
        return arrival.done if arrival else 0

    @property
    def restarts(self) -> int:
        """Counts up where bytes that could be read turned out to be wrong."""
        with self._lock:
            return max(self._arrival.restarts, 0) if self._arrival else 0

    def reach(self, position: int) -> int:
        """How far the bytes from `position` on are here without a gap."""
        if self.place is not None:
            return self.file.size
        arrival = self._look()
        return arrival.reach(position) if arrival else position

    def open(self) -> int:
        """A descriptor of the file or of what has come of it. Raises OSError."""
        for _ in range(2):  # it may get its name just now
            arrival = self._look()
            path = self.place or (arrival.path if arrival else None)
            with suppress(FileNotFoundError):
                if path is not None:
                    return os.open(path, _OPEN_FLAGS)
            self.ended.wait(0.1)
        raise FileNotFoundError(f"{self.file.path} is not here")

    def read_from(self, reader: object, position: int) -> None:
        """`reader` goes on there next: these bytes come first."""
        self._readers.add(reader)
        if arrival := self._look():
            arrival.want(reader, position)

    def call_for(self, position: int) -> None:
        """Have a connection go to `position` at once."""
        if arrival := self._look():
            arrival.call_for(position)

    def leave(self, reader: object) -> None:
        """`reader` reads no more."""
        self._readers.discard(reader)
        if arrival := self._look():
            arrival.want(reader, None)

    def under_way(self, find: Callable[[], Arrival | None]) -> None:
        """A task brings it from now on; `find` is where that stands."""
        with self._lock:
            self._find, self._arrival = find, None

    def measure(self) -> None:
        """Learn how fast it comes; to be called every second or so."""
        now, done = time.monotonic(), self.done
        at, before = self._measured
        self._measured = now, done
        if now > at:
            self.rate = max(0.0, (done - before) / (now - at))

    def published(self) -> None:
        """It was not here before."""
        self.is_published = True

    def end(self, place: Path | None, error: HfgetError | None = None) -> None:
        with suppress(OSError):
            self.stamp = Stamp.of(os.stat(place)) if place is not None else None
        self.place, self.error = place, error
        self.ended.set()

    def _look(self) -> Arrival | None:
        with self._lock:
            if self._arrival is None and (found := self._find()) and found.restarts >= 0:
                self._arrival = found
            return self._arrival
