"""What is known about the hosts we talk to: who asks for calm, who is down.

A 429 or a dead host concerns every thread alike. So the pause belongs to the host: no one
asks it meanwhile, one request probes it afterwards, the others go on once that was answered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hfget.errors import DataHostError, DiskError, NetworkError
from hfget.http import Transient, given_up, wait_after
from hfget.limits import UNREACHED_LIMIT
from hfget.sources.failure_counts import FailuresInARow
from hfget.system import Stopped, Superseded

#: How often others ask again whether a probe was answered, in seconds.
_PROBE_POLL = 0.1
#: After so many answers in a row that are no parts, a host is asked for whole files, for so many
#: seconds; then one more try decides, and the time doubles.
UNUSABLE_PARTS = 3
FIRST_WHOLE_SECONDS, LONGEST_WHOLE_SECONDS = 60.0, 960.0


@dataclass(slots=True)
class _Host:
    """`over` says why the host is not asked any more, if so."""

    paused_until: float = 0.0
    probing: bool = False
    failures: FailuresInARow = field(default_factory=FailuresInARow)
    answered: bool = False
    over: NetworkError | None = None
    unusable_parts: int = 0
    whole_until: float = 0.0
    whole_seconds: float = FIRST_WHOLE_SECONDS


class HostHealth:
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
            return self._delay(self._host(name))

    @contextmanager
    def asking(self, name: str, led_by: str = "") -> Iterator[None]:
        """For the time of a request to this host, from sending to the head of the answer.

        The endpoint `led_by` leads there, perhaps not alone: errors name it.

        After a pause it is the probe that others wait for. If it ends without an exception the
        host has answered, and not to ask for calm. Raises Superseded during a pause and while
        another one probes, Stopped, or NetworkError if the host is not asked any more.
        """
        if self._stop.is_set():
            raise Stopped
        with self._lock:
            host = self._host(name)
            if host.over is not None:
                raise _as_led_by(led_by, host.over)
            if self._delay(host) > 0:
                raise Superseded
            host.probing = host.paused_until > 0
        try:
            yield
        except BaseException:
            with self._lock:
                host.probing = False
            raise
        self.answered(name)

    def answered(self, name: str) -> None:
        """The host answered. During a pause that says nothing: it was asked before."""
        with self._lock:
            host = self._host(name)
            host.answered = True
            if self._clock() >= host.paused_until:
                host.paused_until, host.probing = 0.0, False
                host.failures.clear()
                host.over = None

    def failed(self, failure: Transient, begun: float) -> float:
        """A request that began at `begun` failed; returns how many seconds its host pauses.

        A host pauses if the failure concerns all of it. A failure of a request that began
        before the last one failed says nothing new. Raises NetworkError, and has the host not
        asked any more, if it has failed too often in a row or asks for too long a pause.
        """
        if not failure.whole_host:
            return 0.0
        with self._lock:
            host = self._host(failure.host)
            now = self._clock()
            host.failures.add(begun, now)
            try:
                if host.failures.count > self._most_failures(host):
                    raise given_up(failure)
                wait = wait_after(failure, host.failures.count)
            except NetworkError as error:
                host.over = error
                raise
            host.paused_until = max(host.paused_until, now + wait)
            return wait

    def forgive(self, name: str) -> None:
        """It may be asked again, though it was given up: its next failure is the last again.

        Several endpoints may lead to one host, which is as dead for one as for the other.
        """
        with self._lock:
            host = self._host(name)
            host.over, host.paused_until = None, 0.0

    def serves_parts(self, name: str) -> bool:
        """Whether parts of files may be asked for there now."""
        with self._lock:
            return self._clock() >= self._host(name).whole_until

    def part_came(self, name: str, *, usable: bool) -> None:
        """A part was asked for, and what came was one, or was not."""
        with self._lock:
            host = self._host(name)
            if usable:
                host.unusable_parts, host.whole_until = 0, 0.0
                host.whole_seconds = FIRST_WHOLE_SECONDS
                return
            host.unusable_parts += 1
            if host.unusable_parts >= UNUSABLE_PARTS:
                host.unusable_parts = UNUSABLE_PARTS - 1
                host.whole_until = self._clock() + host.whole_seconds
                host.whole_seconds = min(2 * host.whole_seconds, LONGEST_WHOLE_SECONDS)

    def _most_failures(self, host: _Host) -> int:
        """How many in a row are borne; fewer if the host never answered at all."""
        return self._retries if host.answered else min(self._retries, UNREACHED_LIMIT)

    def _delay(self, host: _Host) -> float:
        if host.over is not None:
            return 0.0
        if host.probing:
            return _PROBE_POLL
        return max(0.0, host.paused_until - self._clock())

    def _host(self, name: str) -> _Host:
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host()
        return host


def _as_led_by(endpoint: str, error: NetworkError) -> NetworkError | DiskError:
    """The error of a host that is given up, for another endpoint that leads there, too."""
    if not isinstance(error, DataHostError) or not endpoint:
        return error.with_traceback(None)
    failure = Transient(error.reason, url=error.url or "", whole_host=True)
    failure.lead_here(endpoint)
    return given_up(failure)
