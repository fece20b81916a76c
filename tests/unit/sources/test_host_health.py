"""A pause is the host's own, one request probes it afterwards, and nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hfget.errors import DataHostError, NetworkError
from hfget.http.retry import Transient
from hfget.limits import MAX_REQUESTED_WAIT, UNREACHED_LIMIT
from hfget.sources.host_health import HostHealth
from hfget.system.cancellation import Stopped, Superseded

HOST, OTHER = "cdn.test", "hub.test"
RETRIES = 8


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def hosts(clock: Clock, stop: threading.Event) -> HostHealth:
    hosts = HostHealth(RETRIES, stop, clock)
    hosts.answered(HOST)
    return hosts


def calm(seconds: float = 10.0) -> Transient:
    """A 429 with Retry-After."""
    return Transient("HTTP 429", url=f"https://{HOST}/x", wait=seconds, whole_host=True)


def down() -> Transient:
    return Transient("connection refused", url=f"https://{HOST}/x", whole_host=True)


def sleep_over(hosts: HostHealth, clock: Clock, name: str = HOST) -> None:
    """Until the pause of a host is over, and a moment more for rounding."""
    clock.now += hosts.delay(name) + 1e-6


def ask(hosts: HostHealth, name: str = HOST) -> bool:
    """A request that is answered at once; false if it may not be sent now."""
    try:
        with hosts.asking(name):
            return True
    except Superseded:
        return False


def test_a_pause_is_the_hosts_own_and_no_thread_asks_meanwhile(
    hosts: HostHealth, clock: Clock
) -> None:
    wait = hosts.failed(calm(10.0), clock.now)
    assert 10.0 <= wait < 12.0 and hosts.delay(HOST) == pytest.approx(wait)
    for _ in range(3):
        assert not ask(hosts) and ask(hosts, OTHER) and hosts.delay(OTHER) == 0
        clock.now += wait / 4
    clock.now += wait / 4 + 1e-6
    assert hosts.delay(HOST) == 0 and ask(hosts)


def test_after_a_pause_one_probes_and_the_others_go_on_once_it_was_answered(
    hosts: HostHealth, clock: Clock
) -> None:
    hosts.failed(calm(), clock.now)
    sleep_over(hosts, clock)
    with hosts.asking(HOST):
        assert 0 < hosts.delay(HOST) < 1, "the others look again soon"
        assert not ask(hosts)
        clock.now += 100.0
        assert not ask(hosts)
    assert hosts.delay(HOST) == 0
    with hosts.asking(HOST):
        assert ask(hosts), "no longer one at a time"


@pytest.mark.parametrize(
    "end", [down(), NetworkError("no"), Stopped(), ValueError("bug")], ids=repr
)
def test_a_probe_may_end_as_it_likes_another_one_follows(
    hosts: HostHealth, clock: Clock, end: Exception
) -> None:
    hosts.failed(calm(), clock.now)
    sleep_over(hosts, clock)
    with suppress(type(end)), hosts.asking(HOST):
        raise end
    if isinstance(end, Transient):
        assert hosts.failed(end, clock.now) > 0
        sleep_over(hosts, clock)
    with hosts.asking(HOST):
        assert not ask(hosts), "one probe again: the host has not answered yet"
    assert ask(hosts)


def test_an_answer_to_what_was_asked_before_does_not_end_the_pause(
    hosts: HostHealth, clock: Clock
) -> None:
    with hosts.asking(HOST):
        hosts.failed(calm(10.0), clock.now)
        clock.now += 1.0
    assert hosts.delay(HOST) > 8 and not ask(hosts)
    sleep_over(hosts, clock)
    assert ask(hosts)


def test_requests_that_were_under_way_together_fail_as_one(hosts: HostHealth, clock: Clock) -> None:
    begun = clock.now
    for _ in range(50):
        clock.now += 0.01
        hosts.failed(down(), begun)
    for _ in range(RETRIES - 1):
        sleep_over(hosts, clock)
        hosts.failed(down(), clock.now)
    sleep_over(hosts, clock)
    with pytest.raises(NetworkError, match="connection refused"):
        hosts.failed(down(), clock.now)


@pytest.mark.parametrize(("known", "borne"), [(True, RETRIES), (False, UNREACHED_LIMIT)])
def test_a_host_is_given_up_after_so_many_failures_in_a_row(
    clock: Clock, stop: threading.Event, known: bool, borne: int
) -> None:
    hosts = HostHealth(RETRIES, stop, clock)
    if known:
        assert ask(hosts)
    for _ in range(borne):
        hosts.failed(down(), clock.now)
        sleep_over(hosts, clock)
    with pytest.raises(NetworkError) as caught:
        hosts.failed(down(), clock.now)
    assert HOST in caught.value.message and caught.value.exit_code == 5
    clock.now += 3600.0
    with pytest.raises(NetworkError, match="connection refused"):
        ask(hosts)
    assert ask(hosts, OTHER)


def test_an_answer_in_between_starts_the_count_anew(hosts: HostHealth, clock: Clock) -> None:
    for _ in range(3 * RETRIES):
        hosts.failed(down(), clock.now)
        sleep_over(hosts, clock)
        assert ask(hosts)


def test_a_host_that_was_given_up_lives_again_with_an_answer(
    clock: Clock, stop: threading.Event
) -> None:
    hosts = HostHealth(0, stop, clock)
    with hosts.asking(HOST), pytest.raises(NetworkError):
        hosts.failed(down(), clock.now)
    assert ask(hosts)


def test_pauses_grow_and_are_never_cut_short(hosts: HostHealth, clock: Clock) -> None:
    begun = clock.now
    hosts.failed(calm(60.0), begun)
    hosts.failed(down(), begun)
    assert hosts.delay(HOST) >= 60.0
    sleep_over(hosts, clock)
    waits = []
    for _ in range(5):
        waits.append(hosts.failed(down(), clock.now))
        sleep_over(hosts, clock)
    assert max(waits) == max(waits[2:]) > 2 * waits[0]


def test_too_long_a_pause_is_not_sat_through_and_the_host_is_left_alone(
    hosts: HostHealth, clock: Clock
) -> None:
    hosts.failed(calm(60.0), clock.now)
    for _ in range(2):
        with pytest.raises(NetworkError, match=r"asks to wait .*HTTP 429") as caught:
            hosts.failed(calm(MAX_REQUESTED_WAIT + 1), clock.now)
        assert caught.value.hint
    assert hosts.delay(HOST) == 0, "whoever has work there finds out at once"
    with pytest.raises(NetworkError, match="asks to wait"):
        ask(hosts)


@pytest.mark.parametrize("failure", [{"lie": True}, {}, {"overloaded": True}])
def test_a_failure_of_one_file_pauses_no_other(
    hosts: HostHealth, clock: Clock, failure: dict[str, bool]
) -> None:
    for _ in range(3 * RETRIES):
        failed = Transient("HTTP 500", url=f"https://{HOST}/x", **failure)
        assert hosts.failed(failed, clock.now) == 0
    assert hosts.delay(HOST) == 0 and ask(hosts)


def test_nothing_is_asked_once_the_run_is_to_stop(hosts: HostHealth, stop: threading.Event) -> None:
    stop.set()
    with pytest.raises(Stopped):
        ask(hosts)


class HostMachine(RuleBasedStateMachine):
    """Many threads ask one host, which answers, fails and asks for calm as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.hosts = HostHealth(RETRIES, threading.Event(), self.clock)
        self.under_way: list[tuple[float, Callable[[BaseException | None], None]]] = []
        self.calm_until = 0.0

    @rule()
    def begin(self) -> None:
        context = self.hosts.asking(HOST)
        try:
            context.__enter__()
        except Superseded:
            return
        except NetworkError:
            assert self.hosts.delay(HOST) == 0
            return
        assert self.clock.now >= self.calm_until, "asked during a pause"

        def end(error: BaseException | None) -> None:
            with suppress(Transient, RuntimeError):
                context.__exit__(type(error) if error else None, error, None)

        self.under_way.append((self.clock.now, end))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), failure=st.sampled_from([None, "down", "calm", "bug"]))
    def end(self, data: st.DataObject, failure: str | None) -> None:
        begun, end = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        if failure in (None, "bug"):
            end(RuntimeError("bug") if failure else None)
            return
        transient = down() if failure == "down" else calm(data.draw(st.floats(0, 20)))
        end(transient)
        with suppress(NetworkError):
            self.hosts.failed(transient, begun)
            if transient.wait:
                self.calm_until = max(self.calm_until, self.clock.now + transient.wait)

    @rule(seconds=st.floats(0.01, 40))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @invariant()
    def a_wait_has_an_end(self) -> None:
        assert 0 <= self.hosts.delay(HOST) <= 60
        if not self.under_way:
            self.clock.now += self.hosts.delay(HOST)
            assert self.hosts.delay(HOST) < 1e-6, "nobody is probing, so somebody may"


TestHosts = HostMachine.TestCase
TestHosts.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_host_that_was_given_up_has_one_more_try_and_is_told_to_each_that_leads_there(
    clock: Clock, stop: threading.Event
) -> None:
    hosts = HostHealth(RETRIES, stop, clock)

    def fails(led_by: str) -> None:
        failure = down()
        failure.lead_here(led_by)
        hosts.failed(failure, clock.now)
        sleep_over(hosts, clock)

    with pytest.raises(DataHostError, match=f"one.test.*redirects to {HOST}"):
        for _ in range(RETRIES):
            fails("one.test")
    with pytest.raises(DataHostError, match=f"two.test.*redirects to {HOST}.*refused"):
        hosts.asking(HOST, "two.test").__enter__()
    hosts.forgive(HOST)
    assert ask(hosts)
    for _ in range(UNREACHED_LIMIT):
        fails("one.test")
    hosts = HostHealth(RETRIES, stop, clock)
    for _ in range(UNREACHED_LIMIT):
        fails("one.test")
    with pytest.raises(DataHostError):
        fails("one.test")
    hosts.forgive(HOST)
    with pytest.raises(DataHostError, match=r"two.test"):
        fails("two.test")
