"""What is not in a commit: which names that is certain of, and how a Hub cache is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hfget.destinations.hub_cache import cache as cache_module
from hfget.destinations.hub_cache.cache import CacheLayout
from hfget.model import PathKind
from hfget.selection.patterns import Selection, absent
from tests.support.cached_files import AT, CONFIG, REF, data_for, filled, folder
from tests.support.loopback import small_file, snapshot_of

FILES = (small_file("README.md", b"#"), small_file("sub/deep/c.json", b"{}"))


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        (
            Selection(names=("no.json", "README.md", "sub", "sub/deep", "also/no")),
            "no.json also/no",
        ),
        (Selection(names=("*.bin", "?", "[a]")), ""),
        (Selection(include=("no.json", "*.json", "no.json")), "no.json"),
        (Selection(exclude=("no.json",)), ""),
        (Selection(path="no.json", path_kind=PathKind.FILE), "no.json"),
        (Selection(path="no", path_kind=PathKind.ANY), "no"),
        (Selection(path="no", path_kind=PathKind.FOLDER), ""),
        (Selection(path="sub/deep", path_kind=PathKind.ANY), ""),
        (Selection(path="sub", names=("README.md",)), ""),
        (Selection(), ""),
    ],
)
def test_names_that_are_certainly_not_there(selection: Selection, names: str) -> None:
    assert " ".join(absent(FILES, selection)) == names


def test_an_empty_listing_proves_nothing() -> None:
    assert absent((), Selection(names=("no.json",))) == ()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    cache = tmp_path / "hub"
    filled(cache, CONFIG)
    return cache


def noted(cache: Path, *paths: str) -> list[str]:
    """What is written down after a note about `paths`."""
    CacheLayout(cache, REF).note_absent(AT, paths)
    root = folder(cache) / ".no_exist" / AT.commit
    assert [path for path in (folder(cache) / ".hfget").rglob("*") if path.suffix == ".tmp"] == []
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_a_note_is_an_empty_file(cache: Path) -> None:
    assert noted(cache, "no.json", "a/b/no.txt") == ["a/b/no.txt", "no.json"]
    assert (folder(cache) / ".no_exist" / AT.commit / "no.json").read_bytes() == b""
    assert noted(cache, "no.json") == ["a/b/no.txt", "no.json"]


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/../../x", "", ".", "a//b", "a/", "a\\b", ".git/x", "n" * 256]
)
def test_unsafe_names_are_not_noted(name: str, cache: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert noted(cache, name) == []
    assert sorted(tmp_path.rglob("*")) == before


def test_a_name_that_is_a_listed_file_on_this_disk_is_not_noted(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "folds_case", lambda root: True)
    assert noted(cache, CONFIG.path.upper(), "other.json") == ["other.json"]


def test_a_listed_file_and_what_would_lie_below_it_are_not_noted(cache: Path) -> None:
    assert noted(cache, CONFIG.path, f"{CONFIG.path}/x", "sub") == []


def test_nothing_is_noted_where_the_cache_has_no_such_snapshot(tmp_path: Path) -> None:
    assert noted(tmp_path / "hub", "no.json") == []
    assert not (tmp_path / "hub").exists()


@pytest.mark.parametrize(
    "planted", [".no_exist", ".no_exist/COMMIT", ".no_exist/COMMIT/a", ".hfget"]
)
def test_no_note_goes_through_a_planted_link(planted: str, cache: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    link = folder(cache) / planted.replace("COMMIT", AT.commit)
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.exists():
        link.rename(tmp_path / "away")
    link.symlink_to(outside)
    os.utime(outside, (1, 1))
    CacheLayout(cache, REF).note_absent(AT, ["a/no.json"])
    assert list(outside.iterdir()) == []
    assert outside.stat().st_mtime == 1, "nor was anything there for a moment"
    assert list((folder(cache) / ".no_exist").rglob("no.json")) == []


def test_nothing_is_noted_of_a_snapshot_outside_of_the_cache(cache: Path, tmp_path: Path) -> None:
    snapshot = folder(cache) / "snapshots" / AT.commit
    snapshot.rename(tmp_path / "outside")
    snapshot.symlink_to(tmp_path / "outside")
    assert snapshot.is_dir() and noted(cache, "no.json") == []


def test_what_lies_there_is_left_alone(cache: Path) -> None:
    root = folder(cache) / ".no_exist" / AT.commit
    root.mkdir(parents=True)
    (root / "no.json").write_text("kept")
    os.mkfifo(root / "a")
    CacheLayout(cache, REF).note_absent(AT, ["no.json", "a", "a/b"])
    assert (root / "no.json").read_text() == "kept" and sorted(root.iterdir()) == [
        root / "a",
        root / "no.json",
    ]


def test_a_file_that_comes_after_all_takes_its_note_away(cache: Path) -> None:
    assert noted(cache, "late.json") == ["late.json"]
    late = small_file("late.json", b"{}")
    listing = snapshot_of(CONFIG, late)
    layout = CacheLayout(cache, REF)
    layout.begin(listing, [late])
    data = data_for(layout, CONFIG)
    layout.publish(listing, late, data, replace=False)
    layout.flush()
    layout.close()
    assert noted(cache) == []
