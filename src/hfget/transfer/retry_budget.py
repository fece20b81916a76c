"""How often a file may fail."""

from __future__ import annotations

import threading
import time

from hfget.sources import FailuresInARow


class RetryBudget:
    """Counts the failures of one file in a row: fruitless requests, and lies. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._strikes = FailuresInARow()
        self._lies = FailuresInARow()

    def strike(self, began: float, *, lie: bool) -> int:
        """Count a fruitless request that began at `began` (monotonic); how many in a row.

        Requests that were under way together fail together: they count as one.
        """
        with self._lock:
            kind = self._lies if lie else self._strikes
            kind.add(began, time.monotonic())
            return max(1, kind.count)

    def forgive(self) -> None:
        """Bytes came: what failed before does not count any more."""
        with self._lock:
            self._strikes.clear()
            self._lies.clear()
