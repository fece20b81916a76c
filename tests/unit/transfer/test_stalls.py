"""Connections that fall behind are found against their siblings or their own best, others left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest

from hfget.limits import WINDOW_SECONDS, WORTH_SECONDS
from hfget.transfer.leases import Lease
from hfget.transfer.stalls import OWN_BEST, Stragglers

MB = 10**6
TICK = 0.5
LARGE = 10**12


@dataclass(eq=False)
class Connection:
    """Stands in for a `Fetcher`: `rate(now)` bytes a second of a lease."""

    rate: Callable[[float], float]
    lease: Lease | None
    received: int = 0
    held: float = 0.0
    is_laggard: bool = False

    def work(self, now: float) -> None:
        if self.lease is not None:
            count = min(int(self.rate(now) * TICK), self.lease.remaining)
            self.received += count
            self.lease.position += count


def at(rate: float, size: int = LARGE) -> Connection:
    return Connection(lambda now: rate, Lease(0, size, 0))


def falling(first: float, second: float, when: float = 5.0) -> Connection:
    """From rate `first` to rate `second` after `when` seconds."""
    return Connection(lambda now: first if now < when else second, Lease(0, LARGE, 0))


class Watching:
    """Connections that are looked at twice a second."""

    def __init__(self, *connections: Connection) -> None:
        self.now = 0.0
        self.connections = list(connections)
        self.stragglers = Stragglers()

    def run(self, seconds: float) -> set[Connection]:
        """Who was found to fall behind within so many seconds."""
        found: set[Connection] = set()
        end = self.now + seconds
        while self.now < end:
            found |= set(cast(Any, self.stragglers.look)(self.connections, self.now))
            for connection in self.connections:
                connection.work(self.now)
            self.now += TICK
        return found


def test_far_behind_its_siblings() -> None:
    slow = at(0.05 * MB)
    assert Watching(slow, *(at(rate * MB) for rate in (1, 2, 3))).run(4.0) == {slow}


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_silent_or_nearly_so_beside_siblings(rate: float) -> None:
    slow = falling(2 * MB, rate)
    assert Watching(slow, *(at(2 * MB) for _ in range(3))).run(15.0) == {slow}


def test_a_little_behind_is_no_reason() -> None:
    assert Watching(at(0.25 * MB), *(at(2 * MB) for _ in range(3))).run(20.0) == set()


def test_all_slow_together_is_no_reason() -> None:
    assert Watching(*(at(1000.0) for _ in range(8))).run(20.0) == set()


@pytest.mark.parametrize("others", [0, 2])
def test_with_few_siblings_it_is_held_against_its_own_best(others: int) -> None:
    fallen = falling(2 * OWN_BEST, 0.03 * OWN_BEST)
    assert Watching(fallen, *(at(MB) for _ in range(others))).run(20.0) == {fallen}


def test_two_siblings_are_too_few_to_judge_by() -> None:
    assert Watching(at(0.05 * MB), at(2 * MB), at(2 * MB)).run(20.0) == set()


def test_who_was_never_fast_or_fell_a_little_only_is_left_alone() -> None:
    assert Watching(falling(0.9 * OWN_BEST, 0.0)).run(20.0) == set()
    assert Watching(falling(2 * OWN_BEST, 0.05 * OWN_BEST)).run(20.0) == set()
    assert Watching(at(5.0)).run(60.0) == set()


def test_no_one_is_judged_before_a_window_is_over() -> None:
    watching = Watching(at(0.0), *(at(2 * MB) for _ in range(3)))
    assert watching.run(WINDOW_SECONDS - TICK) == set()
    assert len(watching.run(2 * TICK)) == 1


def test_what_will_be_here_soon_is_not_worth_a_new_connection() -> None:
    siblings = [at(50 * MB) for _ in range(3)]
    soon = at(MB, size=int(MB * (WINDOW_SECONDS + WORTH_SECONDS - TICK)))
    assert Watching(soon, *siblings).run(10.0) == set()


def test_a_new_range_is_a_new_beginning() -> None:
    slow = at(0.0)
    watching = Watching(slow, *(at(2 * MB) for _ in range(3)))
    for _ in range(6):
        assert watching.run(WINDOW_SECONDS - TICK) == set()
        slow.lease = Lease(0, LARGE, 0)


def test_who_has_no_work_is_forgotten() -> None:
    slow = at(0.0)
    watching = Watching(slow, *(at(2 * MB) for _ in range(3)))
    lease, slow.lease = slow.lease, None
    assert watching.run(10.0) == set()
    slow.lease = lease
    assert watching.run(WINDOW_SECONDS - TICK) == set(), "its old window does not count"
    watching.connections = watching.connections[1:]
    assert watching.run(10.0) == set() and len(watching.stragglers._watches) == 3


def test_another_place_that_would_bring_the_rest_much_sooner_is_reason_enough() -> None:
    laggard, nearly_done = at(MB), at(MB, size=MB // 4)
    laggard.is_laggard = nearly_done.is_laggard = True
    assert Watching(laggard, nearly_done, at(2 * MB)).run(1.5) == {laggard}


def test_rates_are_told_to_the_ledger() -> None:
    fast, slow = at(4 * MB), at(MB)
    Watching(fast, slow).run(6.0)
    assert fast.lease is not None and slow.lease is not None
    assert fast.lease.rate == 4 * MB and slow.lease.rate == MB
    assert fast.lease.seconds_left < slow.lease.seconds_left


def test_what_hfget_itself_holds_back_is_no_reason() -> None:
    held = falling(2 * MB, 0.0)
    work = held.work

    def wait(now: float) -> None:
        work(now)
        held.held += TICK * (now >= 5.0)

    held.work = wait  # type: ignore[method-assign]
    assert Watching(held, *(at(2 * MB) for _ in range(3))).run(15.0) == set()
