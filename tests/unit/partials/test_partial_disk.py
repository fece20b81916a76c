"""What the disk does to a partial: it fails, flips bits, forgets; and what is said of it."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from hfget.errors import DiskError
from hfget.partials import partial as partial_module
from hfget.partials import positional_file
from hfget.partials.journal import Identity, read_journal
from hfget.partials.partial import Partial
from hfget.partials.partial_names import DATA_SUFFIX, stem_for
from hfget.partials.positional_file import RESERVED_BYTES, PositionalFile
from tests.support.open_files import open_below
from tests.support.partials import (
    DATA,
    IDENTITY,
    PIECES,
    SIZE,
    flip,
    journal_at,
    names,
    spans,
    write,
)


def test_a_changed_byte_is_named_and_the_rest_can_be_kept(stem: Path) -> None:
    partial = Partial.open(stem, IDENTITY)
    write(partial, *PIECES)
    assert partial.damaged() == []
    flip(partial.data_path, 8999)
    bad = partial.damaged()
    assert [(block.offset, block.end) for block in bad] == [PIECES[1]]
    again = partial.reopened([block for block in partial.recorded() if block not in bad])
    assert spans(again) == {PIECES[0], PIECES[2]}
    write(again, PIECES[1])
    assert again.damaged() == [] and len(again.recorded()) == 3
    again.discard()


def test_sync_says_what_is_safe_and_nothing_more(stem: Path) -> None:
    partial = Partial.open(stem, IDENTITY)
    write(partial, *PIECES[:2])
    assert partial.unsynced > 0 and partial.sync()
    write(partial, PIECES[2])
    journal = read_journal(journal_at(partial.data_path))
    assert journal is not None and (len(journal.blocks), journal.synced) == (3, 2)
    partial.close()
    assert partial.sync(), "closed by whoever finishes it: nothing is left to do"
    partial.discard()


def test_publishing_takes_the_data_and_leaves_no_journal(stem: Path, tmp_path: Path) -> None:
    partial = Partial.open(stem, IDENTITY)
    write(partial, (0, SIZE))
    partial.close()
    partial.data_path.replace(tmp_path / "final")
    partial.published()
    assert (tmp_path / "final").read_bytes() == DATA and names(stem) == []


def test_a_folder_that_is_a_file_is_a_disk_error(tmp_path: Path) -> None:
    (tmp_path / "download").touch()
    with pytest.raises(DiskError) as caught:
        Partial.open(stem_for(tmp_path / "download" / "x", "a", "ab" * 32), IDENTITY)
    assert caught.value.exit_code == 7 and str(tmp_path) in caught.value.message


def no_room(*args: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("doing", ["allocate", "write_at"])
def test_a_full_disk_is_a_disk_error_and_what_could_not_begin_is_gone(
    doing: str, stem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PositionalFile, doing, no_room)
    with pytest.raises(DiskError, match="no space left"):
        write(Partial.open(stem, IDENTITY), PIECES[0])
    if doing == "allocate":
        assert names(stem) == []


def test_what_cannot_be_opened_again_is_a_disk_error(stem: Path) -> None:
    partial = Partial.open(stem, IDENTITY)
    partial.data_path.unlink()
    with pytest.raises(DiskError, match="has been removed"):
        partial.reopened(())


def test_the_journal_is_brought_to_the_disk(stem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    partial = Partial.open(stem, IDENTITY)
    brought: list[int] = []
    monkeypatch.setattr(os, "fdatasync", lambda fd: brought.append(os.fstat(fd).st_ino))
    partial.sync_journal()
    assert brought == [journal_at(partial.data_path).stat().st_ino]
    assert partial.sync() and brought[1:] == [partial.data_path.stat().st_ino]
    partial.discard()


@pytest.mark.parametrize(
    ("number", "outcome"), [(errno.EIO, None), (errno.EINVAL, False), (errno.EBADF, True)]
)
def test_a_sync_that_fails_is_an_error_of_the_disk_or_says_what_it_was_worth(
    number: int, outcome: bool | None, stem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(file: PositionalFile) -> None:
        raise OSError(number, os.strerror(number))

    partial = Partial.open(stem, IDENTITY)
    write(partial, PIECES[0])
    monkeypatch.setattr(PositionalFile, "sync_data", fails)
    if outcome is None:
        with pytest.raises(DiskError):
            partial.sync()
    else:
        assert partial.sync() is outcome
    assert partial.unsynced > 0
    partial.discard()


def test_what_is_safe_is_not_asked_for_again(stem: Path) -> None:
    partial = Partial.open(stem, IDENTITY)
    for number in range(100):
        write(partial, (number, number + 1))
    before = partial.unsynced
    assert partial.sync()
    assert partial.unsynced < before / 10
    write(partial, (200, 201))
    assert 0 < partial.unsynced < before / 10
    partial.discard()


def test_a_block_that_cannot_be_read_back_is_a_damaged_one(
    stem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = Partial.open(stem, IDENTITY)
    write(partial, *PIECES)
    number = errno.EIO
    read_at = PositionalFile.read_at

    def reads(file: PositionalFile, view: memoryview, offset: int) -> int:
        if offset == PIECES[1][0]:
            raise OSError(number, os.strerror(number))
        return read_at(file, view, offset)

    monkeypatch.setattr(PositionalFile, "read_at", reads)
    assert [block.offset for block in partial.damaged()] == [PIECES[1][0]]
    number = errno.ESTALE
    with pytest.raises(DiskError, match="reading back"):
        partial.damaged()
    partial.discard()


def test_a_journal_that_cannot_be_read_is_a_disk_error(
    stem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    partial = Partial.open(stem, IDENTITY)
    monkeypatch.setattr(partial_module, "read_journal", fails)
    with pytest.raises(DiskError, match="reading back"):
        partial.recorded()
    partial.discard()


def test_the_one_that_was_reopened_writes_no_more(stem: Path) -> None:
    partial = Partial.open(stem, IDENTITY)
    write(partial, PIECES[0])
    before = len(open_below(stem.parent))
    again = partial.reopened(partial.recorded())
    with pytest.raises(AssertionError):
        write(partial, PIECES[1])
    assert spans(again) == {PIECES[0]}
    assert len(open_below(stem.parent)) == before
    again.discard()


@pytest.mark.parametrize(("size", "journaled"), [(1 << 20, False), ((1 << 20) + 1, True)])
def test_a_file_above_a_mebibyte_is_gone_on_with(size: int, journaled: bool, stem: Path) -> None:
    partial = Partial.open(stem, IDENTITY._replace(size=size))
    assert journal_at(partial.data_path).exists() is journaled
    partial.discard()


def test_a_small_file_costs_one_descriptor_and_no_journal(stem: Path) -> None:
    partial = Partial.open(stem, IDENTITY._replace(size=100))
    before = open_below(stem.parent)
    write(partial, (0, 100))
    buffer = bytearray(100)
    assert partial.reader().read_at(memoryview(buffer), 0) == 100 and buffer == DATA[:100]
    assert open_below(stem.parent) == before
    assert partial.unsynced == 0 and partial.sync() and partial.unsynced == 0
    partial.discard()


def test_two_that_begin_in_a_new_folder_at_once_do_not_hinder_each_other(
    stem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = Path.mkdir

    def a_moment_later(path: Path, **options: bool) -> None:
        mkdir(path, parents=True)
        mkdir(path, **options)

    monkeypatch.setattr(Path, "mkdir", a_moment_later)
    partial = Partial.open(stem, IDENTITY)
    assert partial.data_path.parent == stem.parent
    partial.discard()


LARGE = 3 << 30


@pytest.mark.skipif(sys.platform != "linux", reason="space is reserved on Linux alone")
def test_what_has_not_come_takes_no_space(stem: Path) -> None:
    """Of a file of 3 GB come 100 kB, at four places; then the run ends."""
    identity = Identity("w.bin", LARGE, "sha256", "ab" * 32, "c" * 40)
    partial = Partial.open(stem, identity)
    places = [0, LARGE // 3, LARGE // 2 + 1, LARGE - 25_000]
    for place in places:
        partial.write(memoryview(b"x" * 25_000), place)
    under_way = partial.data_path.stat()
    assert under_way.st_size == LARGE
    assert under_way.st_blocks * 512 <= 5 * RESERVED_BYTES
    partial.park()
    rest = stem.with_name(stem.name + DATA_SUFFIX)
    assert rest.stat().st_size == LARGE and rest.stat().st_blocks * 512 < 1 << 20
    again = Partial.open(stem, identity)
    assert [block.offset for block in again.blocks] == places
    assert again.damaged() == []
    for place in places:
        found = bytearray(25_000)
        again.reader().read_at(memoryview(found), place)
        assert found == b"x" * 25_000
    again.discard()


def test_a_file_system_that_cannot_reserve_or_release_is_no_failure(
    stem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for answer in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
        monkeypatch.setattr(positional_file, "_fallocate", lambda *way, answer=answer: answer)
        partial = Partial.open(stem, IDENTITY)
        write(partial, PIECES[0])
        partial.park()
        assert names(stem) != []
        Partial.open(stem, IDENTITY).discard()
