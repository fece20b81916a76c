"""A partial has one writer, loses nothing to a kill, and trusts no byte it should not."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hfget.partials import journal as journal_module
from hfget.partials.abandoned import sweep
from hfget.partials.partial import JOURNALED_BYTES, Partial
from hfget.partials.partial_names import digest_of, stem_for
from hfget.partials.recovery import leftover_bytes
from hfget.system.process_identity import ProcessIdentity
from tests.support.loopback import BOUND, child
from tests.support.partials import (
    DATA,
    IDENTITY,
    PIECES,
    SIZE,
    WRITTEN,
    age,
    dead,
    elsewhere,
    flip,
    journal_at,
    names,
    owned_by,
    parked,
    spans,
    write,
)

_WRITES_AND_WAITS = """
import hashlib, sys
from pathlib import Path
from hfget.partials.journal import Identity
from hfget.partials.partial import Partial
size, pieces = int(sys.argv[2]), eval(sys.argv[3])
data = memoryview(hashlib.shake_128(b"partial").digest(size))
identity = Identity("dir/model.bin", size, "sha256", "ab" * 32, "d" * 40)
partial = Partial.open(Path(sys.argv[1]), identity)
for start, end in pieces:
    partial.write(data[start:end], start)
print("ready", flush=True)
sys.stdin.read()
"""


def test_what_was_parked_is_gone_on_with_on_the_same_inode(stem: Path) -> None:
    rest = parked(stem, *PIECES)
    inode = rest.stat().st_ino
    assert names(stem) == sorted([rest.name, journal_at(rest).name])
    assert leftover_bytes(stem, IDENTITY) == WRITTEN
    again = Partial.open(stem, IDENTITY._replace(commit="d" * 40))
    assert spans(again) == set(PIECES)
    assert again.data_path.stat().st_ino == inode and again.data_path.stat().st_size == SIZE
    assert again.damaged() == []
    again.discard()
    assert names(stem) == []


def test_other_content_is_not_gone_on_with_but_cleared_away(stem: Path) -> None:
    parked(stem, *PIECES)
    other = IDENTITY._replace(hash="cd" * 32)
    assert leftover_bytes(stem, other) == 0
    partial = Partial.open(stem, other)
    assert partial.blocks == () and partial.data_path.read_bytes() == bytes(SIZE)
    assert len(names(stem)) == 2
    partial.discard()


def test_a_live_owner_keeps_its_partial(stem: Path) -> None:
    with child(_WRITES_AND_WAITS, str(stem), str(SIZE), repr(PIECES)) as process:
        theirs = names(stem)
        assert f"-{process.pid}-" in theirs[0] and leftover_bytes(stem, IDENTITY) == 0
        mine = Partial.open(stem, IDENTITY)
        assert mine.blocks == ()
        write(mine, (0, 500))
        sweep(stem.parent, frozenset({digest_of(IDENTITY.path)}))
        assert set(theirs) <= set(names(stem))
        mine.discard()
        assert names(stem) == theirs


@pytest.mark.parametrize("reaped", [True, False])
def test_what_a_killed_owner_wrote_is_taken_over_whole(stem: Path, reaped: bool) -> None:
    with child(_WRITES_AND_WAITS, str(stem), str(SIZE), repr(PIECES)) as process:
        data = next(stem.parent.glob("*.incomplete"))
        owner = ProcessIdentity.parse(
            data.name.removeprefix(stem.name + ".").removesuffix(".incomplete")
        )
        inode = data.stat().st_ino
        process.kill()
        if reaped:
            process.wait(BOUND)
        deadline = time.monotonic() + BOUND
        while leftover_bytes(stem, IDENTITY) == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert owner is not None
        partial = Partial.open(stem, IDENTITY)
        assert spans(partial) == set(PIECES) and partial.data_path.stat().st_ino == inode
        assert len(names(stem)) == 2
        partial.discard()


def test_an_owner_elsewhere_keeps_its_partial_for_the_lease_but_it_is_copied_at_once(
    stem: Path,
) -> None:
    data = owned_by(stem, elsewhere(), parked(stem, *PIECES))
    age(data)
    young = Partial.open(stem, IDENTITY)
    assert spans(young) == set(PIECES) and young.damaged() == []
    assert data.exists(), "its journal was written to within the lease"
    young.discard()
    flip(data, 5000)
    age(data, journal_at(data))
    with open(data, "r+b") as held:
        inode = os.fstat(held.fileno()).st_ino
        before = data.read_bytes()
        partial = Partial.open(stem, IDENTITY)
        assert spans(partial) == {PIECES[0], PIECES[2]}, "what is not intact is not copied"
        assert partial.data_path.stat().st_ino != inode
        copy = partial.data_path.read_bytes()
        assert all(copy[start:end] == DATA[start:end] for start, end in spans(partial))
        assert not data.exists() and not journal_at(data).exists()
        write(partial, (5000, 9000), (1000, 5000))
        assert held.read() == before, "its owner may still write: its inode is left alone"
        held.write(b"late")
    assert partial.damaged() == []
    partial.discard()


@pytest.mark.parametrize(("boot", "trusted"), [("same", {0, 1, 2}), ("other", {0, 2})])
def test_after_another_boot_unsynced_blocks_count_only_if_their_crc_does(
    stem: Path, monkeypatch: pytest.MonkeyPatch, boot: str, trusted: set[int]
) -> None:
    if boot == "other":
        monkeypatch.setattr(journal_module, "boot_id", lambda: "another boot")
    data = parked(stem, *PIECES, synced=1)
    flip(data, 0)  # synced: trusted without a look, the hash of the whole will tell
    flip(data, 6000)  # not synced
    monkeypatch.undo()
    partial = Partial.open(stem, IDENTITY)
    assert spans(partial) == {PIECES[number] for number in trusted}
    partial.discard()


def other_inode(data: Path) -> None:
    twin = data.with_name("twin")
    shutil.copy(data, twin)
    twin.replace(data)


def cut_short(data: Path) -> None:
    os.truncate(data, SIZE - 5)


@pytest.mark.parametrize(
    ("change", "kept"), [(other_inode, {0, 2}), (cut_short, {0})], ids=["inode", "size"]
)
def test_data_that_is_not_the_journals_own_is_compared_block_by_block(
    stem: Path, change: Callable[[Path], None], kept: set[int]
) -> None:
    data = parked(stem, *PIECES, synced=3)
    flip(data, 6000)
    change(data)
    partial = Partial.open(stem, IDENTITY)
    assert spans(partial) == {PIECES[number] for number in kept}
    assert partial.data_path.stat().st_size == SIZE
    partial.discard()


def test_one_of_many_gets_the_leftover_and_nobody_shares_an_inode(stem: Path) -> None:
    for _ in range(5):
        rest = parked(stem, *PIECES)
        inode = rest.stat().st_ino
        opened: list[Partial] = []
        start = threading.Barrier(6)

        def contend(start: threading.Barrier = start, opened: list[Partial] = opened) -> None:
            start.wait(BOUND)
            opened.append(Partial.open(stem, IDENTITY))

        threads = [threading.Thread(target=contend) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(BOUND)
        inodes = [partial.data_path.stat().st_ino for partial in opened]
        assert len(set(inodes)) == 6
        winners = [partial for partial in opened if partial.blocks]
        assert [partial.data_path.stat().st_ino for partial in winners] == [inode]
        for partial in opened:
            partial.discard()


@pytest.mark.parametrize(
    ("journal_of", "data_of"),
    [("rest", "owner"), ("owner", "other"), ("owner", "rest")],
    ids=["taking-over", "taking-over-from-the-dead", "parking"],
)
def test_a_death_between_the_renames_of_data_and_journal_loses_nothing(
    stem: Path, journal_of: str, data_of: str
) -> None:
    rest = parked(stem, *PIECES)
    named = {key: stem.with_name(f"{stem.name}.{dead()}.incomplete") for key in ("owner", "other")}
    named["rest"] = rest
    journal_at(rest).rename(journal_at(named[journal_of]))
    rest.rename(named[data_of])
    partial = Partial.open(stem, IDENTITY)
    assert spans(partial) == set(PIECES)
    partial.discard()


def test_dead_beginners_without_a_journal_do_not_hide_the_partial_at_rest(stem: Path) -> None:
    parked(stem, *PIECES)
    for _ in range(20):  # one of them is listed before the partial at rest
        stem.with_name(f"{stem.name}.{dead()}.incomplete").touch()
    partial = Partial.open(stem, IDENTITY)
    assert spans(partial) == set(PIECES) and len(names(stem)) == 2
    partial.discard()


@pytest.mark.parametrize("first_is_better", [True, False])
def test_parking_keeps_the_better_one(stem: Path, first_is_better: bool) -> None:
    better, worse = PIECES, PIECES[:1]
    first, second = Partial.open(stem, IDENTITY), Partial.open(stem, IDENTITY)
    write(first, *(better if first_is_better else worse))
    write(second, *(worse if first_is_better else better))
    first.park()
    second.park()
    assert len(names(stem)) == 2 and leftover_bytes(stem, IDENTITY) == WRITTEN


def test_parking_is_not_put_off_by_a_journal_without_data(stem: Path) -> None:
    parked(stem, *PIECES).unlink()
    partial = Partial.open(stem, IDENTITY)
    write(partial, PIECES[0])
    partial.park()
    assert leftover_bytes(stem, IDENTITY) == PIECES[0][1]


@pytest.mark.parametrize("size", [SIZE, JOURNALED_BYTES])
def test_parking_nothing_leaves_nothing(stem: Path, size: int) -> None:
    partial = Partial.open(stem, IDENTITY._replace(size=size))
    if size <= JOURNALED_BYTES:
        partial.write(memoryview(b"small files have no journal"), 0)
    partial.park()
    assert names(stem) == []


def test_sweeping_takes_what_is_abandoned_of_these_paths_only(stem: Path) -> None:
    alive = Partial.open(stem, IDENTITY)
    kept = set(names(stem))
    stranger = stem_for(stem.parent, "another", IDENTITY.hash)
    parked(stranger, *PIECES)
    fresh = owned_by(stranger, elsewhere(), stranger.with_name(stranger.name + ".incomplete"))
    mine = parked(stem, PIECES[0])
    owned_by(stem, dead(), mine)
    journal_at(mine).with_name(journal_at(mine).name + ".new").touch()
    (stem.parent / "model.bin.incomplete").touch()
    kept |= {fresh.name, journal_at(fresh).name, "model.bin.incomplete"}
    sweep(stem.parent, frozenset({digest_of(IDENTITY.path)}))
    assert set(names(stem)) == kept
    sweep(stem.parent, frozenset({digest_of("another")}))
    assert fresh.exists(), "its owner elsewhere may be at work"
    age(fresh, journal_at(fresh))
    sweep(stem.parent, frozenset({digest_of("another")}))
    assert not fresh.exists() and not journal_at(fresh).exists()
    alive.discard()
