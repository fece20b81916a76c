"""Partials that somebody else has prepared, shares, or exchanges while they are written."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hfget.errors import DiskError
from hfget.partials import journal as journal_module
from hfget.partials.digest import hash_file
from hfget.partials.journal import read_journal
from hfget.partials.partial import Partial
from hfget.partials.positional_file import PositionalFile
from hfget.partials.recovery import leftover_bytes, leftover_space
from tests.support.loopback import BOUND, child
from tests.support.other_users import give_away
from tests.support.partials import (
    DATA,
    IDENTITY,
    PIECES,
    SIZE,
    WRITTEN,
    elsewhere,
    flip,
    journal_at,
    owned_by,
    parked,
    spans,
    write,
)
from tests.support.transfers import FileServer, fetch_all, transfer

_HOLDS = """
import os, signal, sys
print("ready", flush=True)
from hfget.system.process_identity import ProcessIdentity
print(ProcessIdentity.mine(), flush=True)
sys.stdin.read()
"""


def at_rest(stem: Path) -> Path:
    stem.parent.mkdir(parents=True, exist_ok=True)
    return stem.with_name(stem.name + ".incomplete")


def finished(stem: Path) -> Path:
    """Fetch all of it from scratch or from what is there; the data, on its own inode."""
    partial = Partial.open(stem, IDENTITY)
    have = spans(partial)
    position = 0
    for start, end in [*sorted(have), (SIZE, SIZE)]:
        if position < start:
            write(partial, (position, start))
        position = max(position, end)
    assert partial.damaged() == []
    partial.check()
    partial.close()
    assert partial.data_path.read_bytes() == DATA
    return partial.data_path


def a_link(rest: Path, precious: Path) -> None:
    rest.symlink_to(precious)


def a_hard_link(rest: Path, precious: Path) -> None:
    os.link(precious, rest)


def a_pipe(rest: Path, precious: Path) -> None:
    os.mkfifo(rest)


def a_link_to_a_device(rest: Path, precious: Path) -> None:
    rest.symlink_to("/dev/zero")


def a_folder(rest: Path, precious: Path) -> None:
    rest.mkdir()


@pytest.mark.timeout(20)
@pytest.mark.parametrize("journal", ["none", "right"])
@pytest.mark.parametrize("plant", [a_link, a_hard_link, a_pipe, a_link_to_a_device, a_folder])
def test_nothing_planted_at_the_resting_name_is_written_to_or_published(
    plant: Callable[[Path, Path], None], journal: str, stem: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    content = b"mine alone".ljust(SIZE, b".")
    rest = parked(stem, *PIECES) if journal == "right" else at_rest(stem)
    rest.unlink(missing_ok=True)
    precious.write_bytes(content)
    precious.chmod(0o600)
    plant(rest, precious)
    promised = journal == "right" and plant is a_hard_link
    assert leftover_bytes(stem, IDENTITY) == (WRITTEN if promised else 0)
    data = finished(stem)
    assert precious.read_bytes() == content and not data.samefile(precious)
    found = data.lstat()
    assert found.st_nlink == 1 and found.st_size == SIZE


@pytest.mark.timeout(20)
@pytest.mark.parametrize("plant", [a_link, a_pipe, a_link_to_a_device, a_folder])
def test_a_journal_that_is_no_file_is_no_journal(
    plant: Callable[[Path, Path], None], stem: Path, tmp_path: Path
) -> None:
    rest = parked(stem, *PIECES)
    journal_at(rest).rename(tmp_path / "precious")
    plant(journal_at(rest), tmp_path / "precious")
    assert read_journal(journal_at(rest)) is None
    assert leftover_bytes(stem, IDENTITY) == 0
    finished(stem)


@pytest.mark.parametrize("size", [1 << 40, 3 << 30])
def test_a_sparse_journal_costs_no_memory(
    size: int, stem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "_MOST_BYTES", 1 << 20)
    rest = parked(stem, *PIECES)
    os.truncate(journal_at(rest), size)
    assert leftover_bytes(stem, IDENTITY) == WRITTEN, "what was recorded before counts"
    os.truncate(journal_at(rest), 0)
    os.truncate(journal_at(rest), size)
    assert leftover_bytes(stem, IDENTITY) == 0


@pytest.mark.parametrize("foreign", ["data", "journal", "both", "linked data", "linked journal"])
def test_what_others_have_too_is_copied_never_taken(foreign: str, stem: Path) -> None:
    """Its owner still holds a descriptor: late bytes must not reach what is published."""
    rest = parked(stem, *PIECES)
    flip(rest, 5000)
    with open(rest, "r+b") as held:
        inode = os.fstat(held.fileno()).st_ino
        for name, path in (("data", rest), ("journal", journal_at(rest))):
            if foreign == f"linked {name}":
                os.link(path, path.with_name("second"))
            elif foreign in (name, "both"):
                give_away(path)
        assert leftover_bytes(stem, IDENTITY) == WRITTEN
        assert leftover_space(stem, IDENTITY) == 0, "the copy takes space of its own"
        partial = Partial.open(stem, IDENTITY)
        assert spans(partial) == {PIECES[0], PIECES[2]}, "its word alone counts nothing"
        assert partial.data_path.stat().st_ino != inode
        write(partial, (1000, SIZE - 10))
        held.seek(0)
        held.write(b"late")
        held.flush()
        assert partial.damaged() == []
        partial.check()
        partial.close()
        assert partial.data_path.read_bytes() == DATA


def test_a_forged_journal_does_not_cost_what_is_mine(stem: Path, tmp_path: Path) -> None:
    """It promises all bytes; none of them is there."""
    forged = Partial.open(stem.with_name("other"), IDENTITY)
    write(forged, (0, SIZE))
    forged.park()
    others = stem.with_name("other.incomplete")
    others.write_bytes(bytes(SIZE))
    rest = parked(stem, *PIECES)
    theirs = owned_by(stem, elsewhere(), others)
    give_away(theirs, journal_at(theirs))
    partial = Partial.open(stem, IDENTITY)
    assert spans(partial) == set(PIECES)
    theirs.rename(rest)
    journal_at(theirs).rename(journal_at(rest))
    partial.park()
    assert leftover_bytes(stem, IDENTITY) == WRITTEN
    assert rest.lstat().st_uid == os.geteuid(), "what is mine has the resting name again"


def test_a_foreign_partial_that_may_not_be_read_is_left(stem: Path) -> None:
    rest = parked(stem, *PIECES)
    rest.chmod(0o600)
    journal_at(rest).chmod(0o644)
    give_away(rest, journal_at(rest))
    for folder in (stem.parent, *stem.parent.parents[:4]):
        folder.chmod(folder.stat().st_mode | 0o077)
    stem.parent.chmod(0o1777)
    other = os.fork()
    if other == 0:  # as a third user: neither root nor the owner
        code = 1
        try:
            os.setgid(65533)
            os.setuid(65533)
            code = 0 if finished(stem).stat().st_uid == 65533 else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(other, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert rest.exists(), "not ours to remove"


def test_what_is_a_strangers_is_copied_at_once_but_not_removed(stem: Path) -> None:
    """A killed container that is started again is another host, as far as can be told."""
    theirs = owned_by(stem, elsewhere(), parked(stem, *PIECES))
    assert leftover_bytes(stem, IDENTITY) == WRITTEN
    partial = Partial.open(stem, IDENTITY)
    assert spans(partial) == set(PIECES) and not partial.data_path.samefile(theirs)
    assert theirs.exists() and journal_at(theirs).exists()
    partial.discard()


def test_what_a_stopped_process_has_is_copied_and_left_to_it(stem: Path) -> None:
    from hfget.system.process_identity import ProcessIdentity, Standing

    with child(_HOLDS) as process:
        assert process.stdout is not None
        owner = ProcessIdentity.parse(process.stdout.readline().strip())
        assert owner is not None
        theirs = owned_by(stem, owner, parked(stem, *PIECES))
        assert leftover_bytes(stem, IDENTITY) == 0, "it is at work on it"
        process.send_signal(19)
        deadline = time.monotonic() + BOUND
        while owner.standing() is not Standing.STOPPED and time.monotonic() < deadline:
            time.sleep(0.01)
        partial = Partial.open(stem, IDENTITY)
        assert spans(partial) == set(PIECES) and theirs.exists()
        partial.discard()
        process.send_signal(18)


@pytest.mark.parametrize("planted", ["link", "file", "hard link"])
def test_what_took_the_place_of_the_data_is_not_published(
    planted: str, stem: Path, tmp_path: Path
) -> None:
    partial = Partial.open(stem, IDENTITY)
    write(partial, (0, SIZE))
    data, precious = partial.data_path, tmp_path / "precious"
    precious.write_bytes(b"mine alone")
    if planted == "hard link":
        os.link(data, tmp_path / "second")
    else:
        data.unlink()
        if planted == "link":
            data.symlink_to(precious)
        else:
            data.write_bytes(DATA)
    with pytest.raises(DiskError) as met:
        partial.check()
    assert str(data) in met.value.message and met.value.hint
    partial.discard()
    assert precious.read_bytes() == b"mine alone"


@pytest.mark.usefixtures("no_proxies")
def test_a_job_publishes_the_very_file_that_it_has_written(tmp_path: Path) -> None:
    with FileServer(DATA) as server:
        one = transfer(server, tmp_path, DATA)
        fetch_all(one)
        data = one.job.partial.data_path
        data.unlink()
        data.write_bytes(b"planted".ljust(SIZE, b"."))
        with pytest.raises(DiskError):
            one.job.finish(fsync=False)
        assert not one.final.exists()
        one.job.discard()


def test_what_is_hashed_is_what_was_written(stem: Path, tmp_path: Path) -> None:
    partial = Partial.open(stem, IDENTITY)
    write(partial, PIECES[0])
    partial.data_path.rename(tmp_path / "aside")
    partial.data_path.write_bytes(b"planted" * 1000)
    reader = partial.reader()
    buffer = bytearray(1000)
    assert reader.read_at(memoryview(buffer), 0) == 1000 and bytes(buffer) == DATA[:1000]
    reader.close()
    partial.discard()


@pytest.mark.timeout(20)
@pytest.mark.parametrize("plant", [a_link, a_pipe, a_link_to_a_device])
def test_what_is_no_file_is_not_hashed(plant: Callable[[Path, Path], None], tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(DATA)
    plant(tmp_path / "x", tmp_path / "precious")
    with pytest.raises(OSError):
        hash_file(tmp_path / "x", "sha256")


def test_what_has_another_name_is_not_opened_to_write(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(DATA)
    os.link(tmp_path / "precious", tmp_path / "x")
    with pytest.raises(OSError):
        PositionalFile(tmp_path / "x", writable=True)


def test_a_size_is_given_to_the_open_file(tmp_path: Path) -> None:
    file = PositionalFile(tmp_path / "x", writable=True, create=True)
    (tmp_path / "x").rename(tmp_path / "aside")
    (tmp_path / "x").write_bytes(b"mine alone")
    file.allocate(100)
    file.close()
    assert (tmp_path / "x").read_bytes() == b"mine alone"
    assert (tmp_path / "aside").stat().st_size == 100
