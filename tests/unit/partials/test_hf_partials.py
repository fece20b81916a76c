"""What huggingface_hub was interrupted in: found by its name, judged, copied, gone on with."""

from __future__ import annotations

import errno
import os
import threading
import zlib
from pathlib import Path

import pytest

from hfget.partials.clone import can_clone, can_take_alone, take_alone
from hfget.partials.hf_partials import Begun, find_prefix, inherit
from hfget.partials.journal import Block, Identity
from hfget.partials.partial import Partial
from hfget.partials.partial_names import stem_for
from hfget.partials.recovery import leftover_bytes
from hfget.system.cancellation import Stopped
from tests.support.loopback import lfs_file
from tests.support.transfers import KIB, MIB, FileServer, fetch_all, noise, transfer

DATA = noise(3 * MIB + 7)
FILE = lfs_file("model.bin", DATA)
IDENTITY = Identity.of(FILE, "c" * 40)
START = FILE.etag


def written(folder: Path, length: int, name: str = f"{START}.0a1b2c3d.incomplete") -> Begun:
    path = folder / name
    path.write_bytes(DATA[:length].ljust(length, b"+"))
    return Begun(path, ((0, length),), movable=True)


def found(folder: Path) -> Begun | None:
    return find_prefix(folder, START, FILE.size)


@pytest.mark.parametrize("end", [".0a1b2c3d.incomplete", ".incomplete"])
def test_it_is_found_by_its_name(end: str, tmp_path: Path) -> None:
    prefix = written(tmp_path, 2 * MIB, START + end)
    assert found(tmp_path) == prefix
    assert find_prefix(tmp_path, START, FILE.size, names=[]) is None
    assert found(tmp_path / "nowhere") is None


@pytest.mark.parametrize(
    "name",
    [
        START,
        f"{START}.lock",
        f"{START}.0a1b2c3d.incomplete.tmp",
        f"{START}.0A1B2C3D.incomplete",
        f"{START}.mine-1-2.incomplete",
        f"x{START}.incomplete",
        f"{'0' * 64}.incomplete",
    ],
)
def test_other_names_are_not_its_own(name: str, tmp_path: Path) -> None:
    written(tmp_path, 2 * MIB, name)
    assert found(tmp_path) is None


def test_the_longest_that_fits_is_taken(tmp_path: Path) -> None:
    written(tmp_path, MIB, f"{START}.00000001.incomplete")
    best = written(tmp_path, FILE.size, f"{START}.00000002.incomplete")
    written(tmp_path, FILE.size + 1, f"{START}.00000003.incomplete")
    written(tmp_path, 0, f"{START}.00000004.incomplete")
    assert found(tmp_path) == best


def test_what_may_have_been_written_in_another_order_is_not_taken(tmp_path: Path) -> None:
    path = written(tmp_path, MIB).path
    os.truncate(path, 2 * MIB)
    if path.stat().st_blocks * 512 > 3 * MIB // 2:
        pytest.skip("this file system has no holes")
    assert found(tmp_path) is None
    with open(path, "r+b") as data:  # now the hole is in the middle
        data.seek(2 * MIB - 64 * KIB)
        data.write(bytes(64 * KIB))
    assert found(tmp_path) is None


def test_space_that_was_only_reserved_is_not_taken(tmp_path: Path) -> None:
    path = written(tmp_path, MIB).path
    with open(path, "r+b") as data:
        os.posix_fallocate(data.fileno(), 0, 2 * MIB)
        os.fsync(data.fileno())
        if os.lseek(data.fileno(), 0, os.SEEK_HOLE) == 2 * MIB:
            pytest.skip("this file system does not tell what is only reserved")
    assert found(tmp_path) is None


def test_what_is_no_file_is_not_taken(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    real = written(outside, MIB, "real").path
    (tmp_path / f"{START}.00000001.incomplete").symlink_to(real)
    (tmp_path / f"{START}.00000002.incomplete").mkdir()
    os.mkfifo(tmp_path / f"{START}.00000003.incomplete")
    assert found(tmp_path) is None


def test_a_small_file_is_not_worth_a_look(tmp_path: Path) -> None:
    written(tmp_path, 10)
    assert find_prefix(tmp_path, START, MIB) is None
    assert find_prefix(tmp_path, START, MIB + 1) is not None


@pytest.mark.parametrize("length", [5, MIB, 2 * MIB + 100, len(DATA)])
def test_it_becomes_a_partial_and_stays_what_it_is(length: int, tmp_path: Path) -> None:
    """Who has it open may still write to it."""
    prefix, stem = written(tmp_path, length), stem_for(tmp_path, FILE.path, FILE.etag)
    before = prefix.path.stat()
    with prefix.path.open("r+b"):
        inherit(prefix, stem, IDENTITY, threading.Event())
    after = prefix.path.stat()
    assert (before.st_ino, before.st_size, before.st_mtime_ns) == (
        after.st_ino,
        after.st_size,
        after.st_mtime_ns,
    )
    partial = Partial.open(stem, IDENTITY)
    starts = range(0, length, MIB)
    pieces = [DATA[start : min(start + MIB, length)] for start in starts]
    assert partial.blocks == tuple(
        Block(start, len(piece), zlib.crc32(piece))
        for start, piece in zip(starts, pieces, strict=True)
    )
    assert partial.damaged() == []
    assert not partial.data_path.samefile(prefix.path)
    partial.discard()
    assert list(tmp_path.iterdir()) == [prefix.path]


def test_what_no_process_has_open_is_moved(tmp_path: Path) -> None:
    prefix, stem = written(tmp_path, 2 * MIB), stem_for(tmp_path, FILE.path, FILE.etag)
    if can_clone(prefix.path, tmp_path) or not can_take_alone(prefix.path):
        pytest.skip("this file system clones, or knows no leases")
    inode = prefix.path.stat().st_ino
    inherit(prefix, stem, IDENTITY, threading.Event())
    assert not prefix.path.exists()
    partial = Partial.open(stem, IDENTITY)
    assert partial.data_path.stat().st_ino == inode
    assert sum(block.length for block in partial.blocks) == 2 * MIB and partial.damaged() == []
    partial.discard()


def test_what_cannot_be_gone_on_with_is_moved_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix, stem = written(tmp_path, 2 * MIB), stem_for(tmp_path, FILE.path, FILE.etag)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("hfget.partials.partial.JournalWriter", full)
    with pytest.raises(OSError, match="full"):
        inherit(prefix, stem, IDENTITY, threading.Event())
    assert prefix.path.read_bytes() == DATA[: 2 * MIB]
    assert list(tmp_path.iterdir()) == [prefix.path]


@pytest.mark.parametrize("trusted", [True, False])
def test_who_has_a_file_open_keeps_it(trusted: bool, tmp_path: Path) -> None:
    path = written(tmp_path, MIB).path
    with path.open("r+b" if trusted else "rb"):
        assert not can_take_alone(path) and not take_alone(path, tmp_path / "mine")
    assert path.stat().st_size == MIB and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("own", "left"), [(MIB, 2 * MIB), (2 * MIB, 2 * MIB), (3 * MIB, 3 * MIB)])
def test_what_holds_more_wins(own: int, left: int, tmp_path: Path) -> None:
    prefix, stem = written(tmp_path, 2 * MIB), stem_for(tmp_path, FILE.path, FILE.etag)
    partial = Partial.open(stem, IDENTITY)
    partial.write(memoryview(DATA)[-own:], len(DATA) - own)
    partial.park()
    inherit(prefix, stem, IDENTITY, threading.Event())
    assert leftover_bytes(stem, IDENTITY) == left


def test_a_stop_leaves_nothing_of_ours(tmp_path: Path) -> None:
    prefix, stem = written(tmp_path, 2 * MIB), stem_for(tmp_path, FILE.path, FILE.etag)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        inherit(prefix, stem, IDENTITY, stop)
    assert list(tmp_path.iterdir()) == [prefix.path]


def test_what_has_gone_away_leaves_nothing_of_ours(tmp_path: Path) -> None:
    prefix, stem = written(tmp_path, MIB), stem_for(tmp_path, FILE.path, FILE.etag)
    prefix.path.unlink()
    with pytest.raises(FileNotFoundError):
        inherit(prefix, stem, IDENTITY, threading.Event())
    assert list(tmp_path.iterdir()) == []


def test_only_the_rest_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "download"
    folder.mkdir()
    prefix = written(folder, 2 * MIB)
    inherit(prefix, stem_for(folder, FILE.path, FILE.etag), IDENTITY, threading.Event())
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        fetch_all(one)
        assert one.job.finish(fsync=False)
    assert server.ranges == [f"bytes={2 * MIB}-{len(DATA) - 1}"]
    assert one.final.read_bytes() == DATA
