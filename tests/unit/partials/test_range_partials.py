"""Ranges of one file, each in a partial of its own, put together: nothing lost, nothing wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfget.errors import DiskError
from hfget.partials.abandoned import abandoned_in, sweep
from hfget.partials.partial import Partial
from hfget.partials.partial_names import digest_of, range_stem, split_stem
from hfget.partials.positional_file import PositionalFile
from hfget.partials.range_partials import bytes_here
from hfget.partials.recovery import leftover_bytes
from hfget.system import Stopped
from tests.support.partials import (
    DATA,
    IDENTITY,
    SIZE,
    age,
    dead,
    elsewhere,
    flip,
    journal_at,
    names,
    owned_by,
    parked,
    spans,
    write,
)

MIDDLE = 600_000
FIRST, SECOND = (0, MIDDLE), (MIDDLE, SIZE)


def both(stem: Path) -> tuple[Path, Path]:
    """Both halves at rest, each of which two writes have brought."""
    first = parked(range_stem(stem, FIRST), (0, 1000), (1000, MIDDLE), synced=1)
    second = parked(range_stem(stem, SECOND), (MIDDLE, MIDDLE + 5), (MIDDLE + 5, SIZE), synced=2)
    return first, second


def content(partial: Partial) -> bytes:
    return partial.read((0, SIZE))


def test_a_name_tells_the_range(stem: Path) -> None:
    assert split_stem(range_stem(stem, SECOND)) == (stem, SECOND)
    assert split_stem(stem) == (stem, None)
    assert split_stem(stem.with_name("x.r1-")) == (stem.with_name("x.r1-"), None)


@pytest.mark.parametrize("in_kernel", [True, False])
def test_all_ranges_make_the_file_and_are_removed(
    stem: Path, in_kernel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not in_kernel:
        monkeypatch.setattr("os.copy_file_range", None, raising=False)
    both(stem)
    assert leftover_bytes(stem, IDENTITY) == bytes_here(stem, IDENTITY).total == SIZE
    told: list[int] = []
    partial = Partial.open(stem, IDENTITY, told.append)
    assert content(partial) == DATA and partial.damaged() == []
    assert told[-1] == min(MIDDLE, SIZE - MIDDLE)  # the larger one has become the file
    assert [name for name in names(stem) if ".r" in name] == []
    partial.park()
    assert leftover_bytes(stem, IDENTITY) == SIZE


def test_a_range_that_a_process_works_on_is_left_to_it(stem: Path) -> None:
    parked(range_stem(stem, FIRST), FIRST)
    at_work = Partial.open(range_stem(stem, SECOND), IDENTITY)
    write(at_work, SECOND)
    assert leftover_bytes(stem, IDENTITY) == MIDDLE
    partial = Partial.open(stem, IDENTITY)
    assert spans(partial) == {FIRST}
    at_work.park()
    partial.park()
    again = Partial.open(stem, IDENTITY)
    assert spans(again) == {FIRST, SECOND} and content(again) == DATA
    again.discard()
    assert names(stem) == []


def test_what_another_host_has_brought_is_copied_and_goes_once_it_counts_as_gone(
    stem: Path,
) -> None:
    first, second = both(stem)
    theirs = owned_by(range_stem(stem, FIRST), elsewhere(), first)
    old = owned_by(range_stem(stem, SECOND), elsewhere(), second)
    age(old, journal_at(old))
    partial = Partial.open(stem, IDENTITY)
    assert content(partial) == DATA
    assert theirs.exists() and not old.exists()
    partial.discard()


def test_bytes_that_the_disk_has_changed_are_not_taken(stem: Path) -> None:
    first, second = both(stem)
    smaller = owned_by(range_stem(stem, SECOND), elsewhere(), second)
    flip(smaller, SIZE - 1)
    partial = Partial.open(stem, IDENTITY)
    assert spans(partial) == {(0, 1000), (1000, MIDDLE), (MIDDLE, MIDDLE + 5)}
    assert not first.exists()
    partial.discard()


def test_a_range_takes_its_bytes_from_whatever_else_has_them(stem: Path) -> None:
    """An interrupted run has left a part of the whole; ranges were others before."""
    whole = parked(stem, (0, 5000), (MIDDLE - 9, MIDDLE))
    other = parked(range_stem(stem, (4000, MIDDLE)), (5000, 9000))
    mine = Partial.open(range_stem(stem, (8000, SIZE)), IDENTITY)
    assert spans(mine) == {(MIDDLE - 9, MIDDLE), (5000, 9000)}
    assert whole.exists() and other.exists()
    mine.discard()
    assert Partial.open(range_stem(stem, SECOND), IDENTITY).blocks == ()


@pytest.mark.parametrize("owner", [None, "dead"])
def test_one_that_is_stopped_while_it_copies_leaves_all_as_it_was(
    stem: Path, owner: str | None
) -> None:
    first, second = both(stem)
    if owner:
        owned_by(range_stem(stem, FIRST), dead(), first)
    before = names(stem)

    def stop(count: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        Partial.open(stem, IDENTITY, stop)
    assert names(stem) == before
    assert leftover_bytes(stem, IDENTITY) == SIZE and second.exists()


def test_nothing_is_removed_before_the_copy_is_on_the_disk(
    stem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both(stem)
    with monkeypatch.context() as patched:

        def lose(file: PositionalFile) -> None:
            raise OSError(5, "Input/output error")

        patched.setattr(PositionalFile, "sync_data", lose)
        partial = Partial.open(stem, IDENTITY)
        with pytest.raises(DiskError):
            partial.sync()
    assert len([name for name in names(stem) if ".r" in name]) == 2  # data and journal of one
    partial.discard()


def test_prune_can_leave_ranges_and_a_finished_file_clears_them(stem: Path) -> None:
    both(stem)
    assert len(abandoned_in(stem.parent)) == 2
    assert abandoned_in(stem.parent, ranges=False) == []
    sweep(stem.parent, [digest_of("another")])
    assert len(names(stem)) == 4
    sweep(stem.parent, [digest_of(IDENTITY.path)])
    assert names(stem) == []
