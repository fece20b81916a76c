"""Which blocks of a partial are believed: those whose bytes are all there and have their CRC."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hfget.partials.journal import Block
from hfget.partials.partial import Partial
from hfget.partials.partial_names import DATA_SUFFIX, own_name, stem_for
from hfget.partials.positional_file import PositionalFile
from hfget.partials.recovery import compare, found_at, leftover_bytes, leftover_space, take_over
from tests.support.open_files import open_below
from tests.support.partials import (
    IDENTITY,
    PIECES,
    WRITTEN,
    age,
    dead,
    elsewhere,
    flip,
    journal_at,
    owned_by,
    parked,
    spans,
)

#: Their CRC is 0, as that of no bytes at all.
LIKE_NOTHING = b"\x9d\x0a\xd9\x6d"
START = b"the beginning"


@pytest.mark.parametrize("left", range(len(START) + len(LIKE_NOTHING) + 1))
def test_a_block_whose_end_is_missing_is_not_the_same(left: int, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.write_bytes(START + LIKE_NOTHING)
    os.truncate(data, left)
    first = Block(0, len(START), zlib.crc32(START))
    second = Block(first.end, len(LIKE_NOTHING), zlib.crc32(LIKE_NOTHING))
    assert second.crc == 0
    assert list(compare(data, (first, second))) == [
        (block, block.end <= left) for block in (first, second)
    ]


def test_an_owner_who_writes_while_it_is_copied_changes_no_block_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stem = stem_for(tmp_path / "download", IDENTITY.path, IDENTITY.hash)
    theirs = owned_by(stem, elsewhere(), parked(stem, *PIECES))
    age(theirs, journal_at(theirs))
    read, late = PositionalFile.read_at, []

    def read_then_written(file: PositionalFile, view: memoryview, offset: int) -> int:
        count = read(file, view, offset)
        flip(theirs, offset)
        late.append(offset)
        return count

    with monkeypatch.context() as patched:
        patched.setattr(PositionalFile, "read_at", read_then_written)
        partial = Partial.open(stem, IDENTITY)
    assert late == [start for start, _ in PIECES]
    assert spans(partial) == set(PIECES) and partial.damaged() == []
    partial.discard()


def test_without_a_journal_nothing_is_worth_anything(tmp_path: Path) -> None:
    data = tmp_path / f"x{DATA_SUFFIX}"
    data.write_bytes(START)
    assert found_at(data, None).worth == 0


def test_the_space_of_a_partial_is_what_it_takes_or_what_is_known_to_be_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stem = stem_for(tmp_path / "download", IDENTITY.path, IDENTITY.hash)
    assert leftover_space(stem, IDENTITY) == 0
    data = parked(stem, *PIECES)
    assert leftover_space(stem, IDENTITY) == data.stat().st_blocks * 512
    stat = Path.lstat

    def without_blocks(path: Path, **options: bool) -> Any:
        found = stat(path, **options)
        names = ("st_mode", "st_ino", "st_dev", "st_nlink", "st_uid")
        fields = {name: getattr(found, name) for name in names}
        return SimpleNamespace(**fields) if path == data else found

    monkeypatch.setattr(Path, "lstat", without_blocks)
    assert leftover_space(stem, IDENTITY) == WRITTEN


def test_a_partial_that_somebody_else_takes_first_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stem = stem_for(tmp_path / "download", IDENTITY.path, IDENTITY.hash)
    parked(stem, *PIECES)
    rename = Path.rename

    def too_late(path: Path, target: Path) -> Path:
        rename(path, tmp_path / path.name)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", too_late)
    assert take_over(stem, IDENTITY, own_name(stem)) is None


def test_a_copy_leaves_no_file_open(tmp_path: Path) -> None:
    stem = stem_for(tmp_path / "download", IDENTITY.path, IDENTITY.hash)
    theirs = owned_by(stem, elsewhere(), parked(stem, *PIECES))
    age(theirs, journal_at(theirs))
    before = open_below(tmp_path)
    assert take_over(stem, IDENTITY, own_name(stem)) is not None
    assert open_below(tmp_path) == before
    assert not theirs.exists()


@pytest.mark.parametrize("strange", ["!", "~"])
def test_other_files_in_the_folder_are_stepped_over(strange: str, tmp_path: Path) -> None:
    stem = stem_for(tmp_path / "download", IDENTITY.path, IDENTITY.hash)
    owned_by(stem, dead(), parked(stem, *PIECES))
    stem.with_name(f"{stem.name}.{strange}{DATA_SUFFIX}").touch()
    assert leftover_bytes(stem, IDENTITY) == WRITTEN
