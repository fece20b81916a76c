"""What the embedded hub reads, and how long that may take; who gives up a place."""

from __future__ import annotations

import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from hfget.server.admission import Admission
from hfget.server.protocol.access import ServeOptions, Tls
from hfget.server.repos.attributes import LfsRules
from hfget.server.repos.card import Card, read_card
from hfget.server.repos.store import Store
from hfget.server.running import bind, make_server
from tests.support.certificates import PrivateCA


@pytest.mark.parametrize(
    "line",
    [
        "*a" * 40 + "b filter=lfs", "**/" * 100 + "x filter=lfs", "[a-" * 200 + " filter=lfs",
        "*" * 500 + "b filter=lfs", "a" * 5000 + "* filter=lfs", "*a*a*b*c*d filter=lfs",
        "\\", '"', "[ filter=lfs", "** filter=lfs", "!a filter=lfs", "a/**/**/b/**/c filter=lfs",
    ],
)  # fmt: skip
def test_attributes_cost_bounded_time(line: str) -> None:
    rules = LfsRules("\n".join([line] * 2000) + "\n*.bin filter=lfs\n")
    began = time.process_time()
    for path in ("a" * 250, "/".join("a" * 200), "a/" * 100 + "b", "a" * 4000):
        rules.matches(path)
    assert rules.matches("x/y.bin")
    # a pattern with many stars used to take longer than anybody waits
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("---\nlicense: mit\n---\n# x", {"license": "mit"}),
        ("\ufeff---\r\nlicense: mit\r\n---\r\n", {"license": "mit"}),
        ("# no card", {}), ("", {}), ("---\nlicense: mit\n", {}), ("---\n- a\n---\n", {}),
        ("---\na: [&x 1, *x]\n---\n", {}),
        ("---\na: !!python/object/apply:os.getcwd []\n---\n", {}),
        ("---\nd: 2024-01-01\nn: .nan\ni: 1e999\n1: x\nnull: y\nb: !!binary aGk=\n---\n",
         {"d": "2024-01-01", "n": None, "i": "1e999", "1": "x", "None": "y", "b": "b'hi'"}),
        ("---\n" + "[" * 60_000 + "\n---\n", {}), ('---\ns: "\\ud800"\n---\n', {"s": "?"}),
        ("---\n? [a, b]\n: c\n---\n", {}), ("---\nd: 9999-99-99\n---\n", {}),
    ],
)  # fmt: skip
def test_cards_become_plain_values(tmp_path: Path, text: str, data: dict[str, object]) -> None:
    (tmp_path / "README.md").write_bytes(text.encode("utf-8", "surrogatepass"))
    handle = os.open(tmp_path / "README.md", os.O_RDONLY)
    try:
        card = read_card(handle)
    finally:
        os.close(handle)
    assert card == Card(data)
    json.dumps(card.data, allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "text",
    ["[" * 60_000, "{" * 60_000, "- " * 30_000, "? " * 30_000, "a: b\n" * 12_000, "!" * 60_000,
     "a" * 60_000, '"' + "\\x" * 20_000, "&a " * 20_000, "[a," * 20_000, "%" * 60_000,
     " a:\n" * 100 + "b", "1:" * 30_000, "- !!str " * 8000, "{a: " * 10_000, "| \n" * 15_000],
)  # fmt: skip
def test_cards_cost_bounded_time(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(f"---\n{text}\n---\n")
    handle = os.open(tmp_path / "README.md", os.O_RDONLY)
    began = time.process_time()
    try:
        read_card(handle)
    finally:
        os.close(handle)
    # nesting used to cost minutes
    assert time.process_time() - began < 15


class _Connection:
    def __init__(self, at_work: bool) -> None:
        self.is_at_work = at_work
        self.transport = self
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True


@contextmanager
def tls_server(tmp_path: Path, **limits: Any) -> Iterator[tuple[tuple[str, int], PrivateCA]]:
    """A server that speaks TLS: its address, and who has signed for it."""
    authority = PrivateCA(tmp_path)
    pair = Tls(tmp_path / "trusted.pem", tmp_path / "trusted.key")
    assert authority.trusted
    ready = threading.Event()
    server = make_server(Store(tmp_path), ServeOptions(tls=pair, **limits), ready.set)
    listener = bind("127.0.0.1", 0)
    address = listener.getsockname()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert ready.wait(60)
        yield address, authority
    finally:
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()


HALF = b"\x16\x03\x01\x02\x00\x01\x00"


def test_a_handshake_that_does_not_end_is_hung_up(tmp_path: Path) -> None:
    with tls_server(tmp_path, head_seconds=0.2) as (address, _):
        for first in (b"", HALF):
            with socket.create_connection(address, timeout=30) as connection:
                connection.sendall(first)
                assert connection.recv(1) == b""  # uvicorn alone would wait for a minute


def test_handshakes_that_do_not_end_take_no_place_from_those_that_do(tmp_path: Path) -> None:
    limits = {"most_connections_each": 4, "head_seconds": 600}
    with tls_server(tmp_path, **limits) as (address, authority), ExitStack() as kept:
        halves = []
        for number in range(8):
            halves.append(kept.enter_context(socket.create_connection(address, timeout=30)))
            halves[-1].sendall(HALF if number % 2 else b"")
        for half in halves[:4]:
            with suppress(ConnectionResetError):  # it has sent what was not read
                assert half.recv(1) == b"", "those that have waited longest make room"
        context = ssl.create_default_context(cafile=str(authority.bundle))
        for _ in range(8):
            plain = socket.create_connection(address, timeout=30)
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
                connection.sendall(b"GET /api/whoami-v2 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                assert connection.recv(1 << 16).startswith(b"HTTP/1.1 401")


def test_a_handshake_that_makes_room_ends_wherever_it_is(tmp_path: Path) -> None:
    """Each makes room for the next, at another moment; asyncio alone leaves some open."""
    limits = {"most_connections_each": 1, "head_seconds": 600}
    with tls_server(tmp_path, **limits) as (address, _), ExitStack() as kept:
        halves = []
        for number in range(60):
            halves.append(kept.enter_context(socket.create_connection(address, timeout=30)))
            with suppress(ConnectionError):
                halves[-1].sendall(HALF)
            time.sleep(number % 7 * 0.0003)
        for half in halves[:-1]:
            with suppress(ConnectionError):
                assert half.recv(1) == b""


def test_who_speaks_http_where_tls_is_spoken_is_told(tmp_path: Path) -> None:
    with tls_server(tmp_path) as (address, _):
        with socket.create_connection(address, timeout=30) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            told = b""
            while block := connection.recv(1 << 16):
                told += block
        assert told.startswith(b"HTTP/1.1 400 ") and told.endswith(b"speaks TLS: https://\n")
        with socket.create_connection(address, timeout=30) as connection:
            connection.sendall(b"\x00what")
            with suppress(ConnectionResetError):
                assert connection.recv(1) == b"", "what is neither gets no answer"


def test_those_without_a_request_make_room() -> None:
    limits = Admission(most=6, most_each=4, head_seconds=1)
    idle = [_Connection(False) for _ in range(4)]
    for one in idle:
        assert limits.enter(one, "a")
    limits.touched(idle[0])
    busy = [_Connection(True) for _ in range(4)]
    for one in busy[:3]:
        assert limits.enter(one, "a")
    assert [one.aborted for one in idle] == [False, True, True, True]
    assert limits.enter(busy[3], "a") and idle[0].aborted
    assert not limits.enter(_Connection(False), "a")
    assert limits.enter(_Connection(True), "b")
    assert limits.enter(_Connection(True), "b")
    assert not limits.enter(_Connection(False), "c")
    limits.leave(busy[0])
    assert limits.enter(_Connection(False), "a")
