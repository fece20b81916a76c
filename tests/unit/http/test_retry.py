"""What is tried again, how long is waited before, and when there is an end."""

from __future__ import annotations

import errno
import signal
import threading
import time
from email.utils import formatdate
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from hfget.errors import AccessError, DiskError, HfgetError, InterruptedRunError, NetworkError
from hfget.http import retry
from hfget.http.requested_wait import requested_wait
from hfget.http.retry import Transient, backoff, wait_after
from hfget.http.statuses import PASSING
from hfget.limits import MAX_REQUESTED_WAIT
from hfget.system.cancellation import Stop
from tests.support.loopback import BOUND
from tests.support.verdicts import refused

URL = "https://hub.test/a?X-Amz-Signature=secret"
NOW = 1_700_000_000.0


def wait_for(status: int = 429, **headers: str) -> float | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requested_wait(CaseInsensitiveDict(named), status, lambda: NOW)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3", 3.0),
        (" 3 ", 3.0),
        ("0", None),
        ("0.0", None),
        ("2.5", 2.5),
        ("1e9", None),
        (formatdate(NOW + 60, usegmt=True), 60.0),
        ("Tue, 14-Nov-2023 22:14:20 GMT", 60.0),
        ("Tue Nov 14 22:14:20 2023", 60.0),
        ("Tue, 14 Nov 2023 22:14:20 -0000", 60.0),
        (formatdate(NOW - 60, usegmt=True), None),
        (formatdate(0, usegmt=True), None),
        ("", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("1_000", None),
        ("0x10", None),
        ("٣", None),
        ("3 seconds", None),
        ("soon", None),
        ("\x1b[31m", None),
        ("Tue, 99 Nov 2023 22:14:20 GMT", None),
        ("Tue, 14 Nov 99999999999 22:14:20 GMT", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert wait_for(Retry_After=text) == seconds
    assert wait_for(503, retry_after=text) == seconds


def test_a_date_is_held_against_the_servers_own_clock() -> None:
    wrong = NOW + 86_400
    found = wait_for(
        Retry_After=formatdate(wrong + 30, usegmt=True), Date=formatdate(wrong, usegmt=True)
    )
    assert found == 30.0
    assert wait_for(Retry_After=formatdate(NOW + 30, usegmt=True), Date="yesterday") == 30.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ('"api";r=0;t=55', 56.0),
        ('"api" ; r = 0 ; t = 55', 56.0),
        ('"api";r=10;t=5, "resolvers";r=0;t=200', 201.0),
        ('"api";r=0;t=5, "resolvers";r=0;t=200', 201.0),
        ('"api";r=0, "resolvers";r=5;t=9', None),
        ('"api";r=499;t=55', None),
        ('"api";r=01;t=55', None),
        ('"api";r=0;t=-5', None),
        ('"api";r=0;t=99999999999', None),
        ("garbage", None),
    ],
)
def test_rate_limit(header: str, seconds: float | None) -> None:
    assert wait_for(429, RateLimit=header) == seconds
    assert wait_for(503, RateLimit=header) is None
    found = wait_for(429, RateLimit=header, Retry_After="7")
    assert found == (7.0 if seconds is None else seconds)


_DATES = st.floats(-1e12, 1e12).map(lambda seconds: f"{seconds:.0f}") | st.builds(
    formatdate, st.floats(-6e10, 2.5e11), usegmt=st.booleans()
)
_PIECES = [*'0123456789.eE+-;=, "', "r", "t", "r=0", "t=55", "api", "GMT", "Nov", "\u0663", "\xb2"]
_PIECEMEAL = st.lists(st.sampled_from(_PIECES), max_size=20).map("".join)
_WINDOWS = st.tuples(_PIECEMEAL, _PIECEMEAL).map(lambda pair: f'"api";r={pair[0]};t={pair[1]}')
HEADERS = st.one_of(st.text(max_size=40), _DATES, _PIECEMEAL, _WINDOWS)


@given(HEADERS, HEADERS, st.sampled_from([429, 503]))
def test_whatever_a_server_says_the_wait_is_a_number(one: str, other: str, status: int) -> None:
    found = wait_for(status, Retry_After=one, RateLimit=other)
    if found is None:
        refused()
    else:
        assert 0 <= found < float("inf")


def test_waits_grow_up_to_a_bound_and_differ() -> None:
    for attempt in range(1, 12):
        middle = min(0.5 * 2 ** (attempt - 1), 30.0)
        spread = 0.95 if attempt < 4 else 0.5
        waits = [backoff(attempt) for _ in range(200)]
        assert all(1 - spread <= wait / middle <= 1 + spread for wait in waits)
        assert max(waits) - min(waits) > spread * middle
    assert backoff(0) <= 0.975
    assert backoff(10_000) <= 45.0


def test_requests_that_failed_together_are_tried_again_apart() -> None:
    """No tenth of the span holds more than a quarter of the retries."""
    waits = [backoff(4) for _ in range(2000)]
    tenths = [0] * 10
    for wait in waits:
        tenths[min(9, int((wait - 2.0) / 0.4))] += 1
    assert max(tenths) < len(waits) / 4


def test_what_the_server_asks_for_is_waited_and_a_little_more() -> None:
    failure = Transient("HTTP 429", url=URL, wait=20.0)
    waits = {wait_after(failure, 1) for _ in range(50)}
    assert all(20.0 < wait < 21.0 for wait in waits) and len(waits) > 10
    assert wait_after(Transient("HTTP 429", url=URL, wait=0.0), 1) > 0.05


def test_what_this_process_lacks_is_no_failure_of_the_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retry, "backoff", lambda attempt: 0.0)
    tries = []

    def attempt() -> None:
        tries.append(1)
        try:
            raise requests.ConnectionError(OSError(errno.EMFILE, "Too many open files"))
        except requests.ConnectionError as error:
            raise retry.from_exception(error, URL) from error

    with pytest.raises(DiskError, match=r"to hub\.test: too many open") as caught:
        retry.Retries(20, threading.Event(), lambda *told: None).run(attempt)
    assert "ulimit -n" in caught.value.hint and len(tries) < 8
    failure = Transient("connection refused", url=URL)
    assert not retry.is_last(failure, 20, 20) and retry.is_last(failure, 21, 20)


@pytest.mark.parametrize("wait", [None, 0.0, 1.0])
def test_what_the_server_asks_for_never_shortens_the_patience(wait: float | None) -> None:
    failure = Transient("HTTP 429", url=URL, wait=wait)
    assert all(wait_after(failure, 6) >= 0.5 * 16 for _ in range(50))


def test_the_hubs_own_window_is_waited_for() -> None:
    failure = Transient("HTTP 429", url=URL, wait=wait_for(RateLimit='"api";r=0;t=300'))
    assert wait_after(failure, 1) > 300


def test_too_long_a_wait_is_an_end_that_names_it() -> None:
    failure = Transient("HTTP 429", url=URL, wait=MAX_REQUESTED_WAIT + 3600)
    with pytest.raises(NetworkError) as met:
        wait_after(failure, 1)
    assert met.value.exit_code == 5
    assert "hub.test" in met.value.message and "1 h 05 min" in met.value.message
    assert met.value.hint and "secret" not in f"{met.value} {met.value.url}"


def response(status: int, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.url = URL
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


#: The others below 400 answer another request than was made.
@pytest.mark.parametrize("status", [*sorted(PASSING), *range(500, 600)])
def test_statuses_that_pass(status: int) -> None:
    failure = retry.from_status(response(status, Retry_After="4"))
    assert failure is not None
    assert (failure.host, failure.wait) == ("hub.test", 4.0)
    assert str(status) in failure.reason
    assert failure.whole_host is (status in (420, 429, 503, 509))
    assert failure.overloaded is (status in (420, 429, 503, 509))
    assert "secret" not in failure.url


@pytest.mark.parametrize("status", [200, 206, 301, 302, 307, 400, 401, 403, 404, 410, 416, 451])
def test_statuses_that_do_not(status: int) -> None:
    assert retry.from_status(response(status)) is None


def test_a_failure_that_is_known_already_is_left_as_it_is() -> None:
    known: list[Transient | HfgetError] = [Transient("x", url=URL), AccessError("y")]
    for failure in known:
        assert retry.from_exception(failure, "http://other.test") is failure


@pytest.mark.parametrize(
    "error",
    [
        requests.exceptions.InvalidURL(URL),
        requests.exceptions.InvalidSchema(URL),
        requests.exceptions.MissingSchema(URL),
    ],
)
def test_an_address_that_is_none_is_final(error: Exception) -> None:
    found = retry.from_exception(error, URL)
    assert isinstance(found, NetworkError) and found.hint
    assert "secret" not in f"{found} {found.url}"


class Attempts:
    """Fails so often, then returns."""

    def __init__(self, failures: int, error: Exception | None = None, **kwargs: Any) -> None:
        self.made = 0
        self._failures = failures
        self._error = error or Transient("HTTP 503", url=URL, wait=0.0, **kwargs)

    def __call__(self) -> str:
        self.made += 1
        if self.made <= self._failures:
            raise self._error
        return "done"


def call(
    attempts: Attempts, retries: int, stop: threading.Event | None = None
) -> tuple[str, list[tuple[str, int]]]:
    told: list[tuple[str, int]] = []

    def tell(failure: Transient, wait: float, number: int) -> None:
        told.append((failure.reason, number))

    return retry.Retries(retries, stop or Stop(), tell).run(attempts), told


def test_tried_until_it_works_and_told() -> None:
    attempts = Attempts(3)
    assert call(attempts, 3) == ("done", [("HTTP 503", 1), ("HTTP 503", 2), ("HTTP 503", 3)])
    assert attempts.made == 4


@pytest.mark.parametrize("retries", [0, 2])
def test_given_up_after_so_many_tries(retries: int) -> None:
    attempts = Attempts(99)
    with pytest.raises(NetworkError) as met:
        call(attempts, retries)
    assert attempts.made == retries + 1
    assert met.value.message == "hub.test: HTTP 503" and met.value.hint
    assert met.value.exit_code == 5 and met.value.url == "https://hub.test/a"


def test_what_is_final_is_tried_once() -> None:
    attempts = Attempts(99, AccessError("no"))
    with pytest.raises(AccessError, match="no"):
        call(attempts, 5)
    assert attempts.made == 1


def test_a_stop_ends_the_wait() -> None:
    stop = Stop()
    stop.signal_number = signal.SIGTERM
    attempts = Attempts(99, Transient("HTTP 429", url=URL, wait=MAX_REQUESTED_WAIT))
    timer = threading.Timer(0.1, stop.set)
    timer.start()
    begun = time.monotonic()
    with pytest.raises(InterruptedRunError) as met:
        call(attempts, 5, stop)
    assert time.monotonic() - begun < BOUND
    assert attempts.made == 1 and met.value.exit_code == 143 and met.value.hint
    with pytest.raises(InterruptedRunError) as met:
        call(attempts, 5, stop)
    event = threading.Event()
    event.set()
    with pytest.raises(InterruptedRunError) as met:
        call(attempts, 5, event)
    assert met.value.exit_code == 130


def test_giving_up_names_the_file() -> None:
    error = retry.given_up(Transient("connection reset", url=URL), "a/b.bin")
    assert error.path == "a/b.bin" and error.message == "hub.test: connection reset"
