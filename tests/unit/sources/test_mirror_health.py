"""Who rests, who is tried again, who is out: on a clock of its own."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from hfget.errors import UnreachableError
from hfget.http.retry import Transient
from hfget.limits import LEFT_OUT_SECONDS, LONGEST_REST, MAX_MISSES, PATIENCE_SECONDS
from hfget.model import WrongRange
from hfget.sources import mirror_state
from hfget.sources.mirror_health import MirrorHealth
from hfget.sources.mirror_state import RequestKind

A, B = "a.test", "b.test"
DATA, MIB = RequestKind.DATA, 1 << 20


@dataclass(eq=False)
class Coming:
    """A stream of which so much came."""

    length: int = 64 * MIB
    received: int = 0


class Clinic:
    """Two endpoints, what is told, and a clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.told: list[str] = []
        self.joined = [A, B]
        self.health = MirrorHealth(
            [A, B], self.told.append, lambda: self.joined, clock=lambda: self.now
        )

    def ask(self, place: str) -> int:
        chosen, ask = self.health.take([place], MIB, [DATA])
        assert chosen == place
        return ask

    def fail(self, place: str, reason: str = "broken", wait: float | None = None) -> None:
        began, ask = self.now, self.ask(place)
        self.health.dropped(place, ask)
        failure = Transient(reason, url=f"https://{place}/x", wait=wait)
        self.health.failed(place, DATA, failure, began, None)

    def answer(self, place: str, coming: Coming | None = None) -> Coming:
        coming = coming or Coming()
        self.health.answered(place, self.ask(place), DATA, coming)
        return coming


@pytest.fixture
def clinic(monkeypatch: pytest.MonkeyPatch) -> Clinic:
    monkeypatch.setattr(mirror_state, "backoff", lambda attempt: float(2 ** (attempt - 1)))
    return Clinic()


def test_one_that_fails_rests_longer_each_time_and_one_request_tries_it(clinic: Clinic) -> None:
    for rest in (1.0, 2.0, 4.0, 8.0):
        clinic.fail(A)
        assert clinic.health.delay(A) == rest and clinic.health.delay(B) == 0
        clinic.now += rest
        assert clinic.health.delay(A) == 0
    ask = clinic.ask(A)
    assert clinic.health.delay(A) > 0, "the others wait for that one"
    clinic.health.answered(A, ask, DATA, Coming())
    assert clinic.health.delay(A) == 0
    clinic.fail(A)
    assert clinic.health.delay(A) == 1.0, "it counts from the beginning"


def test_no_rest_is_longer_than_the_longest_unless_asked_for(clinic: Clinic) -> None:
    for _ in range(12):
        clinic.fail(A)
        assert clinic.health.delay(A) <= LONGEST_REST
        clinic.now += LONGEST_REST
    clinic.fail(A, wait=300.0)
    assert clinic.health.delay(A) == 300.0


def test_requests_that_fail_together_count_once(clinic: Clinic) -> None:
    failure = Transient("broken", url=f"https://{A}/x")
    for _ in range(5):
        clinic.health.failed(A, DATA, failure, clinic.now - 1, None)
    assert clinic.health.delay(A) == 1.0


def test_a_switch_is_told_once_and_so_is_the_return(clinic: Clinic) -> None:
    for _ in range(3):
        clinic.fail(A)
        clinic.now += 10
    assert clinic.told == [f"{A} fails (broken): continuing with {B}"]
    use = clinic.health.report()[0]
    assert (use.state, use.why) == ("resting", "broken")
    clinic.answer(A)
    clinic.answer(A)
    assert clinic.health.report()[0].why == ""
    assert clinic.told[1:] == [f"{A} answers again: it is back in use"]


def test_where_none_is_left_nothing_is_promised(clinic: Clinic) -> None:
    clinic.joined = [A]
    clinic.fail(A)
    clinic.fail(A)
    assert clinic.told == []


def test_a_failure_is_told_once_there_is_another_to_go_on_with(clinic: Clinic) -> None:
    clinic.joined = [A]
    clinic.fail(A)
    clinic.joined = [A, B]
    clinic.answer(B)
    clinic.answer(B)
    assert clinic.told == [f"{A} fails (broken): continuing with {B}"]
    clinic.now += LONGEST_REST
    clinic.answer(A)
    clinic.answer(B)
    assert len(clinic.told) == 2, "it is not told of again once it is back"


def test_where_it_leads_is_told_at_the_first_failure(clinic: Clinic) -> None:
    coming = clinic.answer(A)
    coming.received = MIB
    clinic.health.ended(A, coming)
    failure = Transient("connection refused", url="https://cdn.test/x", whole_host=True)
    failure.lead_here(A)
    clinic.health.failed(A, DATA, failure, clinic.now, None)
    assert clinic.told == [
        f"{A} leads to cdn.test, which fails (connection refused): continuing with {B}"
    ]


def test_wrong_answers_count_whichever_the_file_until_bytes_come(clinic: Clinic) -> None:
    for count in (1, 2, 3):
        clinic.now += 1
        assert clinic.health.misled(A, clinic.now) == count
    clinic.health.ended(A, clinic.answer(A))
    assert clinic.health.misled(A, clinic.now) == 4, "a head alone is no file"
    clinic.health.ended(A, clinic.answer(A, Coming(received=1)))
    clinic.now += 1
    assert clinic.health.misled(A, clinic.now) == 1


def test_what_fails_because_the_run_is_over_is_neither_counted_nor_told(clinic: Clinic) -> None:
    clinic.health.close()
    clinic.fail(A)
    assert clinic.told == [] and clinic.health.report()[0].failures == 0


def test_all_are_hopeless_only_if_each_was_given_up(clinic: Clinic) -> None:
    over = UnreachableError("gone")
    failure = Transient("broken", url="")
    clinic.health.failed(A, DATA, failure, clinic.now, over)
    assert clinic.health.hopeless([A, B]) == [] and clinic.health.hopeless([A]) == [over]
    clinic.health.failed(B, DATA, failure, clinic.now, over)
    assert clinic.health.hopeless([A, B]) == [over, over]
    clinic.now += LONGEST_REST
    clinic.answer(A)
    assert clinic.health.hopeless([A, B]) == []


def test_one_that_lacks_all_that_it_is_asked_for_is_out(clinic: Clinic) -> None:
    assert [clinic.health.refused(A, DATA) for _ in range(MAX_MISSES)][-1]
    assert not clinic.health.is_in(A) and clinic.health.is_in(B)
    assert "lacks" in clinic.told[0]
    assert [clinic.health.refused(B, DATA, "a circle") for _ in range(MAX_MISSES)][-1]
    assert clinic.told[1].endswith("a circle"), "what it does is said"
    coming = clinic.answer(B)
    coming.received = 10
    clinic.health.ended(B, coming)
    assert not any(clinic.health.refused(B, DATA) for _ in range(2 * MAX_MISSES))


def test_a_liar_is_out_with_what_it_sent_also_one_of_an_earlier_run(clinic: Clinic) -> None:
    wrong = [WrongRange("w.bin", 5, 9)]
    clinic.health.leave_out(A, "it lies", wrong)
    clinic.health.leave_out("earlier.test", "it lied", wrong)
    report = {use.place: use for use in clinic.health.report()}
    assert report[A].state == report["earlier.test"].state == "out"
    assert report[A].wrong == report["earlier.test"].wrong == tuple(wrong)
    assert len(clinic.told) == 2 and B in clinic.told[0]


def test_rates_are_measured_by_connection_and_a_laggard_is_left_out_for_a_while(
    clinic: Clinic,
) -> None:
    fast, slow = [clinic.answer(A) for _ in range(4)], clinic.answer(B)
    for _ in range(40):
        clinic.now += 0.1
        for coming in fast:
            coming.received += 100_000
        slow.received += 1000
        clinic.health.worthwhile([A, B])
    rates = [clinic.health.rate_of(place) or 0 for place in (A, B)]
    assert rates[0] == pytest.approx(1e6, rel=0.05) and rates[1] == pytest.approx(1e4, rel=0.05)
    assert clinic.health.is_laggard(B) and not clinic.health.is_laggard(A)
    assert clinic.health.worthwhile([A, B]) == [A] and clinic.health.worthwhile([B]) == [B]
    clinic.now += LEFT_OUT_SECONDS + 1
    assert list(clinic.health.worthwhile([A, B])) == [A, B], "it is tried once more"


def test_one_that_does_not_answer_for_long_is_not_asked_more(clinic: Clinic) -> None:
    clinic.ask(A)
    clinic.now += PATIENCE_SECONDS / 2
    assert list(clinic.health.worthwhile([A, B])) == [A, B]
    clinic.now += PATIENCE_SECONDS
    assert list(clinic.health.worthwhile([A, B])) == [B]


def test_only_a_mirror_that_has_joined_is_in(clinic: Clinic) -> None:
    clinic.joined = [A]
    assert clinic.health.is_in(A) and not clinic.health.is_in(B)


def test_how_soon_the_api_answers_tells_before_anything_else_does(clinic: Clinic) -> None:
    clinic.health.told(A, 0.5)
    clinic.health.told(B, 0.01)
    assert clinic.health.take([A, B], 100, [DATA, DATA])[0] == B
    clinic.health.told(B, None)
    assert clinic.health.report()[1].failures == 1


def test_one_that_has_answered_for_a_file_is_known_to_send(clinic: Clinic) -> None:
    clinic.health.told(B, 0.01)
    assert not clinic.health.has_sent(B), "that was its API"
    clinic.answer(B)
    assert clinic.health.has_sent(B) and not clinic.health.has_sent(A)


def test_bytes_are_counted_once(clinic: Clinic) -> None:
    coming = clinic.answer(A)
    for _ in range(3):
        coming.received += 1000
        clinic.now += 1
        clinic.health.report()
    coming.received += 1
    clinic.health.ended(A, coming)
    small = clinic.answer(A, Coming(10, 10))
    clinic.health.ended(A, small)
    assert clinic.health.report()[0].received == 3011


def test_who_was_not_measured_yet_counts_by_what_came_and_as_the_best_before_that(
    clinic: Clinic,
) -> None:
    """Else it would not be asked for what another one drips."""
    assert clinic.health.rate_of(A) is None and clinic.health.rate_of(B) is None
    dripping = clinic.answer(A)
    clinic.now, dripping.received = clinic.now + 0.5, 500
    clinic.health.sent()
    assert clinic.health.rate_of(A) == clinic.health.rate_of(B) == 1000
    fast = clinic.answer(B)
    clinic.now, fast.received = clinic.now + 0.01, MIB
    clinic.health.ended(B, fast)
    assert (clinic.health.rate_of(B) or 0) > MIB and clinic.health.rate_of(A) == 1000
