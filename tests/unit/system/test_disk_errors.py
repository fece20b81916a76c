"""What is said of a path and of a folder that cannot be synced; the rights of a small file."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hfget.system.atomic_files import atomic_write, sync_directory
from hfget.system.disk import disk_error
from tests.support.open_files import open_below


def test_a_path_is_shown_whole_unless_it_would_fill_the_screen() -> None:
    error = OSError(errno.ENOSPC, "")
    path = "/" + "d" * 398 + "f"
    assert path in disk_error(error, path).message
    longer = "/start/" + "d" * 1000 + "/end"
    message = disk_error(error, longer).message
    assert longer not in message and len(message) < 500
    assert "/start/d" in message and "d/end" in message and "…" in message


@pytest.mark.parametrize(
    ("inodes", "free_inodes", "free_mib", "inodes_are_missing"),
    [
        (1000, 0, 100, True),
        (1000, 0, 1, True),
        (1000, 1, 100, True),  # another thread has given one back since
        (1000, 1, 1, False),
        (1000, 500, 100, False),
        (1000, 0, 0, False),
        (0, 0, 100, False),  # btrfs counts none
    ],
)
def test_what_the_disk_lacks_is_named(
    inodes: int,
    free_inodes: int,
    free_mib: int,
    inodes_are_missing: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blocks = free_mib << 8
    counted = os.statvfs_result(
        (4096, 4096, 1 << 20, blocks, blocks, inodes, free_inodes, free_inodes, 0, 255)
    )
    monkeypatch.setattr(os, "statvfs", lambda path: counted)
    message = disk_error(OSError(errno.ENOSPC, ""), "/a/file").message
    assert ("inodes" in message) is inodes_are_missing
    assert ("no space left" in message) is not inodes_are_missing


def test_a_folder_that_is_not_there_is_not_synced(tmp_path: Path) -> None:
    assert sync_directory(tmp_path)
    assert not sync_directory(tmp_path / "missing")


def test_a_folder_that_cannot_be_synced_is_closed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(fd: int) -> None:
        raise OSError(errno.EINVAL, "")

    monkeypatch.setattr(os, "fsync", fails)
    before = open_below(tmp_path)
    assert not sync_directory(tmp_path)
    assert open_below(tmp_path) == before


@pytest.mark.parametrize(("umask", "mode"), [(0, 0o666), (0o077, 0o600)])
def test_who_may_read_a_file_is_for_the_umask_to_say(umask: int, mode: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        atomic_write(tmp_path / "x", "text")
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == mode
