"""What `hfget prune` may remove: partials of this user that no process goes on with."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from hfget.limits import LEASE_SECONDS
from hfget.partials import Abandoned, abandoned_in, clear
from hfget.partials.partial_names import stem_for
from hfget.system.process_identity import ProcessIdentity

STEM = stem_for(Path(), "dir/model.bin", "ab" * 32).name
MINE = ProcessIdentity.mine()
DEAD = MINE._replace(start="1")
ELSEWHERE = MINE._replace(host="00000000")
SUFFIXES = (".incomplete", ".hfget-journal")


def put(folder: Path, rest: str, seconds_ago: float = 1000.0) -> list[Path]:
    paths = [folder / f"{rest}{suffix}" for suffix in SUFFIXES]
    for path in paths:
        path.write_bytes(b"x" * 5000)
        os.utime(path, (time.time() - seconds_ago,) * 2)
    return paths


def names(found: list[Abandoned]) -> set[str]:
    return {path.name for each in found for path in each.paths}


@pytest.mark.parametrize(
    ("rest", "goes"),
    [
        (STEM, True),
        (f"{STEM}.{DEAD}", True),
        (f"{STEM}.{MINE}", False),
        (f"{STEM}.{ELSEWHERE}", True),
        (f"{STEM}.another-version", False),
        ("model", False),
        ("of.hf", False),
    ],
    ids=["at rest", "dead", "mine", "elsewhere", "another version", "no partial", "of hf"],
)
def test_whose_partial_may_go(tmp_path: Path, rest: str, goes: bool) -> None:
    paths = put(tmp_path, rest)
    found = abandoned_in(tmp_path)
    assert names(found) == ({path.name for path in paths} if goes else set())
    assert [clear(each) for each in found] == [each.size for each in found]
    assert [path.exists() for path in paths] == [not goes] * 2


def test_a_sign_of_life_of_either_file_keeps_both(tmp_path: Path) -> None:
    data, journal = put(tmp_path, f"{STEM}.{ELSEWHERE}", LEASE_SECONDS * 10)
    os.utime(data)
    assert abandoned_in(tmp_path) == []
    os.utime(data, (1.0, 1.0))
    os.utime(journal)
    assert abandoned_in(tmp_path) == []


def test_a_file_with_another_name_is_not_only_ours(tmp_path: Path) -> None:
    data, _ = put(tmp_path, STEM)
    os.link(data, tmp_path / "published.bin")
    assert abandoned_in(tmp_path) == []


def test_a_link_is_no_partial(tmp_path: Path) -> None:
    (tmp_path / "mine.bin").write_bytes(b"mine")
    (tmp_path / f"{STEM}.incomplete").symlink_to(tmp_path / "mine.bin")
    assert abandoned_in(tmp_path) == []


def test_what_has_changed_since_it_was_found_stays(tmp_path: Path) -> None:
    paths = put(tmp_path, STEM)
    [found] = abandoned_in(tmp_path)
    os.utime(paths[0])
    assert clear(found) is None
    assert all(path.exists() for path in paths)
    [found] = abandoned_in(tmp_path)
    paths[0].rename(tmp_path / f"{STEM}.{MINE}.incomplete")
    assert clear(found) is None and paths[1].exists()
