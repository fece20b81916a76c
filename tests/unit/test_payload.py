"""The JSON of an API answer: bounded, decoded, never half."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from hfget import payload
from hfget.errors import NetworkError
from hfget.http import HttpClient
from hfget.payload import read_json
from hfget.retry import Transient, from_exception
from tests.unit.helpers import BOUND, Answer, Loopback, Reply, raw

DOCUMENT = {"sha": "c" * 40, "siblings": [{"rfilename": f"{n}.bin"} for n in range(1000)]}
TEXT = json.dumps(DOCUMENT).encode()


def read(reply: Reply, **kwargs: Any) -> Any:
    with Loopback(lambda asked: reply) as server:
        response = HttpClient(env={}).get(server.url + "/api?a=b", read_timeout=BOUND)
        try:
            return read_json(response, **kwargs)
        except Exception as error:
            raise from_exception(error, server.url) from error
        finally:
            response.close()


def failure(reply: Reply, **kwargs: Any) -> Transient:
    with pytest.raises(Transient) as met:
        read(reply, **kwargs)
    return met.value


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_it_is_read_in_any_framing(framing: Any) -> None:
    assert read(Answer(TEXT, framing=framing)) == DOCUMENT
    packed = Answer(gzip.compress(TEXT), headers={"Content-Encoding": "gzip"}, framing=framing)
    assert read(packed) == DOCUMENT


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", "deflate", "identity", ""])
def test_it_is_decoded_though_nobody_asked_for_that(encoding: str) -> None:
    body = TEXT
    if "gzip" in encoding.lower():
        body = gzip.compress(TEXT)
    elif encoding == "deflate":
        body = zlib.compress(TEXT)
    assert read(Answer(body, headers={"Content-Encoding": encoding})) == DOCUMENT


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "\x1b[31m"])
def test_another_encoding_is_no_answer(encoding: str) -> None:
    found = failure(Answer(TEXT, headers={"Content-Encoding": encoding}))
    assert "encoded" in found.reason and "\x1b" not in found.reason


def test_the_connection_is_used_again() -> None:
    with Loopback(lambda asked: Answer(TEXT)) as server:
        http = HttpClient(env={})
        for _ in range(3):
            with http.get(server.url, read_timeout=BOUND) as response:
                assert read_json(response) == DOCUMENT
        assert server.connections == 1


PACKED = gzip.compress(TEXT)
BROKEN: dict[str, tuple[Reply, str]] = {
    "cut by its length": (
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + TEXT[:500]),
        "cut short",
    ),
    "cut amid a chunk": (
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n[1, 2"),
        "too early",
    ),
    "cut without a length": (Answer(TEXT[:500], framing="close"), "no JSON"),
    "cut amid gzip": (
        Answer(PACKED[:-9], headers={"Content-Encoding": "gzip"}, framing="close"),
        "cut short",
    ),
    "no gzip": (Answer(TEXT, headers={"Content-Encoding": "gzip"}), "bad compressed data"),
    "nothing": (Answer(b""), "no JSON"),
    "a login page": (Answer(b"<html>Log in</html>"), "login page"),
    "no text": (Answer(b"\xff\xfe\xfd"), "no JSON"),
    "ten thousand deep": (Answer(b"[" * 10_000 + b"]" * 10_000), "no JSON"),
    "a million deep": (Answer(b'{"a":' * 1_000_000), "no JSON"),
    "a number of a million digits": (Answer(b"1" * 1_000_000), "no JSON"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_may_be_whole_the_next_time(name: str) -> None:
    reply, words = BROKEN[name]
    assert words in failure(reply).reason


def endless(conn: Any) -> None:
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n[")
    block = b'"' + b"x" * 65_533 + b'",'
    for _ in range(1 << 14):
        conn.sendall(block)


def test_a_gigabyte_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "MAX_BYTES", 1 << 20)
    with pytest.raises(NetworkError) as met:
        read(endless)
    assert "1 MiB" in met.value.message and met.value.exit_code == 5 and met.value.hint
    assert "?" not in str(met.value.url)


def test_a_small_body_does_not_swell_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "MAX_BYTES", 1 << 20)
    bomb = gzip.compress(b" " * (64 << 20))
    assert len(bomb) < 100_000
    pieces: list[int] = []
    real = zlib.decompressobj

    class Watched:
        """The real decompressor, watched for how much it gives at once."""

        def __init__(self, *args: Any) -> None:
            self._inflate = real(*args)

        def decompress(self, data: bytes, most: int) -> bytes:
            piece = self._inflate.decompress(data, most)
            pieces.append(len(piece))
            return piece

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inflate, name)

    monkeypatch.setattr(zlib, "decompressobj", Watched)
    with pytest.raises(NetworkError, match="1 MiB"):
        read(Answer(bomb, headers={"Content-Encoding": "gzip"}))
    assert max(pieces) <= 1 << 16 and sum(pieces) < 2 << 20


@pytest.mark.parametrize("value", [b"[],", b"{},", b"1.5,", b'"ab",', b'{"a":1},'])
def test_values_are_counted_before_they_take_memory(
    value: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payload, "MAX_VALUES", 10_000)
    with pytest.raises(NetworkError, match="10,000 values"):
        read(Answer(b"[" + value * 20_000 + b"0]"))
    assert len(read(Answer(b"[" + value * 3_000 + b"0]"))) == 3_001


def test_an_answer_that_trickles_is_not_waited_for() -> None:
    def ticks() -> Iterator[float]:
        now = 0.0
        while True:
            yield now
            now += payload.MAX_SECONDS / 3

    def trickle(conn: Any) -> None:
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        for _ in range(1000):
            conn.sendall(b" ")
            time.sleep(0.01)

    clock = ticks()
    assert "too slowly" in failure(trickle, clock=lambda: next(clock)).reason
