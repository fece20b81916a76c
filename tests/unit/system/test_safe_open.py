"""What lies in records, blobs and partials is opened only if it is what it poses as."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from hfget.system import safe_open
from hfget.system.safe_open import Inode, UntrustedError
from tests.support.loopback import BOUND
from tests.support.open_files import open_below
from tests.support.other_users import STRANGER, give_away

CONTENT = b"content"
DEVICE = Path("/dev/zero")


def a_link(path: Path, stack: ExitStack) -> None:
    (path.parent / "precious").write_bytes(CONTENT)
    path.symlink_to(path.parent / "precious")


def a_dangling_link(path: Path, stack: ExitStack) -> None:
    path.symlink_to(path.parent / "nothing")


def a_pipe(path: Path, stack: ExitStack) -> None:
    os.mkfifo(path)


def a_socket(path: Path, stack: ExitStack) -> None:
    there = stack.enter_context(socket.socket(socket.AF_UNIX))
    before = os.open(".", os.O_RDONLY)
    try:
        os.chdir(path.parent)  # a socket's path is short
        there.bind(path.name)
    finally:
        os.fchdir(before)
        os.close(before)


def a_device(path: Path, stack: ExitStack) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs the right to make a device")
    os.mknod(path, 0o020666, os.makedev(1, 5))  # that of /dev/zero


def a_link_to_a_device(path: Path, stack: ExitStack) -> None:
    path.symlink_to(DEVICE)


def a_folder(path: Path, stack: ExitStack) -> None:
    path.mkdir()


def a_hard_link(path: Path, stack: ExitStack) -> None:
    (path.parent / "precious").write_bytes(CONTENT)
    os.link(path.parent / "precious", path)


def a_foreign_file(path: Path, stack: ExitStack) -> None:
    path.write_bytes(CONTENT)
    give_away(path)


ODD = (
    a_link,
    a_dangling_link,
    a_pipe,
    a_socket,
    a_device,
    a_link_to_a_device,
    a_folder,
)
NOT_ALONE = (a_hard_link, a_foreign_file)
WAYS: dict[str, Callable[[Path], object]] = {
    "to read": safe_open.open_file,
    "to write": lambda path: safe_open.open_own(path, os.O_RDWR),
    "to append": lambda path: safe_open.open_own(path, os.O_WRONLY | os.O_APPEND),
    "whole": lambda path: safe_open.read_bytes(path, 100),
    "whole, of anybody": lambda path: safe_open.read_bytes(path, 100, foreign=True),
}


@pytest.fixture
def stack() -> ExitStack:
    return ExitStack()


@pytest.mark.timeout(20)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("plant", ODD)
def test_what_is_no_regular_file_is_not_opened(
    plant: Callable[[Path, ExitStack], None], way: str, tmp_path: Path, stack: ExitStack
) -> None:
    path = tmp_path / "x"
    before = open_below(tmp_path, DEVICE)
    with stack:
        plant(path, stack)
        with pytest.raises((UntrustedError, IsADirectoryError)) as met:
            WAYS[way](path)
        assert str(path) in str(met.value)
    assert open_below(tmp_path, DEVICE) == before
    if plant is a_link:
        assert (tmp_path / "precious").read_bytes() == CONTENT


@pytest.mark.parametrize("plant", NOT_ALONE)
def test_what_others_have_too_is_neither_written_to_nor_believed(
    plant: Callable[[Path, ExitStack], None], tmp_path: Path, stack: ExitStack
) -> None:
    path = tmp_path / "x"
    plant(path, stack)
    for way in ("to write", "to append", "whole"):
        with pytest.raises(UntrustedError):
            WAYS[way](path)
    os.close(safe_open.open_file(path))
    assert safe_open.read_bytes(path, 100, foreign=True)[0] == CONTENT
    with safe_open.reading_other_users():
        assert safe_open.read_bytes(path, 100)[0] == CONTENT
    with pytest.raises(UntrustedError):
        safe_open.read_bytes(path, 100)


def test_a_file_of_mine_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "x"
    os.close(safe_open.create_file(path))
    fd = safe_open.open_own(path, os.O_RDWR)
    os.write(fd, CONTENT)
    os.close(fd)
    assert safe_open.read_bytes(path, 100)[0] == CONTENT
    assert safe_open.read_bytes(path, len(CONTENT))[0] == CONTENT
    with pytest.raises(UntrustedError):
        safe_open.read_bytes(path, len(CONTENT) - 1)
    assert safe_open.read_bytes(path, 3, cut=True)[0] == CONTENT[:3]


def test_a_sparse_file_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.touch()
    os.truncate(path, 1 << 40)
    with pytest.raises(UntrustedError):
        safe_open.read_bytes(path, 1 << 20)
    assert safe_open.read_bytes(path, 1 << 20, cut=True)[0] == bytes(1 << 20)


@pytest.mark.parametrize("plant", [*ODD, *NOT_ALONE])
def test_what_is_there_is_not_created(
    plant: Callable[[Path, ExitStack], None], tmp_path: Path, stack: ExitStack
) -> None:
    with stack:
        plant(tmp_path / "x", stack)
        with pytest.raises(FileExistsError):
            safe_open.create_file(tmp_path / "x")


@pytest.mark.parametrize("doing", ["read", "write", "create"])
def test_a_folder_is_not_entered_through_a_link(doing: str, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x").write_bytes(CONTENT)
    (tmp_path / "linked").symlink_to("real")
    do: dict[str, Callable[[Path], object]] = {
        "read": WAYS["whole"],
        "write": WAYS["to write"],
        "create": lambda path: safe_open.create_file(path.with_name("new")),
    }
    with pytest.raises(UntrustedError):
        do[doing](tmp_path / "linked" / "x")
    assert os.listdir(tmp_path / "real") == ["x"]  # noqa: PTH208


def test_an_exchange_of_the_folder_between_look_and_opening_leads_nowhere(tmp_path: Path) -> None:
    """The name is opened in the folder that was opened, whatever has its path by now."""
    home, planted = tmp_path / "home", tmp_path / "planted"
    for folder, content in ((home, b"mine"), (planted, b"theirs")):
        folder.mkdir()
        (folder / "x").write_bytes(content)
    stop = threading.Event()

    def exchange() -> None:
        aside = tmp_path / "aside"
        while not stop.is_set():
            home.rename(aside)
            home.symlink_to(planted)
            home.unlink()
            aside.rename(home)

    thread = threading.Thread(target=exchange)
    thread.start()
    seen = set()
    try:
        for _ in range(3000):
            try:
                seen.add(safe_open.read_bytes(home / "x", 10)[0])
            except OSError:
                seen.add(b"")
    finally:
        stop.set()
        thread.join(BOUND)
    assert b"theirs" not in seen and seen <= {b"mine", b""}


def test_roots_word_is_taken_but_its_files_are_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.write_bytes(CONTENT)
    found = path.stat()
    if found.st_uid != 0:
        pytest.skip("needs a file of root")
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER)
    assert safe_open.is_trusted(found) and not safe_open.is_own(found)
    assert safe_open.read_bytes(path, 100)[0] == CONTENT
    with pytest.raises(UntrustedError):
        safe_open.open_own(path, os.O_RDWR)


def test_where_all_files_appear_as_one_users_they_are_mine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NFS with root squashed, FAT, SMB, mapped user numbers: what I make there tells."""
    monkeypatch.setattr(safe_open, "_appearing", {})
    path = tmp_path / "x"
    path.write_bytes(CONTENT)
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER - 1)
    before = safe_open.is_own(path.stat())
    os.close(safe_open.create_file(tmp_path / "new"))
    assert not before and safe_open.is_own(path.stat())
    os.close(safe_open.open_own(path, os.O_RDWR))
    other = list(path.stat())
    other[2] += 1  # st_dev: of another disk nothing is known
    assert not safe_open.is_own(os.stat_result(other))


def test_a_file_that_took_the_place_of_another_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    fd = safe_open.create_file(path)
    try:
        inode = Inode.of(os.fstat(fd))
        safe_open.check_inode(path, inode)
        os.link(path, tmp_path / "second")
        with pytest.raises(UntrustedError):
            safe_open.check_inode(path, inode)
        safe_open.check_inode(path, inode, names=2)
        path.unlink()
        with pytest.raises(FileNotFoundError):
            safe_open.check_inode(path, inode)
        path.symlink_to("second")
        with pytest.raises(UntrustedError):
            safe_open.check_inode(path, inode)
        path.unlink()
        path.write_bytes(CONTENT)
        with pytest.raises(UntrustedError):
            safe_open.check_inode(path, inode)
    finally:
        os.close(fd)
