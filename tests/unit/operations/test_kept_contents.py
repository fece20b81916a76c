"""A cache that keeps to a size: what goes, and what never does."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from hfget.operations.pulls.kept_contents import NAME, KeptContents


def content(cache: Path, name: str, size: int = 10) -> Path:
    blob = cache / "models--org--name" / "blobs" / name
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(b"x" * size)
    return blob


def test_what_was_not_used_for_longest_goes_with_its_names(tmp_path: Path) -> None:
    kept = KeptContents(tmp_path, limit=30)
    places = [content(tmp_path, name) for name in "abc"]
    snapshot = tmp_path / "models--org--name" / "snapshots" / ("c" * 40)
    snapshot.mkdir(parents=True)
    for place in places:
        (snapshot / place.name).symlink_to(f"../../blobs/{place.name}")
        kept.arrived(place, 10)
    kept.used(places[0])
    assert kept.make_room(10) == 1 and not places[1].exists()
    assert {one.name for one in snapshot.iterdir()} == {"a", "c"} and kept.total == 20
    assert kept.make_room(25, busy=[places[0]]) == 1
    assert places[0].exists() and not places[2].exists()
    assert kept.make_room(1000) == 1 and kept.total == 0


def test_what_is_too_large_goes_once_it_is_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    kept = KeptContents(tmp_path, limit=30)
    large = content(tmp_path, "large", 40)
    kept.arrived(large, 40)
    assert kept.make_room(0, unused_seconds=60) == 0
    now += 59
    assert kept.make_room(0, unused_seconds=60) == 0
    kept.used(large)
    now += 59
    assert kept.make_room(0, unused_seconds=60) == 0 and large.exists()
    now += 2
    assert kept.make_room(0, unused_seconds=60) == 1 and not large.exists()


def test_what_it_did_not_fetch_stays(tmp_path: Path) -> None:
    kept = KeptContents(tmp_path, limit=5)
    own = content(tmp_path, "own", 100)
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.write_bytes(b"x")
    kept.used(own)
    kept.arrived(outside, 100)
    assert kept.make_room(50) == 1
    assert own.exists() and outside.exists()


def test_it_is_remembered(tmp_path: Path) -> None:
    kept = KeptContents(tmp_path)
    places = [content(tmp_path, name) for name in "ab"]
    for place in places:
        kept.arrived(place, 10)
    kept.used(places[0])
    assert kept.make_room(1 << 40) == 0
    kept.save()
    places.append(content(tmp_path, "c"))
    again = KeptContents(tmp_path, limit=20)
    assert again.total == 20 and again.make_room(10) == 1
    assert [place.exists() for place in places] == [True, False, True]


def test_a_book_that_lies_removes_nothing_outside(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    outside = tmp_path / "mine"
    outside.write_text("x")
    for text in (
        '{"format": 1, "files": {"../mine": [10, 1.0]}}',
        '{"format": 1, "files": {"/' + str(outside).strip("/") + '": [10, 1.0]}}',
        "[]", "{", '{"format": 2, "files": {}}', '{"format": 1, "files": {"a": 1}}',
    ):  # fmt: skip
        (cache / NAME).write_text(text)
        kept = KeptContents(cache, limit=0)
        kept.make_room(1)
        assert outside.exists()
