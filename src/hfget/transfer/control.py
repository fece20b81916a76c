"""What is known about the hosts we talk to: who asks for calm, who is down, who lacks ranges.

A 429 or a dead host concerns every thread alike. So the pause belongs to the host: one
connection probes it when the pause is over, the others go on once that was answered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hfget.retry import UNREACHED_LIMIT, Transient, given_up, wait_after

#: How often others ask again whether a probe was answered, in seconds.
_PROBE_POLL = 0.1


class Stopped(Exception):
    """The run is being stopped, or the work is not wanted any more."""


@dataclass(slots=True)
class _Host:
    paused_until: float = 0.0
    probing: bool = False
    failures: int = 0
    failed_at: float = 0.0
    last: Transient | None = None
    answered: bool = False


class Hosts:
    """The state of every host of this run; thread-safe. Times are of the monotonic clock."""

    def __init__(
        self,
        retries: int,
        stop: threading.Event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._retries = retries
        self._stop = stop
        self._clock = clock
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    def delay(self, name: str) -> float:
        """Seconds until a request to this host makes sense; 0 for at once. Takes nothing."""
        with self._lock:
            host = self._host(name)
            if host.probing:
                return _PROBE_POLL
            return max(0.0, host.paused_until - self._clock())

    @contextmanager
    def asking(self, name: str) -> Iterator[None]:
        """For the time of a request to this host, from sending to the head of the answer.

        After a pause it is the probe that others wait for; `answered` or `failed` is to be told
        afterwards. Raises Stopped, or NetworkError if the host has failed too often in a row.
        """
        if self._stop.is_set():
            raise Stopped
        with self._lock:
            host = self._host(name)
            if host.last is not None and self._is_given_up(host):
                raise given_up(host.last)
            host.probing = host.paused_until > 0
        try:
            yield
        except BaseException:
            with self._lock:
                host.probing = False
            raise

    def answered(self, name: str) -> None:
        """The host answered, and not to ask for calm."""
        with self._lock:
            host = self._host(name)
            host.paused_until, host.probing, host.failures = 0.0, False, 0
            host.answered = True

    def failed(self, failure: Transient, begun: float) -> float:
        """A request that began at `begun` failed; returns how many seconds its host pauses.

        A host pauses if the failure concerns all of it. A failure of a request that began
        before the last one failed says nothing new. Raises NetworkError if the host has failed
        too often in a row, or asks for too long a pause.
        """
        with self._lock:
            host = self._host(failure.host)
            host.probing = False
            if not failure.whole_host:
                return 0.0
            now = self._clock()
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

    def _host(self, name: str) -> _Host:
        return self._hosts.setdefault(name, _Host())
