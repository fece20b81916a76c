"""The record of what was hashed: only what it says for sure counts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfget.layout.directories import Seen
from hfget.layout.verified import Verified
from tests.unit.foreign import give_away
from tests.unit.verdicts import refused

SHA1, SHA256 = "ab" * 20, "cd" * 32
SEEN = Seen(device=1, inode=22, size=333, modified_ns=4444)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".hfget" / "verified"


def written(path: Path, *entries: tuple[str, Seen]) -> Verified:
    record = Verified(path)
    for etag, seen in entries:
        record.add(etag, seen)
    record.write()
    return record


@pytest.mark.parametrize("etag", [SHA1, SHA256])
def test_what_was_written_is_known_to_the_next_run(etag: str, path: Path) -> None:
    assert not Verified(path).holds(etag, SEEN)
    assert written(path, (etag, SEEN)).holds(etag, SEEN)
    assert Verified(path).holds(etag, SEEN)


@pytest.mark.parametrize("changed", ["inode", "size", "modified_ns"])
def test_what_is_not_the_same_file_any_more_is_not_known(changed: str, path: Path) -> None:
    written(path, (SHA1, SEEN))
    assert not Verified(path).holds(SHA1, SEEN._replace(**{changed: 5}))
    assert not Verified(path).holds("ef" * 20, SEEN)
    assert Verified(path).holds(SHA1, SEEN._replace(device=9))  # a disk may be mounted elsewhere


def test_lines_of_several_writers_are_kept(path: Path) -> None:
    mine, yours = Verified(path), Verified(path)
    assert not mine.holds(SHA1, SEEN) and not yours.holds(SHA256, SEEN)
    mine.add(SHA1, SEEN)
    yours.add(SHA256, SEEN)
    mine.write()
    yours.write()
    assert not mine.holds(SHA256, SEEN)
    mine.reread()
    assert mine.holds(SHA256, SEEN) and yours.holds(SHA256, SEEN)
    assert path.read_text().count("\n") == 2


def test_nothing_is_written_twice_or_for_nothing(path: Path) -> None:
    written(path)
    assert not path.exists()
    record = written(path, (SHA1, SEEN), (SHA1, SEEN))
    record.add(SHA1, SEEN)
    record.write()
    assert path.read_text().count("\n") == 1


def test_a_torn_line_costs_itself_alone(path: Path) -> None:
    written(path, (SHA1, SEEN))
    whole = path.read_text()
    path.write_text(whole + whole[: len(whole) // 2])
    written(path, (SHA256, SEEN))
    record = Verified(path)
    assert record.holds(SHA1, SEEN) and record.holds(SHA256, SEEN)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_neither_known_nor_in_the_way(
    tmp_path_factory: pytest.TempPathFactory, garbage: bytes
) -> None:
    path = tmp_path_factory.mktemp("record") / "verified"
    path.write_bytes(garbage)
    assert not Verified(path).holds(SHA1, SEEN)
    refused()
    written(path, (SHA1, SEEN))
    assert Verified(path).holds(SHA1, SEEN)


def test_a_planted_link_is_not_written_through(path: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    path.parent.mkdir()
    path.symlink_to(outside)
    written(path, (SHA1, SEEN))
    assert outside.read_text() == "mine" and not path.is_symlink()
    assert Verified(path).holds(SHA1, SEEN)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["pipe", "hard link"])
def test_what_is_no_record_of_mine_is_replaced_and_not_written_to(
    kind: str, path: Path, tmp_path: Path
) -> None:
    path.parent.mkdir()
    precious = tmp_path / "precious"
    precious.write_text("mine\n")
    if kind == "pipe":
        os.mkfifo(path)
    else:
        os.link(precious, path)
    written(path, (SHA1, SEEN))
    assert Verified(path).holds(SHA1, SEEN) and precious.read_text() == "mine\n"


def test_who_shares_a_cache_has_a_record_of_his_own(path: Path) -> None:
    theirs = f"{SHA1} 333 4444 22\n"
    path.parent.mkdir()
    path.write_text(theirs)
    give_away(path)
    assert not Verified(path).holds(SHA1, SEEN), "only their word"
    written(path, (SHA256, SEEN))
    assert Verified(path).holds(SHA256, SEEN) and path.read_text() == theirs
