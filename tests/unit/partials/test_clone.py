"""Copies: the right content, an inode of its own, nothing left behind."""

from __future__ import annotations

import errno
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hfget.partials import clone
from hfget.partials.clone import can_clone, duplicate
from hfget.system.cancellation import Stopped
from tests.support.loopback import BOUND

MIB = 1 << 20


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(os.urandom(3 * MIB + 7))
    return path


@pytest.fixture(params=["in the kernel", "by hand"])
def by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the kernel cannot copy (other systems, old kernels) bytes go through a buffer."""
    if request.param == "by hand":
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    return str(request.param)


def test_a_copy_is_an_inode_of_its_own(by: str, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    duplicate(source, target)
    assert target.read_bytes() == source.read_bytes() and not target.samefile(source)
    with open(target, "r+b") as data:
        data.write(b"changed")
    assert source.read_bytes() != target.read_bytes()


def test_an_empty_file_and_the_usual_permissions(by: str, tmp_path: Path) -> None:
    (tmp_path / "source").touch(mode=0o400)
    duplicate(tmp_path / "source", tmp_path / "target")
    (tmp_path / "plain").touch()
    assert (tmp_path / "target").stat().st_size == 0
    assert (tmp_path / "target").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_hard_link_on_request(source: Path, tmp_path: Path) -> None:
    duplicate(source, tmp_path / "target", link=True)
    assert (tmp_path / "target").samefile(source)


def test_where_no_link_can_be_made_it_is_copied(source: Path, tmp_path: Path) -> None:
    shm = Path("/dev/shm")
    if not shm.is_dir() or shm.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system")
    target = shm / f"hfget-test-{os.getpid()}"
    try:
        duplicate(source, target, link=True)
        assert target.read_bytes() == source.read_bytes() and target.stat().st_nlink == 1
    finally:
        target.unlink(missing_ok=True)


@pytest.mark.parametrize("link", [False, True])
def test_a_link_in_place_of_the_source_is_not_followed(
    link: bool, source: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(source)
    target = tmp_path / "target"
    with pytest.raises(OSError):
        duplicate(tmp_path / "link", target, link=link)
    assert not os.path.lexists(target)


@pytest.mark.parametrize("link", [False, True])
def test_nothing_that_is_there_is_overwritten(link: bool, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    with pytest.raises(FileExistsError):
        duplicate(source, target, link=link)
    assert target.read_text() == "mine"


def test_it_stops_when_asked_and_leaves_nothing(by: str, source: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        duplicate(source, tmp_path / "target", stop=stop)
    assert not (tmp_path / "target").exists()


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    mounted = tmp_path / "small"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(mounted)]
    if subprocess.run(command, capture_output=True, timeout=BOUND, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        yield mounted
    finally:
        subprocess.run(["umount", str(mounted)], timeout=BOUND, check=True)


def test_a_full_disk_is_said_and_nothing_left(by: str, source: Path, full_disk: Path) -> None:
    with pytest.raises(OSError) as caught:
        duplicate(source, full_disk / "target")
    assert caught.value.errno == errno.ENOSPC and caught.value.errno in clone.FULL
    assert list(full_disk.iterdir()) == []


def test_a_trial_of_cloning_leaves_nothing(source: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    assert can_clone(source, tmp_path) in (False, True)
    assert not can_clone(source, tmp_path / "missing")
    assert not can_clone(tmp_path / "missing", tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_a_source_that_is_replaced_is_not_linked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"first")
    link = os.link

    def too_late(path: Path, name: Path, **options: bool) -> None:
        path.rename(tmp_path / "aside")
        path.write_bytes(b"second")
        link(path, name, **options)

    monkeypatch.setattr(os, "link", too_late)
    inode = duplicate(source, target, link=True)
    assert target.read_bytes() == b"first" and target.stat().st_nlink == 1
    assert inode.number == target.stat().st_ino


@pytest.mark.parametrize("in_kernel", [True, False])
def test_a_source_that_grows_is_copied_as_far_as_it_went(
    in_kernel: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"first")
    copy = os.copy_file_range

    def growing(reader: int, writer: int, count: int) -> int:
        with open(source, "ab") as file:
            file.write(b"more")
        if not in_kernel:
            raise OSError(errno.EOPNOTSUPP, "not here")
        return copy(reader, writer, count)

    monkeypatch.setattr(clone, "_cloned", lambda reader, writer: False)
    monkeypatch.setattr(os, "copy_file_range", growing)
    duplicate(source, target)
    assert target.read_bytes() == b"first"
