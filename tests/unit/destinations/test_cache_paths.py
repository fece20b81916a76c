"""Where a content may be taken from: the Hub cache, under which names, and never out of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hfget.destinations.hub_cache.cache_paths import HubCache
from hfget.destinations.hub_cache.cached_snapshot import CachedSnapshot
from hfget.errors import UnsafeError
from hfget.model import RemoteFile, RepoRef
from tests.support.loopback import lfs_file, small_file, snapshot_of

DATA = b"the content"
FILE = lfs_file("sub/w.bin", DATA)
SNAPSHOT = snapshot_of(FILE)
XET = "0f" * 32


def put(path: Path, data: bytes = DATA) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def found(cache: Path, file: RemoteFile = FILE, asked: str = "org/name") -> Path | None:
    return HubCache(cache, RepoRef(asked)).find(SNAPSHOT, file)


@pytest.mark.parametrize("asked", ["org/name", "former"])
def test_a_blob_under_the_present_and_under_the_asked_name(asked: str, cache: Path) -> None:
    assert found(cache, asked=asked) is None
    for folder in {"models--org--name", f"models--{asked.replace('/', '--')}"}:
        blob = put(cache / folder / "blobs" / FILE.etag)
        assert found(cache, asked=asked) == blob
        blob.unlink()
    put(cache / "datasets--org--name" / "blobs" / FILE.etag)
    assert found(cache, asked=asked) is None


def test_who_looks_meanwhile_finds_it_too(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blob = put(cache / "models--org--name" / "blobs" / FILE.etag)
    hub, look = HubCache(cache, RepoRef("org/name")), os.lstat
    others: list[Path | None] = []

    def slow(path: Path) -> os.stat_result:
        if not others:
            others.append(None)
            others[0] = hub.find(SNAPSHOT, FILE)  # as another thread does before this one has seen
        return look(path)

    monkeypatch.setattr(os, "lstat", slow)
    assert hub.find(SNAPSHOT, FILE) == blob and others == [blob]


def test_only_what_may_be_it_is_named(cache: Path) -> None:
    blob = put(cache / "models--org--name" / "blobs" / FILE.etag, DATA + b"more")
    assert found(cache) is None
    put(blob)
    assert found(cache) == blob
    assert found(cache, RemoteFile("w", len(DATA), "", defect="no usable hash")) is None
    assert found(cache, small_file("empty", b"")) is None


def test_the_shared_store_by_xet_hash(cache: Path) -> None:
    stored = put(cache / "blobs" / XET[:2] / XET)
    assert found(cache) is None
    assert found(cache, replace(FILE, xet_hash=XET)) == stored
    for malformed in ("../../x", XET.upper(), XET + "0", ""):
        if malformed.isalnum():
            put(cache / "blobs" / malformed[:2] / malformed)
        assert found(cache, replace(FILE, xet_hash=malformed)) is None
    blob = cache / "models--org--name" / "blobs" / FILE.etag
    blob.parent.mkdir(parents=True)
    blob.symlink_to(Path("../../blobs") / XET[:2] / XET)
    assert found(cache) == stored


def test_a_cache_without_links_has_it_in_the_snapshot(cache: Path) -> None:
    folder = cache / "models--org--name" / "snapshots" / SNAPSHOT.commit
    assert found(cache) is None
    path = put(folder / FILE.path)
    assert found(cache) == path


def outside_by_blob(cache: Path, outside: Path) -> None:
    blob = cache / "models--org--name" / "blobs" / FILE.etag
    blob.parent.mkdir(parents=True)
    blob.symlink_to(outside / FILE.etag)


def outside_by_folder(cache: Path, outside: Path) -> None:
    (cache / "models--org--name").mkdir(parents=True)
    (cache / "models--org--name" / "blobs").symlink_to(outside)


def outside_by_store(cache: Path, outside: Path) -> None:
    (cache / "blobs").mkdir(parents=True)
    (cache / "blobs" / XET[:2]).symlink_to(outside)


@pytest.mark.parametrize("plant", [outside_by_blob, outside_by_folder, outside_by_store])
def test_no_link_out_of_the_cache_is_followed(
    plant: Callable[[Path, Path], None], cache: Path, tmp_path: Path
) -> None:
    put(tmp_path / "outside" / FILE.etag)
    put(tmp_path / "outside" / XET)
    plant(cache, tmp_path / "outside")
    assert found(cache, replace(FILE, xet_hash=XET)) is None


COMMIT = "c" * 40


@pytest.mark.parametrize(
    ("place", "repo"),
    [
        (f"models--org--name/snapshots/{COMMIT}", ("model", "org/name")),
        (f"models--gpt2/snapshots/{COMMIT}", ("model", "gpt2")),
        (f"datasets--a--b/snapshots/{COMMIT}", ("dataset", "a/b")),
        (f"models--org--name/{COMMIT}", None),
        ("models--org--name/snapshots/main", None),
        (f"org--name/snapshots/{COMMIT}", None),
    ],
)
def test_what_is_a_snapshot(place: str, repo: tuple[str, str] | None, cache: Path) -> None:
    (cache / place).mkdir(parents=True)
    at = CachedSnapshot.at(cache / place)
    assert (None if at is None else (at.repo_type, at.repo_id)) == repo
    (cache / "link").symlink_to(cache / place)
    assert CachedSnapshot.at(cache / "link") == at


def test_without_a_listing_the_links_name_the_contents(cache: Path) -> None:
    root = cache / "models--org--name" / "snapshots" / COMMIT
    blob = put(root.parent.parent / "blobs" / FILE.etag)
    (root / "sub").mkdir(parents=True)
    (root / FILE.path).symlink_to(Path("../../../blobs") / FILE.etag)
    (root / "odd").symlink_to("elsewhere")
    at = CachedSnapshot.at(root)
    assert at is not None
    (expected,) = at.expected().values()
    assert (expected.path, expected.etag, expected.size) == (FILE.path, FILE.etag, -1)
    assert at.locate(root / FILE.path) == (blob, len(DATA))


@pytest.mark.parametrize("target", ["/etc/hostname", "../../../../other/blobs/x", "c.json"])
def test_a_name_that_leads_to_no_blob_of_the_repo_is_not_read(target: str, cache: Path) -> None:
    root = cache / "models--org--name" / "snapshots" / COMMIT
    (root.parent.parent / "blobs").mkdir(parents=True)
    put(root / "c.json")
    (root / "link").symlink_to(target)
    at = CachedSnapshot.at(root)
    assert at is not None
    with pytest.raises(UnsafeError):
        at.locate(root / "link")
    assert at.locate(root / "c.json") == (root / "c.json", len(DATA))


def test_a_blob_that_leads_out_of_the_cache_is_not_read(cache: Path, tmp_path: Path) -> None:
    root = cache / "models--org--name" / "snapshots" / COMMIT
    blob = root.parent.parent / "blobs" / FILE.etag
    blob.parent.mkdir(parents=True)
    blob.symlink_to(put(tmp_path / "outside"))
    root.mkdir(parents=True)
    (root / "link").symlink_to(Path("../../blobs") / FILE.etag)
    at = CachedSnapshot.at(root)
    assert at is not None
    with pytest.raises(UnsafeError):
        at.locate(root / "link")


def test_a_link_to_a_blob_that_has_gone_is_a_missing_file(cache: Path) -> None:
    root = cache / "models--org--name" / "snapshots" / COMMIT
    (root.parent.parent / "blobs").mkdir(parents=True)
    root.mkdir(parents=True)
    (root / "link").symlink_to(Path("../../blobs") / FILE.etag)
    at = CachedSnapshot.at(root)
    assert at is not None
    with pytest.raises(FileNotFoundError):
        at.locate(root / "link")
