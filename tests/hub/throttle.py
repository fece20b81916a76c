"""Bandwidth limits: one bucket for each connection, one for all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Throttle:
    """Lets `rate` bytes a second through; None is no limit. Shared by any number of threads."""

    def __init__(self, rate: float | None) -> None:
        self.rate = rate
        self._lock = threading.Lock()
        self._free_at = 0.0

    @property
    def block(self) -> int | None:
        """A block size small enough for an even flow, None for any."""
        return None if self.rate is None else max(1, int(self.rate / 20))

    def take(self, count: int, sleep: Callable[[float], None]) -> None:
        """Wait until `count` more bytes are due."""
        if self.rate is None:
            return
        with self._lock:
            self._free_at = max(self._free_at, time.monotonic()) + count / self.rate
            wait = self._free_at - time.monotonic()
        if wait > 0:
            sleep(wait)
