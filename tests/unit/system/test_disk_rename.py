"""A new name is given by the system itself where it can; what it says then is final."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from hfget.system.atomic_files import rename_new
from hfget.system.disk import exists

_ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs renameat2")


@pytest.fixture
def no_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between a look and a rename somebody else may take the name."""

    def rename(*arguments: object, **more: object) -> None:
        raise AssertionError("renamed after a look")

    monkeypatch.setattr(os, "rename", rename)


@_ON_LINUX
@pytest.mark.usefixtures("no_second_look")
def test_on_linux_there_is_no_moment_between_look_and_rename(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    rename_new(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "a"
    with pytest.raises(FileNotFoundError):
        rename_new(tmp_path / "a", tmp_path / "c")


@_ON_LINUX
@pytest.mark.usefixtures("no_second_look")
def test_names_may_be_relative_to_where_we_are_and_to_an_open_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "a").write_text("a")
    monkeypatch.chdir(tmp_path)
    rename_new(Path("a"), "b")
    folder = os.open(tmp_path / "folder", os.O_RDONLY)
    try:
        rename_new(Path("b"), "c", dst_dir_fd=folder)
    finally:
        os.close(folder)
    assert (tmp_path / "folder" / "c").read_text() == "a"


def test_elsewhere_it_is_renamed_after_a_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "somewhere")
    (tmp_path / "a").write_text("a")
    rename_new(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "a" and not (tmp_path / "a").exists()


def test_what_may_not_be_looked_at_is_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*arguments: object, **more: object) -> None:
        raise PermissionError

    assert exists(tmp_path)
    monkeypatch.setattr(os, "stat", refuses)
    assert not exists(tmp_path)
