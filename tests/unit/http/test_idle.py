"""Connections that are kept: a dead one is no failure, and none is kept from who waits for one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
import requests

from hfget.http.client import HttpClient
from hfget.http.idle import RELIEF_SECONDS, SCARCE_SECONDS, WAIT_SECONDS, IdleConnections
from tests.support.loopback import BOUND, Answer, Asked, Loopback, Reply, hang_up, reset
from tests.support.transfers import in_thread, until

pytestmark = pytest.mark.usefixtures("no_proxies")


def get(http: HttpClient, url: str) -> bytes:
    response = http.get(url, read_timeout=BOUND)
    body: bytes = response.raw.read()
    response.raw.release_conn()
    return body


@pytest.mark.parametrize("end", [hang_up, reset])
def test_a_kept_connection_that_is_dead_is_no_failure(
    end: Callable[[socket.socket], None],
) -> None:
    def answer(asked: Asked) -> Reply:
        uses = [other.connection for other in server.asked].count(asked.connection)
        return end if uses > 1 else Answer(b"body")

    with Loopback(answer) as server:
        http = HttpClient(env={})
        assert [get(http, server.url) for _ in range(5)] == [b"body"] * 5
        assert server.connections == 5


@pytest.mark.parametrize("end", [hang_up, reset])
def test_a_new_connection_that_breaks_is_one(end: Callable[[socket.socket], None]) -> None:
    with Loopback(lambda asked: end) as server:
        with pytest.raises(requests.ConnectionError):
            HttpClient(env={}).get(server.url, read_timeout=BOUND)
        assert len(server.asked) == 1


@pytest.mark.parametrize("end", [hang_up, reset])
def test_a_kept_connection_is_replaced_once(end: Callable[[socket.socket], None]) -> None:
    with Loopback(lambda asked: end if len(server.asked) > 1 else Answer(b"body")) as server:
        http = HttpClient(env={})
        assert get(http, server.url) == b"body"
        with pytest.raises(requests.ConnectionError):
            http.get(server.url, read_timeout=BOUND)
        assert len(server.asked) == 3


class TwoAddresses:
    """A name with two addresses; at the first one, connections break."""

    def __init__(self, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
        self.good = stack.enter_context(Loopback(lambda asked: Answer(b"body")))
        self.broken = 0
        self._listener = socket.create_server(("127.0.0.2", self.good.port))
        stack.callback(self._listener.close)
        real = socket.getaddrinfo

        def look_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
            if host != "hub.test":
                return real(host, port, *args, **kwargs)
            if kwargs.get("flags", 0) & socket.AI_NUMERICHOST:
                raise socket.gaierror(socket.EAI_NONAME, "a name")
            kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
            return [(*kind, (address, port)) for address in ("127.0.0.2", "127.0.0.1")]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        threading.Thread(target=self._break, daemon=True).start()
        self.url = f"hub.test:{self.good.port}"

    def _break(self) -> None:
        with suppress(OSError):
            while True:
                conn, _ = self._listener.accept()
                self.broken += 1
                conn.settimeout(BOUND)
                conn.recv(1)  # only now it is certain that the client has connected
                reset(conn)
                conn.close()


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> Iterator[TwoAddresses]:
    with ExitStack() as stack:
        yield TwoAddresses(stack, monkeypatch)


def test_the_second_address_is_tried_where_the_first_breaks(addresses: TwoAddresses) -> None:
    http = HttpClient(env={})
    for _ in range(3):
        response = http.get(f"http://{addresses.url}/a", read_timeout=BOUND)
        response.raw.read()
        response.close()  # so that each request connects anew
    assert len(addresses.good.asked) == 3
    assert addresses.broken == 1, "it is remembered"


def test_both_are_tried_before_it_is_a_failure(addresses: TwoAddresses) -> None:
    with pytest.raises((requests.ConnectionError, requests.Timeout)):
        # at the first address the handshake is reset; the second one speaks no TLS, and waits for
        # the end of a line that may not come
        HttpClient(env={}, connect_timeout=BOUND / 4).get(
            f"https://{addresses.url}/a", read_timeout=BOUND
        )
    assert addresses.broken == 1 and addresses.good.connections == 1


class Lone:
    """Two servers behind a box that carries one connection at a time, and lets others wait."""

    def __init__(self, stack: ExitStack) -> None:
        self._turn = threading.Lock()
        self.waited = threading.Event()
        self.first = self._listen(stack)
        self.second = self._listen(stack)

    def _listen(self, stack: ExitStack) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        stack.callback(listener.close)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                conn, _ = listener.accept()
                threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn: socket.socket) -> None:
        conn.settimeout(BOUND)
        with suppress(OSError), conn:
            if not self._turn.acquire(blocking=False):
                self.waited.set()
                self._turn.acquire(timeout=BOUND)
            try:
                while conn.recv(1 << 16):
                    conn.sendall(Answer(b"body").wire())
            finally:
                self._turn.release()


def test_a_connection_that_rests_is_given_up_for_one_that_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hfget.http.idle.WAIT_SECONDS", 0.05)
    with ExitStack() as stack:
        lone = Lone(stack)
        http = HttpClient(env={})
        found: list[bytes] = []
        urls = 4 * [lone.first, lone.second]
        ended = in_thread(lambda: found.extend(get(http, url) for url in urls))

        def came() -> bool:
            http.relieve()
            return len(found) == len(urls)

        until(came)
        assert ended() is None and set(found) == {b"body"} and lone.waited.is_set()


class Clocked:
    """Idle connections with a clock that stands still."""

    def __init__(self) -> None:
        self.now = 100.0
        self.idle = IdleConnections(lambda: self.now)
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def test_connections_rest_until_a_request_has_waited_for_too_long() -> None:
    one = Clocked()
    one.idle.rest(one)
    one.idle.relieve()
    one.idle.opening()
    with one.idle.waiting():
        one.now += WAIT_SECONDS / 2
        one.idle.relieve()
        assert one.closed == 0
        one.now += WAIT_SECONDS
        one.idle.relieve()
        assert one.closed == 1


@pytest.mark.parametrize("seconds", [RELIEF_SECONDS / 2, RELIEF_SECONDS * 2])
def test_where_closing_helped_none_rests_while_another_is_opened(seconds: float) -> None:
    one = Clocked()
    one.idle.rest(one)
    with one.idle.waiting():
        one.now += 2 * WAIT_SECONDS
        one.idle.relieve()
        one.now += seconds
    one.idle.rest(one)
    one.idle.opening()
    helped = seconds < RELIEF_SECONDS
    assert one.closed == 1 + helped
    one.now += SCARCE_SECONDS
    one.idle.rest(one)
    one.idle.opening()
    assert one.closed == 1 + helped, "not for ever"


def test_a_refusal_lowers_the_number_that_rests() -> None:
    one = Clocked()
    one.idle.rest(one)
    one.idle.refused()
    one.idle.rest(one)
    one.idle.opening()
    assert one.closed == 2


def test_what_is_claimed_is_left_alone() -> None:
    one = Clocked()
    one.idle.rest(one)
    one.idle.claim(one)
    assert not one.idle.close() and one.closed == 0
