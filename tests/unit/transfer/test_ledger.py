"""No byte is ever fetched twice, forgotten, or in two hands at once."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from hfget.model import Span
from hfget.partials.spans import Spans
from hfget.sources import Relief
from hfget.transfer.leases import Lease
from hfget.transfer.ledger import Ledger

SIZE = 48
#: Leases at a time, and seconds, that are never reached.
MANY, NEVER = 100, float("inf")
edges = st.integers(0, SIZE)
spans = st.tuples(edges, edges)


def covered(pieces: list[Span]) -> set[int]:
    return {byte for start, end in pieces for byte in range(start, end)}


@given(st.lists(st.tuples(st.booleans(), spans), max_size=20), spans)
def test_spans_are_a_set_of_bytes(steps: list[tuple[bool, Span]], probe: Span) -> None:
    ours, model = Spans(), set[int]()
    for add, (start, end) in steps:
        if add:
            ours.add(start, end)
            model |= covered([(start, end)])
        else:
            ours.remove(start, end)
            model -= covered([(start, end)])
    pieces = list(ours)
    assert covered(pieces) == model
    assert ours.total == len(model) and len(ours) == len(pieces)
    flat = [edge for piece in pieces for edge in piece]
    assert flat == sorted(set(flat)), "sorted, disjoint, non-empty and merged where they touch"
    assert ours.first() == (pieces[0] if pieces else None)
    assert ours.overlaps(*probe) == bool(covered([probe]) & model)
    assert ours.prefix() == next(byte for byte in range(SIZE + 1) if byte not in model)


@given(st.lists(spans, max_size=8))
def test_spans_do_not_depend_on_the_order_of_adding(pieces: list[Span]) -> None:
    assert list(Spans(pieces)) == list(Spans(reversed(pieces)))


def free_ranges(ledger: Ledger) -> list[Span]:
    """What a ledger would still hand out."""
    return list(ledger._free)


class LedgerMachine(RuleBasedStateMachine):
    """Connections come, claim, write, fail and steal in any order."""

    leases = Bundle("leases")

    @initialize(done=st.lists(st.tuples(st.integers(-3, SIZE + 3), edges), max_size=3))
    def begin(self, done: list[Span]) -> None:
        self.ledger = Ledger(SIZE, done)
        self.done = covered(done) & set(range(SIZE))
        self.held: list[Lease] = []
        self.widened = False

    @rule(target=leases, limit=st.integers(1, SIZE))
    def lease(self, limit: int) -> Lease | None:
        single = self.widened
        lease = self.ledger.lease(limit, MANY, whole=single)
        if single:
            assert (lease is None) == bool(self.held or len(self.done) == SIZE)
        if lease is not None:
            assert lease.position == lease.start < lease.end
            assert lease.end - lease.start <= (SIZE if single else limit)
            self.held.append(lease)
        return lease

    @rule(target=leases, minimum=st.integers(1, 12))
    def steal(self, minimum: int) -> Lease | None:
        rests = [lease.remaining for lease in self.held]
        claimed = [covered([(lease.start, lease.position)]) for lease in self.held]
        thief = self.ledger.steal(minimum, NEVER, MANY)
        assert (thief is None) == (max(rests, default=0) < 2 * minimum)
        if thief is not None:
            assert thief.remaining >= minimum
            assert (
                min(lease.remaining for lease in self.held if lease.end == thief.start) >= minimum
            )
            assert not any(taken & covered([(thief.start, thief.end)]) for taken in claimed)
            self.held.append(thief)
        return thief

    @rule(reader=st.integers(0, 2), position=st.none() | edges)
    def want(self, reader: int, position: int | None) -> None:
        self.ledger.want(reader, position)

    @precondition(lambda self: not self.widened)
    @rule(position=edges, near=st.integers(0, 6), reach=st.integers(0, SIZE))
    def call_for(self, position: int, near: int, reach: int) -> None:
        for lease in self.held:
            lease.reach = lease.reach or reach
        freed = self.ledger.call_for(position, near)
        assert freed == (position in covered(free_ranges(self.ledger)))
        if freed:
            self.ledger.want(9, position)
            found = self.ledger.lease(1, MANY)
            assert found is not None
            self.ledger.want(9, None)
            self.ledger.release(found)

    @rule(
        target=leases,
        pace=st.lists(st.tuples(st.sampled_from("ab"), st.floats(0.1, 9)), min_size=9, max_size=9),
        seconds=st.floats(0.1, 9),
        others=st.dictionaries(st.sampled_from("abc"), st.floats(0, 99)),
        alone=st.floats(1, 9),
        waiting=st.booleans(),
    )
    def relieve(
        self,
        pace: list[tuple[str, float]],
        seconds: float,
        others: dict[str, float],
        alone: float,
        waiting: bool,
    ) -> Lease | None:
        for lease, (place, rate) in zip(self.held, pace, strict=False):
            lease.place, lease.rate, lease.asked = place, rate, float(waiting)
        claimed = [covered([(lease.start, lease.position)]) for lease in self.held]
        before = {id(lease): lease.seconds_left for lease in self.held}
        ends_before = {id(lease): lease.end for lease in self.held}
        thief = self.ledger.relieve(Relief(others, {}, seconds, alone * seconds, 1.0), MANY, 3.0)
        if thief is None:
            return None
        assert thief.remaining and not any(
            taken & covered([(thief.start, thief.end)]) for taken in claimed
        )
        (victim,) = [lease for lease in self.held if lease.end != ends_before[id(lease)]]
        assert victim.end == thief.start
        assert victim.taken == (victim.remaining == 0)
        if not waiting:
            rate = max(rate for place, rate in others.items() if place != victim.place)
            ends = max(victim.seconds_left, thief.remaining / rate)
            assert before[id(victim)] - ends >= 0.99 * seconds - 2 / rate - 2
        elif victim.start == victim.end:
            self.held.remove(victim)  # its holder is still waiting for an answer
            self.ledger.release(victim)
            assert not self.ledger.widen(victim) and self.ledger.claim(victim, 9) == 0
        self.held.append(thief)
        return thief

    @rule(lease=leases, length=st.integers(1, SIZE), written=st.booleans())
    def flush(self, lease: Lease | None, length: int, written: bool) -> None:
        """As a connection does: claim, write what is missing, record; or fail while writing."""
        if lease not in self.held or lease is None:
            return
        start = lease.position
        granted = self.ledger.claim(lease, length)
        assert granted == min(length, lease.end - start)
        if written:
            for left, right in self.ledger.missing(start, start + granted):
                fresh = covered([(left, right)])
                assert not fresh & self.done, "a byte would be written twice"
                self.ledger.record(left, right)
                self.done |= fresh

    @precondition(lambda self: len(self.held) == 1)
    @rule()
    def widen(self) -> None:
        taken = self.held[0].taken
        assert self.ledger.widen(self.held[0]) is not taken
        if taken:
            return  # its holder gives it back
        self.held[0].reach = SIZE
        self.widened = True

    @rule(lease=consumes(leases))
    def release(self, lease: Lease | None) -> None:
        if lease is not None and lease in self.held:
            self.held.remove(lease)
            self.ledger.release(lease)

    @invariant()
    def every_byte_is_in_one_place(self) -> None:
        free = covered(free_ranges(self.ledger))
        held = [covered([(lease.start, lease.end)]) for lease in self.held]
        leased = set[int]().union(*held)
        assert sum(map(len, held)) == len(leased), "two connections hold one byte"
        assert not free & leased and not free & self.done
        assert free | leased | self.done == set(range(SIZE))
        assert self.ledger.leases == len(self.held)
        assert covered(self.ledger.missing(0, SIZE)) == set(range(SIZE)) - self.done
        assert self.ledger.done_bytes == len(self.done)

    def teardown(self) -> None:
        """Whatever happened: the rest is handed out once, and then the file is whole."""
        if not hasattr(self, "ledger"):
            return
        for lease in self.held:
            self.ledger.release(lease)
        for start, end in free_ranges(self.ledger):
            self.ledger.record(start, end)
        assert self.ledger.finished and self.ledger.prefix() == SIZE
        assert self.ledger.lease(SIZE, MANY) is None


LedgerMachine.TestCase.settings = settings(max_examples=120, stateful_step_count=25, deadline=None)
TestLedger = LedgerMachine.TestCase


def relief(rates: dict[str, float], seconds: float) -> Relief:
    return Relief(rates, {}, seconds, 4 * seconds, 0.0)


def test_a_slow_place_keeps_what_it_brings_in_the_time_that_another_needs() -> None:
    ledger = Ledger(1000)
    slow = ledger.lease(1000, MANY)
    assert slow is not None
    slow.place, slow.rate = "slow", 100.0
    assert ledger.relieve(relief({"slow": 900.0}, 1.0), MANY, 0.0) is None, (
        "it would be the same place"
    )
    assert ledger.relieve(relief({"fast": 400.0}, 9.0), MANY, 0.0) is None, (
        "that does not save enough"
    )
    assert ledger.relieve(relief({"fast": 400.0}, 1.0), 1, 0.0) is None, "no more connections"
    thief = ledger.relieve(relief({"fast": 400.0}, 1.0), MANY, 0.0)
    assert thief is not None and (thief.start, thief.end) == (200, 1000) and not slow.taken
    slow.rate = 0.5
    again = ledger.relieve(relief({"fast": 400.0}, 1.0), MANY, 0.0)
    assert again is not None and (again.start, again.end) == (0, 200) and slow.taken
    ledger.release(slow)
    assert ledger.leases == 2


def test_what_ends_with_all_that_another_place_has_to_do_is_left_alone() -> None:
    """A place that fills its link sends the last of its ranges faster than those before."""
    ledger, held = Ledger(2000), []
    for place, length in (("a", 700), ("a", 300), ("b", 700), ("b", 300)):
        lease = ledger.lease(length, MANY)
        assert lease is not None
        lease.place, lease.rate = place, 100.0
        held.append(lease)
    assert ledger.relieve(relief({"a": 100.0}, 1.0), MANY, 0.0) is None
    assert ledger.claim(held[0], 700) == 700 and ledger.claim(held[1], 300) == 300
    assert ledger.relieve(relief({"a": 100.0}, 1.0), MANY, 0.0) is not None, "b is behind"


def test_what_was_begun_before_its_place_was_measured_is_relieved_too() -> None:
    ledger = Ledger(1000)
    early = ledger.lease(1000, MANY)
    assert early is not None
    early.place = "slow"
    other = {"fast": 400.0}
    assert ledger.relieve(relief(other, 1.0), MANY, 0.0) is None, "it may be fast"
    known = Relief(other, {"slow": 100.0}, 1.0, 4.0, 0.0)
    thief = ledger.relieve(known, MANY, 0.0)
    assert thief is not None and (thief.start, thief.end) == (200, 1000)


def test_who_waits_too_long_for_an_answer_is_not_waited_for() -> None:
    ledger = Ledger(100)
    silent = ledger.lease(100, MANY)
    assert silent is not None
    silent.asked = 10.0
    assert ledger.relieve(relief({"other": 1.0}, 0.1), MANY, 10.0) is None
    thief = ledger.relieve(relief({"other": 1.0}, 0.1), MANY, 10.1)
    assert thief is not None and (thief.start, thief.end) == (0, 100)
    ledger.record(0, 100)
    ledger.release(thief)
    assert silent.taken and ledger.finished, "also before its holder gives it back"
    ledger.release(silent)
    assert ledger.finished and ledger.claim(silent, 5) == 0 and not ledger.widen(silent)


def test_an_empty_file_is_complete_from_the_start() -> None:
    ledger = Ledger(0)
    assert ledger.finished and ledger.lease(1, MANY) is None
    assert ledger.lease(1, MANY, whole=True) is None


def test_only_the_wanted_bytes_are_handed_out_and_all_that_comes_is_kept() -> None:
    ledger = Ledger(100, [(0, 25)], span=(20, 60))
    assert (ledger.done_bytes, ledger.free_bytes, ledger.finished) == (5, 35, False)
    lease = ledger.lease(1000, 8)
    assert lease is not None and (lease.start, lease.end) == (25, 60)
    assert ledger.lease(1000, 8) is None
    ledger.record(25, 60)
    assert not ledger.finished
    ledger.release(lease)
    assert ledger.finished and ledger.done_bytes == 40
    ledger.restart([(20, 60)])
    assert ledger.lease(1000, 8, whole=True) is None
    ledger.restart([])
    whole = ledger.lease(1000, 8, whole=True)
    assert whole is not None and (whole.start, whole.end) == (0, 100)
    ledger.record(0, 100)
    ledger.release(whole)
    assert ledger.finished and ledger.done_bytes == 40 and ledger.reach(0) == 100


def test_a_single_stream_is_not_taken_while_others_fetch() -> None:
    ledger = Ledger(100)
    first, second = ledger.lease(40, MANY), ledger.lease(40, MANY)
    assert first is not None and second is not None
    assert not ledger.widen(second) and (second.start, second.end) == (40, 80)
    ledger.release(first)
    assert ledger.lease(40, MANY, whole=True) is None, "the whole waits for the others"
    assert ledger.widen(second) and (second.start, second.end) == (0, 100)


def test_what_a_reader_waits_for_comes_first() -> None:
    ledger = Ledger(100)
    ledger.want("one", 70)
    lease = ledger.lease(20, MANY)
    assert lease is not None and (lease.start, lease.end) == (70, 90)
    ledger.want("two", 30)
    leases = [ledger.lease(10, MANY) for _ in range(4)]
    assert [one.start for one in leases if one] == [90, 30, 40, 50], "each reader in its turn"
    ledger.want("one", None)
    ledger.want("two", None)
    found = ledger.lease(10, MANY)
    assert found is not None and found.start == 0


def test_a_connection_that_comes_there_later_makes_way() -> None:
    ledger = Ledger(100)
    lease = ledger.lease(100, MANY)
    assert lease is not None
    assert not ledger.call_for(50, near=5), "it has not been answered yet"
    lease.reach = 100
    assert not ledger.call_for(4, near=5), "it is almost there"
    assert ledger.call_for(50, near=5) and lease.end == 50
    ledger.want("reader", 50)
    found = ledger.lease(100, MANY)
    assert found is not None and (found.start, found.end) == (50, 100)
    assert not ledger.call_for(50, near=5)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_answer_that_goes_on_gets_back_what_thieves_leave(order: tuple[int, ...]) -> None:
    ledger = Ledger(100)
    first = ledger.lease(100, MANY)
    assert first is not None
    first.reach = 90
    assert ledger.claim(first, 1) == 1
    thieves = [ledger.steal(5, NEVER, MANY) for _ in range(3)]
    for number in order:
        thief = thieves[number]
        assert thief is not None
        ledger.release(thief)
    assert first.end == 90, "as far as the answer goes"
    rest = ledger.lease(100, MANY)
    assert rest is not None and (rest.start, rest.end) == (90, 100)


def test_an_answer_that_has_ended_gets_nothing_back() -> None:
    ledger = Ledger(100)
    first = ledger.lease(100, MANY)
    assert first is not None
    first.reach = 100
    thief = ledger.steal(5, NEVER, MANY)
    assert thief is not None and ledger.claim(first, 100) == 50
    ledger.release(thief)
    again = ledger.lease(100, MANY)
    assert first.end == 50 and again is not None and (again.start, again.end) == (50, 100)


def test_what_was_read_before_a_new_beginning_counts_no_more() -> None:
    ledger = Ledger(100)
    assert ledger.restarts == 0
    ledger.record(0, 60)
    assert ledger.reach(10) == 60 and ledger.reach(60) == 60
    ledger.restart([])
    assert ledger.restarts == 1 and ledger.reach(10) == 10


def test_a_victim_notices_the_theft_at_its_next_claim() -> None:
    ledger = Ledger(100)
    victim = ledger.lease(100, MANY)
    assert victim is not None and ledger.claim(victim, 20) == 20
    thief = ledger.steal(10, NEVER, MANY)
    assert thief is not None and (thief.start, thief.end) == (60, 100)
    assert ledger.claim(victim, 100) == 40
    assert ledger.claim(victim, 1) == 0


def test_what_only_touches_does_not_overlap() -> None:
    spans = Spans([(5, 9)])
    assert not spans.overlaps(0, 5) and not spans.overlaps(9, 12)
    assert spans.overlaps(0, 6) and spans.overlaps(8, 12)


def test_a_lease_is_halved_if_both_halves_take_long_enough() -> None:
    ledger = Ledger(2)
    lease = ledger.lease(2, MANY)
    assert lease is not None
    lease.rate = 1.0
    assert ledger.steal(100, 1.1, MANY) is None
    thief = ledger.steal(100, 1.0, MANY)
    assert thief is not None and (thief.start, thief.end) == (1, 2)
    assert ledger.steal(100, 0.0, MANY) is None, "one byte has no halves"


def test_a_connection_that_brings_nothing_will_take_long_not_for_ever() -> None:
    assert Lease(0, 10, 4, rate=0.0).seconds_left == 6
    assert Lease(0, 10, 4, rate=3.0).seconds_left == 2
    assert Lease(0, 10, 4).seconds_left < 1e-6
