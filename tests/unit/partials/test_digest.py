"""The hashes are those of git and of git-lfs, for every size and however the bytes arrive."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfget.partials.digest import PrefixHash, hash_file
from hfget.partials.positional_file import PositionalFile
from tests.support.loopback import git_sha1, sha256
from tests.support.open_files import needs_descriptors, open_below

MIB = 1 << 20
SIZES = [0, 1, 100, MIB - 1, MIB, MIB + 1, 2 * MIB + 12345]


def content(size: int) -> bytes:
    return hashlib.shake_128(b"seed").digest(size)


@pytest.mark.parametrize("size", SIZES)
def test_the_hash_of_a_file(tmp_path: Path, size: int) -> None:
    data = content(size)
    path = tmp_path / "f"
    path.write_bytes(data)
    assert hash_file(path, "sha256") == sha256(data)
    assert hash_file(path, "git-sha1") == git_sha1(data)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("size", [0, 5, MIB + 1])
def test_git_agrees(tmp_path: Path, size: int) -> None:
    path = tmp_path / "f"
    path.write_bytes(content(size))
    said = subprocess.run(
        ["git", "hash-object", "--no-filters", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert hash_file(path, "git-sha1") == said.stdout.strip()


@settings(max_examples=40, deadline=None)
@given(
    size=st.integers(0, 2 * MIB + 10),
    steps=st.lists(st.integers(0, 2 * MIB + 10), max_size=6),
    kind=st.sampled_from(["sha256", "git-sha1"]),
)
def test_a_hash_that_follows_the_prefix_is_the_hash_of_the_whole(
    tmp_path_factory: Any, size: int, steps: list[int], kind: str
) -> None:
    """Bytes behind the prefix are not there yet; what they are before must not matter."""
    path = tmp_path_factory.getbasetemp() / "followed"
    data = content(size)
    path.write_bytes(bytes(size))
    writer = PositionalFile(path, writable=True)
    reader = PositionalFile(path, writable=False)
    follower = PrefixHash(reader, kind, size)
    written = 0
    for prefix in [*sorted(step for step in steps if step < size), size]:
        writer.write_at(memoryview(data)[written:prefix], written)
        written = prefix
        for _ in range(4):
            follower.advance(prefix)
            assert follower.position <= prefix
        assert follower.position == prefix
    writer.close()
    reader.close()
    assert follower.hexdigest() == (sha256(data) if kind == "sha256" else git_sha1(data))


def test_a_step_reads_a_mebibyte_at_most(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(content(3 * MIB))
    reader = PositionalFile(path, writable=False)
    follower = PrefixHash(reader, "sha256", 3 * MIB)
    follower.advance(3 * MIB)
    assert follower.position == MIB
    follower.advance(MIB)
    assert follower.position == MIB, "a prefix that does not grow is not hashed twice"
    reader.close()


def test_progress_is_told_up_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(content(2 * MIB + 1))
    told: list[int] = []
    hash_file(path, "sha256", progress=told.append)
    assert told == [MIB, 2 * MIB, 2 * MIB + 1]


def test_stop_ends_it_between_two_steps(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(content(3 * MIB))
    stop = threading.Event()
    told: list[int] = []

    def progress(position: int) -> None:
        told.append(position)
        stop.set()

    assert hash_file(path, "sha256", stop=stop, progress=progress) is None
    assert told == [MIB]


def shrinks(path: Path) -> None:
    os.truncate(path, MIB)


def changes_behind_what_was_read(path: Path) -> None:
    before = path.stat()
    with open(path, "r+b") as data:
        data.write(b"other")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def is_replaced(path: Path) -> None:
    path.with_name("other").write_bytes(content(3 * MIB))
    path.with_name("other").rename(path)


@pytest.mark.parametrize("happens", [shrinks, changes_behind_what_was_read, is_replaced])
def test_a_file_that_is_changed_while_it_is_read_has_no_hash(
    happens: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "f"
    path.write_bytes(content(3 * MIB))
    with pytest.raises(OSError) as caught:
        hash_file(path, "sha256", progress=lambda position: happens(path))
    assert caught.value.errno == errno.EBUSY


def test_what_cannot_be_read_raises(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        hash_file(tmp_path / "none", "sha256")
    with pytest.raises(OSError):
        hash_file(tmp_path, "sha256")


@needs_descriptors
def test_no_descriptor_is_lost_by_hashing(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    before = open_below(tmp_path)
    for _ in range(5):
        assert hash_file(tmp_path / "x", "sha256") is not None
    assert open_below(tmp_path) == before


def test_a_file_is_opened_for_reading_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is verified may lie on a read-only disk, or belong to another user."""
    (tmp_path / "file").write_bytes(b"content")
    flags: list[int] = []
    real = os.open

    def opened(path: Path, how: int, *more: int, dir_fd: int | None = None) -> int:
        flags.append(how)
        return real(path, how, *more, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", opened)
    assert hash_file(tmp_path / "file", "sha256") == hashlib.sha256(b"content").hexdigest()
    assert flags and all(how & os.O_ACCMODE == os.O_RDONLY for how in flags)
