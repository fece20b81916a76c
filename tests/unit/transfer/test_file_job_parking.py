"""A file that is left for later: nothing is lost, and nothing is published behind one's back."""

from __future__ import annotations

import gc
import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from hfget.errors import DiskError
from hfget.partials.partial import JOURNALED_BYTES
from hfget.system.cancellation import Stopped
from hfget.transfer.file_job import FileJob
from tests.support.open_files import open_below
from tests.support.schedules import given, job_again
from tests.support.transfers import (
    MIB,
    FileServer,
    Transfer,
    fetch_all,
    flip,
    in_thread,
    noise,
    partials,
    transfer,
    until,
)

pytestmark = pytest.mark.usefixtures("no_proxies")

SIZE = 3 * MIB
DATA = noise(SIZE)


def test_what_was_parked_is_continued(tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        one.fetch(one.lease(MIB))
        one.job.park()
        one.job.park()
        again = transfer(server, tmp_path, DATA)
        assert again.job.ledger.done_bytes == MIB and again.job.received == SIZE - MIB
        again.fetch()
        assert again.job.finish(fsync=False) and again.final.read_bytes() == DATA
        assert server.ranges == [f"bytes=0-{MIB - 1}", f"bytes={MIB}-{SIZE - 1}"]


def test_a_range_is_left_at_rest_for_a_run_that_has_the_whole(tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA, span=(MIB, 2 * MIB))
        assert one.job.progress.size == MIB
        fetch_all(one)
        assert one.job.finish(fsync=True) and one.job.at_rest and one.job.received == MIB
        assert not one.final.exists() and server.ranges == [f"bytes={MIB}-{2 * MIB - 1}"]
        whole = transfer(server, tmp_path, DATA)
        assert whole.job.ledger.done_bytes == MIB
        fetch_all(whole)
        assert whole.job.finish(fsync=False) and whole.final.read_bytes() == DATA
        assert server.ranges[1:] == [f"bytes=0-{MIB - 1}", f"bytes={2 * MIB}-{SIZE - 1}"]


def test_a_range_in_whose_place_another_file_lies_is_not_left_as_one(tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA, span=(0, MIB))
        fetch_all(one)
        data = one.job.partial.data_path
        data.unlink()
        data.write_bytes(bytes(SIZE))
        with pytest.raises(DiskError):
            one.job.finish(fsync=False)
        assert not one.job.at_rest


def test_a_name_that_cannot_be_given_keeps_all_bytes(tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        fetch_all(one)

        def refuse(data: Path) -> None:
            raise DiskError("a folder is in the way")

        given(one.job).on_publish = refuse
        with pytest.raises(DiskError):
            one.job.finish(fsync=False)
        one.job.park()
        again = transfer(server, tmp_path, DATA)
        assert again.job.ledger.finished and again.job.finish(fsync=False)
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
        assert again.job.ledger.done_bytes == SIZE, "and nothing is lost"
        assert again.job.finish(fsync=False) == right
        again.job.discard()


def test_parking_waits_for_a_name_that_is_just_being_given(tmp_path: Path) -> None:
    publishing, go_on = threading.Event(), threading.Event()
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        fetch_all(one)
        publish = given(one.job).on_publish

        def slowly(data: Path) -> None:
            publishing.set()
            until(go_on.is_set)
            publish(data)

        given(one.job).on_publish = slowly
        finished = in_thread(partial(one.job.finish, fsync=False))
        until(publishing.is_set)
        one.job.abandoned = True
        parked = in_thread(one.job.park)
        time.sleep(0.05)
        assert not one.final.exists()
        go_on.set()
        assert finished() is None and parked() is None
    assert one.final.read_bytes() == DATA and partials(tmp_path) == []


def test_small_files_are_not_kept_in_part(tmp_path: Path) -> None:
    data = DATA[:JOURNALED_BYTES]
    with FileServer(data) as server:
        one = transfer(server, tmp_path, data)
        one.fetch(one.lease(1000))
        one.job.park()
        assert partials(tmp_path) == []


@contextmanager
def room_for_files(more: int) -> Iterator[None]:
    """This process may open so many more files."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    gc.collect()  # what it would close later is no room that was given
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


@pytest.fixture
def begun(tmp_path: Path) -> Transfer:
    """A file of which a MiB is here; its server, whose threads might close files, is gone."""
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        one.fetch(one.lease(MIB))
    return one


def opened_again(one: Transfer) -> FileJob:
    job = another(one.job)
    job.open()
    return job


def another(job: FileJob) -> FileJob:
    return job_again(job)


@pytest.mark.parametrize("more", [0, 1, 2])
def test_too_few_descriptors_are_a_disk_error_and_lose_nothing(
    begun: Transfer, more: int, tmp_path: Path
) -> None:
    begun.job.park()
    before, job = open_below(tmp_path), another(begun.job)
    with room_for_files(more), pytest.raises(DiskError, match="too many open files"):
        job.open()
    job.park()
    assert open_below(tmp_path) == before
    again = opened_again(begun)
    assert again.ledger.done_bytes == MIB
    again.discard()


def test_parking_without_a_free_descriptor_loses_nothing(begun: Transfer) -> None:
    begun.job.partial.close()
    begun.job.hash.close()
    with room_for_files(0):
        begun.job.park()
    begun.job.park()
    again = opened_again(begun)
    assert again.ledger.done_bytes == MIB
    again.discard()
