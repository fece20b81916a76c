"""How often something is said: the pace of progress lines, and repetitions held back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable

Clock = Callable[[], float]

REPEAT_SECONDS = 5.0
_KEYS_KEPT = 256
# (seconds since the start, least seconds between two lines)
_PACE = ((60.0, 5.0), (600.0, 10.0), (float("inf"), 60.0))


class LinePace:
    """Says when the next progress line is due: every 5 s, later 10 s, later 60 s."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = self._last = clock()

    def due(self) -> bool:
        now = self._clock()
        gap = next(gap for until, gap in _PACE if now - self._began < until)
        if now - self._last < gap:
            return False
        self._last = now
        return True


class Repeats:
    """Lets a key pass once in a few seconds and counts what it held back."""

    def __init__(self, clock: Clock, seconds: float = REPEAT_SECONDS) -> None:
        self._clock = clock
        self._seconds = seconds
        self._seen: dict[Hashable, tuple[float, int]] = {}

    def passes(self, key: Hashable) -> int | None:
        """How many were held back since the last that passed; None if this one is held back."""
        now = self._clock()
        last, held = self._seen.get(key, (float("-inf"), 0))
        if now - last < self._seconds:
            self._seen[key] = (last, held + 1)
            return None
        # Remote strings make the keys: they must not pile up.
        self._seen.pop(key, None)
        if len(self._seen) >= _KEYS_KEPT:
            del self._seen[next(iter(self._seen))]
        self._seen[key] = (now, 0)
        return held


class Burst:
    """Lets at most `number` pass in any `seconds`."""

    def __init__(self, clock: Clock, number: int, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._times: deque[float] = deque(maxlen=number)

    def passes(self) -> bool:
        now = self._clock()
        full = len(self._times) == self._times.maxlen
        if full and now - self._times[0] < self._seconds:
            return False
        self._times.append(now)
        return True
