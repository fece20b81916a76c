"""A root may be named from where we are; what is in a folder is reached through the open folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hfget.destinations import safe_directories as module
from hfget.destinations.disk_names import folds_case
from hfget.destinations.safe_directories import Directories, Seen

ROOT = Path("root")


@pytest.fixture(params=[True, False], ids=["open-folders", "paths"])
def directories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Directories]:
    if not request.param:
        monkeypatch.setattr(module, "_HAS_DIR_FD", False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "root").mkdir()
    opened = Directories(ROOT)
    yield opened
    opened.close()


def test_files_are_moved_in_looked_at_and_removed(directories: Directories) -> None:
    target = ROOT / "sub" / "deep" / "file"
    for content in ("old", "new"):
        Path("data").write_text(content)
        seen = Seen.of(target.lstat()) if target.exists() else None
        directories.move_in(Path("data"), target, replace=seen is not None, seen=seen)
        assert target.read_text() == content
    os.utime(target, (5, 5))
    assert directories.look(target).st_mtime == 5
    directories.remove(target)
    assert not target.exists() and target.parent.is_dir()


def test_what_has_changed_since_is_not_replaced(directories: Directories) -> None:
    target = ROOT / "sub" / "file"
    Path("data").write_text("ours")
    directories.move_in(Path("data"), target, replace=False)
    seen = Seen.of(target.lstat())
    target.write_text("theirs now")
    Path("data").write_text("newer")
    with pytest.raises(FileExistsError):
        directories.move_in(Path("data"), target, replace=True, seen=seen)
    assert target.read_text() == "theirs now"


def test_a_folder_with_two_cases_of_a_name_does_not_fold_it(tmp_path: Path) -> None:
    for name in ("Root", "rOOT", "12"):
        (tmp_path / name).touch()
    before = sorted(tmp_path.iterdir())
    assert not folds_case(tmp_path) and not folds_case(tmp_path / "new" / "er")
    assert sorted(tmp_path.iterdir()) == before, "what was made for a moment is gone"


@pytest.mark.parametrize("names", [("12",), ("Ab",), ("ab", "Cd"), ()])
def test_a_disk_that_folds_case_is_asked_in_the_folder_itself(
    names: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in names:
        (tmp_path / name).touch()
    looked_at = []

    def lstat(path: Path) -> os.stat_result:
        looked_at.append(path)
        near = [one for one in path.parent.iterdir() if one.name.lower() == path.name.lower()]
        return os.stat(near[0], follow_symlinks=False)

    monkeypatch.setattr(Path, "lstat", lstat)
    assert folds_case(tmp_path)
    assert {path.parent for path in looked_at} == {tmp_path}


def test_a_disk_that_cannot_tell_does_not_fold_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Root").touch()

    def fails(path: Path) -> os.stat_result:
        raise PermissionError

    monkeypatch.setattr(Path, "lstat", fails)
    assert not folds_case(tmp_path)
