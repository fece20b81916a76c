"""Which of several endpoints is asked: the soonest, each its share, none without reason."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hfget.limits import EQUALLY_FAST, NEGLIGIBLE_SHARE
from hfget.sources.mirror_choice import Candidate, choose, is_negligible

MIB = 1 << 20
latencies = st.none() | st.floats(0.001, 10)
rates = st.none() | st.floats(1e3, 1e9)
candidates = st.builds(Candidate, st.integers(0, 64), latencies, rates)
several = st.lists(candidates, min_size=1, max_size=5)
lengths = st.integers(1, 64 * MIB)


def seconds(one: Candidate, length: int) -> float:
    """How long an answer takes of which everything is known."""
    assert one.latency is not None and one.rate is not None
    return one.latency + length / one.rate


@given(several, lengths)
def test_one_of_them_is_chosen(given_ones: list[Candidate], length: int) -> None:
    assert 0 <= choose(given_ones, length) < len(given_ones)


known = st.builds(Candidate, st.integers(0, 64), st.floats(0.001, 10), st.floats(1e3, 1e9))


@given(st.lists(known, min_size=1, max_size=5), lengths)
def test_no_other_would_be_much_sooner_and_no_equal_one_has_less_to_do(
    known_ones: list[Candidate], length: int
) -> None:
    chosen = known_ones[choose(known_ones, length)]
    soonest = min(seconds(one, length) for one in known_ones)
    assert seconds(chosen, length) <= EQUALLY_FAST * soonest * (1 + 1e-9)
    equals = [one for one in known_ones if seconds(one, length) <= EQUALLY_FAST * soonest]
    assert chosen.busy == min(one.busy for one in equals)


@given(st.lists(known, min_size=1, max_size=4), lengths, st.integers(1, 64))
def test_what_is_not_known_is_tried_by_one_request(
    known_ones: list[Candidate], length: int, busy: int
) -> None:
    """It counts as the best of the others, so it is chosen where it has the least to do."""
    fresh = len(known_ones)
    assert choose([*known_ones, Candidate(busy)], length) != fresh
    at_work = [one._replace(busy=one.busy + 1) for one in known_ones]
    assert choose([*at_work, Candidate(0)], length) == fresh


def test_before_rates_are_known_a_large_range_goes_where_less_is_under_way() -> None:
    near, far = Candidate(2, 0.01), Candidate(1, 0.05)
    assert choose([near, far], MIB) == 1
    assert choose([near, far], 1000) == 0, "a small file from where it is answered soonest"


def test_equal_ones_take_turns() -> None:
    given_ones = [Candidate(0, 0.01, 1e6)] * 3
    for _ in range(30):
        number = choose(given_ones, MIB)
        given_ones[number] = given_ones[number]._replace(busy=given_ones[number].busy + 1)
    assert [one.busy for one in given_ones] == [10, 10, 10]


def test_a_small_file_comes_from_the_quickest_to_answer_a_large_one_from_the_fastest() -> None:
    near, wide = Candidate(5, 0.01, 1e6), Candidate(0, 0.5, 10e6)
    assert choose([near, wide], 1000) == 0 and choose([near, wide], 16 * MIB) == 1


@given(st.floats(1, 1e9), st.floats(1, 1e9))
def test_a_fraction_of_the_best_is_negligible(rate: float, best: float) -> None:
    assert is_negligible(rate, best) == (rate < NEGLIGIBLE_SHARE * best)
    assert not is_negligible(None, best) and not is_negligible(rate, None)
