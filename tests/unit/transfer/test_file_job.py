"""One file: what is wrong is fetched again and no more, the wrong never gets the final name."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hfget.errors import DiskError, VerificationError
from hfget.limits import MAX_DISK_REPAIRS
from hfget.partials.positional_file import PositionalFile
from hfget.sources import ByteSource
from hfget.transfer.file_job import FileJob
from tests.support.loopback import Answer, small_file
from tests.support.schedules import resolve
from tests.support.transfers import (
    KIB,
    MIB,
    FileServer,
    always,
    fetch_all,
    flip,
    noise,
    partials,
    transfer,
)

pytestmark = pytest.mark.usefixtures("no_proxies")

SIZE = 3 * MIB
DATA = noise(SIZE)
WRONG = noise(SIZE, "wrong")
SMALL = DATA[: 100 * KIB]


@pytest.mark.parametrize("data", [DATA, SMALL, b"x"], ids=len)
def test_what_is_right_gets_its_name_and_leaves_nothing_else(tmp_path: Path, data: bytes) -> None:
    with FileServer(data) as server:
        one = transfer(server, tmp_path, data)
        fetch_all(one, 700_000)
        assert one.job.finish(fsync=True) and one.job.durable
    assert one.final.read_bytes() == data and partials(tmp_path) == []
    assert one.job.received == one.job.hash.position == len(data)


def test_the_source_is_made_before_others_may_fetch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FileServer(DATA) as server:
        first = transfer(server, tmp_path, DATA).job
        made: list[ByteSource] = []

        def source() -> ByteSource:
            assert not fresh.ledger.restarts, "there are ranges to be had already"
            made.append(first.source)
            return first.source

        monkeypatch.setattr(first.task, "source", source)
        fresh = FileJob(first.task)
        first.park()
        fresh.open()
        assert len(made) == 1 and fresh.source is made[0] and len(made) == 1
        fresh.park()


def test_a_git_blob_is_verified_by_its_own_hash(tmp_path: Path) -> None:
    with FileServer(SMALL, always(Answer(WRONG[: len(SMALL)]))) as server:
        one = transfer(server, tmp_path, SMALL, file=small_file("config.json", SMALL))
        fetch_all(one)
        assert not one.job.finish(fsync=False)
        fetch_all(one)
        assert one.job.finish(fsync=False) and one.final.read_bytes() == SMALL


def test_an_empty_file_needs_no_request(tmp_path: Path) -> None:
    with FileServer(b"") as server:
        one = transfer(server, tmp_path, b"")
        assert one.job.ledger.finished and one.job.ledger.lease(1, 1) is None
        assert one.job.finish(fsync=True) and one.final.read_bytes() == b""
        assert server.asked == []


@pytest.mark.parametrize("damaged", [[0], [SIZE - 1], [1_500_000, 2_900_000]])
def test_only_the_blocks_that_the_disk_changed_are_fetched_again(
    tmp_path: Path, damaged: list[int]
) -> None:
    piece = 500_000
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        fetch_all(one, piece)
        for offset in damaged:
            flip(one.job.partial.data_path, offset)
        assert not one.job.finish(fsync=False) and not one.final.exists()
        missing = one.job.ledger.missing(0, SIZE)
        assert all(end - start <= piece for start, end in missing)
        assert all(
            start <= offset < end for offset, (start, end) in zip(damaged, missing, strict=True)
        )
        before = len(server.asked)
        fetch_all(one)
        assert server.ranges[before:] == [f"bytes={start}-{end - 1}" for start, end in missing]
        assert one.job.finish(fsync=False)
    assert one.final.read_bytes() == DATA and partials(tmp_path) == []


def test_a_disk_that_goes_on_changing_bytes_is_given_up(tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        for _ in range(MAX_DISK_REPAIRS):
            fetch_all(one)
            flip(one.job.partial.data_path, 1000)
            assert not one.job.finish(fsync=False)
        fetch_all(one)
        flip(one.job.partial.data_path, 1000)
        with pytest.raises(DiskError, match="does not keep") as caught:
            one.job.finish(fsync=False)
        assert caught.value.exit_code == 7 and not one.final.exists()
        one.job.park()


def unreadable(monkeypatch: pytest.MonkeyPatch, place: int, times: int) -> None:
    """So many times, a read that touches byte `place` ends with EIO."""
    read, left = PositionalFile.read_at, [times]

    def broken(self: PositionalFile, view: memoryview, offset: int) -> int:
        if offset <= place < offset + len(view) and left[0]:
            left[0] -= 1
            raise OSError(errno.EIO, "bad sector")
        return read(self, view, offset)

    monkeypatch.setattr(PositionalFile, "read_at", broken)


def test_a_read_error_that_passes_costs_no_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        fetch_all(one, 500_000)
        asked = len(server.asked)
        unreadable(monkeypatch, 1_200_000, times=1)
        assert one.job.finish(fsync=False) and one.final.read_bytes() == DATA
        assert len(server.asked) == asked


def test_a_read_error_amid_the_download_waits_for_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        one.fetch(one.lease(MIB))
        unreadable(monkeypatch, 1000, times=1)
        assert not one.job.advance_hash() and not one.job.advance_hash()
        fetch_all(one)
        assert one.job.finish(fsync=False) and one.final.read_bytes() == DATA


def test_only_what_cannot_be_read_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        fetch_all(one, 500_000)
        unreadable(monkeypatch, 1_200_000, times=2)
        assert not one.job.finish(fsync=False) and not one.final.exists()
        assert one.job.ledger.missing(0, SIZE) == [(1_000_000, 1_500_000)]
        fetch_all(one)
        assert one.job.finish(fsync=False) and one.final.read_bytes() == DATA


@pytest.mark.parametrize("data", [DATA, SMALL], ids=len)
def test_a_disk_that_gives_nothing_back_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    with FileServer(data) as server:
        one = transfer(server, tmp_path, data)
        fetch_all(one)
        unreadable(monkeypatch, 1000, times=1 << 30)
        assert not one.job.finish(fsync=False)
        fetch_all(one)
        with pytest.raises(DiskError, match=r"reading back .*read or write error"):
            one.job.finish(fsync=False)
        assert not one.final.exists()
        one.job.park()


@pytest.mark.parametrize("data", [DATA, SMALL], ids=len)
def test_wrong_bytes_from_the_server_are_fetched_again_once(tmp_path: Path, data: bytes) -> None:
    with FileServer(data, always(Answer(WRONG[: len(data)]))) as server:
        one = transfer(server, tmp_path, data)
        fetch_all(one)
        assert not one.job.finish(fsync=False) and not one.final.exists()
        assert one.job.ledger.done_bytes == 0, "nobody can tell which of them are wrong"
        fetch_all(one)
        assert one.job.finish(fsync=False) and one.final.read_bytes() == data
        assert server.ranges == [None, None] and partials(tmp_path) == []


@pytest.mark.parametrize("data", [DATA, SMALL], ids=len)
def test_a_server_that_always_sends_wrong_bytes_gives_no_file(tmp_path: Path, data: bytes) -> None:
    wrong = always(Answer(WRONG[: len(data)]))
    with FileServer(data, wrong, wrong) as server:
        one = transfer(server, tmp_path, data)
        fetch_all(one)
        assert not one.job.finish(fsync=False)
        fetch_all(one)
        with pytest.raises(VerificationError) as caught:
            one.job.finish(fsync=False)
    assert caught.value.exit_code == 6 and caught.value.path == "model.bin"
    assert (
        f":{server.port}" in caught.value.message and one.job.file.etag[:12] in caught.value.message
    )
    assert not one.final.exists() and partials(tmp_path) == []


def test_the_hash_follows_the_finished_beginning(tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        resolve(one.job)
        first, second, third = (one.lease(MIB) for _ in range(3))
        one.fetch(second)
        assert not one.job.advance_hash() and one.job.hash.position == 0
        one.fetch(first)
        while one.job.advance_hash():
            pass
        assert one.job.hash.position == 2 * MIB
        one.fetch(third)
        assert one.job.finish(fsync=False) and one.final.read_bytes() == DATA


def test_a_file_system_that_cannot_sync_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(fd: int) -> None:
        raise OSError(errno.EINVAL, "no fsync here")

    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        fetch_all(one)
        monkeypatch.setattr(os, "fdatasync", unsupported)
        assert one.job.finish(fsync=True) and not one.job.durable
    assert one.final.read_bytes() == DATA
