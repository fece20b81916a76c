"""The folder layout: what is there already, and how verified data gets its name and record."""

from __future__ import annotations

import errno
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub._local_folder import read_download_metadata

from hfget.destinations import disk_names, record_codec
from hfget.destinations import layout as layouts
from hfget.destinations.local_dir.folder import FolderLayout
from hfget.errors import DiskError, UnsafeError
from hfget.model import ItemState, RemoteFile, Snapshot
from tests.support.loopback import BOUND, git_sha1, small_file, snapshot_of
from tests.support.open_files import open_below

OLD = small_file("sub/c.json", b"[1]")
NEW = small_file("sub/c.json", b"[2]")
LONGER = small_file("sub/c.json", b"[1, 2]")
AT_OLD = snapshot_of(OLD, commit="a" * 40)
AT_NEW = snapshot_of(NEW, commit="b" * 40)
AT_LONGER = snapshot_of(LONGER, commit="d" * 40)
CONTENT = {OLD.etag: b"[1]", NEW.etag: b"[2]", LONGER.etag: b"[1, 2]"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "m"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


def verified(layout: FolderLayout, file: RemoteFile, content: bytes) -> Path:
    """Data that has been fetched and found right."""
    folder = layout.partial_directory(file)
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data.incomplete"
    data.write_bytes(content)
    return data


def downloaded(
    root: Path, snapshot: Snapshot, *, recorded: bool = True, force: bool = False
) -> Path:
    """What a whole run does; without `recorded` it is killed before the records are written."""
    layout = FolderLayout(root, force=force)
    layout.check(snapshot.files)
    placements = {file.path: layout.place(snapshot, file) for file in snapshot.files}
    layout.begin(snapshot, snapshot.files)
    for file in snapshot.files:
        data = verified(layout, file, CONTENT[file.etag])
        there = placements[file.path].state is not ItemState.MISSING
        layout.publish(snapshot, file, data, replace=there)
    if recorded:
        layout.flush()
    layout.close()
    return root / snapshot.files[0].path


def state(root: Path, snapshot: Snapshot, *, force: bool = False) -> tuple[ItemState, bool]:
    (file,) = snapshot.files
    layout = FolderLayout(root, force=force)
    layout.check(snapshot.files)
    placement = layout.place(snapshot, file)
    assert placement.destination == root / file.path
    return placement.state, placement.replaceable


def put(root: Path, content: bytes) -> Path:
    target = root / OLD.path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return target


def touch(path: Path, seconds: float) -> None:
    then = path.stat().st_mtime + seconds
    os.utime(path, (then, then))


def test_nothing_there(root: Path) -> None:
    assert state(root, AT_OLD) == (ItemState.MISSING, True)
    assert not root.exists(), "looking writes nothing"


def test_complete_by_its_record(root: Path) -> None:
    downloaded(root, AT_OLD)
    assert state(root, AT_OLD) == (ItemState.COMPLETE, True)
    known = FolderLayout(root).recorded("a" * 40)
    assert known is not None and known.files == (OLD,)
    assert read_download_metadata(root, OLD.path) is not None


def test_not_complete_if_it_was_cut_short_though_its_time_says_nothing(root: Path) -> None:
    target = downloaded(root, AT_OLD)
    before = target.stat()
    os.truncate(target, 1)
    os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert state(root, AT_OLD) == (ItemState.OUTDATED, True)


def test_complete_by_the_record_of_another_commit_needs_its_own(root: Path) -> None:
    target = downloaded(root, AT_OLD)
    again = replace(AT_OLD, commit="e" * 40)
    layout = FolderLayout(root)
    placement = layout.place(again, OLD)
    assert placement.state is ItemState.COMPLETE and placement.needs_record
    layout.begin(again, [OLD])
    layout.adopt(again, OLD)
    layout.flush()
    layout.close()
    assert not FolderLayout(root).place(again, OLD).needs_record
    assert target.read_bytes() == b"[1]"


def test_a_time_in_the_future_proves_nothing_and_is_no_edit(root: Path) -> None:
    """A file server's clock that is ahead sets such times."""
    layout = FolderLayout(root)
    layout.begin(AT_OLD, [OLD])
    data = verified(layout, OLD, b"[1]")
    touch(data, 7000)
    layout.publish(AT_OLD, OLD, data, replace=False)
    layout.flush()
    layout.close()
    assert (root / OLD.path).stat().st_mtime > time.time() + 6000
    assert state(root, AT_OLD) == (ItemState.ADOPTABLE, True)
    assert state(root, AT_LONGER) == (ItemState.OUTDATED, True)


def test_another_version_of_an_untouched_file_may_be_replaced(root: Path) -> None:
    downloaded(root, AT_OLD)
    assert state(root, AT_NEW) == (ItemState.OUTDATED, True)
    assert state(root, AT_LONGER) == (ItemState.OUTDATED, True)


def test_what_was_touched_later_is_hashed_and_kept_if_it_is_other(root: Path) -> None:
    target = downloaded(root, AT_OLD)
    touch(target, 60)
    assert state(root, AT_OLD) == (ItemState.ADOPTABLE, False)
    assert state(root, AT_LONGER) == (ItemState.OUTDATED, False)
    assert state(root, AT_LONGER, force=True) == (ItemState.OUTDATED, True)


def test_what_was_downloaded_here_may_be_replaced_whatever_its_time(root: Path) -> None:
    """A copy of the folder has new times; its content tells."""
    target = downloaded(root, AT_OLD)
    touch(target, 60)
    for name in ("hfget.json", f"trees/{'a' * 40}.json"):
        (root / ".cache" / "huggingface" / name).unlink()
    assert FolderLayout(root).place(AT_LONGER, LONGER).earlier == {OLD.etag}


@pytest.mark.parametrize("content", [b"[9]", b"something else"])
def test_a_file_of_somebody_else_is_kept(content: bytes, root: Path) -> None:
    put(root, content)
    same_size = len(content) == OLD.size
    expected = ItemState.ADOPTABLE if same_size else ItemState.OUTDATED
    assert state(root, AT_OLD) == (expected, False)
    assert FolderLayout(root).place(AT_OLD, OLD).earlier == frozenset()
    assert state(root, AT_OLD, force=True) == (expected, True)


def test_what_earlier_runs_were_to_fetch_may_be_replaced(root: Path) -> None:
    """Killed between giving a name and recording it, twice, while the repo moved on."""
    downloaded(root, AT_OLD, recorded=False)
    layout = FolderLayout(root)
    assert layout.place(AT_LONGER, LONGER).earlier == {OLD.etag}
    layout.begin(AT_LONGER, [LONGER])  # and killed again
    layout.close()
    placement = FolderLayout(root).place(AT_NEW, NEW)
    assert (placement.state, placement.replaceable) == (ItemState.ADOPTABLE, False)
    assert OLD.etag in placement.earlier and git_sha1(b"mine") not in placement.earlier


def a_folder(target: Path, outside: Path) -> None:
    target.mkdir()


def a_pipe(target: Path, outside: Path) -> None:
    os.mkfifo(target)


def a_link(target: Path, outside: Path) -> None:
    (outside / "f").write_bytes(b"[1]")
    target.symlink_to(outside / "f")


def a_dangling_link(target: Path, outside: Path) -> None:
    target.symlink_to(outside / "nothing")


@pytest.mark.parametrize("make", [a_folder, a_pipe, a_link, a_dangling_link])
def test_what_is_no_file_blocks_the_name(
    make: Callable[[Path, Path], None], root: Path, outside: Path
) -> None:
    (root / "sub").mkdir(parents=True)
    make(root / OLD.path, outside)
    placement = FolderLayout(root).place(AT_OLD, OLD)
    assert placement.state is ItemState.OUTDATED and not placement.replaceable
    assert placement.blocked is not None and str(root / OLD.path) in placement.blocked.message
    forced = FolderLayout(root, force=True).place(AT_OLD, OLD)
    assert (forced.blocked is None) == (make is not a_folder)


def test_a_file_where_the_folder_should_be_blocks_the_name(root: Path) -> None:
    root.mkdir()
    (root / "sub").write_text("mine")
    for force in (False, True):
        blocked = FolderLayout(root, force=force).place(AT_OLD, OLD).blocked
        assert blocked is not None and "a file is where a folder is needed" in blocked.message


def test_what_cannot_be_looked_at_blocks_its_file_alone(
    root: Path, nobody: Callable[[Path], None]
) -> None:
    downloaded(root, AT_OLD)
    other = small_file("free.json", b"{}")
    (root / "sub").chmod(0o700)
    nobody(root)
    layout = FolderLayout(root)
    blocked = layout.place(AT_OLD, OLD).blocked
    assert blocked is not None and "permission denied" in blocked.message
    assert layout.place(AT_OLD, other).state is ItemState.MISSING


@pytest.mark.parametrize(
    "link", ["sub", ".cache", ".cache/huggingface/download", ".cache/huggingface/download/sub"]
)
def test_a_link_out_of_the_folder_is_refused_before_anything_is_written(
    link: str, root: Path, outside: Path
) -> None:
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(outside)
    layout = FolderLayout(root)
    with pytest.raises(UnsafeError):
        layout.check(AT_OLD.files)
        layout.place(AT_OLD, OLD)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    "link",
    [".cache", ".cache/huggingface", ".cache/huggingface/trees", ".cache/huggingface/download"],
)
def test_a_link_under_the_records_is_refused_by_the_check(
    link: str, root: Path, outside: Path
) -> None:
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(outside)
    with pytest.raises(UnsafeError):
        FolderLayout(root).check(AT_OLD.files)


def test_what_appears_meanwhile_is_not_replaced(root: Path) -> None:
    layout = FolderLayout(root)
    assert layout.place(AT_OLD, OLD).state is ItemState.MISSING
    layout.begin(AT_OLD, [OLD])
    put(root, b"mine")
    data = verified(layout, OLD, b"[1]")
    with pytest.raises(FileExistsError):
        layout.publish(AT_OLD, OLD, data, replace=False)
    layout.close()
    assert (root / OLD.path).read_bytes() == b"mine" and data.exists()


@pytest.mark.parametrize("force", [False, True])
def test_what_changes_meanwhile_is_replaced_by_force_only(force: bool, root: Path) -> None:
    target = downloaded(root, AT_OLD)
    layout = FolderLayout(root, force=force)
    assert layout.place(AT_NEW, NEW).replaceable
    layout.begin(AT_NEW, [NEW])
    target.write_bytes(b"an edit of mine")
    data = verified(layout, NEW, b"[2]")
    if force:
        layout.publish(AT_NEW, NEW, data, replace=True)
        assert target.read_bytes() == b"[2]"
    else:
        with pytest.raises(FileExistsError):
            layout.publish(AT_NEW, NEW, data, replace=True)
        assert target.read_bytes() == b"an edit of mine"
    layout.close()


def test_a_folder_replaced_by_a_link_midway_gets_nothing(root: Path, outside: Path) -> None:
    other = small_file("sub/d.json", b"{}")
    layout = FolderLayout(root)
    snapshot = snapshot_of(OLD, other)
    layout.begin(snapshot, snapshot.files)
    layout.publish(snapshot, OLD, verified(layout, OLD, b"[1]"), replace=False)
    (root / "sub").rename(root.parent / "moved")
    (root / "sub").symlink_to(outside)
    with pytest.raises(UnsafeError):
        layout.publish(snapshot, other, verified(layout, other, b"{}"), replace=False)
    with pytest.raises(UnsafeError):
        layout.flush()
    layout.close()
    assert list(outside.iterdir()) == []
    assert record_codec.read_metadata(root / ".cache" / "huggingface", OLD.path) is None


def test_a_folder_that_is_gone_is_a_disk_error(root: Path) -> None:
    layout = FolderLayout(root)
    layout.begin(AT_OLD, [OLD])
    data = verified(layout, OLD, b"[1]")
    kept = data.rename(root.parent / "kept")
    layout.close()
    subprocess.run(["rm", "-rf", str(root)], check=True, timeout=BOUND)
    with pytest.raises(DiskError):
        layout.publish(AT_OLD, OLD, kept, replace=False)
    with pytest.raises(DiskError):
        layout.publish(AT_OLD, OLD, data, replace=False)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EXDEV, errno.EACCES])
def test_what_the_disk_refuses_is_a_disk_error(
    number: int, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = FolderLayout(root)
    layout.begin(AT_OLD, [OLD])
    data = verified(layout, OLD, b"[1]")

    def refuse(*arguments: object, **more: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("hfget.destinations.safe_directories.rename_new", refuse)
    with pytest.raises(DiskError) as caught:
        layout.publish(AT_OLD, OLD, data, replace=False)
    assert str(root / OLD.path) in caught.value.message and data.exists()
    monkeypatch.undo()
    layout.publish(AT_OLD, OLD, data, replace=False)
    layout.close()


def test_a_full_disk_at_the_record_is_a_disk_error_and_the_file_is_adopted_later(
    tmp_path: Path,
) -> None:
    root = tmp_path / "small"
    root.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(root)]
    if subprocess.run(command, capture_output=True, timeout=BOUND, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        layout = FolderLayout(root)
        layout.begin(AT_OLD, [OLD])
        layout.publish(AT_OLD, OLD, verified(layout, OLD, b"[1]"), replace=False)
        fill = root / "fill"
        with open(fill, "wb", buffering=0) as full, pytest.raises(OSError):
            while True:
                full.write(bytes(4096))
        with pytest.raises(DiskError) as caught:
            layout.flush()
        assert "no space" in caught.value.message
        layout.close()
        fill.unlink()
        assert state(root, AT_OLD) == (ItemState.ADOPTABLE, False)
        assert (root / OLD.path).read_bytes() == b"[1]"
    finally:
        subprocess.run(["umount", str(root)], timeout=BOUND, check=True)


def test_no_record_before_the_folders_are_synced(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    fsync, write = os.fsync, record_codec.write_metadata

    def synced(fd: int) -> None:
        happened.append(f"sync {Path(f'/proc/self/fd/{fd}').readlink()}")
        fsync(fd)

    def recorded(records: Path, path: str, *rest: object) -> None:
        happened.append(f"record {path}")
        write(records, path, *rest)  # type: ignore[arg-type]

    files = [small_file(f"{number % 3}/{number}", b"x") for number in range(layouts.BATCH + 5)]
    snapshot = snapshot_of(*files)
    layout = FolderLayout(root)
    layout.begin(snapshot, files)
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(record_codec, "write_metadata", recorded)
    for file in files:
        layout.publish(snapshot, file, verified(layout, file, b"x"), replace=False)
    in_batch = len([line for line in happened if line.startswith("record")])
    assert in_batch == layouts.BATCH
    layout.flush()
    layout.close()
    assert len([line for line in happened if line.startswith("record")]) == len(files)
    for number in (0, layouts.BATCH + 4):
        before = happened[: happened.index(f"record {number % 3}/{number}")]
        assert f"sync {root / str(number % 3)}" in before
    assert f"sync {root}" in happened


def test_a_large_file_is_recorded_at_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "_LARGE_BYTES", 2)
    target = downloaded(root, AT_OLD, recorded=False)
    assert state(root, AT_OLD) == (ItemState.COMPLETE, True) and target.exists()


@pytest.mark.parametrize("fsync", [True, False])
def test_a_file_system_that_syncs_no_folders_is_not_durable(
    fsync: bool, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(fd: int) -> None:
        raise OSError(errno.EINVAL, "no such thing here")

    layout = FolderLayout(root, fsync=fsync)
    layout.begin(AT_OLD, [OLD])
    monkeypatch.setattr(os, "fsync", refuse)
    layout.publish(AT_OLD, OLD, verified(layout, OLD, b"[1]"), replace=False)
    layout.flush()
    layout.close()
    assert layout.durable == (not fsync)
    assert state(root, AT_OLD) == (ItemState.COMPLETE, True)


@pytest.mark.parametrize("there", [True, False])
def test_an_old_record_never_speaks_for_new_data(there: bool, root: Path) -> None:
    """Data whose last byte came before the record of other content was written, of its size.

    A run killed between the name and the record leaves both: for the old record's commit the
    file must not count as complete.
    """
    target = downloaded(root, AT_OLD)
    if not there:
        target.unlink()
    layout = FolderLayout(root)
    layout.place(AT_NEW, NEW)
    layout.begin(AT_NEW, [NEW])
    data = verified(layout, NEW, b"[2]")
    touch(data, -3600)
    layout.publish(AT_NEW, NEW, data, replace=there)
    layout.close()
    assert target.read_bytes() == b"[2]"
    assert state(root, AT_OLD)[0] is ItemState.ADOPTABLE
    assert read_download_metadata(root, OLD.path) is None, "nor for huggingface_hub"
    layout = FolderLayout(root)
    layout.place(AT_NEW, NEW)
    layout.adopt(AT_NEW, NEW)
    layout.flush()
    layout.close()
    assert state(root, AT_NEW) == (ItemState.COMPLETE, True)


def test_a_garbage_listing_is_written_anew_and_a_good_one_is_not(root: Path) -> None:
    downloaded(root, AT_OLD)
    tree = root / ".cache" / "huggingface" / "trees" / f"{'a' * 40}.json"
    inode = tree.stat().st_ino
    for garbage in (False, True):
        if garbage:
            tree.write_bytes(b"garbage")
        layout = FolderLayout(root)
        assert (layout.recorded("a" * 40) is None) == garbage
        layout.begin(AT_OLD, [OLD])
        layout.close()
        assert (tree.stat().st_ino == inode) == (not garbage)
    known = FolderLayout(root).recorded("a" * 40)
    assert known is not None and known.files == (OLD,)


def test_a_disk_that_folds_case_is_noticed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twins = [small_file("README", b"x"), small_file("readme", b"y")]
    assert FolderLayout(root).unfit(twins) == {}
    monkeypatch.setattr(disk_names, "folds_case", lambda folder: True)
    FolderLayout(root).check(twins)
    assert list(FolderLayout(root).unfit(twins)) == ["readme"], "the first can be there"


def test_descriptors_are_given_back(root: Path) -> None:
    before = open_below(root)
    for _ in range(3):
        downloaded(root, AT_OLD, force=True)
    assert open_below(root) == before
