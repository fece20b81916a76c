"""How often a file may fail."""

from __future__ import annotations

import threading
import time


class RetryBudget:
    """Counts the failures of one file in a row: fruitless requests, and lies. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._strikes = 0
        self._lies = 0
        self._struck_at = 0.0

    def strike(self, began: float, *, lie: bool) -> int:
        """Count a fruitless request that began at `began` (monotonic); how many in a row.

        Requests that were under way together fail together: they count as one.
        """
        with self._lock:
            if began >= self._struck_at:
                self._struck_at = time.monotonic()
                self._strikes += not lie
                self._lies += lie
            return max(1, self._lies if lie else self._strikes)

    def forgive(self) -> None:
        """Bytes came: what failed before does not count any more."""
        with self._lock:
            self._strikes = self._lies = 0
