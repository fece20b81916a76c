"""Which blocks of a partial are believed: those whose bytes are all there and have their CRC."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest

from hfget.transfer.journal import Block
from hfget.transfer.leftovers import compare
from hfget.transfer.partial import Partial, stem_for
from hfget.transfer.positional import PositionalFile
from tests.unit.partials import (
    IDENTITY,
    PIECES,
    age,
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
