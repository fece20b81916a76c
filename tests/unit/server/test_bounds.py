"""What the embedded hub reads, and how long that may take; who gives up a place."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from pathlib import Path

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


def test_a_handshake_that_does_not_end_is_hung_up(tmp_path: Path) -> None:
    authority = PrivateCA(tmp_path)
    pair = Tls(tmp_path / "trusted.pem", tmp_path / "trusted.key")
    assert authority.trusted
    ready = threading.Event()
    options = ServeOptions(tls=pair, head_seconds=0.2)
    server = make_server(Store(tmp_path), options, ready.set)
    listener = bind("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert ready.wait(60)
        for first in (b"", b"\x16\x03\x01\x02\x00\x01\x00"):
            with socket.create_connection(listener.getsockname(), timeout=30) as connection:
                connection.sendall(first)
                assert connection.recv(1) == b""  # uvicorn alone would wait for a minute
    finally:
        server.should_exit = True
        thread.join(60)


def test_those_without_a_request_make_room() -> None:
    limits = Admission(most=6, most_each=4, head_seconds=1)
    idle = [_Connection(False) for _ in range(4)]
    for one in idle:
        assert limits.enter(one, "a")  # type: ignore[arg-type]
    limits.touched(idle[0])  # type: ignore[arg-type]
    busy = [_Connection(True) for _ in range(4)]
    for one in busy[:3]:
        assert limits.enter(one, "a")  # type: ignore[arg-type]
    assert [one.aborted for one in idle] == [False, True, True, True]
    assert limits.enter(busy[3], "a") and idle[0].aborted  # type: ignore[arg-type]
    assert not limits.enter(_Connection(False), "a")  # type: ignore[arg-type]
    assert limits.enter(_Connection(True), "b")  # type: ignore[arg-type]
    assert limits.enter(_Connection(True), "b")  # type: ignore[arg-type]
    assert not limits.enter(_Connection(False), "c")  # type: ignore[arg-type]
    limits.leave(busy[0])  # type: ignore[arg-type]
    assert limits.enter(_Connection(False), "a")  # type: ignore[arg-type]
