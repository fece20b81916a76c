"""How far the run is: sampled a few times a second, never told chunk by chunk."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from hfget import events

_SPEED_WINDOW_SECONDS = 5.0


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
            eta=rest / speed if speed > 0 else None,
            connections=sum(row.connections for row in rows),
            active=rows,
        )

    def _speed(self, received: int) -> float:
        now = self._clock()
        self._samples.append((now, received))
        while len(self._samples) > 2 and now - self._samples[0][0] > _SPEED_WINDOW_SECONDS:
            self._samples.popleft()
        began, before = self._samples[0]
        return (received - before) / (now - began) if now > began else 0.0
