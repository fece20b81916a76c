"""What `--delete` may remove: decided by records, hashes and the listing; never by names alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from hfget.destinations import wanted_files
from hfget.destinations.local_dir import obsolete
from hfget.destinations.local_dir.folder import FolderLayout
from hfget.destinations.record_files import LOG_NAME
from hfget.destinations.record_log import Entry, RecordLog
from hfget.destinations.safe_directories import Seen
from hfget.destinations.withdrawal import withdraw_in_folder
from hfget.errors import UnsafeError
from hfget.model import RemoteFile, Removal, RepoRef, Snapshot
from hfget.partials.digest import hash_file
from tests.support.loopback import small_file, snapshot_of

OLD = small_file("sub/deep/old.json", b"1")
KEPT = small_file("kept.json", b"22")
BEFORE = snapshot_of(OLD, KEPT, commit="a" * 40)
AFTER = snapshot_of(KEPT, commit="b" * 40)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "m"
    downloaded(root, BEFORE)
    return root


def downloaded(root: Path, snapshot: Snapshot) -> None:
    layout = FolderLayout(root)
    layout.begin(snapshot, snapshot.files)
    for file in snapshot.files:
        target = root / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"1" if file.size == 1 else b"22")
        layout.place(snapshot, file)
        layout.adopt(snapshot, file)
    layout.flush()
    layout.close()


def removals(root: Path, snapshot: Snapshot = AFTER) -> list[str]:
    return [removal.path for removal in FolderLayout(root).obsolete(snapshot)]


def test_what_is_not_listed_any_more_goes_with_all_that_speaks_of_it(root: Path) -> None:
    layout = FolderLayout(root)
    found = layout.obsolete(AFTER)
    assert found == (Removal(OLD.path, root / OLD.path, 1),)
    lock = root / ".cache" / "huggingface" / "download" / "sub" / "deep" / "old.json.lock"
    lock.touch()
    assert layout.remove(found) == 1
    layout.close()
    assert not (root / "sub").exists() and (root / KEPT.path).exists()
    records = root / ".cache" / "huggingface"
    assert not (records / "download" / "sub").exists() and (records / "download").is_dir()
    wanted = wanted_files.read_wanted(records)
    assert wanted is not None and wanted.files.keys() == {KEPT.path}
    assert removals(root) == []


def test_what_is_listed_or_unrecorded_stays(root: Path) -> None:
    assert removals(root, BEFORE) == []
    (root / "mine.json").write_text("1")
    assert removals(root) == [OLD.path]


def edited(target: Path) -> None:
    target.write_bytes(b"9")
    os.utime(target, (2e9, 2e9))


def replaced_by_a_link(target: Path) -> None:
    (target.parents[3] / "outside").write_bytes(b"1")
    target.unlink()
    target.symlink_to(target.parents[3] / "outside")
    os.utime(target, (1, 1), follow_symlinks=False)


def replaced_by_a_folder(target: Path) -> None:
    target.unlink()
    target.mkdir()


def removed(target: Path) -> None:
    target.unlink()


@pytest.mark.parametrize(
    "happens",
    [edited, replaced_by_a_link, replaced_by_a_folder, removed],
)
@pytest.mark.parametrize("when", ["before", "after the plan"])
def test_what_is_not_what_was_downloaded_stays(happens: object, when: str, root: Path) -> None:
    assert callable(happens)
    layout = FolderLayout(root)
    planned = layout.obsolete(AFTER) if when == "after the plan" else ()
    happens(root / OLD.path)
    there = os.path.lexists(root / OLD.path)
    planned = planned or layout.obsolete(AFTER)
    assert layout.remove(planned) == 0
    layout.close()
    assert os.path.lexists(root / OLD.path) == there


def test_a_folder_that_has_become_a_link_leads_to_nothing(root: Path, tmp_path: Path) -> None:
    layout = FolderLayout(root)
    planned = layout.obsolete(AFTER)
    outside = tmp_path / "outside"
    (root / "sub" / "deep").rename(outside)
    (root / "sub" / "deep").symlink_to(outside)
    with pytest.raises(UnsafeError):
        layout.remove(planned)
    layout.close()
    assert removals(root) == [] and (outside / "old.json").read_bytes() == b"1"


@pytest.mark.parametrize(
    "ref", [RepoRef("org/other"), RepoRef("name"), RepoRef("org/name", "dataset")]
)
def test_what_was_downloaded_from_another_repo_stays(ref: RepoRef, root: Path) -> None:
    other = Snapshot(ref, "https://hub.test", "b" * 40, AFTER.files)
    assert removals(root, other) == []


def copied(root: Path) -> Path:
    """The same folder as other files: no record holds."""
    shutil.copytree(root, root.with_name("copy"))
    return root.with_name("copy")


def test_what_no_record_vouches_for_is_hashed_and_goes_only_if_it_is_right(root: Path) -> None:
    copy = copied(root)
    assert removals(copy) == [], "without a hash it stays"
    layout = FolderLayout(copy)
    assert [gone.path for gone in layout.obsolete(AFTER, hash_file)] == [OLD.path]
    (copy / OLD.path).write_bytes(b"9")
    assert FolderLayout(copy).obsolete(AFTER, hash_file) == ()
    assert layout.remove([Removal(OLD.path, copy / OLD.path, 1)]) == 0
    layout.close()


def test_what_verify_found_wrong_stays(root: Path) -> None:
    target = root / OLD.path
    target.write_bytes(b"9")
    records = root / ".cache" / "huggingface"
    withdraw_in_folder(records, wanted_files.read_wanted(records), {OLD.path: target})
    assert FolderLayout(root).obsolete(AFTER, hash_file) == ()


def test_a_disk_that_folds_case_has_one_file_under_both_names(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed = snapshot_of(KEPT, RemoteFile("SUB/Deep/OLD.json", 1, OLD.blob_id), commit="b" * 40)
    assert removals(root, renamed) == [OLD.path]
    monkeypatch.setattr(obsolete, "folds_case", lambda folder: True)
    assert removals(root, renamed) == []


def test_a_folder_that_is_not_empty_stays(root: Path) -> None:
    (root / "sub" / "mine.txt").write_text("of the user")
    layout = FolderLayout(root)
    assert layout.remove(layout.obsolete(AFTER)) == 1
    layout.close()
    assert [path.name for path in (root / "sub").iterdir()] == ["mine.txt"]


def test_a_record_of_an_unsafe_name_leads_to_nothing(root: Path, tmp_path: Path) -> None:
    records = root / ".cache" / "huggingface" / "download"
    (records / ".git").mkdir()
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("mine")
    log = RecordLog(records.parent / LOG_NAME)
    stamp = Seen.of((root / ".git" / "config").lstat()).stamp
    log.add(".git/config", Entry(OLD.etag, stamp, "model", "org/name", "a" * 40))
    log.write()
    assert removals(root) == [OLD.path]
