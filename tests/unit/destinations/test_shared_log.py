"""Lines of several processes in one file: none is lost, with locks or without."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hfget.destinations import shared_log
from hfget.destinations.shared_log import append, write_anew
from hfget.system import lock_open_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    append(path, "old\n")
    return path


def fails(fd: int, seconds: float) -> bool:
    return False


def lies(fd: int, seconds: float) -> bool:
    return True


def test_a_log_in_use_is_not_written_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inode = path.stat().st_ino
    holder = os.open(path, os.O_RDWR)
    try:
        assert lock_open_file(holder, 0)
        write_anew(path, lambda: "")
        assert path.stat().st_ino == inode
        monkeypatch.setattr(shared_log, "_LOCK_SECONDS", 0)
        append(path, "line\n")  # it may have been stopped: the line counts all the same
    finally:
        os.close(holder)
    assert path.read_text() == "old\nline\n"
    write_anew(path, lambda: "new\n")
    assert path.read_text() == "new\n"


def test_where_nothing_can_be_locked_nothing_is_written_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_log, "lock_open_file", fails)
    write_anew(path, lambda: "")
    append(path, "line\n")
    assert path.read_text() == "old\nline\n"


def test_what_is_appended_after_the_log_was_read_comes_along(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_log, "lock_open_file", lies)

    def content() -> str:
        append(path, "meanwhile\n")
        return "new\n"

    write_anew(path, content)
    assert path.read_text() == "new\nmeanwhile\n"


def test_a_log_that_is_replaced_when_it_was_opened_is_not_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = path.with_name("new")
    new.write_text("new\n")
    real = os.open

    def opened(place: Path, flags: int, mode: int) -> int:
        fd = real(place, flags, mode)
        if new.exists():
            os.replace(new, path)
        return fd

    monkeypatch.setattr(os, "open", opened)
    append(path, "line\n")
    assert path.read_text() == "new\nline\n"


@pytest.mark.parametrize("gives", [lies, fails])
def test_what_was_appended_to_a_log_that_was_replaced_is_appended_again(
    gives: Callable[[int, float], bool], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replaced(fd: int, seconds: float) -> bool:
        if not other.exists():
            os.replace(new, path)
            other.touch()
        return gives(fd, seconds)

    new, other = path.with_name("new"), path.with_name("other")
    new.write_text("new\n")
    monkeypatch.setattr(shared_log, "lock_open_file", replaced)
    append(path, "line\n")
    assert path.read_text() == "new\nline\n"
