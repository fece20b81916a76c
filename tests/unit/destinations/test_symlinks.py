"""What a name in a snapshot is, and how it becomes a link."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hfget.destinations.hub_cache.symlinks import Kind, look, make, possible
from hfget.destinations.safe_directories import Directories, Seen
from hfget.system.atomic_files import sweep_temporaries


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("blobs", "snapshots/c"):
        (tmp_path / "repo" / name).mkdir(parents=True)
    (tmp_path / "repo" / "blobs" / "blob").write_text("content")
    return tmp_path / "repo"


@pytest.fixture
def directories(folder: Path) -> Iterator[Directories]:
    opened = Directories(folder)
    yield opened
    opened.close()


def a_link(to: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(to)


@pytest.mark.parametrize(
    ("make_it", "kind"),
    [
        (lambda path: None, Kind.MISSING),
        (a_link("../../blobs/blob"), Kind.LINKED),
        (a_link("../c/../../blobs/blob"), Kind.LINKED),
        (a_link("../../blobs/another"), Kind.OTHER),
        (lambda path: path.write_text("own"), Kind.FILE),
        (lambda path: path.mkdir(), Kind.FOLDER),
        (os.mkfifo, Kind.OTHER),
    ],
)
def test_what_lies_there(make_it: Callable[[Path], object], kind: Kind, folder: Path) -> None:
    target, blob = folder / "snapshots" / "c" / "name", folder / "blobs" / "blob"
    make_it(target)
    found = look(target, blob)
    assert found.kind is kind
    assert found.seen == (Seen.of(target.lstat()) if kind is Kind.FILE else None)


def test_an_absolute_link_to_the_blob_leads_there_too(folder: Path) -> None:
    target, blob = folder / "snapshots" / "c" / "name", folder / "blobs" / "blob"
    target.symlink_to(blob)
    assert look(target, blob).kind is Kind.LINKED


def test_a_link_that_cannot_be_read_is_not_the_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path) -> Path:
        raise PermissionError

    target = folder / "snapshots" / "c" / "name"
    target.symlink_to("../../blobs/blob")
    monkeypatch.setattr(Path, "readlink", fails)
    assert look(target, folder / "blobs" / "blob").kind is Kind.OTHER


@pytest.mark.parametrize("before", ["nothing", "a file", "a link"])
def test_a_relative_link_takes_the_place_of_what_was_there(
    before: str, folder: Path, directories: Directories
) -> None:
    target, blob = folder / "snapshots" / "c" / "name", folder / "blobs" / "blob"
    if before == "a file":
        target.write_text("old")
    elif before == "a link":
        target.symlink_to("gone")
    make(target, blob, directories)
    assert os.readlink(target) == os.path.join("..", "..", "blobs", "blob")  # noqa: PTH115
    assert target.read_text() == "content"
    assert [path.name for path in (folder / "blobs").iterdir()] == ["blob"]
    assert [path.name for path in target.parent.iterdir()] == ["name"]


def test_what_a_killed_process_leaves_beside_the_blob_is_swept(
    folder: Path, directories: Directories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directories, "move_in", lambda *_, **__: None)
    make(folder / "snapshots" / "c" / "name", folder / "blobs" / "blob", directories)
    (left,) = (path for path in (folder / "blobs").iterdir() if path.name != "blob")
    os.utime(left, (1, 1), follow_symlinks=False)
    sweep_temporaries(folder)
    assert not left.is_symlink()


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_a_link_that_gets_no_name_is_cleared_away(
    error: BaseException, folder: Path, directories: Directories, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: object, **more: object) -> None:
        raise error

    monkeypatch.setattr(directories, "move_in", fails)
    with pytest.raises(type(error)):
        make(folder / "snapshots" / "c" / "name", folder / "blobs" / "blob", directories)
    assert [path.name for path in (folder / "blobs").iterdir()] == ["blob"]


def test_whether_links_can_be_made_is_tried_and_nothing_is_left(folder: Path) -> None:
    assert possible(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["blobs", "snapshots"]


def test_what_a_killed_trial_leaves_is_swept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(Path, "unlink", lambda path: None)
        assert possible(folder)
    (left,) = (path for path in folder.iterdir() if path.is_symlink())
    os.utime(left, (1, 1), follow_symlinks=False)
    sweep_temporaries(folder)
    assert not left.is_symlink()


@pytest.mark.parametrize("error", [OSError("no links here"), NotImplementedError()])
@pytest.mark.parametrize("writable", [True, False])
def test_where_links_fail_it_depends_on_whether_anything_could_be_written(
    error: Exception, writable: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder that is read-only nobody can tell, and nobody will have to."""

    def fails(path: Path, target: str) -> None:
        raise error

    asked: list[int] = []

    def access(path: Path, mode: int) -> bool:
        asked.append(mode)
        return writable

    monkeypatch.setattr(Path, "symlink_to", fails)
    monkeypatch.setattr(os, "access", access)
    assert possible(folder) is not writable
    assert asked == [os.W_OK]
