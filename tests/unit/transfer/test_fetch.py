"""One range over one connection: what comes is kept, what should not come is not read."""

from __future__ import annotations

import gzip
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from hfget.errors import DiskError
from hfget.http.retry import Transient
from hfget.sources.byte_source import NoRangesError
from hfget.sources.host_health import UNUSABLE_PARTS
from hfget.transfer.fetch import BUFFER_BYTES, Fetcher
from tests.support.loopback import BOUND, Answer, Asked, Reply, raw, reset
from tests.support.open_files import needs_descriptors, open_sockets
from tests.support.schedules import resolve
from tests.support.transfers import (
    KIB,
    MIB,
    FileServer,
    always,
    failing,
    fetch_all,
    head,
    in_thread,
    noise,
    transfer,
    until,
)

pytestmark = pytest.mark.usefixtures("no_proxies")

SIZE = 3 * MIB
DATA = noise(SIZE)


def test_a_whole_file_is_asked_for_without_a_range(tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        fetching = transfer(server, tmp_path, DATA)
        fetching.fetch()
    assert server.ranges == [None] and fetching.content == DATA
    assert fetching.job.ledger.finished and fetching.fetcher.received == SIZE
    assert server.asked[0].headers["accept-encoding"] == "identity"


def test_the_parts_of_a_file_come_to_their_places_over_one_connection(tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        fetching = transfer(server, tmp_path, DATA)
        while not fetching.job.ledger.finished:
            fetching.fetch(fetching.lease(700_000))
    assert fetching.content == DATA and server.connections == 1
    assert server.ranges[:2] == ["bytes=0-699999", "bytes=700000-1399999"]
    assert len(server.asked) == -(-SIZE // 700_000)


def test_others_are_told_once_the_files_url_is_known(tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        fetching = transfer(server, tmp_path, DATA)
        told: list[bool] = []
        job = fetching.job
        fetcher = Fetcher(fetching.stop, lambda: told.append(job.source.resolved))
        for _ in range(3):
            lease = fetching.lease(MIB)
            fetcher.fetch(job, lease)
            job.ledger.release(lease)
        assert fetching.content == DATA and told == [True]
        whole = transfer(server, tmp_path / "whole", DATA)
        Fetcher(whole.stop, lambda: told.append(False)).fetch(whole.job, whole.lease())
        assert told == [True], "nobody else has a use for it"


def test_a_host_that_serves_no_parts_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    with FileServer(DATA, lambda asked: Answer(DATA)) as server:
        one = transfer(server, tmp_path, DATA)
        fetcher = Fetcher(one.stop, without_ranges=told.append)
        fetcher.fetch(one.job, one.lease(MIB))
        assert one.content == DATA and told == [one.job.source.origin]
    with FileServer(DATA, lambda asked: Answer(DATA)) as server:
        one = transfer(server, tmp_path / "whole", DATA)
        Fetcher(one.stop, without_ranges=told.append).fetch(one.job, one.lease())
        assert one.content == DATA and len(told) == 1, "no part was asked for"


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_however_the_end_of_the_body_is_marked(tmp_path: Path, framing: str) -> None:
    def answer(asked: Asked) -> Reply:
        return Answer(DATA[: 64 * KIB], framing=framing)  # type: ignore[arg-type]

    data = DATA[: 64 * KIB]
    with FileServer(data, answer, answer) as server:
        for number in range(2):
            folder = tmp_path / str(number)
            fetching = transfer(server, folder, data)
            fetching.fetch()
            assert fetching.content == data and fetching.job.ledger.finished


def test_many_small_files_share_a_connection(tmp_path: Path) -> None:
    data = DATA[:1000]
    with FileServer(data) as server:
        first = transfer(server, tmp_path / "0", data)
        for number in range(50):
            one = transfer(server, tmp_path / str(number), data)
            one.job.source = first.job.source
            first.fetcher.fetch(one.job, lease := one.lease())
            one.job.ledger.release(lease)
            assert one.content == data
    assert server.connections == 1 and len(server.asked) == 50


@pytest.mark.parametrize("kept", [0, 1, 700_000])
@pytest.mark.parametrize("end", [lambda conn: None, reset], ids=["fin", "rst"])
def test_what_came_before_a_break_is_kept_and_only_the_rest_is_asked_for(
    tmp_path: Path, kept: int, end: Callable[[socket.socket], None]
) -> None:
    received = threading.Event()

    def broken(conn: socket.socket) -> None:
        conn.sendall(head(SIZE) + DATA[:kept])
        received.wait(BOUND)
        end(conn)

    with FileServer(DATA, always(broken)) as server:
        fetching = transfer(server, tmp_path, DATA)
        ended = in_thread(fetching.fetch)
        until(lambda: fetching.fetcher.received == kept and len(server.asked) == 1)
        received.set()
        failure = ended()
        assert isinstance(failure, Transient)
        assert failure.fruitful == (kept > 1) and not failure.lie and not failure.whole_host
        assert fetching.job.ledger.done_bytes == kept
        fetching.fetch()
        assert fetching.content == DATA
    assert server.ranges == [None, f"bytes={kept}-{SIZE - 1}" if kept else None]


def test_the_progress_of_others_does_not_make_a_failure_fruitful(tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        fetching = transfer(server, tmp_path, DATA)

        def broken(asked: Asked) -> Reply:
            fetching.job.ledger.record(SIZE - 1000, SIZE)
            return raw(head(SIZE))

        server.script.append(broken)
        assert not failing(fetching).fruitful


def test_bytes_that_are_here_already_do_not_make_a_failure_fruitful(tmp_path: Path) -> None:
    """A stream without ranges that always breaks at the same place must not go on for ever."""
    broken = always(raw(head(SIZE) + DATA[:MIB]))
    with FileServer(DATA, broken, broken) as server:
        fetching = transfer(server, tmp_path, DATA)
        for _ in range(UNUSABLE_PARTS):
            fetching.hosts.part_came(fetching.job.source.origin, usable=False)

        def breaks() -> bool:
            with pytest.raises(Transient) as caught:
                fetching.fetch(fetching.job.ledger.lease(SIZE, 1, whole=True))
            return caught.value.fruitful

        assert [breaks() for _ in range(2)] == [True, False]
        assert server.ranges == [None, None]


def test_a_body_longer_than_promised_is_cut_at_the_promise(tmp_path: Path) -> None:
    with FileServer(DATA, always(raw(head(SIZE) + DATA + b"more"))) as server:
        fetching = transfer(server, tmp_path, DATA)
        fetching.fetch()
        assert fetching.content == DATA


@pytest.mark.parametrize("framed", [True, False], ids=["chunked", "no length"])
def test_of_an_endless_body_one_byte_too_much_is_read(tmp_path: Path, framed: bool) -> None:
    data = DATA[: 100 * KIB]

    def endless(conn: socket.socket) -> None:
        block, line = (b"%x\r\n%b\r\n" % (len(data), data), "Transfer-Encoding: chunked")
        conn.sendall(head(None, line if framed else "Connection: close"))
        while True:
            conn.sendall(block if framed else data)

    with FileServer(data, always(endless)) as server:
        fetching = transfer(server, tmp_path, data)
        failure = failing(fetching)
        assert failure.lie and "more bytes" in failure.reason
        assert fetching.job.ledger.finished and fetching.content == data, (
            "what came may well be right"
        )
        assert fetching.fetcher.received == len(data)


def test_a_shorter_part_than_asked_is_kept_and_the_rest_asked_for(tmp_path: Path) -> None:
    def half(asked: Asked) -> Reply:
        return Answer(DATA[: SIZE // 2], 206, {"Content-Range": f"bytes 0-{SIZE // 2 - 1}/{SIZE}"})

    with FileServer(DATA, half) as server:
        fetching = transfer(server, tmp_path, DATA)
        lease = fetching.lease(SIZE - 1)
        with pytest.raises(Transient) as caught:
            fetching.fetch(lease)
        assert caught.value.fruitful and fetching.job.ledger.done_bytes == SIZE // 2
        fetching.fetch()
    assert fetching.content == DATA and server.ranges[1] == f"bytes={SIZE // 2}-{SIZE - 1}"


def test_the_whole_body_for_a_range_is_taken_as_one_stream(tmp_path: Path) -> None:
    with FileServer(DATA, lambda asked: Answer(DATA)) as server:
        fetching = transfer(server, tmp_path, DATA)
        fetching.fetch(fetching.lease(1000))
        assert fetching.job.ledger.finished and fetching.content == DATA
        assert server.ranges == ["bytes=0-999"]


def test_who_is_told_of_a_whole_body_finds_nothing_left_to_ask_for(tmp_path: Path) -> None:
    with FileServer(DATA, lambda asked: Answer(DATA)) as server:
        fetching = transfer(server, tmp_path, DATA)
        job, told = fetching.job, list[object]()
        fetcher = Fetcher(fetching.stop, lambda: told.append(job.ledger.lease(1000, 8)))
        fetcher.fetch(job, fetching.lease(1000))
    assert told == [None] and fetching.content == DATA


def test_one_whole_body_for_a_part_leaves_those_alone_that_go_well(tmp_path: Path) -> None:
    with FileServer(DATA, always(Answer(DATA))) as server:
        fetching = transfer(server, tmp_path, DATA)
        resolve(fetching.job)
        others = fetching.lease(1000)
        with pytest.raises(NoRangesError):
            fetching.fetch(fetching.lease(1000))
        fetching.fetch(others)
        fetch_all(fetching, MIB)
    assert fetching.content == DATA and server.ranges[:2] == ["bytes=1000-1999", "bytes=0-999"]
    assert None not in server.ranges, "one is no verdict"


def test_a_whole_body_that_goes_well_brings_what_a_thief_could_not(tmp_path: Path) -> None:
    go_on = threading.Event()

    def slowly(conn: socket.socket) -> None:
        conn.sendall(head(SIZE) + DATA[:MIB])
        go_on.wait(BOUND)
        conn.sendall(DATA[MIB:])

    with FileServer(DATA, always(slowly), always(Answer(DATA))) as server:
        fetching = transfer(server, tmp_path, DATA)
        job = fetching.job
        ended = in_thread(lambda: fetching.fetch(fetching.lease(1000)))
        until(lambda: job.ledger.done_bytes >= MIB // 2)
        thief = job.ledger.steal(1000, 1.0, 8)
        assert thief is not None
        with pytest.raises(NoRangesError):
            Fetcher(fetching.stop).fetch(job, thief)
        job.ledger.release(thief)
        assert job.ledger.lease(1000, 8) is None, "the stream brings it"
        go_on.set()
        assert ended() is None
    assert fetching.content == DATA and len(server.asked) == 2


@pytest.mark.parametrize("kind", ["gzip", "x-gzip", "GZIP", "deflate"])
def test_a_compressed_whole_is_decoded(tmp_path: Path, kind: str) -> None:
    packed = zlib.compress(DATA) if kind == "deflate" else gzip.compress(DATA)
    answer = always(Answer(packed, headers={"Content-Encoding": kind}))
    with FileServer(DATA, answer) as server:
        fetching = transfer(server, tmp_path, DATA)
        fetching.fetch()
        assert fetching.content == DATA and fetching.job.ledger.finished


TAR = gzip.compress(DATA[: 100 * KIB])
LABELS = {
    "plain, said to be gzip": (DATA, "gzip", DATA),
    "plain, said to be deflate": (DATA, "deflate", DATA),
    "raw deflate": (DATA, "deflate", zlib.compress(DATA)[2:-4]),
    "two members": (DATA, "gzip", gzip.compress(DATA[:KIB]) + gzip.compress(DATA[KIB:])),
    "filled up with zeros": (DATA, "gzip", gzip.compress(DATA) + bytes(512)),
    "a .tar.gz as it is": (TAR, "x-gzip", TAR),
    "a .tar.gz packed again": (TAR, "gzip", gzip.compress(TAR)),
    "aws-chunked": (DATA, "aws-chunked", DATA),
    "gzip, aws-chunked": (DATA, "gzip, aws-chunked", gzip.compress(DATA)),
    "utf-8": (DATA, "utf-8", DATA),
    "as long packed as unpacked": (b"a" * 23, "gzip", gzip.compress(b"a" * 23)),
}


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("name", LABELS)
def test_right_bytes_are_not_refused_for_a_label(tmp_path: Path, name: str, framing: str) -> None:
    data, label, body = LABELS[name]
    headers = {"Content-Encoding": label, "Content-Type": "text/html"}
    answer = Answer(body, headers=headers, framing=framing)  # type: ignore[arg-type]
    with FileServer(data, always(answer), always(answer), always(answer)) as server:
        fetching = transfer(server, tmp_path, data)
        for _ in range(3):
            try:
                fetching.fetch(fetching.job.ledger.lease(len(data), 1, whole=True))
                break
            except Transient as failure:
                fetching.job.source.failed(failure, 0.0)
                fetching.job.ledger.restart(())  # as after a wrong hash
        assert fetching.content[: len(data)] == data
        assert len(server.asked) == (
            2 if name == "a .tar.gz as it is" and framing != "length" else 1
        )


def test_a_compressed_part_is_a_lie_and_the_file_then_comes_whole(tmp_path: Path) -> None:
    part = {"Content-Range": f"bytes 0-999/{SIZE}", "Content-Encoding": "gzip"}
    with FileServer(DATA, always(Answer(gzip.compress(DATA[:1000]), 206, part))) as server:
        fetching = transfer(server, tmp_path, DATA)
        with pytest.raises(NoRangesError, match="compressed") as caught:
            fetching.fetch(fetching.lease(1000))
        assert caught.value.lie and fetching.job.ledger.done_bytes == 0
        fetching.fetch()
        assert fetching.content == DATA and server.ranges == ["bytes=0-999", None]


@pytest.mark.parametrize(
    "body",
    [b"not gzip at all", gzip.compress(DATA)[:-100_000], gzip.compress(DATA[:-1]), b""],
    ids=["garbage", "cut", "too short", "empty"],
)
def test_compressed_data_that_is_broken_is_a_failure_that_may_pass(
    tmp_path: Path, body: bytes
) -> None:
    with FileServer(DATA, always(Answer(body, headers={"Content-Encoding": "gzip"}))) as server:
        fetching = transfer(server, tmp_path, DATA)
        failing(fetching)
        assert not fetching.job.ledger.finished


@pytest.mark.parametrize("kind", ["br", "zstd", "compress", "gzip, gzip"])
def test_an_encoding_that_is_not_understood_is_a_lie(tmp_path: Path, kind: str) -> None:
    answer = Answer(DATA[:-1], headers={"Content-Encoding": kind})
    with FileServer(DATA, always(answer)) as server:
        fetching = transfer(server, tmp_path, DATA)
        assert failing(fetching).lie and fetching.job.ledger.done_bytes == 0


def test_a_compression_bomb_swells_no_further_than_the_file_and_the_buffer(tmp_path: Path) -> None:
    """200 KB that would become 200 MB, though the listing says 2 MiB."""
    data = bytes(2 * MIB)
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(MIB)) for _ in range(200)) + packer.flush()
    with FileServer(data, always(Answer(bomb, headers={"Content-Encoding": "gzip"}))) as server:
        fetching = transfer(server, tmp_path, data)
        tracemalloc.start()
        try:
            failure = failing(fetching)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert failure.lie and fetching.job.ledger.done_bytes == fetching.fetcher.received == len(
            data
        )
        assert peak < 4 * BUFFER_BYTES


def test_a_full_disk_is_no_network_error_and_is_met_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FileServer(DATA) as server:
        fetching = transfer(server, tmp_path, DATA)
        fetching.job.partial.close()
        writes: list[int] = []

        def full(view: memoryview, offset: int, sender: str = "") -> None:
            writes.append(offset)
            raise DiskError("no space left on the disk")

        monkeypatch.setattr(fetching.job.partial, "write", full)
        with pytest.raises(DiskError):
            fetching.fetch()
        assert writes == [0] and fetching.job.ledger.leases == 0
        assert fetching.job.ledger.done_bytes == 0


@needs_descriptors
def test_no_failure_leaks_a_connection(tmp_path: Path) -> None:
    replies: list[Reply] = [
        raw(head(SIZE) + DATA[:1000]),
        Answer(DATA[1:], headers={"Content-Encoding": "br"}),
        Answer(b"<html>", headers={"Content-Type": "text/html"}),
        Answer(DATA[1:], headers={"Content-Type": "text/html"}),
        Answer(b"", 503),
        Answer(DATA[:100]),
        reset,
    ]
    with FileServer(DATA, *(always(reply) for reply in 4 * replies)) as server:
        fetching = transfer(server, tmp_path, DATA)
        for _ in replies:
            failing(fetching)
        before = open_sockets()
        for _ in range(3 * len(replies)):
            failing(fetching)
        until(lambda: open_sockets() <= before)  # the server closes its end in its own time
