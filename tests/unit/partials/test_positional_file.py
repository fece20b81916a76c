"""Reading and writing at a position, by several threads at once."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from hfget.partials.positional_file import PositionalFile
from tests.support.loopback import BOUND

THREADS, PIECE = 6, 4096


def test_threads_write_in_turns_and_each_piece_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, overlaps = threading.Lock(), []
    start = threading.Barrier(THREADS)
    pwrite = os.pwrite

    def short(fd: int, data: memoryview, offset: int) -> int:
        """Writes a part of what it is given, as a signal or a full disk may make it."""
        if not writing.acquire(blocking=False):
            overlaps.append(offset)
            return pwrite(fd, data, offset)
        try:
            return pwrite(fd, data[: max(1, len(data) // 2)], offset)
        finally:
            writing.release()

    monkeypatch.setattr(os, "pwrite", short)
    file = PositionalFile(tmp_path / "file", writable=True, create=True)

    def write(number: int) -> None:
        start.wait(BOUND)
        file.write_at(memoryview(bytes([number]) * PIECE), number * PIECE)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    file.close()
    assert not overlaps
    wanted = b"".join(bytes([number]) * PIECE for number in range(THREADS))
    assert (tmp_path / "file").read_bytes() == wanted


def test_a_read_ends_where_the_file_does(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")
    file = PositionalFile(tmp_path / "file", writable=False)
    buffer = bytearray(b"." * 8)
    assert file.read_at(memoryview(buffer), 4) == 6
    assert bytes(buffer) == b"456789.."
    assert file.read_at(memoryview(buffer), 10) == 0
    file.close()
    file.close()


def test_a_file_made_anew_must_not_be_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"somebody's")
    with pytest.raises(FileExistsError):
        PositionalFile(tmp_path / "file", writable=True, create=True)
    assert (tmp_path / "file").read_bytes() == b"somebody's"
