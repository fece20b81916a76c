"""The JSON of an API answer: bounded, decoded, never half."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from hfget.errors import InterruptedRunError, NetworkError
from hfget.http.client import HttpClient
from hfget.http.retry import Transient, from_exception
from hfget.hub import bounded_json
from hfget.hub.bounded_json import Budget, read_json
from hfget.limits import (
    HURRIED_WINDOW_SECONDS,
    LISTING_MEMORY,
    MAX_SECONDS,
    SLOW_BYTES,
    SLOW_WINDOW_SECONDS,
)
from hfget.system.cancellation import Stop
from tests.support.loopback import BOUND, Answer, Loopback, Reply, raw

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
def test_a_body_is_decoded_that_was_to_come_plain(encoding: str) -> None:
    body = TEXT
    if "gzip" in encoding.lower():
        body = gzip.compress(TEXT)
    elif encoding == "deflate":
        body = zlib.compress(TEXT)
    assert read(Answer(body, headers={"Content-Encoding": encoding})) == DOCUMENT


@pytest.mark.parametrize("encoding", ["br", "gzip", "x-gzip, identity", "deflate", "utf-8"])
def test_what_begins_like_json_is_that_whatever_it_is_labelled(encoding: str) -> None:
    assert read(Answer(TEXT, headers={"Content-Encoding": encoding})) == DOCUMENT


@pytest.mark.parametrize("encoding", ["br", "zstd", "\x1b[31m"])
def test_another_encoding_is_no_answer(encoding: str) -> None:
    found = failure(Answer(b"\x0b\x02\x80" + TEXT, headers={"Content-Encoding": encoding}))
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
    "cut without a length": (Answer(TEXT[:500], framing="close"), "not JSON"),
    "cut amid gzip": (
        Answer(PACKED[:-9], headers={"Content-Encoding": "gzip"}, framing="close"),
        "cut short",
    ),
    "bad gzip": (
        Answer(PACKED[:20] + b"x" * 200, headers={"Content-Encoding": "gzip"}),
        "bad compressed data",
    ),
    "nothing": (Answer(b""), "not JSON"),
    "a login page": (Answer(b"<html>Log in</html>"), "login page"),
    "no text": (Answer(b"\xff\xfe\xfd"), "not JSON"),
    "ten thousand deep": (Answer(b"[" * 10_000 + b"]" * 10_000), "not JSON"),
    "a million deep": (Answer(b'{"a":' * 1_000_000), "not JSON"),
    "a number of a million digits": (Answer(b"1" * 1_000_000), "not JSON"),
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
    monkeypatch.setattr(bounded_json, "MAX_BYTES", 1 << 20)
    with pytest.raises(NetworkError) as met:
        read(endless)
    assert "1 MiB" in met.value.message and met.value.exit_code == 5 and met.value.hint
    assert "?" not in str(met.value.url)


def test_a_small_body_does_not_swell_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_json, "MAX_BYTES", 1 << 20)
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
    monkeypatch.setattr(bounded_json, "MAX_VALUES", 10_000)
    with pytest.raises(NetworkError, match="10,000 values"):
        read(Answer(b"[" + value * 20_000 + b"0]"))
    assert len(read(Answer(b"[" + value * 3_000 + b"0]"))) == 3_001


class Ticking:
    """A clock that is so much later whenever it is looked at."""

    def __init__(self, seconds: float) -> None:
        self.now, self.seconds = 0.0, seconds

    def __call__(self) -> float:
        self.now += self.seconds
        return self.now


def drops(piece: bytes, count: int) -> Callable[[Any], None]:
    def trickle(conn: Any) -> None:
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (count * len(piece)))
        for _ in range(count):
            conn.sendall(piece)
            time.sleep(0.01)

    return trickle


@pytest.mark.parametrize("window", [SLOW_WINDOW_SECONDS, HURRIED_WINDOW_SECONDS])
def test_an_answer_that_trickles_is_not_waited_for(window: float) -> None:
    clock = Ticking(window / 8)
    found = failure(drops(b" ", 1000), budget=Budget(clock=clock), window=window)
    assert "too slowly" in found.reason and found.timed_out
    assert clock.now < 2 * window, "long before its time is over"
    budget = Budget(clock=Ticking(window / 8))
    steady = drops(b'[""' + b" " * (SLOW_BYTES - 4) + b"]", 1)
    assert read(steady, budget=budget, window=window) == [""]


def test_no_answer_takes_for_ever() -> None:
    clock = Ticking(MAX_SECONDS / 40)
    found = failure(drops(b" " * 20_000, 1000), budget=Budget(clock=clock))
    assert "too slowly" in found.reason and clock.now > MAX_SECONDS


def test_what_follows_the_end_of_gzip_is_read_within_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Endless bytes after the compressed ones, or that decode to nothing."""
    monkeypatch.setattr(bounded_json, "MAX_BYTES", 1 << 20)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
    deflate = zlib.compressobj(wbits=31)
    nothing = deflate.compress(b"") + deflate.flush(zlib.Z_SYNC_FLUSH)
    for first, rest in ((gzip.compress(TEXT), b"x"), (nothing, b"\0\0\0\xff\xff")):

        def endless(conn: Any, first: bytes = first, rest: bytes = rest) -> None:
            conn.sendall(head + first)
            for _ in range(1 << 10):
                conn.sendall(rest * (65_536 // len(rest)))

        with pytest.raises(NetworkError, match="1 MiB"):
            read(endless)


def test_a_listing_has_one_budget_for_all_its_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = Answer(TEXT)
    for name, most in (("LISTING_BYTES", 3 * len(TEXT)), ("LISTING_MEMORY", 600_000)):
        monkeypatch.setattr(bounded_json, name, most)
        budget = Budget()
        with pytest.raises(NetworkError) as met:
            for _ in range(1000):
                assert read(reply, budget=budget) == DOCUMENT
        assert met.value.exit_code == 5 and met.value.hint
        assert read(reply) == DOCUMENT
        monkeypatch.undo()


def test_the_seconds_of_a_listing_are_those_of_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    budget = Budget(clock=lambda: now[0])
    for _ in range(29):
        with budget.waiting():
            now[0] += 60
            assert read(Answer(TEXT), budget=budget) == DOCUMENT
        now[0] += 300
    with pytest.raises(NetworkError, match="30 min"), budget.waiting():
        now[0] += 61
        read(Answer(TEXT), budget=budget)


def test_a_stop_is_seen_after_each_read() -> None:
    stop = Stop()

    def drips(conn: Any) -> None:
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n ")
        for _ in range(200):
            conn.sendall(b" ")
            time.sleep(0.01)
            stop.set()

    with pytest.raises(InterruptedRunError):
        read(drips, budget=Budget(stop))


SHAPES = {
    "empty objects": b"{},",
    "empty lists": b"[],",
    "short keys": b'{"a":1},',
    "other keys": b'{"k%07d":%d},',
    "numbers": b"12345678901,",
    "short texts": b'"ab%07d",',
    "wide texts": b'"%s",' % ("x" * 200 + "\U0001f600").encode(),
    "escaped texts": b'"' + b"x" * 200 + b'\\ud83d\\ude00",',
    "entries": b'{"type":"file","path":"a/%07d","size":%d,"oid":"' + b"a" * 40 + b'"},',
}

CHILD = """
import re, sys
from pathlib import Path
from hfget.hub import bounded_json as payload
from hfget.errors import HfgetError
from hfget.http import HttpClient
from hfget.hub.entries import remote_file

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

payload.LISTING_MEMORY //= 8
before = peak()
budget, kept = payload.Budget(), []
try:
    while True:
        with HttpClient(env={}).get(sys.argv[1], read_timeout=60) as response:
            page = payload.read_json(response, budget)
        kept += [remote_file(each) for each in page if isinstance(each, dict)]
except HfgetError as error:
    print(error)
print(peak() - before)
"""


def shaped(shape: bytes) -> bytes:
    """A list of such values, of some megabytes."""
    one = shape % tuple([7] * shape.count(b"%")) if b"%0" in shape or b"%d" in shape else shape
    count = min((3 << 20) // len(one), 250_000)
    if one == shape:
        return b"[" + shape * count + b"0]"
    numbers = shape.count(b"%")
    return b"[" + b"".join(shape % ((n,) * numbers) for n in range(count)) + b"0]"


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux tells it")
@pytest.mark.parametrize("name", SHAPES)
def test_no_listing_takes_more_memory_than_it_may(name: str) -> None:
    """Page after page, of which is kept what a snapshot keeps."""
    packed = gzip.compress(shaped(SHAPES[name]), 1)
    with Loopback(lambda asked: Answer(packed, headers={"Content-Encoding": "gzip"})) as server:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, server.url],
            capture_output=True,
            timeout=110,
            check=True,
        )
    message, taken = done.stdout.decode().splitlines()
    assert "answers with more than" in message
    assert 0 < int(taken) * 1024 < LISTING_MEMORY // 8 + (16 << 20)
