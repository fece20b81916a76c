"""What is known about the hosts we talk to: who asks for calm, who is down, who lacks ranges.

A 429 or a dead host concerns every thread alike. So the pause belongs to the host: one
connection probes it when the pause is over, the others go on once that was answered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from hfget.retry import UNREACHED_LIMIT, Transient, given_up, wait_after

#: A probe that neither answers nor fails lets the next one through after so many seconds.
_PROBE_SECONDS = 60.0


@dataclass(slots=True)
class _Host:
    paused_until: float = 0.0
    probe_since: float | None = None
    failures: int = 0
    failed_at: float = 0.0
    last: Transient | None = None
    answered: bool = False
    ranges: bool = True


class Hosts:
    """The state of every host of this run; thread-safe. Times are of the monotonic clock."""

    def __init__(self, retries: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._retries = retries
        self._clock = clock
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    def delay(self, name: str) -> float:
        """Seconds until a request to this host makes sense; 0 for at once. Takes nothing."""
        with self._lock:
            host = self._host(name)
            now = self._clock()
            if host.probe_since is not None and now - host.probe_since < _PROBE_SECONDS:
                return 0.1
            return max(0.0, host.paused_until - now)

    def enter(self, name: str) -> None:
        """A request to this host begins; after a pause it is the probe others wait for.

        Raises NetworkError if the host has failed too often in a row.
        """
        with self._lock:
            host = self._host(name)
            if host.last is not None and self._is_given_up(host):
                raise given_up(host.last)
            if host.paused_until > 0:
                host.probe_since = self._clock()

    def answered(self, name: str) -> None:
        """The host gave what was asked for."""
        with self._lock:
            host = self._host(name)
            host.paused_until, host.probe_since, host.failures = 0.0, None, 0
            host.answered = True

    def failed(self, failure: Transient, begun: float) -> float:
        """Pause the host after a failure that concerns all of it; returns the seconds.

        A failure of a request that began before the last one failed says nothing new. Raises
        NetworkError if the host has failed too often in a row, or asks for too long a pause.
        """
        with self._lock:
            host = self._host(failure.host)
            now = self._clock()
            host.probe_since = None
            if begun >= host.failed_at or host.failures == 0:
                host.failures += 1
                host.failed_at = now
                host.last = failure
            if self._is_given_up(host):
                raise given_up(failure)
            wait = wait_after(failure, host.failures)
            host.paused_until = max(host.paused_until, now + wait)
            return wait

    def _is_given_up(self, host: _Host) -> bool:
        """Too many failures in a row; fewer are enough if the host never answered at all."""
        limit = self._retries if host.answered else min(self._retries, UNREACHED_LIMIT)
        return host.failures > limit

    def has_ranges(self, name: str) -> bool:
        with self._lock:
            return self._host(name).ranges

    def lacks_ranges(self, name: str) -> bool:
        """Note that this host ignores Range; True the first time."""
        with self._lock:
            host = self._host(name)
            first, host.ranges = host.ranges, False
            return first

    def _host(self, name: str) -> _Host:
        return self._hosts.setdefault(name, _Host())
