"""What is wrong or in the way in a Hub cache: replaced or refused, never written through."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hfget.destinations.hub_cache import symlinks
from hfget.destinations.hub_cache.cache import CacheLayout
from hfget.destinations.hub_cache.cache_paths import HubCache
from hfget.destinations.safe_directories import Directories
from hfget.errors import DiskError, UnsafeError
from hfget.model import ItemState
from tests.support.cached_files import (
    AT,
    CONFIG,
    LATER,
    REF,
    WEIGHTS,
    blob,
    data_for,
    filled,
    folder,
    pointer,
    state,
)
from tests.support.loopback import small_file
from tests.support.other_users import give_away


def cut_short(path: Path) -> None:
    path.write_bytes(b"{")


def a_link_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("gone")


def a_link_outside(path: Path) -> None:
    outside = path.parents[3] / "outside"
    outside.write_bytes(b"{}")
    path.unlink()
    path.symlink_to(outside)


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("happens", [cut_short, a_link_to_nothing, a_link_outside, a_pipe])
def test_a_wrong_blob_is_replaced_never_written_to(
    happens: Callable[[Path], None], cache: Path
) -> None:
    filled(cache, CONFIG)
    happens(blob(cache, CONFIG))
    outside = cache.parent / "outside"
    before = outside.read_bytes() if outside.exists() else None
    layout = CacheLayout(cache, REF)
    assert layout.place(AT, CONFIG).state is ItemState.OUTDATED
    layout.publish(AT, CONFIG, data_for(layout, CONFIG), replace=True)
    layout.flush()
    layout.close()
    assert blob(cache, CONFIG).read_bytes() == b"{}" and not blob(cache, CONFIG).is_symlink()
    assert state(cache, CONFIG) is ItemState.COMPLETE
    assert before is None or outside.read_bytes() == before


@pytest.mark.timeout(20)
def test_no_thread_waits_for_a_pipe_in_place_of_an_empty_file(cache: Path) -> None:
    empty = small_file("empty", b"")
    blob(cache, empty).parent.mkdir(parents=True)
    os.mkfifo(blob(cache, empty))
    assert state(cache, empty) is ItemState.OUTDATED


@pytest.mark.parametrize(
    "planted", ["blobs", "snapshots", "refs", "trees", ".hfget", ".no_exist", "../.locks"]
)
def test_a_link_out_of_the_cache_is_refused(planted: str, cache: Path, tmp_path: Path) -> None:
    link = Path(os.path.normpath(folder(cache) / planted))
    link.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "outside").mkdir()
    link.symlink_to(tmp_path / "outside")
    with pytest.raises(UnsafeError):
        CacheLayout(cache, REF).check(AT.files)


@pytest.mark.parametrize("owner", ["mine", "foreign"])
def test_a_repo_may_lie_on_another_disk_by_a_link_of_my_own(
    owner: str, cache: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    folder(cache).parent.mkdir(parents=True)
    folder(cache).symlink_to(outside)
    if owner == "foreign":
        give_away(folder(cache))
        with pytest.raises(UnsafeError):
            CacheLayout(cache, REF).check(AT.files)
        assert list(outside.iterdir()) == []
        return
    CacheLayout(cache, REF).check(AT.files)
    filled(cache, CONFIG, WEIGHTS)
    assert pointer(cache, WEIGHTS).samefile(outside / "blobs" / WEIGHTS.etag)
    assert state(cache, WEIGHTS) is ItemState.COMPLETE
    assert HubCache(cache, REF).find(AT, WEIGHTS) == outside / "blobs" / WEIGHTS.etag


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("place", [f".hfget/{AT.commit}", f"snapshots/{AT.commit}"])
def test_a_link_in_place_of_a_folder_of_the_commit_is_not_written_through(
    place: str, inside: bool, cache: Path, tmp_path: Path
) -> None:
    elsewhere = (cache if inside else tmp_path) / "elsewhere"
    elsewhere.mkdir(parents=True)
    link = folder(cache) / place
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere)
    layout = CacheLayout(cache, REF)
    layout.check(AT.files)
    if not inside or place.startswith(".hfget"):
        with pytest.raises((UnsafeError, DiskError)):
            layout.begin(AT, AT.files)
    assert list(elsewhere.iterdir()) == []


def test_a_link_in_a_snapshot_is_refused(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    pointer(cache, WEIGHTS).parent.mkdir(parents=True)
    pointer(cache, CONFIG).parent.symlink_to(tmp_path / "outside")
    layout = CacheLayout(cache, REF)
    assert layout.place(AT, WEIGHTS).state is ItemState.MISSING
    with pytest.raises(UnsafeError):
        layout.place(AT, CONFIG)


@pytest.mark.parametrize("wrong", ["../../blobs/other", "/etc/hostname", None])
def test_a_name_that_is_not_the_link_it_should_be_is_replaced(
    wrong: str | None, cache: Path
) -> None:
    filled(cache, WEIGHTS)
    name = pointer(cache, WEIGHTS)
    name.unlink()
    if wrong is None:
        name.write_text("of another size")
    else:
        name.symlink_to(wrong)
    layout = CacheLayout(cache, REF)
    assert layout.place(AT, WEIGHTS).needs_record
    layout.adopt(AT, WEIGHTS)
    layout.flush()
    layout.close()
    assert name.samefile(blob(cache, WEIGHTS))


def test_a_folder_in_the_way_blocks_the_file(cache: Path) -> None:
    pointer(cache, WEIGHTS).mkdir(parents=True)
    blocked = CacheLayout(cache, REF).place(AT, WEIGHTS).blocked
    assert blocked is not None and str(pointer(cache, WEIGHTS)) in blocked.message


def test_what_huggingface_hub_took_for_missing_is_there_now(cache: Path) -> None:
    marker = folder(cache) / ".no_exist" / AT.commit / CONFIG.path
    marker.parent.mkdir(parents=True)
    marker.touch()
    filled(cache, CONFIG)
    assert not marker.exists()


def test_a_marker_outside_of_the_cache_is_left_alone(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "c.json").touch()
    markers = folder(cache) / ".no_exist" / AT.commit
    markers.mkdir(parents=True)
    (markers / "sub").symlink_to(tmp_path / "outside")
    filled(cache, CONFIG)
    assert (tmp_path / "outside" / "c.json").exists()
    assert state(cache, CONFIG) is ItemState.COMPLETE


def test_a_blob_is_on_the_disk_before_anything_names_it(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named: list[bool] = []
    sync = Directories.sync

    def synced(self: Directories, folders: set[Path]) -> bool:
        if folders == {folder(cache) / "blobs"}:
            named.append(os.path.lexists(pointer(cache, CONFIG)))
        return sync(self, folders)

    monkeypatch.setattr(Directories, "sync", synced)
    filled(cache, CONFIG)
    assert named == [False] and os.path.lexists(pointer(cache, CONFIG))


def test_where_links_cannot_be_made_the_files_lie_in_the_snapshot(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*names: object, **more: object) -> None:
        raise OSError(errno.EPERM, "exFAT has none")

    (moved,) = LATER.files
    filled(cache, CONFIG)
    monkeypatch.setattr(os, "symlink", no_links)
    filled(cache, WEIGHTS)
    assert pointer(cache, WEIGHTS).read_bytes() == b"weights"
    assert not blob(cache, WEIGHTS).exists()
    assert state(cache, WEIGHTS) is ItemState.COMPLETE
    layout = CacheLayout(cache, REF)
    assert layout.place(LATER, moved).needs_record
    layout.begin(LATER, [moved])
    layout.adopt(LATER, moved)
    layout.flush()
    layout.close()
    assert pointer(cache, moved, LATER).read_bytes() == b"{}"
    assert not pointer(cache, moved, LATER).is_symlink()


def test_one_name_that_cannot_be_made_does_not_cost_the_others_theirs(cache: Path) -> None:
    layout = CacheLayout(cache, REF)
    layout.begin(AT, AT.files)
    for file in (CONFIG, WEIGHTS):
        layout.publish(AT, file, data_for(layout, file), replace=False)
    (pointer(cache, CONFIG).parent).write_text("a file where a folder is needed")
    with pytest.raises(DiskError):
        layout.flush()
    layout.close()
    assert pointer(cache, WEIGHTS).read_bytes() == b"weights"
    assert state(cache, WEIGHTS) is ItemState.COMPLETE


def test_a_link_that_cannot_be_moved_leaves_nothing(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir()

    def fails(self: Directories, data: Path, target: Path, **kwargs: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Directories, "move_in", fails)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        symlinks.make(cache / "name", cache / "blob", Directories(cache))
    assert list(cache.iterdir()) == []
