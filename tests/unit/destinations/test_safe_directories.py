"""Files are moved into real folders below the root, whatever is planted in the path to them."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hfget.destinations import safe_directories as module
from hfget.destinations.safe_directories import Directories, Seen
from hfget.errors import UnsafeError
from hfget.system import atomic_files
from tests.support.loopback import BOUND
from tests.support.open_files import needs_descriptors, open_below


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def directories(root: Path) -> Iterator[Directories]:
    root.mkdir()
    opened = Directories(root)
    yield opened
    opened.close()


@pytest.fixture
def data(tmp_path: Path) -> Callable[[bytes], Path]:
    """A function that gives a file with some content, ready to be moved in."""

    def make(content: bytes = b"new") -> Path:
        path = tmp_path / f"data-{len(os.listdir(tmp_path))}"  # noqa: PTH208
        path.write_bytes(content)
        return path

    return make


def test_folders_are_made_and_the_file_is_moved(
    root: Path, directories: Directories, data: Callable[[bytes], Path]
) -> None:
    source = data(b"content")
    directories.move_in(source, root / "a" / "b" / "c", replace=False)
    assert (root / "a" / "b" / "c").read_bytes() == b"content" and not source.exists()
    assert directories.look(root / "a" / "b" / "c") == (root / "a/b/c").stat()


@pytest.mark.parametrize("native", [True, False], ids=["renameat2", "look-then-rename"])
@pytest.mark.parametrize("taken_by", ["file", "link", "dangling", "folder"])
def test_a_name_that_is_taken_is_kept(
    root: Path, directories: Directories, data: Callable[[bytes], Path], taken_by: str,
    native: bool, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if not native:
        monkeypatch.setattr(atomic_files, "_renameat2", lambda: None)
    target = root / "x"
    if taken_by == "file":
        target.write_bytes(b"mine")
    elif taken_by == "folder":
        target.mkdir()
    else:
        target.symlink_to(root if taken_by == "link" else root / "nowhere")
    before = os.lstat(target)
    source = data(b"new")
    with pytest.raises(FileExistsError):
        directories.move_in(source, target, replace=False)
    assert os.lstat(target) == before and source.read_bytes() == b"new"


def test_only_what_was_seen_is_replaced(
    root: Path, directories: Directories, data: Callable[[bytes], Path]
) -> None:
    target = root / "x"
    target.write_bytes(b"old")
    seen = Seen.of(target.stat())
    target.write_bytes(b"changed meanwhile")
    with pytest.raises(FileExistsError):
        directories.move_in(data(b"new"), target, replace=True, seen=seen)
    assert target.read_bytes() == b"changed meanwhile"
    directories.move_in(data(b"new"), target, replace=True, seen=Seen.of(target.stat()))
    assert target.read_bytes() == b"new"
    target.unlink()
    directories.move_in(data(b"newer"), target, replace=True, seen=seen)
    assert target.read_bytes() == b"newer"


def test_of_many_that_want_one_name_exactly_one_gets_it(
    root: Path, directories: Directories, data: Callable[[bytes], Path]
) -> None:
    others = [Directories(root) for _ in range(8)]
    sources = [data(b"%d" % number) for number in range(8)]
    refused: list[int] = []
    start = threading.Barrier(8)

    def move(number: int) -> None:
        start.wait(BOUND)
        try:
            others[number].move_in(sources[number], root / "x", replace=False)
        except FileExistsError:
            refused.append(number)

    threads = [threading.Thread(target=move, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    (winner,) = set(range(8)) - set(refused)
    assert (root / "x").read_bytes() == b"%d" % winner
    assert all(sources[number].exists() for number in refused)
    for other in others:
        other.close()


def test_a_link_planted_midway_leads_nowhere(
    root: Path, directories: Directories, data: Callable[[bytes], Path], tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    directories.move_in(data(b"1"), root / "sub" / "one", replace=False)
    shutil.move(root / "sub", tmp_path / "moved-away")
    (root / "sub").symlink_to(outside)
    for name in ("two", "deeper/three"):
        with pytest.raises(UnsafeError):
            directories.move_in(data(b"2"), root / "sub" / name, replace=False)
        with pytest.raises(UnsafeError):
            directories.look(root / "sub" / name)
    assert list(outside.iterdir()) == []
    assert [path.name for path in (tmp_path / "moved-away").iterdir()] == ["one"]


def test_a_link_planted_between_the_look_and_the_opening_leads_nowhere(
    root: Path, directories: Directories, data: Callable[[bytes], Path], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    outside = tmp_path / "outside"
    (outside / "deeper").mkdir(parents=True)
    (root / "sub" / "deeper").mkdir(parents=True)
    look = directories.refuse_escape

    def look_then_plant(folder: Path) -> None:
        look(folder)
        real = os.path.realpath
        monkeypatch.setattr(os.path, "realpath", lambda path: plant_after(real(path)))

    def plant_after(path: str) -> str:
        if path.endswith("deeper"):
            shutil.rmtree(root / "sub")
            (root / "sub").symlink_to(outside)
        return path

    monkeypatch.setattr(directories, "refuse_escape", look_then_plant)
    with pytest.raises(UnsafeError):
        directories.move_in(data(b"x"), root / "sub" / "deeper" / "file", replace=False)
    assert list(outside.rglob("file")) == []


def test_a_link_planted_at_the_very_last_moment_leads_nowhere(
    root: Path,
    directories: Directories,
    data: Callable[[bytes], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "sub").mkdir()

    def plant(name: str, fd: int) -> bool:
        (root / "sub").rmdir()
        (root / "sub").symlink_to(outside)
        return False

    monkeypatch.setattr(module, "_is_link", plant)
    with pytest.raises(OSError):
        directories.move_in(data(b"x"), root / "sub" / "file", replace=False)
    assert list(outside.iterdir()) == []


def test_a_link_that_stays_inside_is_followed(
    root: Path, directories: Directories, data: Callable[[bytes], Path]
) -> None:
    (root / "real").mkdir()
    (root / "also").symlink_to("real")
    directories.move_in(data(b"x"), root / "also" / "file", replace=False)
    assert (root / "real" / "file").read_bytes() == b"x"


def test_a_root_that_is_a_link_is_what_it_leads_to(
    root: Path, data: Callable[[bytes], Path], tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    root.symlink_to("elsewhere")
    opened = Directories(root)
    opened.move_in(data(b"x"), root / "a" / "file", replace=False)
    opened.close()
    assert (tmp_path / "elsewhere" / "a" / "file").read_bytes() == b"x"


def test_a_folder_that_was_removed_is_made_again(
    root: Path, directories: Directories, data: Callable[[bytes], Path]
) -> None:
    directories.move_in(data(b"1"), root / "sub" / "one", replace=False)
    shutil.rmtree(root / "sub")
    directories.move_in(data(b"2"), root / "sub" / "two", replace=False)
    assert (root / "sub" / "two").read_bytes() == b"2"
    shutil.rmtree(root)
    with pytest.raises(FileNotFoundError):
        directories.move_in(data(b"3"), root / "sub" / "three", replace=False)


def test_a_file_where_a_folder_is_needed_is_an_error(
    root: Path, directories: Directories, data: Callable[[bytes], Path]
) -> None:
    (root / "a").write_bytes(b"mine")
    for name in ("a/b", "a/b/c"):
        with pytest.raises(NotADirectoryError):
            directories.move_in(data(b"x"), root / name, replace=True)
    assert (root / "a").read_bytes() == b"mine"


def test_few_folders_are_open_and_none_in_the_end(
    root: Path, directories: Directories, data: Callable[[bytes], Path], tmp_path: Path
) -> None:
    before = len(open_below(root))
    for number in range(3 * module._MOST_OPEN):
        directories.move_in(data(b"x"), root / f"{number}" / "deep" / "f", replace=False)
        assert len(open_below(root)) - before <= module._MOST_OPEN
    (root / "0" / "link").symlink_to(tmp_path)
    (root / "0" / "file").touch()
    for bad in ("0/link/f", "0/file/f", "0/file/g/f"):
        with pytest.raises((UnsafeError, OSError)):
            directories.move_in(data(b"x"), root / bad, replace=False)
    assert len(open_below(root)) - before == module._MOST_OPEN
    directories.close()
    assert len(open_below(root)) == before


def test_every_folder_that_got_an_entry_is_synced(
    tmp_path: Path, data: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file's name is safe only if the names of all new folders above it are."""
    synced: list[str] = []
    fsync = os.fsync

    def recording(fd: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{fd}").readlink()))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", recording)
    root = tmp_path / "new" / "root"
    opened = Directories(root)
    root.mkdir(parents=True)
    opened.move_in(data(b"x"), root / "a" / "b" / "f", replace=False)
    assert opened.sync({root / "a" / "b"})
    expected = [tmp_path, tmp_path / "new", root, root / "a", root / "a" / "b"]
    assert sorted(synced) == [str(path) for path in expected]
    synced.clear()
    opened.move_in(data(b"y"), root / "a" / "b" / "g", replace=False)
    assert opened.sync({root / "a" / "b"})
    assert synced == [str(root / "a" / "b")]
    opened.close()


def test_a_folder_that_cannot_be_synced_is_said(
    root: Path, directories: Directories, data: Callable[[bytes], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def refuse(fd: int) -> None:
        raise OSError(22, "no such thing here")

    directories.move_in(data(b"x"), root / "f", replace=False)
    monkeypatch.setattr(os, "fsync", refuse)
    assert not directories.sync({root})


def test_without_open_folders_paths_are_checked_each_time(
    root: Path, directories: Directories, data: Callable[[bytes], Path], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """As on Windows."""
    monkeypatch.setattr(module, "_HAS_DIR_FD", False)
    directories.move_in(data(b"1"), root / "sub" / "one", replace=False)
    assert (root / "sub" / "one").read_bytes() == b"1"
    with pytest.raises(FileExistsError):
        directories.move_in(data(b"2"), root / "sub" / "one", replace=False)
    shutil.rmtree(root / "sub")
    (root / "sub").symlink_to(tmp_path)
    with pytest.raises(UnsafeError):
        directories.move_in(data(b"2"), root / "sub" / "two", replace=False)
    assert not (tmp_path / "two").exists()


def test_a_link_to_what_was_seen_is_not_it(
    root: Path, directories: Directories, data: Callable[[bytes], Path]
) -> None:
    target, elsewhere = root / "x", root / "elsewhere"
    target.write_bytes(b"old")
    seen = Seen.of(target.stat())
    target.rename(elsewhere)
    target.symlink_to(elsewhere)
    assert directories.look(target).st_mtime == target.lstat().st_mtime
    with pytest.raises(FileExistsError):
        directories.move_in(data(b"new"), target, replace=True, seen=seen)
    assert target.is_symlink()
    directories.remove(target)
    assert not target.is_symlink() and elsewhere.read_bytes() == b"old"


@needs_descriptors
def test_a_folder_that_was_replaced_is_not_kept_open(
    root: Path, directories: Directories, data: Callable[[bytes], Path]
) -> None:
    directories.move_in(data(b"1"), root / "a" / "x", replace=False)
    before = len(open_below(root))
    for number in range(5):
        (root / "a").rename(root / f"moved-{number}")
        directories.move_in(data(b"2"), root / "a" / "x", replace=False)
    assert len(open_below(root)) == before
