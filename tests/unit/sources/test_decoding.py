"""Bodies come whole into buffers of any size: plain, over TLS, compressed."""

from __future__ import annotations

import gzip
import io
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfget.http.client import HttpClient
from hfget.http.transport import wire_of
from hfget.sources.decoding import Body, inflated_body, plain_body
from tests.support.certificates import PrivateCA
from tests.support.loopback import BOUND, Answer, Loopback, Reply
from tests.support.transfers import MIB, noise, until

pytestmark = pytest.mark.usefixtures("no_proxies")

DATA = noise(3 * MIB)

Fetch = Callable[[Reply], "tuple[Body, Any, Loopback]"]


@pytest.fixture(params=["plain", "tls"])
def fetch(request: pytest.FixtureRequest) -> Iterator[Fetch]:
    """A function that has a server reply, and gives the body, its response and the server."""
    authority: PrivateCA = request.getfixturevalue("authority")
    tls = authority.trusted if request.param == "tls" else None
    client = HttpClient(env={"SSL_CERT_FILE": str(authority.bundle)})
    with ExitStack() as stack:

        def get(reply: Reply) -> tuple[Body, Any, Loopback]:
            server = stack.enter_context(Loopback(lambda asked: reply, tls=tls))
            response = client.get(server.url, read_timeout=1.0)
            stack.push(response)  # whose end would close the body
            return plain_body(wire_of(response)), response, server

        yield get


def pieces(body: Body, size: int) -> Iterator[bytes]:
    """The body as it comes into a buffer of `size` bytes."""
    buffer = memoryview(bytearray(size))
    while (count := body.readinto1(buffer)) != 0:
        yield bytes(buffer[: count or 0])


@pytest.mark.parametrize("length", [0, 1, 8191, 8192, 8193, 16 << 10, MIB, len(DATA)])
@pytest.mark.parametrize("size", [100_000, MIB, 4 * MIB])
def test_a_body_of_known_length(fetch: Fetch, length: int, size: int) -> None:
    body, response, _ = fetch(Answer(DATA[:length]))
    assert b"".join(pieces(body, size)) == DATA[:length]
    assert response.raw._fp.isclosed() and body.readinto1(memoryview(bytearray(10))) == 0


def test_buffers_may_change_their_size_from_call_to_call(fetch: Fetch) -> None:
    body, _, _ = fetch(Answer(DATA))
    found = b""
    for size in [1, 20_000, 100, 8192, 8193, 5, 300_000, 7, 8191, MIB, 3] * 20:
        found += next(pieces(body, size), b"")
    assert found == DATA[: len(found)] and len(found) > MIB


@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_a_body_of_unknown_length(fetch: Fetch, framing: Any) -> None:
    body, _, _ = fetch(Answer(DATA[:200_000], framing=framing))
    assert b"".join(pieces(body, MIB)) == DATA[:200_000]


def test_more_than_was_promised_is_not_handed_on(fetch: Fetch) -> None:
    def longer(conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 100000\r\n\r\n" + DATA[:200_000])

    body, _, _ = fetch(longer)
    assert b"".join(pieces(body, MIB)) == DATA[:100_000]


def test_less_than_was_promised_ends_early(fetch: Fetch) -> None:
    def shorter(conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 200000\r\n\r\n" + DATA[:100_000])

    body, _, _ = fetch(shorter)
    found = b""
    try:
        for piece in pieces(body, MIB):
            found += piece
    except OSError:
        pass  # TLS may tell the cut from an end
    assert found == DATA[:100_000]


@pytest.mark.parametrize("first", [10, 9000, 100_000])
def test_what_has_come_is_handed_on_though_no_more_comes(fetch: Fetch, first: int) -> None:
    go_on = threading.Event()

    def silent(conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 200000\r\n\r\n" + DATA[:first])
        go_on.wait(BOUND)

    body, _, _ = fetch(silent)
    found = b""
    with pytest.raises(TimeoutError):
        for piece in pieces(body, MIB):
            found += piece
    go_on.set()
    assert found == DATA[:first]


def test_a_drip_is_handed_on_before_the_buffer_is_full(fetch: Fetch) -> None:
    go_on = threading.Event()

    def dripping(conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 2000000\r\n\r\n")
        for start in range(0, 2_000_000, 1000):
            conn.sendall(DATA[start : start + 1000])
            if go_on.wait(0.01):
                return

    body, _, _ = fetch(dripping)
    handed_on = pieces(body, MIB)
    found = b"".join(next(handed_on) for _ in range(3))
    go_on.set()
    assert found == DATA[: len(found)] and len(found) < 200_000


def test_a_connection_is_used_again_after_its_body(fetch: Fetch) -> None:
    body, response, server = fetch(Answer(DATA))
    assert b"".join(pieces(body, MIB)) == DATA
    response.raw.release_conn()
    until(lambda: server.connections == 1)
    pool = response.raw._pool
    again: Any = pool.urlopen("GET", "/", preload_content=False, decode_content=False)
    assert b"".join(pieces(plain_body(again._fp), MIB)) == DATA and server.connections == 1


class Packed(io.BytesIO):
    """A compressed body that comes in pieces of `turn` bytes."""

    turn = 1
    length: int | None = None

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(self.turn)


@settings(max_examples=100)
@given(
    data=st.binary(max_size=2000),
    repeated=st.integers(1, 50),
    kind=st.sampled_from([gzip.compress, zlib.compress]),
    turn=st.integers(1, 300),
    size=st.integers(1, 3000),
)
def test_inflating_gives_the_data_whatever_the_pieces(
    data: bytes, repeated: int, kind: Callable[[bytes], bytes], turn: int, size: int
) -> None:
    wire = Packed(kind(data * repeated) + b"what follows does not count")
    wire.turn = turn
    assert b"".join(pieces(inflated_body(wire), size)) == data * repeated


@settings(max_examples=100)
@given(packed=st.binary(max_size=500), turn=st.integers(1, 100))
def test_inflating_garbage_ends(packed: bytes, turn: int) -> None:
    wire = Packed(packed)
    wire.turn = turn
    try:
        found = b"".join(pieces(inflated_body(wire), 1000))
    except OSError:
        return
    assert len(found) <= 1100 * len(packed)


def test_what_decodes_to_nothing_is_handed_back_after_each_read() -> None:
    """Empty blocks without end: the caller sees the time, and whether it is to stop."""
    reads = 0

    class Endless:
        def read1(self, size: int) -> bytes:
            nonlocal reads
            reads += 1
            return b"\x00\x00\x00\xff\xff" if reads > 1 else zlib.compress(b"")[:2]

    body = inflated_body(Endless())
    buffer = memoryview(bytearray(1000))
    for asked in range(1, 100):
        assert body.readinto1(buffer) is None and reads == asked
