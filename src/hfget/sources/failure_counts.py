"""Failures in a row, of which those of requests that were under way together count once.

What breaks one connection to a host mostly breaks all of them: one sign of trouble, not many.
"""

from __future__ import annotations

import time
from collections import defaultdict

from hfget.http import Transient


class FailuresInARow:
    """How often something has failed since it last went well. Times are monotonic. Not locked."""

    __slots__ = ("_counted_at", "count")

    def __init__(self) -> None:
        self.count = 0
        self._counted_at = float("-inf")

    def add(self, began: float, now: float) -> bool:
        """A request that began at `began` has failed now; whether that says anything new."""
        if began < self._counted_at:
            return False
        self.count += 1
        self._counted_at = now
        return True

    def clear(self) -> None:
        """It went well."""
        self.count = 0


class FailureCounts:
    """How often one file failed at each endpoint.

    That the host is in trouble does not count: it rests then, for all files.
    """

    def __init__(self) -> None:
        self._counts: defaultdict[str, FailuresInARow] = defaultdict(FailuresInARow)

    def __getitem__(self, place: str) -> int:
        return self._counts[place].count

    def add(self, place: str, failure: Transient, began: float) -> None:
        """A request that began at `began` failed there."""
        if not failure.whole_host:
            self._counts[place].add(began, time.monotonic())

    def clear(self, place: str) -> None:
        """It has answered."""
        self._counts[place].clear()
