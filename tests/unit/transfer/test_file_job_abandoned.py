"""A job that is given up midway: whoever works on it stops, and nothing stays open."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import pytest

from hfget.partials.positional_file import PositionalFile
from hfget.system import hold_folder
from hfget.system.cancellation import Stopped
from hfget.transfer.file_job import FileJob
from tests.support.open_files import open_below
from tests.support.transfers import MIB, FileServer, Transfer, fetch_all, flip, noise, transfer

pytestmark = pytest.mark.usefixtures("no_proxies")

DATA = noise(3 * MIB)


@pytest.fixture
def fetched(tmp_path: Path) -> Iterator[Transfer]:
    """All bytes are there, and nothing is hashed yet."""
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        fetch_all(one, MIB)
        yield one
        one.job.discard()


def abandon_then_fail(job: FileJob) -> Callable[..., int]:
    """A read during which the job is given up, and its files closed."""

    def read_at(file: PositionalFile, view: memoryview, offset: int) -> int:
        job.abandoned = True
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    return read_at


@pytest.mark.parametrize("how", ["advance_hash", "finish"])
def test_a_read_that_fails_since_the_job_was_given_up_is_no_failure(
    how: str, fetched: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = fetched.job
    monkeypatch.setattr(PositionalFile, "read_at", abandon_then_fail(job))
    with pytest.raises(Stopped):
        job.advance_hash() if how == "advance_hash" else job.finish(fsync=False)
    assert not fetched.final.exists()


class Late:
    """A lock that is had only after the job was given up."""

    def __init__(self, job: FileJob) -> None:
        self._job, self._lock = job, job._partial_lock

    def __enter__(self) -> None:
        self._job.abandoned = True
        self._lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()


def test_a_repair_that_comes_too_late_opens_nothing_again(
    fetched: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = fetched.job
    partial = job.partial
    flip(partial.data_path, 1000)
    while job.advance_hash():
        pass
    damaged = type(partial).damaged

    def then_late(self: object) -> object:
        found = damaged(partial)
        monkeypatch.setattr(job, "_partial_lock", Late(job))
        return found

    monkeypatch.setattr(type(partial), "damaged", then_late)
    with pytest.raises(Stopped):
        job.finish(fsync=False)
    monkeypatch.undo()
    assert job.partial is partial and not fetched.final.exists()


def test_a_repair_leaves_no_file_open(fetched: Transfer, tmp_path: Path) -> None:
    flip(fetched.job.partial.data_path, 1000)
    before = open_below(tmp_path)
    assert not fetched.job.finish(fsync=False)
    assert open_below(tmp_path) == before


@pytest.mark.parametrize("how", ["park", "discard"])
def test_what_is_left_or_thrown_away_leaves_no_file_open(how: str, tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        fetch_all(one, MIB)
    assert open_below(tmp_path)
    getattr(one.job, how)()
    hold_folder(os.fspath(tmp_path.parent))  # this thread's, in which the next file would be made
    assert not open_below(tmp_path)
