"""Names in a snapshot: given in batches, after the blobs are safe, each that can be."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hfget.destinations.hub_cache import symlinks
from hfget.destinations.hub_cache.snapshot_names import Names, Settled
from hfget.destinations.record_log import RecordLog
from hfget.destinations.safe_directories import Directories, Seen
from hfget.errors import DiskError, UnsafeError
from hfget.model import RemoteFile
from hfget.system.atomic_files import sweep_temporaries
from tests.support.loopback import small_file

COMMIT = "c" * 40
LARGE = (16 << 20) + 1


class Watched(Directories):
    """Tells when folders were synced, and what had a name by then."""

    works = True

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.synced: list[tuple[set[Path], int]] = []

    def sync(self, folders: Iterable[Path | str]) -> bool:
        snapshot = self._root / "snapshots" / COMMIT
        paths = {Path(folder) for folder in folders}
        self.synced.append((paths, len(list(snapshot.glob("*")))))
        return super().sync(paths) and self.works


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "models--a--b"
    (folder / "blobs").mkdir(parents=True)
    return folder


@pytest.fixture
def directories(folder: Path) -> Iterator[Watched]:
    opened = Watched(folder)
    yield opened
    opened.close()


@pytest.fixture
def names(folder: Path, directories: Watched) -> Names:
    return Names(folder, directories, RecordLog(folder / ".hfget" / "records"), fsync=True)


def settled(folder: Path, number: int, *, nameless: bool = True, content: str = "") -> Settled:
    """A file whose blob is in place."""
    file = small_file(f"file-{number}", (content or f"content {number}").encode())
    blob = folder / "blobs" / file.etag
    blob.write_text(content or f"content {number}")
    return Settled(COMMIT, file, Seen.of(blob.lstat()), nameless, blob)


def named(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "snapshots" / COMMIT).glob("*"))


def verified(folder: Path, one: Settled) -> bool:
    assert one.seen is not None
    log = RecordLog(folder / ".hfget" / "records")
    entry = log.holds(f"blobs/{one.file.etag}", one.seen)
    return entry is not None and entry.etag == one.file.etag


def test_small_files_are_named_sixty_four_at_a_time(folder: Path, names: Names) -> None:
    files = [settled(folder, number) for number in range(65)]
    for one in files[:63]:
        names.add(one)
    assert named(folder) == []
    names.add(files[63])
    assert len(named(folder)) == 64
    names.add(files[64])
    assert len(named(folder)) == 64
    names.flush()
    assert len(named(folder)) == 65 and all(verified(folder, one) for one in files)


@pytest.mark.parametrize(("size", "at_once"), [(LARGE, True), (LARGE - 1, False)])
def test_a_large_file_is_named_at_once(
    size: int, at_once: bool, folder: Path, names: Names
) -> None:
    one = settled(folder, 1)
    names.add(one._replace(file=replace(one.file, size=size)))
    assert (named(folder) == ["file-1"]) is at_once


def test_a_name_is_a_link_made_once_and_leads_to_its_blob(folder: Path, names: Names) -> None:
    one = settled(folder, 1)
    names.add(one)
    names.flush()
    name = folder / "snapshots" / COMMIT / "file-1"
    assert name.is_symlink() and name.read_text() == "content 1"
    inode = name.lstat().st_ino
    names.add(one)
    names.flush()
    assert name.lstat().st_ino == inode
    name.unlink()
    names.flush()
    assert named(folder) == [], "what was named is not named again"


def test_a_file_that_has_its_name_is_only_remembered(folder: Path, names: Names) -> None:
    one = settled(folder, 1, nameless=False)
    names.add(one)
    names.add(settled(folder, 2, nameless=False)._replace(seen=None))
    names.flush()
    assert named(folder) == [] and verified(folder, one)
    assert (folder / ".hfget" / "records").read_text().count("\n") == 1


@pytest.mark.parametrize("links", [True, False])
def test_a_content_that_was_removed_fails_no_other(links: bool, folder: Path, names: Names) -> None:
    """As a mirror removes what is too much, and a user what is large."""
    names.links = links
    files = [settled(folder, number) for number in range(3)]
    for one in files:
        names.add(one)
    (folder / "blobs" / files[1].file.etag).unlink()
    names.flush()
    assert named(folder) == ["file-0", "file-2"]


def test_a_folder_that_was_removed_is_a_failure(folder: Path, names: Names) -> None:
    one = settled(folder, 1)
    names.add(one)
    (folder / "blobs" / one.file.etag).unlink()
    (folder / "blobs").rmdir()
    with pytest.raises(DiskError):
        names.flush()


def test_without_links_the_blob_itself_gets_the_name(folder: Path, names: Names) -> None:
    names.links = False
    names.add(settled(folder, 1))
    names.flush()
    name = folder / "snapshots" / COMMIT / "file-1"
    assert not name.is_symlink() and name.read_text() == "content 1"
    assert list((folder / "blobs").iterdir()) == []


def test_without_links_a_file_of_other_content_is_replaced(folder: Path, names: Names) -> None:
    names.links = False
    name = folder / "snapshots" / COMMIT / "file-1"
    name.parent.mkdir(parents=True)
    name.write_text("old")
    names.add(settled(folder, 1))
    names.flush()
    assert name.read_text() == "content 1"


def test_blobs_are_safe_before_names_and_names_before_it_is_over(
    folder: Path, names: Names, directories: Watched
) -> None:
    names.flush()
    assert directories.synced == []
    names.add(settled(folder, 1))
    names.flush()
    assert directories.synced == [
        ({folder / "blobs"}, 0),
        ({folder / "snapshots" / COMMIT}, 1),
    ]
    assert names.durable


def test_a_disk_that_cannot_sync_is_remembered(
    folder: Path, names: Names, directories: Watched
) -> None:
    directories.works = False
    names.add(settled(folder, 1))
    names.flush()
    assert not names.durable
    directories.works = True
    names.add(settled(folder, 2))
    names.flush()
    assert not names.durable and named(folder) == ["file-1", "file-2"]


def test_without_fsync_nothing_is_brought_to_the_disk(folder: Path, directories: Watched) -> None:
    names = Names(folder, directories, RecordLog(folder / ".hfget" / "records"), fsync=False)
    names.add(settled(folder, 1))
    names.flush()
    assert named(folder) == ["file-1"] and directories.synced == []


def failing(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize("first", [failing(errno.ENOSPC), UnsafeError("a link leads outside")])
def test_the_first_failure_is_told_after_all_that_can_be_named_is(
    first: Exception, folder: Path, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = symlinks.make

    def fails(target: Path, blob: Path, directories: Directories) -> None:
        if target.name == "file-1":
            raise first
        if target.name == "file-2":
            raise failing(errno.EROFS)
        make(target, blob, directories)

    monkeypatch.setattr(symlinks, "make", fails)
    files = [settled(folder, number) for number in (1, 2, 3)]
    for one in files:
        names.add(one)
    expected = (UnsafeError, "outside") if isinstance(first, UnsafeError) else (DiskError, "space")
    with pytest.raises(expected[0], match=expected[1]):
        names.flush()
    assert named(folder) == ["file-3"]
    assert [verified(folder, one) for one in files] == [False, False, True]


def test_a_record_that_cannot_be_written_is_a_disk_error(
    folder: Path, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: RecordLog) -> None:
        raise failing(errno.ENOSPC)

    monkeypatch.setattr(RecordLog, "write", fails)
    names.add(settled(folder, 1))
    with pytest.raises(DiskError, match="no space"):
        names.flush()
    assert named(folder) == ["file-1"]


def test_an_absent_file_is_noted_and_nothing_is_left_beside(folder: Path, names: Names) -> None:
    names.deny(COMMIT, "sub/none")
    names.deny(COMMIT, "other")
    note = folder / ".no_exist" / COMMIT / "sub" / "none"
    assert note.read_bytes() == b"" and not note.is_symlink()
    with pytest.raises(FileExistsError):
        names.deny(COMMIT, "sub/none")
    assert list((folder / ".hfget").iterdir()) == []


def test_what_a_killed_process_leaves_of_a_note_is_swept(
    folder: Path, names: Names, directories: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[Path] = []
    monkeypatch.setattr(directories, "move_in", lambda data, *_, **__: moved.append(data))
    names.deny(COMMIT, "none")
    left = folder / ".hfget" / moved[0].name
    left.touch()
    os.utime(left, (1, 1))
    sweep_temporaries(folder)
    assert not left.exists()


def test_a_note_goes_when_the_file_comes_and_only_inside(
    folder: Path, names: Names, tmp_path: Path
) -> None:
    names.deny(COMMIT, "file-1")
    names.add(settled(folder, 1))
    names.flush()
    assert list((folder / ".no_exist" / COMMIT).iterdir()) == []
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file-2").touch()
    (folder / ".no_exist" / COMMIT).rmdir()
    (folder / ".no_exist" / COMMIT).symlink_to(outside)
    names.add(settled(folder, 2))
    names.flush()
    assert (outside / "file-2").exists()


def test_the_notes_folder_must_be_in_the_cache(folder: Path, names: Names, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (folder / ".hfget").symlink_to(tmp_path / "outside")
    with pytest.raises(UnsafeError):
        names.deny(COMMIT, "none")
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_blob_and_its_name(folder: Path, names: Names) -> None:
    file: RemoteFile = small_file("a/b", b"x")
    blob, target = names.paths(COMMIT, file)
    assert blob == folder / "blobs" / file.etag
    assert target == folder / "snapshots" / COMMIT / "a" / "b"
