"""One file: what is wrong is fetched again and no more, the wrong never gets the final name."""

from __future__ import annotations

import errno
import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from hfget.errors import DiskError, VerificationError
from hfget.transfer.control import Stopped, Superseded
from hfget.transfer.job import MAX_DISK_REPAIRS, FileJob, Pace
from hfget.transfer.partial import JOURNALED_BYTES
from tests.unit.helpers import Answer, small_file
from tests.unit.transfers import (
    KIB,
    MIB,
    FileServer,
    Transfer,
    always,
    in_thread,
    noise,
    transfer,
    until,
)

SIZE = 3 * MIB
DATA = noise(SIZE)
WRONG = noise(SIZE, "wrong")
SMALL = DATA[: 100 * KIB]


def fetch_all(one: Transfer, piece: int = SIZE) -> None:
    while not one.job.fetched:
        one.fetch(one.lease(piece))


def flip(path: Path, offset: int) -> None:
    with open(path, "r+b") as file:
        byte = os.pread(file.fileno(), 1, offset)[0]
        os.pwrite(file.fileno(), bytes([byte ^ 1]), offset)


def partials(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "download").iterdir())


@pytest.mark.parametrize("data", [DATA, SMALL, b"x"], ids=len)
def test_what_is_right_gets_its_name_and_leaves_nothing_else(tmp_path: Path, data: bytes) -> None:
    with FileServer(data) as server:
        one = transfer(server, tmp_path, data)
        fetch_all(one, 700_000)
        assert one.job.finish(fsync=True) and one.job.durable
    assert one.final.read_bytes() == data and partials(tmp_path) == []
    assert one.job.received == one.job.hashed == len(data)


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
        assert one.job.fetched and one.job.lease(1, 1) is None
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
        missing = one.job.missing(0, SIZE)
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


@pytest.mark.parametrize("data", [DATA, SMALL], ids=len)
def test_wrong_bytes_from_the_server_are_fetched_again_once(tmp_path: Path, data: bytes) -> None:
    with FileServer(data, always(Answer(WRONG[: len(data)]))) as server:
        one = transfer(server, tmp_path, data)
        fetch_all(one)
        assert not one.job.finish(fsync=False) and not one.final.exists()
        assert one.job.done_bytes == 0, "nobody can tell which of them are wrong"
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
        one.job.source.resolved = True
        first, second, third = (one.lease(MIB) for _ in range(3))
        one.fetch(second)
        assert not one.job.advance_hash() and one.job.hashed == 0
        one.fetch(first)
        while one.job.advance_hash():
            pass
        assert one.job.hashed == 2 * MIB
        one.fetch(third)
        assert one.job.finish(fsync=False) and one.final.read_bytes() == DATA


def test_what_was_parked_is_gone_on_with(tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        one.fetch(one.lease(MIB))
        one.job.park()
        one.job.park()
        again = transfer(server, tmp_path, DATA)
        assert again.job.done_bytes == MIB and again.job.received == SIZE - MIB
        again.fetch()
        assert again.job.finish(fsync=False) and again.final.read_bytes() == DATA
        assert server.ranges == [f"bytes=0-{MIB - 1}", f"bytes={MIB}-{SIZE - 1}"]


def test_a_name_that_cannot_be_given_keeps_all_bytes(tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        fetch_all(one)

        def refuse(data: Path) -> None:
            raise DiskError("a folder is in the way")

        one.job.publish = refuse
        with pytest.raises(DiskError):
            one.job.finish(fsync=False)
        one.job.park()
        again = transfer(server, tmp_path, DATA)
        assert again.job.fetched and again.job.finish(fsync=False)
        assert len(server.asked) == 1


@pytest.mark.parametrize("right", [True, False])
def test_a_job_that_is_parked_while_it_finishes_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: bool
) -> None:
    """After a stop nobody waits for a slow disk; what it is slow about must come to nothing."""
    slow, go_on = threading.Event(), threading.Event()
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        fetch_all(one)
        if not right:
            flip(one.job.partial.data_path, 1000)
        work = one.job.partial.sync if right else one.job.partial.damaged

        def slowly() -> object:
            slow.set()
            until(go_on.is_set)
            return work()

        monkeypatch.setattr(one.job.partial, "sync" if right else "damaged", slowly)
        ended = in_thread(partial(one.job.finish, fsync=True))
        until(slow.is_set)
        one.job.abandoned = True
        one.job.park()
        go_on.set()
        assert isinstance(ended(), Stopped) and not one.final.exists()
        again = transfer(server, tmp_path, DATA)
        assert again.job.done_bytes == SIZE, "and nothing is lost"
        assert again.job.finish(fsync=False) == right
        again.job.discard()


def test_parking_waits_for_a_name_that_is_just_being_given(tmp_path: Path) -> None:
    publishing, go_on = threading.Event(), threading.Event()
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        fetch_all(one)
        publish = one.job.publish

        def slowly(data: Path) -> None:
            publishing.set()
            until(go_on.is_set)
            publish(data)

        one.job.publish = slowly
        finished = in_thread(partial(one.job.finish, fsync=False))
        until(publishing.is_set)
        one.job.abandoned = True
        parked = in_thread(one.job.park)
        time.sleep(0.05)
        assert not one.final.exists()
        go_on.set()
        assert finished() is None and parked() is None
    assert one.final.read_bytes() == DATA and partials(tmp_path) == []


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


@contextmanager
def room_for_files(more: int) -> Iterator[None]:
    """This process may open so many more files."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + more + 1, limits[1]))
    taken = []
    with suppress(OSError):
        while True:
            taken.append(os.dup(0))
    for fd in taken[:more]:
        os.close(fd)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for fd in taken[more:]:
            os.close(fd)


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("more", [0, 1, 2])
def test_too_few_descriptors_are_a_disk_error_and_lose_nothing(tmp_path: Path, more: int) -> None:
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        one.fetch(one.lease(MIB))
        one.job.park()
        before = open_files()
        job = FileJob(
            one.job.file, one.job._identity, one.job.stem, one.job.source, one.job.publish
        )
        with room_for_files(more), pytest.raises(DiskError, match="too many open files"):
            job.open()
        job.park()
        assert open_files() == before
        again = transfer(server, tmp_path, DATA)
        assert again.job.done_bytes == MIB
        again.job.discard()


def test_parking_without_a_free_descriptor_loses_nothing(tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        one.fetch(one.lease(MIB))
        one.job.partial.close()
        one.job._close_reader()
        with room_for_files(0):
            one.job.park()
        one.job.park()
        again = transfer(server, tmp_path, DATA)
        assert again.job.done_bytes == MIB
        again.job.discard()


def test_requests_that_fail_together_are_one_strike(tmp_path: Path) -> None:
    with FileServer(SMALL) as server:
        job = transfer(server, tmp_path, SMALL).job
        begun = time.monotonic()
        assert [job.strike(begun, lie=False) for _ in range(10)] == [1] * 10
        assert [job.strike(time.monotonic(), lie=False) for _ in range(3)] == [2, 3, 4]
        assert job.strike(begun, lie=False) == 4
        assert [job.strike(time.monotonic(), lie=True) for _ in range(2)] == [1, 2]
        assert job.strike(time.monotonic(), lie=False) == 5, "lies are counted apart"
        job.forgive()
        assert job.strike(time.monotonic(), lie=False) == 1
        assert job.strike(time.monotonic(), lie=True) == 1
        job.park()


def test_until_the_url_is_known_one_connection_asks(tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        job = transfer(server, tmp_path, DATA).job
        first = job.lease(1000, 3)
        assert first is not None and job.lease(1000, 3) is None
        assert job.steal(1, 0.0, 3) is None
        job.source.resolved = True
        assert job.lease(1000, 3) is not None and job.steal(1, 0.0, 3) is not None
        assert job.lease(1000, 3) is None and job.steal(1, 0.0, 3) is None, "no more than three"
        job.park()


def test_without_ranges_one_stream_takes_the_whole_once_the_others_have_ended(
    tmp_path: Path,
) -> None:
    with FileServer(DATA) as server:
        job = transfer(server, tmp_path, DATA).job
        job.source.resolved = True
        leases = [job.lease(1000, 8) for _ in range(2)]
        assert leases[0] is not None and leases[1] is not None
        with pytest.raises(Superseded):
            job.adopt_whole(leases[0])
        assert job.lease(1000, 8) is None and job.steal(1, 0.0, 8) is None
        job.release(leases[0])
        assert job.lease(1000, 8) is None
        job.adopt_whole(leases[1])
        assert (leases[1].start, leases[1].end) == (0, SIZE)
        job.release(leases[1])
        whole = job.lease(1000, 8)
        assert whole is not None and (whole.start, whole.end) == (0, SIZE)
        job.park()


def test_small_files_are_not_kept_in_part(tmp_path: Path) -> None:
    data = DATA[:JOURNALED_BYTES]
    with FileServer(data) as server:
        one = transfer(server, tmp_path, data)
        one.fetch(one.lease(1000))
        one.job.park()
        assert partials(tmp_path) == []


def test_pace_is_smoothed() -> None:
    pace = Pace()
    assert pace.bytes_while_waiting == 0
    pace.learn(0.1, 10 * MIB, 1.0)
    assert pace == Pace(0.1, 10 * MIB) and pace.bytes_while_waiting == pytest.approx(MIB)
    steady = replace(pace)
    for _ in range(40):
        pace.learn(0.3, 20 * MIB, 1.0)
    assert pace.first_byte == pytest.approx(0.3, rel=0.01) and pace.rate > 1.9 * steady.rate
    pace.learn(0.0, 0, 0.0)  # an answer so small that the clock did not move
    assert pace.rate > 0
