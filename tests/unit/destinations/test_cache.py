"""The Hub cache as a layout: what counts as here, and whose turn it is."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hfget.destinations.hub_cache import etag_locks
from hfget.destinations.hub_cache.cache import CacheLayout
from hfget.destinations.hub_cache.cache_paths import blob_path
from hfget.destinations.layout import Elsewhere
from hfget.destinations.record_log import Entry, RecordLog
from hfget.destinations.safe_directories import Seen
from hfget.errors import UnsafeError
from hfget.model import ItemState, RemoteFile
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


def test_an_empty_cache_has_nothing_and_looking_writes_nothing(cache: Path) -> None:
    layout = CacheLayout(cache, REF)
    layout.check(AT.files)
    placement = layout.place(AT, CONFIG)
    assert (placement.state, placement.destination) == (ItemState.MISSING, pointer(cache, CONFIG))
    assert layout.recorded(AT.commit) is None and not cache.exists()


def test_what_was_published_is_complete(cache: Path) -> None:
    filled(cache, CONFIG, WEIGHTS)
    assert state(cache, CONFIG) is state(cache, WEIGHTS) is ItemState.COMPLETE
    assert pointer(cache, CONFIG).readlink() == Path("../../../blobs") / CONFIG.etag
    assert pointer(cache, WEIGHTS).read_bytes() == b"weights"
    known = CacheLayout(cache, REF).recorded(AT.commit)
    assert known is not None and set(known.files) == set(AT.files) and known.is_from(AT.endpoint)


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
    (path.parent.parent / ".hfget" / "records").unlink()


@pytest.mark.parametrize("happens", [touched, of_another_inode, without_record])
def test_what_no_record_vouches_for_is_hashed_where_it_lies_and_remembered(
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


@pytest.mark.parametrize(("content", "vouched"), [(b"[]", False), (b"[1]", True)])
def test_a_blob_that_appeared_meanwhile_and_is_not_known_to_be_right_is_replaced(
    content: bytes, vouched: bool, cache: Path
) -> None:
    """One of another size is wrong whatever the record of what was hashed says."""
    layout = CacheLayout(cache, REF)
    layout.begin(AT, AT.files)
    assert layout.place(AT, CONFIG).state is ItemState.MISSING
    blob(cache, CONFIG).write_bytes(content)
    if vouched:
        log = RecordLog(folder(cache) / ".hfget" / "records")
        stamp = Seen.of(blob(cache, CONFIG).stat()).stamp
        entry = Entry(CONFIG.etag, stamp, "model", "org/name", AT.commit)
        log.add(f"blobs/{CONFIG.etag}", entry)
        log.write()
    layout.publish(AT, CONFIG, data_for(layout, CONFIG), replace=False)
    layout.flush()
    layout.close()
    assert pointer(cache, CONFIG).read_bytes() == blob(cache, CONFIG).read_bytes() == b"{}"
    assert state(cache, CONFIG) is ItemState.COMPLETE


def test_the_store_of_all_repos_is_used_but_not_if_a_link_leads_out_to_it(
    cache: Path, tmp_path: Path
) -> None:
    file = replace(WEIGHTS, xet_hash="0f" * 32)
    stored = tmp_path / "outside" / ("0f" * 32)
    stored.parent.mkdir()
    stored.write_bytes(b"weights")
    shelf = cache / "blobs" / "0f"
    shelf.parent.mkdir(parents=True)
    shelf.symlink_to(stored.parent)
    assert (shelf / stored.name).read_bytes() == b"weights"
    assert CacheLayout(cache, REF).place(AT, file).elsewhere is None
    shelf.unlink()
    stored.parent.rename(shelf)
    placement = CacheLayout(cache, REF).place(AT, file)
    assert placement.elsewhere == Elsewhere(shelf / stored.name, ItemState.CACHED)


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


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOLCK, errno.EOPNOTSUPP])
def test_who_may_not_lock_at_all_waits_for_no_process(
    number: int, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    layout = CacheLayout(cache, REF)
    assert layout.reserve(CONFIG) and layout.reserve(WEIGHTS)
    layout.close()


@pytest.mark.parametrize("odd", ["link", "pipe", "longer than the content"])
def test_what_is_no_partial_gives_no_sign_of_life(
    odd: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(etag_locks, "_PATIENCE_SECONDS", 0.0)
    mine, yours = CacheLayout(cache, REF), CacheLayout(cache, REF)
    assert mine.reserve(WEIGHTS)
    partial = blob(cache, WEIGHTS).with_name(f"{WEIGHTS.etag}.0a1b2c3d.incomplete")
    partial.parent.mkdir(parents=True)
    growing = tmp_path / "growing"
    growing.touch()
    if odd == "link":
        partial.symlink_to(growing)
    elif odd == "pipe":
        os.mkfifo(partial)
    else:
        growing = partial
    for size in range(WEIGHTS.size + 1, WEIGHTS.size + 4):
        growing.write_bytes(bytes(size))
        if odd == "pipe":
            os.utime(partial, (size, size))
        if yours.reserve(WEIGHTS):
            break
    else:
        raise AssertionError("it is waited for")
    mine.close()
    yours.close()


def test_a_holder_without_a_sign_of_life_is_not_waited_for(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its partial grows, whatever the clocks say; else it may have been dead for hours."""
    monkeypatch.setattr(etag_locks, "_PATIENCE_SECONDS", 0.0)
    mine, yours = CacheLayout(cache, REF), CacheLayout(cache, REF)
    assert mine.reserve(WEIGHTS)
    blobs = folder(cache) / "blobs"
    blobs.mkdir(parents=True)
    partial = blobs / f"{WEIGHTS.etag}.0a1b2c3d.incomplete"
    for size in range(5):
        partial.write_bytes(bytes(size))
        os.utime(partial, (2e9, 2e9))
        assert not yours.reserve(WEIGHTS)
    assert yours.reserve(WEIGHTS)
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
