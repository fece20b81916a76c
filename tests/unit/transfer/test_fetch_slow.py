"""Bytes that come slowly: hung up on, stolen, stopped, timed out; what came is kept."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from hfget.http.retry import Transient
from hfget.system.cancellation import Stopped, Superseded
from hfget.transfer.fetch import BUFFER_BYTES
from tests.support.loopback import BOUND
from tests.support.schedules import resolve
from tests.support.transfers import (
    MIB,
    FileServer,
    always,
    failing,
    head,
    in_thread,
    noise,
    transfer,
    until,
)

pytestmark = pytest.mark.usefixtures("no_proxies")

SIZE = 3 * MIB
DATA = noise(SIZE)


class Dripping:
    """Sends the first bytes, then waits until it is told to go on."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.go_on = threading.Event()

    def __call__(self, conn: socket.socket) -> None:
        conn.sendall(head(SIZE) + DATA[: self.first])
        self.go_on.wait(BOUND)
        with suppress(OSError):
            conn.sendall(DATA[self.first :])


def test_hanging_up_keeps_what_came_and_hands_the_rest_to_another(tmp_path: Path) -> None:
    drip = Dripping(200_000)
    with FileServer(DATA, always(drip)) as server:
        fetching = transfer(server, tmp_path, DATA)
        ended = in_thread(fetching.fetch)
        until(lambda: fetching.fetcher.received == drip.first)
        assert fetching.fetcher.lease is not None
        fetching.fetcher.hang_up()
        assert isinstance(ended(), Superseded) and fetching.fetcher.lease is None
        assert fetching.job.ledger.done_bytes == drip.first
        fetching.fetcher.hang_up()  # when nothing is being fetched: nothing happens
        fetching.fetch()
        assert fetching.content == DATA and server.connections == 2
        drip.go_on.set()


def test_what_is_stolen_while_it_comes_is_left_to_the_thief(tmp_path: Path) -> None:
    drip = Dripping(MIB)
    with FileServer(DATA, always(drip)) as server:
        fetching = transfer(server, tmp_path, DATA)
        resolve(fetching.job)
        mine = fetching.lease()
        ended = in_thread(lambda: fetching.fetch(mine))
        until(lambda: fetching.fetcher.received == drip.first)
        stolen = fetching.job.ledger.steal(1, 0.0, 64)
        assert stolen is not None and stolen.start == mine.end
        drip.go_on.set()
        assert ended() is None
        assert fetching.job.ledger.done_bytes == stolen.start and not fetching.job.ledger.finished
        assert fetching.fetcher.received == stolen.start, "not a byte of the thief's"
        fetching.fetch(stolen)
        assert server.connections == 2, "a body that was not read to its end ends its connection"
    assert fetching.job.ledger.finished and fetching.content == DATA


@pytest.mark.parametrize("by", ["the run", "the file"])
def test_stopping_keeps_what_came(tmp_path: Path, by: str) -> None:
    drip = Dripping(200_000)
    with FileServer(DATA, always(drip)) as server:
        fetching = transfer(server, tmp_path, DATA)
        ended = in_thread(fetching.fetch)
        until(lambda: fetching.fetcher.received == drip.first)
        if by == "the run":
            fetching.stop.set()
        fetching.job.abandoned = True
        drip.go_on.set()
        assert isinstance(ended(), Stopped)
        assert drip.first <= fetching.job.ledger.done_bytes < SIZE


def test_stopping_wakes_a_worker_that_waits_for_bytes(tmp_path: Path) -> None:
    drip = Dripping(1000)
    with FileServer(DATA, always(drip)) as server:
        fetching = transfer(server, tmp_path, DATA)
        ended = in_thread(fetching.fetch)
        until(lambda: fetching.fetcher.received == drip.first)
        fetching.stop.set()
        fetching.http.abort()
        assert isinstance(ended(), Stopped) and fetching.job.ledger.done_bytes == drip.first
        drip.go_on.set()


def test_silence_ends_with_the_time_out(tmp_path: Path) -> None:
    drip = Dripping(1000)
    with FileServer(DATA, always(drip)) as server:
        fetching = transfer(server, tmp_path, DATA, read_timeout=1.0)
        failure = failing(fetching)
        assert "no byte" in failure.reason and failure.fruitful and not failure.whole_host
        drip.go_on.set()


def test_a_drip_is_written_before_the_buffer_is_full(tmp_path: Path) -> None:
    """What a kill can lose is what is in the buffers."""
    going_on = threading.Event()

    def slow(conn: socket.socket) -> None:
        conn.sendall(head(SIZE))
        for start in range(0, SIZE // 2, 100_000):
            conn.sendall(DATA[start : start + 100_000])
            if going_on.wait(0.03):
                break
        going_on.wait(BOUND)

    with FileServer(DATA, always(slow)) as server:
        fetching = transfer(server, tmp_path, DATA)
        ended = in_thread(fetching.fetch)
        until(lambda: fetching.job.ledger.done_bytes > 0)
        assert fetching.fetcher.received < BUFFER_BYTES
        going_on.set()
        assert isinstance(ended(), Transient)


@pytest.mark.parametrize(("first", "counts"), [(10, False), (200_000, True)])
def test_a_drip_before_a_failure_does_not_make_it_fruitful(
    tmp_path: Path, first: int, counts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that comes by a few bytes a time-out must not be asked for for ever."""
    monkeypatch.setattr("hfget.transfer.fetch.SLOW_GRACE_SECONDS", 0.0)
    drip = Dripping(first)
    with FileServer(DATA, always(drip)) as server:
        fetching = transfer(server, tmp_path, DATA, read_timeout=1.0)
        assert failing(fetching).fruitful is counts
        assert fetching.job.ledger.done_bytes == first, "what came is kept all the same"
        drip.go_on.set()
