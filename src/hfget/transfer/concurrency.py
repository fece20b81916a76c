"""How many connections may work at once: more while more bring more, fewer where fewer do.

A link that one connection fills gains nothing from a second; a server that gives each
connection a fixed rate is worth as many as the user allows. It cannot be told beforehand, so a
number is tried and kept if it pays: doubled as long as that brings clearly more, else halved as
long as that brings as much.

Tiny files cost waiting and the interpreter's time, of which there is one core's at most, however
many threads take turns at it. How much of it was used tells at once what would be tried in vain.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

MIB = 1 << 20
#: Files up to this size come over one connection from a place, where there is one place in one
#: request; where there are several, each brings a share of a file above the second size.
SINGLE_REQUEST_BYTES, STRIPED_BYTES = 32 * MIB, 4 * MIB
#: Three, for tiny files, hide what the disk and a server near by take; more wait for each other.
FIRST_CONNECTIONS, FIRST_FOR_TINY = 8, 3
#: Where more than this is allowed, all of them from the start.
POLITE_CONNECTIONS = 32
#: Broken connections, which say little about their number, leave so many.
FEWEST_AFTER_BREAKS = 4

#: Seconds over which a number is judged, and that new connections get to start.
_WINDOW, _SETTLE = 0.2, 0.05
#: Doubling must bring so much more (as a share) to be kept, half must bring so much of all.
_WORTH, _ENOUGH = 0.25, 0.95
#: With tiny files: the share of a core above which more bring nothing. Below it, as many are tried
#: as would use so much, at most so many times as many as now.
_BUSY, _LARGEST_LEAP = 0.7, 16
#: Seconds without a new trial after one that did not pay; doubled each time.
_FIRST_HOLD, _LONGEST_HOLD = 3.0, 60.0
#: Failures within so many seconds are one sign of trouble.
_BURST = 1.0
#: Open files a connection costs: a socket, and of its file the data, journal, reader, directory
#: and, in a cache, lock.
_FILES_A_CONNECTION = 6
#: Open files that the rest of the process needs: streams, lock, directories, API connections.
_FILES_APART = 16


class _Trial(NamedTuple):
    """The number before the one that is being tried, and its rate in bytes a second."""

    before: int
    rate: float


class _Window(NamedTuple):
    """What is being judged: since when, the progress and the processor time until then."""

    begun: float
    progress: int
    spent: float | None


class ConnectionLimit:
    """The number `allowed` now, from 1 to `most`, of connections to `places`. Thread-safe.

    It begins with a few to the first place. Another one is tried over one connection, and has as
    many as the first once it has answered. `room` is for how many the system has open files.
    """

    def __init__(
        self,
        most: int,
        clock: Callable[[], float] = time.monotonic,
        *,
        places: int = 1,
        room: int = 1 << 16,
        tiny: bool = False,
    ) -> None:
        """`tiny`: all files are, so that a few are enough to see what more would bring."""
        self.most = most = min(most, room)
        self.room = room
        is_for_tiny = tiny and places == 1
        self._each = FIRST_FOR_TINY if is_for_tiny else FIRST_CONNECTIONS
        self._joined = 1, 1
        self._begun_with = self._first(1, 1)
        self.allowed = most if most > POLITE_CONNECTIONS * places else self._begun_with
        #: No trial goes below: each of several places is to have some.
        self._fewest = self._begun_with if is_for_tiny else 1
        self._clock = clock
        self._lock = threading.Lock()
        self._window: _Window | None = None
        self._trial: _Trial | None = None
        self._growing = self._may_leap = True
        self._proven = False
        self._judge_from = 0.0
        self._hold = _FIRST_HOLD
        self._trouble_at = float("-inf")

    def join(self, tried: int, answered: int) -> bool:
        """So many of the places may be asked by now, and so many of those have answered.

        True where that is news.
        """
        if (tried, answered) == self._joined:
            return False
        self._joined = tried, answered
        first = self._first(tried, answered)
        if first <= self._begun_with:
            return True
        with self._lock:
            self.allowed = min(self.allowed + first - self._begun_with, self.most)
            self._begun_with = first
            self._fewest = first if answered > 1 else 1
            self._trial = self._window = None
            self._judge_from = self._clock() + _SETTLE
        return True

    def observe(self, progress: int, busy: int, spent: float | None = None) -> None:
        """Judge the present number by `progress`, which only grows (bytes, since the start).

        To be called several times a second. The number cannot be judged unless just so many
        connections have work (`busy`). `spent` is the processor time so far, in seconds, where
        that bounds the rate.
        """
        with self._lock:
            now = self._clock()
            if busy != self.allowed or now < self._judge_from:
                self._window = None
            elif self._window is None:
                self._window = _Window(now, progress, spent)
            elif now - self._window.begun >= _WINDOW:
                begun, start, had_spent = self._window
                self._window = None
                seconds, load = now - begun, None
                if spent is not None and had_spent is not None:
                    load = (spent - had_spent) / seconds
                self._judge(now, (progress - start) / seconds, load)

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
            self._trial = self._window = None
            self._rest(now)

    def cap(self, most: int) -> None:
        """The system has no room for more than `most` connections."""
        with self._lock:
            self.most = max(1, min(most, self.most))
            self.allowed = min(self.allowed, self.most)
            self._trial = self._window = None

    def _first(self, tried: int, answered: int) -> int:
        """With how many connections it begins."""
        return min(self._each * answered + max(0, tried - answered), self.most)

    def _judge(self, now: float, rate: float, load: float | None) -> None:
        trial, self._trial = self._trial, None
        if trial is not None:
            grew = self.allowed > trial.before
            if rate < self._needed(trial):
                leapt = self.allowed > 2 * trial.before
                self.allowed, rate = trial.before, trial.rate
                if leapt:  # so many are too many: twice as many may not be
                    self._may_leap = False
                    self._step(now, rate, None)
                    return
                if not grew or self._proven:
                    self._rest(now)
                    return
                self._growing = False
            elif grew:
                self._proven = True
                self._hold = _FIRST_HOLD
        self._step(now, rate, load)

    def _needed(self, trial: _Trial) -> float:
        """The rate at which the number that is being tried is kept."""
        factor = self.allowed / trial.before
        return trial.rate * (1 + _WORTH * (factor - 1) if factor > 1 else _ENOUGH)

    def _step(self, now: float, rate: float, load: float | None) -> None:
        """Try another number; `load` is the share of a core that the present one takes."""
        is_busy = load is not None and load >= _BUSY
        if self._growing and is_busy and self._proven:
            self._rest(now)
            return
        if self._growing and (is_busy or self.allowed == self.most) and not self._proven:
            self._growing = False
        factor = 2
        if load is not None and self._may_leap:
            factor = min(max(2, int(_BUSY / max(load, 0.01))), _LARGEST_LEAP)
        tried = (
            min(factor * self.allowed, self.most)
            if self._growing
            else max(min(self._fewest, self.allowed), self.allowed // 2)
        )
        if tried == self.allowed:
            self._rest(now)
            return
        self._trial = _Trial(self.allowed, rate)
        self.allowed = tried
        self._judge_from = now + _SETTLE

    def _rest(self, now: float) -> None:
        """Leave it at this number for a while, then see whether more has begun to pay."""
        self._growing, self._proven, self._may_leap = True, False, True
        self._judge_from = now + self._hold
        self._hold = min(2 * self._hold, _LONGEST_HOLD)


def connections_of(size: int, connections: int) -> int:
    """How many a file may have at one place, where a large one may have so many `connections`."""
    return connections if size > SINGLE_REQUEST_BYTES else 1


def usable_connections(sizes: Sequence[int], connections: int, places: int) -> int:
    """How many could have work, where a large file has so many `connections` at each place.

    Each place has one: what comes slowly from one is asked of another.
    """
    return max(
        places,
        sum(
            connections_of(size, connections) * (places if size > STRIPED_BYTES else 1)
            for size in sizes
        ),
    )


def room_for_connections() -> int:
    """How many connections the limit of open files (RLIMIT_NOFILE) has room for, at least 1."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return 1 << 16
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 1 << 16
    return max(1, (soft - _FILES_APART) // _FILES_A_CONNECTION)
