"""The connections of a client that are kept for the next request, and when they are given up.

Servers and boxes on the way limit how many connections one client may have, and count those
that rest. Each thread keeps its own, one a host: a thread that waits for a connection would wait
for one that another thread does not use.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

#: Who has waited so long for an answer may be waiting for a connection that rests.
WAIT_SECONDS = 1.0
#: If an answer came so soon after those that rest were closed, that is what it had waited for.
RELIEF_SECONDS = 0.3
#: So long none rests while another one is opened.
SCARCE_SECONDS = 60.0


class Connection(Protocol):
    def close(self) -> None: ...


class IdleConnections:
    """Thread-safe. Times are in seconds of the monotonic clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._resting: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._waiting: dict[int, float] = {}
        self._scarce_until = self._relieved_at = float("-inf")

    def rest(self, connection: Connection) -> None:
        """From now on, `connection` may be closed from any thread."""
        with self._lock:
            self._resting.add(connection)

    def claim(self, connection: Connection) -> None:
        """From now on it is the caller's: closed by now, or left alone."""
        with self._lock:
            self._resting.discard(connection)

    def close(self) -> bool:
        """Close all that rest; whether there were any."""
        with self._lock:
            resting = list(self._resting)
            self._resting.clear()
            for connection in resting:
                connection.close()
        return bool(resting)

    def refused(self) -> None:
        """A connection was refused: perhaps there are too many."""
        if self.close():
            self._scarce_until = self._clock() + SCARCE_SECONDS

    def opening(self) -> None:
        """Another one is about to be opened: where they are scarce, none rests."""
        if self._clock() < self._scarce_until:
            self.close()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """For the time in which this thread waits for a connection, or for its answer."""
        thread = threading.get_ident()
        self._waiting[thread] = began = self._clock()
        try:
            yield
        finally:
            self._waiting.pop(thread, None)
            now = self._clock()
            if began < self._relieved_at and now - self._relieved_at < RELIEF_SECONDS:
                self._scarce_until = now + SCARCE_SECONDS

    def relieve(self) -> None:
        """Close those that rest if someone waits for too long. To be called now and then."""
        before = self._clock() - WAIT_SECONDS
        if any(began < before for began in list(self._waiting.values())) and self.close():
            self._relieved_at = self._clock()
