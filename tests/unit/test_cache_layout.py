"""The Hub cache as a layout: what counts as here, what is given which name, what is refused."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hfget.errors import DiskError, UnsafeError
from hfget.layout import cache as cache_module
from hfget.layout.cache import CacheLayout
from hfget.layout.directories import Directories
from hfget.layout.hubcache import blob_path
from hfget.model import ItemState, RemoteFile, RepoRef, Snapshot
from tests.unit.helpers import lfs_file, small_file, snapshot_of

CONFIG = small_file("sub/c.json", b"{}")
WEIGHTS = lfs_file("w.bin", b"weights")
CONTENT = {CONFIG.etag: b"{}", WEIGHTS.etag: b"weights"}
AT = snapshot_of(CONFIG, WEIGHTS)
LATER = snapshot_of(small_file("moved.json", b"{}"), commit="d" * 40)
REF = RepoRef("org/name")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "hub"


def folder(cache: Path) -> Path:
    return cache / "models--org--name"


def blob(cache: Path, file: RemoteFile) -> Path:
    return folder(cache) / "blobs" / file.etag


def pointer(cache: Path, file: RemoteFile, snapshot: Snapshot = AT) -> Path:
    return folder(cache) / "snapshots" / snapshot.commit / file.path


def data_for(layout: CacheLayout, file: RemoteFile) -> Path:
    data = layout.partial_directory(file) / f"{file.etag[:8]}.mine"
    data.write_bytes(CONTENT[file.etag])
    return data


def filled(cache: Path, *files: RemoteFile, snapshot: Snapshot = AT, links: bool = True) -> None:
    layout = CacheLayout(cache, REF, links=links)
    layout.begin(snapshot, files)
    for file in files:
        layout.publish(snapshot, file, data_for(layout, file), replace=False)
    layout.flush()
    layout.complete(snapshot)
    layout.close()


def state(cache: Path, file: RemoteFile, snapshot: Snapshot = AT) -> ItemState:
    return CacheLayout(cache, REF).place(snapshot, file).state


def test_an_empty_cache_has_nothing_and_looking_writes_nothing(cache: Path) -> None:
    layout = CacheLayout(cache, REF)
    layout.check(AT.files)
    placement = layout.place(AT, CONFIG)
    assert (placement.state, placement.destination) == (ItemState.MISSING, pointer(cache, CONFIG))
    assert layout.known_tree(AT.commit) is None and not cache.exists()


def test_what_was_published_is_complete(cache: Path) -> None:
    filled(cache, CONFIG, WEIGHTS)
    assert state(cache, CONFIG) is state(cache, WEIGHTS) is ItemState.COMPLETE
    assert pointer(cache, CONFIG).readlink() == Path("../../../blobs") / CONFIG.etag
    assert pointer(cache, WEIGHTS).read_bytes() == b"weights"
    known = CacheLayout(cache, REF).known_tree(AT.commit)
    assert known is not None and set(known) == set(AT.files)


def test_another_commit_needs_only_the_name(cache: Path) -> None:
    filled(cache, CONFIG)
    (moved,) = LATER.files
    layout = CacheLayout(cache, REF)
    placement = layout.place(LATER, moved)
    assert (placement.state, placement.needs_record) == (ItemState.COMPLETE, True)
    layout.begin(LATER, [moved])
    layout.adopt(LATER, moved)
    layout.flush()
    layout.close()
    assert pointer(cache, moved, LATER).samefile(blob(cache, CONFIG))
    assert not CacheLayout(cache, REF).place(LATER, moved).needs_record


def touched(path: Path) -> None:
    os.utime(path, (1, 1))


def of_another_inode(path: Path) -> None:
    path.with_name("copy").write_bytes(path.read_bytes())
    stat = path.stat()
    os.utime(path.with_name("copy"), ns=(stat.st_atime_ns, stat.st_mtime_ns))
    path.with_name("copy").rename(path)


def without_record(path: Path) -> None:
    (path.parent.parent / ".hfget" / "verified").unlink()


@pytest.mark.parametrize("happens", [touched, of_another_inode, without_record])
def test_what_nobody_vouches_for_is_hashed_where_it_lies_and_remembered(
    happens: Callable[[Path], None], cache: Path
) -> None:
    filled(cache, CONFIG)
    happens(blob(cache, CONFIG))
    layout = CacheLayout(cache, REF)
    placement = layout.place(AT, CONFIG)
    assert placement.state is ItemState.ADOPTABLE and placement.replaceable
    assert placement.present == blob(cache, CONFIG)
    layout.adopt(AT, CONFIG)
    layout.flush()
    layout.close()
    assert state(cache, CONFIG) is ItemState.COMPLETE


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


def test_a_right_blob_that_appeared_meanwhile_is_left_alone(cache: Path) -> None:
    layout = CacheLayout(cache, REF)
    layout.begin(AT, AT.files)
    assert layout.place(AT, CONFIG).state is ItemState.MISSING
    filled(cache, CONFIG)
    inode = blob(cache, CONFIG).stat().st_ino
    data = data_for(layout, CONFIG)
    layout.publish(AT, CONFIG, data, replace=False)
    assert blob(cache, CONFIG).stat().st_ino == inode and not data.exists()
    layout.publish(AT, CONFIG, data_for(layout, CONFIG), replace=True)
    assert blob(cache, CONFIG).stat().st_ino != inode
    layout.close()


@pytest.mark.timeout(20)
def test_nobody_waits_for_a_pipe_in_place_of_an_empty_file(cache: Path) -> None:
    empty = small_file("empty", b"")
    blob(cache, empty).parent.mkdir(parents=True)
    os.mkfifo(blob(cache, empty))
    assert state(cache, empty) is ItemState.OUTDATED


@pytest.mark.parametrize(
    "planted", ["blobs", "snapshots", "refs", "trees", ".hfget", ".no_exist", "", "../.locks"]
)
def test_a_link_out_of_the_cache_is_refused(planted: str, cache: Path, tmp_path: Path) -> None:
    link = Path(os.path.normpath(folder(cache) / planted))
    link.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "outside").mkdir()
    link.symlink_to(tmp_path / "outside")
    with pytest.raises(UnsafeError):
        CacheLayout(cache, REF).check(AT.files)


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


def test_a_file_that_is_in_the_snapshot_itself_counts_by_its_own_hash(cache: Path) -> None:
    filled(cache, WEIGHTS, links=False)
    assert not pointer(cache, WEIGHTS).is_symlink() and not blob(cache, WEIGHTS).exists()
    assert state(cache, WEIGHTS) is ItemState.COMPLETE
    touched(pointer(cache, WEIGHTS))
    placement = CacheLayout(cache, REF).place(AT, WEIGHTS)
    assert placement.state is ItemState.ADOPTABLE
    assert placement.present == pointer(cache, WEIGHTS)
    layout = CacheLayout(cache, REF)
    layout.place(AT, WEIGHTS)
    layout.adopt(AT, WEIGHTS)
    layout.flush()
    layout.close()
    assert not pointer(cache, WEIGHTS).is_symlink()
    assert state(cache, WEIGHTS) is ItemState.COMPLETE


def test_without_links_a_blob_is_copied_not_moved(cache: Path) -> None:
    filled(cache, CONFIG)
    (moved,) = LATER.files
    placement = CacheLayout(cache, REF, links=False).place(LATER, moved)
    assert placement.state is ItemState.OUTDATED and placement.elsewhere is not None
    assert placement.elsewhere.path == blob(cache, CONFIG)


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


def test_a_ref_is_written_when_it_changes_and_only_for_a_name(cache: Path) -> None:
    ref = folder(cache) / "refs" / "main"
    filled(cache, CONFIG)
    assert ref.read_text() == AT.commit
    inode = ref.stat().st_ino
    filled(cache, CONFIG)
    assert ref.stat().st_ino == inode
    at_commit = replace(AT, ref=replace(REF, revision=AT.commit))
    filled(cache, CONFIG, snapshot=at_commit)
    assert [path.name for path in ref.parent.iterdir()] == ["main"]
    nested = replace(AT, ref=replace(REF, revision="refs/pr/1"))
    filled(cache, CONFIG, snapshot=nested)
    assert (folder(cache) / "refs" / "refs" / "pr" / "1").read_text() == AT.commit


@pytest.mark.parametrize("revision", ["../../x", "a/../../../x", "/x", "a//b"])
def test_a_revision_that_is_no_path_is_refused_before_anything_is_written(
    revision: str, cache: Path
) -> None:
    snapshot = replace(AT, ref=replace(REF, revision=revision))
    with pytest.raises(UnsafeError):
        CacheLayout(cache, REF).begin(snapshot, AT.files)
    assert not cache.exists()


def test_a_blob_is_reserved_by_one_at_a_time(cache: Path) -> None:
    mine, yours = CacheLayout(cache, REF), CacheLayout(cache, REF)
    assert mine.reserve(CONFIG) and mine.reserve(WEIGHTS)
    assert not yours.reserve(CONFIG)
    lock = cache / ".locks" / "models--org--name" / f"{CONFIG.etag}.lock"
    assert lock.stat().st_mode & 0o060 == 0o060
    mine.release(CONFIG)
    assert yours.reserve(CONFIG) and not yours.reserve(WEIGHTS)
    mine.close()
    assert yours.reserve(WEIGHTS)
    yours.close()


def test_a_holder_without_a_sign_of_life_is_not_waited_for(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its partial grows, whatever the clocks say; else it may have been dead for hours."""
    monkeypatch.setattr(cache_module, "_PATIENCE_SECONDS", 0.0)
    mine, yours = CacheLayout(cache, REF), CacheLayout(cache, REF)
    assert mine.reserve(CONFIG)
    blobs = folder(cache) / "blobs"
    blobs.mkdir(parents=True)
    partial = blobs / f"{CONFIG.etag}.0a1b2c3d.incomplete"
    for size in range(5):
        partial.write_bytes(bytes(size))
        os.utime(partial, (2e9, 2e9))
        assert not yours.reserve(CONFIG)
    assert yours.reserve(CONFIG)
    mine.close()
    yours.close()


def test_what_a_killed_process_left_is_swept(cache: Path) -> None:
    filled(cache, CONFIG)
    for place in (folder(cache) / "blobs", folder(cache) / ".hfget"):
        left = place / f".{'0' * 16}.tmp"
        left.symlink_to("nothing")
        os.utime(left, (1, 1), follow_symlinks=False)
    CacheLayout(cache, REF).begin(AT, AT.files)
    assert not list(folder(cache).rglob("*.tmp"))


def test_a_defect_in_the_listing_has_no_blob(cache: Path) -> None:
    odd = RemoteFile("odd.bin", 7, "", defect="no usable hash")
    assert CacheLayout(cache, REF).place(AT, odd).state is ItemState.MISSING
    foreign = RemoteFile("odd.bin", 7, "../../x")
    assert blob_path(folder(cache), odd) is blob_path(folder(cache), foreign) is None
    assert CacheLayout(cache, REF).place(AT, foreign).state is ItemState.MISSING
