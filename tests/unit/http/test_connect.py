"""Connecting: the first address that answers wins, and who waits can be woken."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from hfget.http import connect
from hfget.http.connect import Sockets, SteadyTimeout
from tests.support.loopback import BOUND
from tests.support.network import LONG, Waiter, closed_port, silent_port
from tests.unit.conftest import Names


@contextmanager
def listening(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.bind((host, port))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_dead_ipv6_address_costs_little(names: Names) -> None:
    names({"both.test": ("::1", "127.0.0.1")})
    with listening() as port, ExitStack() as stack:
        try:
            stack.enter_context(silent_port("::1", port))
        except OSError:
            pytest.skip("no IPv6 on loopback")
        sock = stack.enter_context(Sockets().connect("both.test", port, LONG))
        assert sock.getpeername() == ("127.0.0.1", port)


def test_an_address_that_refuses_is_passed_over_at_once(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "ATTEMPT_SECONDS", LONG)
    names({"both.test": ("127.0.0.2", "255.255.255.255", "127.0.0.1")})
    with listening() as port, Sockets().connect("both.test", port, LONG) as sock:
        assert sock.getpeername() == ("127.0.0.1", port)


def test_a_refusal_brings_the_next_address_on_while_another_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connect, "ATTEMPT_SECONDS", LONG)
    with silent_port() as silent, listening() as port:
        found = [
            socket.getaddrinfo("127.0.0.1", each, type=socket.SOCK_STREAM)[0]
            for each in (silent, closed_port(), port)
        ]
        with connect._Race(found, ()) as race:
            assert race.step(0.0) is None
            race._due = 0.0  # as if the time of the second had come
            steps = iter(range(100))
            while (sock := race.step(0.1)) is None:
                next(steps)
        with sock:
            assert sock.getpeername() == ("127.0.0.1", port)


def test_the_families_take_turns() -> None:
    found = [
        (family, 0, 0, "", name)
        for family, name in [(6, "a"), (6, "b"), (6, "c"), (4, "d"), (4, "e")]
    ]
    assert [each[4] for each in connect._interleaved(found)] == ["a", "d", "b", "e", "c"]
    assert connect._interleaved([]) == []


def test_the_socket_gets_the_options_and_the_time_out() -> None:
    option = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with listening() as port, Sockets().connect("127.0.0.1", port, 7.5, [option]) as sock:
        assert sock.getsockopt(*option[:2]) != 0
        assert sock.gettimeout() == 7.5


def test_the_kernel_keeps_its_hands_on_the_buffers() -> None:
    with (
        listening() as port,
        Sockets().connect("127.0.0.1", port, BOUND) as sock,
        socket.create_connection(("127.0.0.1", port)) as other,
    ):
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF, socket.SO_KEEPALIVE):
            level = socket.SOL_SOCKET
            assert sock.getsockopt(level, option) == other.getsockopt(level, option)


def test_every_address_refuses(names: Names) -> None:
    names({"both.test": ("127.0.0.2", "127.0.0.1")})
    with pytest.raises(ConnectionRefusedError):
        Sockets().connect("both.test", closed_port(), BOUND)


def test_no_host_answers() -> None:
    with silent_port() as port, pytest.raises(TimeoutError):
        Sockets().connect("127.0.0.1", port, 0.3)


def test_a_literal_ipv6_address_may_stand_in_brackets() -> None:
    try:
        with listening("::1") as port, Sockets().connect("[::1]", port, BOUND) as sock:
            assert sock.getpeername()[0] == "::1"
    except OSError:
        pytest.skip("no IPv6 on loopback")


@pytest.mark.parametrize("host", ["nobody.invalid", "a..b", "a" * 70 + ".invalid"])
def test_what_is_no_known_host(host: str) -> None:
    with pytest.raises(socket.gaierror):
        Sockets().connect(host, 80, BOUND)


def test_no_room_for_a_thread(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    names({"one.test": ("127.0.0.1",)})
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with listening() as port, Sockets().connect("one.test", port, BOUND) as sock:
        assert sock.getpeername() == ("127.0.0.1", port)


def test_a_thread_that_connects_is_woken() -> None:
    mine = Sockets()
    with silent_port() as port:
        waiter = Waiter(lambda: mine.connect("127.0.0.1", port, LONG))
        waiter.join(0.2)
        assert waiter.is_alive()
        mine.shut()
        waiter.join(BOUND)
    assert isinstance(waiter.error, ConnectionAbortedError)


def test_a_thread_that_waits_for_the_resolver_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, release = threading.Event(), threading.Event()
    real: Any = socket.getaddrinfo

    def resolve(host: str, *args: Any, flags: int = 0, **kwargs: Any) -> Any:
        if not flags & socket.AI_NUMERICHOST:
            asked.set()
            release.wait(BOUND)
        return real(host, *args, flags=flags, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    mine = Sockets()
    waiter = Waiter(lambda: mine.connect("slow.test", 80, LONG))
    assert asked.wait(BOUND)
    mine.shut()
    waiter.join(BOUND / 2)
    release.set()
    assert isinstance(waiter.error, ConnectionAbortedError)


def test_the_resolver_may_not_take_longer_than_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    real: Any = socket.getaddrinfo

    def resolve(host: str, *args: Any, flags: int = 0, **kwargs: Any) -> Any:
        if not flags & socket.AI_NUMERICHOST:
            release.wait(BOUND)
        return real(host, *args, flags=flags, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(TimeoutError):
        Sockets().connect("slow.test", 80, 0.2)
    release.set()


def test_a_thread_that_reads_is_woken() -> None:
    mine = Sockets()
    with listening() as port, mine.connect("127.0.0.1", port, LONG) as sock:
        waiter = Waiter(lambda: sock.recv(1))
        waiter.join(0.1)
        mine.shut()
        waiter.join(BOUND)
        assert not waiter.is_alive()


def test_shutting_is_final_and_concerns_no_other_client() -> None:
    mine, others = Sockets(), Sockets()
    with listening() as port, others.connect("127.0.0.1", port, BOUND) as theirs:
        mine.shut()
        with pytest.raises(ConnectionAbortedError):
            mine.connect("127.0.0.1", port, BOUND)
        theirs.settimeout(0.05)
        with pytest.raises(TimeoutError):
            theirs.recv(1)


def test_a_socket_that_comes_too_late_is_shut_at_once() -> None:
    mine = Sockets()
    mine.shut()
    one, other = socket.socketpair()
    with one, other:
        mine.add(one)
        assert other.recv(1) == b""


def test_the_system_is_told_of_a_time_out_only_if_it_is_another_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[float | None] = []
    monkeypatch.setattr(
        socket.socket, "settimeout", lambda sock, value: told.append(value), raising=False
    )
    with SteadyTimeout() as sock:
        sock.settimeout(None)
        assert told == []
        sock.settimeout(3.0)
        assert told == [3.0]


def test_a_time_out_counts_whenever_it_was_set() -> None:
    with SteadyTimeout() as sock:
        for seconds in (2.0, 2.0, 1.0, None, None, 0.0, 0.0, 5.0):
            sock.settimeout(seconds)
            assert sock.gettimeout() == seconds
            assert sock.getblocking() == (seconds != 0.0)
