"""The number of connections: grown while it pays, cut on trouble, within its bounds always."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfget.transfer.concurrency import (
    FEWEST_AFTER_BREAKS,
    FIRST_CONNECTIONS,
    FIRST_FOR_TINY,
    POLITE_CONNECTIONS,
    ConnectionLimit,
    usable_connections,
)

TICK = 0.02
MB = 10**6
NOISE = (0.0, 0.15)

#: From the number of connections to bytes a second.
Rate = Callable[[int], float]


def throttled(connections: int) -> float:
    """A server that gives each connection 8 MB/s."""
    return 8 * MB * connections


def full(connections: int) -> float:
    """A link that one connection fills."""
    return 100 * MB


def eight_fill(connections: int) -> float:
    """A server that gives each connection an eighth of the link."""
    return 10 * MB * min(connections, 8)


class Link:
    """A simulated link on a clock of its own, all connections at work.

    Its rate wavers by `noise` (a share), anew every half second and with every change.
    """

    def __init__(self, rate: Rate, most: int, noise: float = 0.0, seed: int = 0) -> None:
        self.rate = rate
        self.now = self.progress = 0.0
        self.limit = ConnectionLimit(most, clock=lambda: self.now)
        self._noise, self._chance = noise, random.Random(seed)
        self._factor, self._until, self._before = 1.0, 0.0, 0

    def run(self, seconds: float, busy: int | None = None) -> list[int]:
        """Let time pass; the number that was allowed at each tick."""
        numbers = []
        end = self.now + seconds
        while self.now < end:
            allowed = self.limit.allowed
            if self.now >= self._until or allowed != self._before:
                self._factor = 1 + self._chance.uniform(-self._noise, self._noise)
                self._until, self._before = self.now + 0.5, allowed
            self.now += TICK
            self.progress += self.rate(allowed) * self._factor * TICK
            self.limit.observe(int(self.progress), allowed if busy is None else busy)
            numbers.append(self.limit.allowed)
        return numbers


def test_it_begins_with_a_few_unless_many_were_asked_for() -> None:
    assert [ConnectionLimit(most).allowed for most in (1, 3, 8, 16)] == [1, 3, 8, 8]
    assert ConnectionLimit(POLITE_CONNECTIONS + 1).allowed == POLITE_CONNECTIONS + 1


@pytest.mark.parametrize(
    ("most", "numbers"), [(2, [2, 2, 2, 2]), (16, [8, 9, 16, 16]), (32, [8, 9, 16, 16])]
)
def test_another_place_is_tried_by_one_and_has_its_share_once_it_has_answered(
    most: int, numbers: list[int]
) -> None:
    limit = ConnectionLimit(most, places=2)
    allowed = [limit.allowed]
    for tried, answered in ((2, 1), (2, 2), (1, 1)):
        limit.join(tried, answered)
        allowed.append(limit.allowed)
    assert allowed == numbers


def test_a_place_that_joins_late_does_not_give_back_what_failures_took() -> None:
    limit = ConnectionLimit(32, places=2)
    limit.trouble(overloaded=True)
    limit.join(2, 2)
    assert limit.allowed == FIRST_CONNECTIONS // 2 + FIRST_CONNECTIONS


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("most", [1, 3, 5, 16, 64])
def test_where_each_connection_brings_more_it_climbs_to_the_maximum(
    most: int, noise: float
) -> None:
    for seed in range(5):
        link = Link(throttled, most, noise, seed)
        assert max(link.run(3.0)) == most, "a few doublings take it there"
        assert mean(link.run(60.0)) > 0.9 * most, "it looks below now and then, and comes back"


@pytest.mark.parametrize("noise", NOISE)
def test_where_one_connection_fills_the_link_it_stays_low(noise: float) -> None:
    means = []
    for seed in range(10):
        link = Link(full, 16, noise, seed)
        numbers = link.run(120.0)
        assert max(numbers[: int(2 / TICK)]) <= 2 * FIRST_CONNECTIONS, "one look upwards"
        means.append(mean(numbers))
    assert mean(means) < 2.5


@pytest.mark.parametrize("noise", NOISE)
def test_where_so_many_fill_the_link_it_settles_there(noise: float) -> None:
    for seed in range(5):
        assert 7 < mean(Link(eight_fill, 16, noise, seed).run(120.0)) < 10


def test_many_that_bring_nothing_are_given_up_one_half_at_a_time() -> None:
    numbers = Link(full, 64).run(10.0)
    steps = [after for before, after in pairwise([64, *numbers]) if after != before]
    assert steps[:6] == [32, 16, 8, 4, 2, 1]


def test_a_step_that_does_not_pay_is_taken_back_and_tried_again_ever_later() -> None:
    numbers = Link(lambda n: 10 * MB * min(n, 4), 16).run(100.0)
    assert set(numbers) == {2, 4, 8, 16}
    upwards = [tick for tick, step in enumerate(pairwise(numbers)) if step == (4, 8)]
    pauses = [later - earlier for earlier, later in pairwise(upwards)]
    assert len(pauses) >= 3
    assert all(later > 1.5 * earlier for earlier, later in pairwise(pauses))


def test_a_link_that_begins_to_reward_more_is_found_out_within_the_longest_hold() -> None:
    link = Link(full, 16)
    link.run(300.0)
    link.rate = throttled
    assert max(link.run(90.0)) == 16


@pytest.mark.parametrize("busy", [0, 3, 5, 16])
def test_unless_just_so_many_are_at_work_the_number_is_not_judged(busy: int) -> None:
    assert set(Link(throttled, 16).run(60.0, busy=busy)) == {FIRST_CONNECTIONS}


def test_a_window_that_was_not_all_at_work_does_not_count() -> None:
    link = Link(throttled, 16)
    for _ in range(100):
        link.run(0.15)
        link.run(TICK, busy=3)
    assert link.limit.allowed == FIRST_CONNECTIONS


def test_an_overloaded_host_halves_it_and_breaks_take_a_quarter_but_leave_a_few() -> None:
    for overloaded, ways in ((True, [8, 4, 2, 1, 1]), (False, [12, 9, 6, 4, 4])):
        link = Link(full, 16)
        link.limit.allowed = 16
        for fewer in ways:
            link.limit.trouble(overloaded=overloaded)
            assert link.limit.allowed == fewer
            link.now += 1.5
    few = Link(full, 2)
    few.limit.trouble(overloaded=False)
    assert few.limit.allowed == 2 < FEWEST_AFTER_BREAKS


def test_failures_together_are_one_sign_of_trouble() -> None:
    link = Link(full, 64)
    for _ in range(20):
        link.limit.trouble(overloaded=True)
        link.now += 0.04
    assert link.limit.allowed == 32


def test_after_trouble_it_holds_then_grows_again_where_that_pays() -> None:
    link = Link(throttled, 16)
    link.run(3.0)
    link.limit.trouble(overloaded=True)
    assert set(link.run(2.5)) == {8}
    assert max(link.run(10.0)) == 16


def test_a_system_without_room_caps_it_for_good() -> None:
    link = Link(throttled, 16)
    link.run(0.3)  # a trial of 16 is under way
    link.limit.cap(3)
    assert link.limit.allowed == 3
    link.rate = lambda n: 8 * MB  # so the trial is found not to pay
    assert max(link.run(60.0)) == 3
    link.limit.cap(5)
    assert link.limit.most == 3
    link.limit.cap(0)
    assert link.limit.allowed == link.limit.most == 1


class TinyFiles(Link):
    """Files that take `milliseconds` of the interpreter each, one at a time, and `wait` seconds.

    With `at_most`, the server answers so many at once.
    """

    def __init__(self, milliseconds: float, wait: float, *, at_most: int = 64) -> None:
        super().__init__(self._files, 32)
        self._cost, self._wait, self._at_most = milliseconds / 1000, wait, at_most
        self.limit = ConnectionLimit(32, clock=lambda: self.now, tiny=True)
        self.spent = 0.0

    def _files(self, connections: int) -> float:
        return min(min(connections, self._at_most) / (self._cost + self._wait), 0.95 / self._cost)

    def run(self, seconds: float, busy: int | None = None) -> list[int]:
        numbers = []
        end = self.now + seconds
        while self.now < end:
            files = self._files(self.limit.allowed) * TICK
            self.now += TICK
            self.progress += files * 10**6
            self.spent += files * self._cost
            self.limit.observe(int(self.progress), self.limit.allowed, self.spent)
            numbers.append(self.limit.allowed)
        return numbers


def test_tiny_files_that_keep_the_interpreter_busy_are_for_a_few() -> None:
    numbers = TinyFiles(1.5, 0.0005).run(60.0)
    assert set(numbers) == {FIRST_FOR_TINY}


@pytest.mark.parametrize("wait", [0.05, 0.2, 1.0])
def test_tiny_files_far_away_are_soon_for_all_that_are_allowed(wait: float) -> None:
    link = TinyFiles(1.0, wait)
    assert max(link.run(0.5)) == 32, "in one leap"
    assert mean(link.run(60.0)) > 28


def test_tiny_files_at_some_distance_are_for_as_many_as_the_interpreter_can_serve() -> None:
    numbers = TinyFiles(1.0, 0.008).run(60.0)
    assert 6 <= mean(numbers[100:]) <= 12


def test_a_leap_that_was_too_far_is_followed_by_doubling() -> None:
    numbers = TinyFiles(0.2, 0.1, at_most=4).run(2.0)
    steps = [after for before, after in pairwise([FIRST_FOR_TINY, *numbers]) if after != before]
    assert steps[:4] == [32, 6, 12, 6]
    assert numbers[-1] == 6


def test_several_places_have_their_share_of_tiny_files_from_the_start() -> None:
    limit = ConnectionLimit(32, places=2, tiny=True)
    limit.join(2, 2)
    assert limit.allowed == 2 * FIRST_CONNECTIONS
    assert ConnectionLimit(1, tiny=True).allowed == 1


steps = st.one_of(
    st.tuples(st.just("time"), st.floats(0.0, 2.0), st.integers(0, 10**9)),
    st.tuples(st.just("trouble"), st.booleans(), st.just(0)),
    st.tuples(st.just("cap"), st.just(0.0), st.integers(0, 70)),
)


@settings(max_examples=200, deadline=None)
@given(most=st.integers(1, 64), history=st.lists(steps, max_size=60))
def test_whatever_happens_it_stays_within_its_bounds(
    most: int, history: list[tuple[str, float, int]]
) -> None:
    now, progress = 0.0, 0
    limit = ConnectionLimit(most, clock=lambda: now)
    for what, first, second in history:
        if what == "trouble":
            limit.trouble(overloaded=bool(first))
        elif what == "cap":
            limit.cap(second)
        else:
            now, progress = now + first, progress + second
            limit.observe(progress, limit.allowed, now * first / 2 if second % 2 else None)
        assert 1 <= limit.allowed <= limit.most <= most


def test_each_of_several_places_may_have_a_connection_though_there_is_one_small_file() -> None:
    assert usable_connections([1000], 32, 2) == 2 and usable_connections([1000], 16, 1) == 1
    assert usable_connections([1000] * 9, 32, 2) == 9
