"""Small files are written whole, names are given without harm, and errors are put in words."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hfget.errors import InterruptedRunError
from hfget.system import atomic_files
from hfget.system.atomic_files import (
    atomic_write,
    read_text,
    rename_new,
    sweep_temporaries,
    sync_directory,
)
from hfget.system.disk import disk_error, free_bytes, is_inside
from tests.support.loopback import BOUND
from tests.support.open_files import open_below


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB, where the tests may mount one."""
    mounted = tmp_path / "small"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(mounted)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=BOUND, check=False).returncode
    except OSError:
        done = 1
    if done:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        yield mounted
    finally:
        subprocess.run(["umount", str(mounted)], timeout=BOUND, check=True)


def test_a_small_file_is_replaced_as_a_whole_and_nothing_is_left(tmp_path: Path) -> None:
    target = tmp_path / "x"
    for text in ("first", "second ü", ""):
        atomic_write(target, text, sync=True)
        assert target.read_text(encoding="utf-8") == text
    assert os.listdir(tmp_path) == ["x"]  # noqa: PTH208


def test_readers_see_the_old_or_the_new_file_never_a_part(tmp_path: Path) -> None:
    target = tmp_path / "x"
    texts = {letter * 200_000 for letter in "ab"}
    atomic_write(target, "a" * 200_000)
    stop = threading.Event()
    seen: set[str] = set()

    def read() -> None:
        while not stop.is_set():
            seen.add(target.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(100):
        atomic_write(target, "ab"[number % 2] * 200_000)
    stop.set()
    reader.join(BOUND)
    assert seen and seen <= texts


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), InterruptedRunError(2, "stop")])
def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "x"
    atomic_write(target, "old")

    def fail(fd: int, data: bytes) -> None:
        raise error

    monkeypatch.setattr(atomic_files, "write_all", fail)
    with pytest.raises(type(error)):
        atomic_write(target, "new")
    assert target.read_text() == "old" and os.listdir(tmp_path) == ["x"]  # noqa: PTH208


def test_a_link_planted_under_the_temporary_name_is_not_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    monkeypatch.setattr("hfget.system.mounts.random.getrandbits", lambda bits: 0)
    planted = tmp_path / f".{'0' * 16}.tmp"
    planted.symlink_to(outside)
    with pytest.raises(FileExistsError):
        atomic_write(tmp_path / "x", "text")
    assert outside.read_text() == "mine" and planted.is_symlink()
    assert not (tmp_path / "x").exists()


def test_a_full_disk_leaves_the_old_file(small_disk: Path) -> None:
    target = small_disk / "x"
    atomic_write(target, "old")
    with pytest.raises(OSError) as caught:
        atomic_write(target, "n" * 200_000)
    assert caught.value.errno == errno.ENOSPC
    assert target.read_text() == "old" and os.listdir(small_disk) == ["x"]  # noqa: PTH208
    assert "make room" in disk_error(caught.value, target).hint


def test_what_a_killed_write_left_is_cleared_away_once_it_is_old(tmp_path: Path) -> None:
    folder = tmp_path / "sub"
    folder.mkdir()
    names = (".0123456789abcdef.tmp", ".fedcba9876543210.tmp", ".mine.tmp", "0123456789abcdef.tmp")
    for name in names:
        (folder / name).touch()
    then = time.time() - 2 * atomic_files._TEMPORARY_SECONDS
    for name in (names[0], *names[2:]):
        os.utime(folder / name, (then, then))
    sweep_temporaries(tmp_path)
    assert {path.name for path in folder.iterdir()} == set(names[1:])
    sweep_temporaries(tmp_path / "missing")


def test_reading_never_waits_and_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("ü\n")
    assert read_text(tmp_path / "text", 3) == "ü\n"
    os.mkfifo(tmp_path / "pipe")
    for name, most in (("pipe", 99), ("text", 2), (".", 99), ("missing", 99)):
        with pytest.raises(OSError):
            read_text(tmp_path / name, most)
    (tmp_path / "text").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError):
        read_text(tmp_path / "text", 99)


def test_no_descriptor_is_lost_by_reading(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("x")
    before = open_below(tmp_path)
    for path in (tmp_path / "text", tmp_path, tmp_path / "missing"):
        for most in (0, 9):
            with contextlib.suppress(OSError):
                read_text(path, most)
    assert open_below(tmp_path) == before


@pytest.mark.parametrize("native", [True, False], ids=["renameat2", "look-then-rename"])
def test_a_rename_takes_no_name_that_is_taken(
    native: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not native:
        monkeypatch.setattr(atomic_files, "_renameat2", lambda: None)
    source, target = tmp_path / "source", tmp_path / "ü target"
    source.write_text("new")
    rename_new(source, target)
    assert target.read_text() == "new" and not source.exists()
    source.write_text("newer")
    with pytest.raises(FileExistsError):
        rename_new(source, target)
    with pytest.raises(FileNotFoundError):
        rename_new(tmp_path / "missing", tmp_path / "other")
    assert target.read_text() == "new" and source.read_text() == "newer"


def test_a_file_system_without_that_rename_gets_the_plain_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ctypes

    def refuses(*arguments: object) -> int:
        ctypes.set_errno(errno.EINVAL)
        return -1

    monkeypatch.setattr(atomic_files, "_renameat2", lambda: refuses)
    (tmp_path / "a").write_text("a")
    rename_new(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "a"


def test_the_rename_says_why_it_fails(small_disk: Path, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    with pytest.raises(OSError) as caught:
        rename_new(tmp_path / "a", small_disk / "a")
    assert caught.value.errno == errno.EXDEV
    assert (tmp_path / "a").exists()


def test_inside_is_told_with_all_links_followed(tmp_path: Path) -> None:
    root, twin = tmp_path / "root", tmp_path / "root-twin"
    (root / "a").mkdir(parents=True)
    twin.mkdir()
    (root / "out").symlink_to(twin)
    (root / "in").symlink_to("a")
    (tmp_path / "to-root").symlink_to("root")
    (root / "loop").symlink_to("loop")
    inside = [root, root / "a", root / "not-yet" / "b", root / "in" / "c", root / "loop"]
    inside.append(tmp_path / "to-root" / "a")
    assert all(is_inside(path, root) for path in inside)
    assert all(is_inside(path, tmp_path / "to-root") for path in inside)
    outside = [twin, tmp_path, root / "out", root / "out" / "x", root / ".." / "x", Path("/")]
    assert not any(is_inside(path, root) for path in outside)


def test_free_space_is_that_of_where_the_folder_will_be(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = free_bytes(small_disk / "not" / "yet")
    assert free is not None and 0 < free <= 64 << 10

    class Nothing:
        f_blocks = f_bavail = f_frsize = 0

    monkeypatch.setattr(os, "statvfs", lambda path: Nothing)
    assert free_bytes(tmp_path) is None


def test_syncing_a_folder_says_whether_it_could(tmp_path: Path) -> None:
    assert sync_directory(tmp_path)
    assert not sync_directory(tmp_path / "missing")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.ENOTDIR, errno.EILSEQ])
def test_an_error_says_what_where_why_and_what_next(number: int) -> None:
    error = disk_error(OSError(number, os.strerror(number)), Path("/some/where"))
    assert error.exit_code == 7 and "/some/where" in error.message and error.hint
    assert "Errno" not in error.message
    assert disk_error(OSError("odd"), "x").message


def test_a_file_that_comes_in_pieces_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_text("longer than a piece")
    real = os.read
    monkeypatch.setattr(os, "read", lambda fd, size: real(fd, min(size, 3)))
    assert read_text(tmp_path / "x", 100) == "longer than a piece"


def test_an_error_without_a_number_is_said_by_its_name() -> None:
    assert "OSError" in disk_error(OSError("odd"), "x").message


def test_what_is_in_the_way_is_to_be_moved_only_if_it_can(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.touch()
    for number, place, words in (
        (errno.ENOTDIR, mine / "a", "move that file away"),
        (errno.ENOTDIR, Path("/dev/null/a"), "another folder"),
        (errno.ENOENT, tmp_path / "a" / "b", "run the same command again"),
        (errno.ENOENT, Path("/proc/a/b"), "another folder"),
    ):
        error = disk_error(OSError(number, os.strerror(number)), place)
        assert words in error.hint, (place, error.hint)
    assert list(tmp_path.iterdir()) == [mine]
