"""How many connections may work at once: more while more bring more, fewer on trouble.

A link that one connection fills gains nothing from a second; a server that gives each
connection a fixed rate is worth as many as the user allows. Nobody can tell beforehand, so
the number is doubled, and the step is taken back if it did not pay.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FIRST_CONNECTIONS = 8
#: Broken connections, which say little about their number, leave so many.
FEWEST_AFTER_BREAKS = 4

#: Seconds over which a number of connections is judged, and that new ones get to start.
_WINDOW, _SETTLE = 0.2, 0.1
#: Doubling must bring so much more (as a share) to be kept.
_WORTH = 0.15
#: Seconds without a new try after one that did not pay; doubled each time.
_FIRST_HOLD, _LONGEST_HOLD = 3.0, 60.0
#: Failures within so many seconds are one sign of trouble.
_BURST = 1.0


class ConnectionLimit:
    """The number `allowed` now, from 1 to `most`. Thread-safe."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.allowed = min(FIRST_CONNECTIONS, most)
        self._clock = clock
        self._lock = threading.Lock()
        self._window: tuple[float, int] | None = None
        self._before: tuple[int, float] | None = None
        self._judge_from = 0.0
        self._hold = _FIRST_HOLD
        self._trouble_at = float("-inf")

    def observe(self, progress: int, saturated: bool) -> None:
        """Judge the present number by `progress`, which only grows (bytes, since the start).

        To be called several times a second. The number cannot be judged while not all
        connections have work (`saturated` is false).
        """
        with self._lock:
            now = self._clock()
            settled = self._before is None and self.allowed >= self.most
            if not saturated or settled or now < self._judge_from:
                self._window = None
            elif self._window is None:
                self._window = (now, progress)
            elif now - self._window[0] >= _WINDOW:
                begun, start = self._window
                self._window = None
                self._judge(now, (progress - start) / (now - begun))

    def trouble(self, *, overloaded: bool) -> None:
        """A request failed: half the connections go if the host is overloaded, else a quarter."""
        with self._lock:
            now = self._clock()
            if now - self._trouble_at < _BURST:
                return
            self._trouble_at = now
            if overloaded:
                self.allowed = max(1, self.allowed // 2)
            else:
                floor = min(FEWEST_AFTER_BREAKS, self.allowed)
                self.allowed = max(floor, self.allowed * 3 // 4)
            self._before = self._window = None
            self._pause(now)

    def cap(self, most: int) -> None:
        """The system has no room for more than `most` connections."""
        with self._lock:
            self.most = max(1, most)
            self.allowed = min(self.allowed, self.most)

    def _judge(self, now: float, rate: float) -> None:
        if self._before is not None:
            fewer, their_rate = self._before
            self._before = None
            if rate < their_rate * (1 + _WORTH * (self.allowed / fewer - 1)):
                self.allowed = fewer
                self._pause(now)
                return
            self._hold = _FIRST_HOLD
        if self.allowed < self.most:
            self._before = (self.allowed, rate)
            self.allowed = min(2 * self.allowed, self.most)
            self._judge_from = now + _SETTLE

    def _pause(self, now: float) -> None:
        self._judge_from = now + self._hold
        self._hold = min(2 * self._hold, _LONGEST_HOLD)
