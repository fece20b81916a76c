"""How far the hashing of a folder is, told a few times a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from hfget import events

_SAMPLE_SECONDS = 0.1


class HashProgress:
    """Tells how far the hashing is: bytes hashed, of the bytes there are on disk."""

    def __init__(self, sizes: Mapping[str, int], observer: events.Observer) -> None:
        self._sizes = sizes
        self._total = sum(sizes.values())
        self._observer = observer
        self._files_done = self.bytes_done = 0
        self._began = time.monotonic()
        self._told = float("-inf")

    @contextmanager
    def file(self, path: str) -> Iterator[Callable[[int], None]]:
        """For the time of one file, a function that is told how many bytes of it are hashed."""
        self._tell(path, 0)
        position = 0

        def hashed(count: int) -> None:
            nonlocal position
            position = count
            self._tell(path, count)

        yield hashed
        self._files_done += 1
        self.bytes_done += position

    def _tell(self, path: str, position: int) -> None:
        now = time.monotonic()
        if now - self._told < _SAMPLE_SECONDS:
            return
        self._told = now
        size, done = self._sizes[path], self.bytes_done + position
        speed = done / (now - self._began) if now > self._began else 0.0
        self._observer(
            events.Progress(
                files_done=self._files_done,
                files_total=len(self._sizes),
                bytes_done=done,
                bytes_total=self._total,
                received=0,
                speed=speed,
                eta=(self._total - done) / speed if speed > 0 else None,
                connections=0,
                active=(events.ActiveFile(path, size, size, position, 0),),
            )
        )
