"""Connections that fall behind their siblings, or behind themselves, are hung up.

Their rest goes back into the queue and comes over another connection. A read time-out only
finds those that are silent; mirrors have been reported that fall to some KB/s until the
download is started anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from hfget.limits import LAGGARD_SECONDS, SIBLING_SHARE, WINDOW_SECONDS, WORTH_SECONDS
from hfget.transfer.fetch import Fetcher
from hfget.transfer.leases import Lease

#: A connection without three siblings is compared with its own best time.
OWN_SHARE, OWN_BEST = 0.02, 1e6


@dataclass
class _Watch:
    lease: Lease
    held: float = 0.0
    samples: deque[tuple[float, int]] = field(default_factory=deque)
    best: float = 0.0

    def sample(self, now: float, received: int) -> None:
        self.samples.append((now, received))
        while len(self.samples) > 2 and now - self.samples[1][0] >= WINDOW_SECONDS:
            self.samples.popleft()
        began, before = self.samples[0]
        if now > began:
            self.lease.rate = (received - before) / (now - began)
        if self.is_measured:
            self.best = max(self.best, self.lease.rate or 0.0)

    @property
    def is_measured(self) -> bool:
        return self.samples[-1][0] - self.samples[0][0] >= WINDOW_SECONDS


class Stragglers:
    """Measures every connection's rate and names those that should be replaced."""

    def __init__(self) -> None:
        self._watches: dict[Fetcher, _Watch] = {}

    def look(self, fetchers: Iterable[Fetcher], now: float) -> list[Fetcher]:
        """To be called a few times a second; `now` is of the monotonic clock."""
        watches = {}
        for fetcher in fetchers:
            lease = fetcher.lease
            if lease is None:
                continue
            watch = self._watches.get(fetcher)
            # what hfget itself holds back tells nothing of the connection
            if watch is None or watch.lease is not lease or fetcher.held > watch.held:
                watch = _Watch(lease, fetcher.held)
            watch.sample(now, fetcher.received)
            watches[fetcher] = watch
        self._watches = watches
        return [
            fetcher
            for fetcher, watch in watches.items()
            if self._falls_behind(watch)
            or (fetcher.is_laggard and watch.lease.seconds_left >= LAGGARD_SECONDS)
        ]

    def _falls_behind(self, watch: _Watch) -> bool:
        lease, rate = watch.lease, watch.lease.rate
        if not watch.is_measured or rate is None or lease.seconds_left < WORTH_SECONDS:
            return False
        siblings = sorted(
            other.lease.rate or 0.0
            for other in self._watches.values()
            if other is not watch and other.is_measured
        )
        if len(siblings) >= 3 and rate < SIBLING_SHARE * siblings[len(siblings) // 2]:
            return True
        return watch.best >= OWN_BEST and rate < OWN_SHARE * watch.best
