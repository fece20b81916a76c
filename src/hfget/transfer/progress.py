"""How far the run is: sampled a few times a second, never told chunk by chunk."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from hfget import events

_SPEED_WINDOW_SECONDS = 5.0
#: The time left is by a longer memory than the speed, and not said before so many seconds: a
#: connection that begins, or a burst, would have it jump.
_ETA_MEMORY_SECONDS, _ETA_AFTER_SECONDS = 20.0, 1.0


class _SteadyRate:
    """Bytes a second, of which what is older counts for less."""

    def __init__(self) -> None:
        self._bytes = self._seconds = self._passed = 0.0

    def add(self, count: int, seconds: float) -> None:
        fading = math.exp(-seconds / _ETA_MEMORY_SECONDS)
        self._bytes = self._bytes * fading + count
        self._seconds = self._seconds * fading + seconds
        self._passed += seconds

    def seconds_for(self, size: int) -> float | None:
        """How long `size` bytes take; None where that is not known."""
        if self._passed < _ETA_AFTER_SECONDS or self._bytes <= 0:
            return None
        return size * self._seconds / self._bytes


class Meter:
    """Adds up the plan's totals, what is finished, and what the active jobs have."""

    def __init__(
        self,
        *,
        files: int,
        bytes_total: int,
        files_done: int = 0,
        bytes_done: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = files
        self._bytes = bytes_total
        self._files_done = files_done
        self._bytes_done = bytes_done
        self._lock = threading.Lock()
        self._clock = clock
        self._samples: deque[tuple[float, int]] = deque()
        self._steady = _SteadyRate()

    def done(self, size: int) -> None:
        """A file of so many bytes has its final name."""
        with self._lock:
            self._files_done += 1
            self._bytes_done += size

    def sample(self, active: Iterable[events.ActiveFile], received: int) -> events.Progress:
        """The state now; the speed is over the last few seconds, of bytes off the wire."""
        with self._lock:
            files_done, bytes_done = self._files_done, self._bytes_done
        rows = tuple(active)
        bytes_done = min(bytes_done + sum(row.done for row in rows), self._bytes)
        speed = self._speed(received)
        rest = self._bytes - bytes_done
        return events.Progress(
            files_done=files_done,
            files_total=self._files,
            bytes_done=bytes_done,
            bytes_total=self._bytes,
            received=received,
            speed=speed,
            eta=self._steady.seconds_for(rest),
            connections=sum(row.connections for row in rows),
            active=rows,
        )

    def _speed(self, received: int) -> float:
        now = self._clock()
        if self._samples:
            last, known = self._samples[-1]
            self._steady.add(received - known, now - last)
        self._samples.append((now, received))
        while len(self._samples) > 2 and now - self._samples[0][0] > _SPEED_WINDOW_SECONDS:
            self._samples.popleft()
        began, before = self._samples[0]
        return (received - before) / (now - began) if now > began else 0.0
