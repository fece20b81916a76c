"""A journal never speaks of a block that was not written, whatever happened to its bytes."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfget.partials.journal import Block, Identity, JournalWriter, read_journal
from hfget.system.process_identity import boot_id
from tests.support.verdicts import refused

SIZE = 1000
IDENTITY = Identity("dir/model.bin", SIZE, "sha256", "ab" * 32, "c" * 40)
BLOCKS = (Block(0, 100, 11), Block(500, 250, 0xFFFFFFFF), Block(100, 400, 0))


def written(path: Path, *, sync_after: int = 2) -> bytes:
    """A journal of BLOCKS, the first `sync_after` of them synced."""
    writer = JournalWriter(path, IDENTITY, inode=42)
    for number, block in enumerate(BLOCKS, 1):
        writer.block(block.offset, block.length, block.crc)
        if number == sync_after:
            writer.synced(writer.mark())
    writer.close()
    return path.read_bytes()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "j"
    written(path)
    journal = read_journal(path)
    assert journal is not None
    assert journal.identity == IDENTITY and journal.inode == 42
    assert journal.blocks == BLOCKS and journal.synced == 2 and journal.bytes == 750
    assert journal.boot == boot_id()
    assert [entry.name for entry in tmp_path.iterdir()] == ["j"]


SENDERS = ("a.test", "", "b.test cdn.test", "a.test", "c" * 300)


def test_who_sent_a_block_is_told_by_the_next_run_too(tmp_path: Path) -> None:
    blocks = tuple(Block(n * 100, 100, n, sender) for n, sender in enumerate(SENDERS))
    writer = JournalWriter(tmp_path / "j", IDENTITY, 1, blocks[:2])
    for block in blocks[2:]:
        writer.block(*block)
    writer.synced(writer.mark())
    writer.close()
    journal = read_journal(tmp_path / "j")
    assert journal is not None and journal.blocks == blocks and journal.synced == len(blocks)
    again = JournalWriter(tmp_path / "again", IDENTITY, 1, journal.blocks)
    again.close()
    copied = read_journal(tmp_path / "again")
    assert copied is not None and copied.blocks == blocks


@pytest.mark.parametrize("bit", [0, 5])
def test_a_flipped_bit_never_blames_another_sender(tmp_path: Path, bit: int) -> None:
    path = tmp_path / "j"
    writer = JournalWriter(path, IDENTITY, 1)
    blocks = [Block(n * 100, 100, n, sender) for n, sender in enumerate(SENDERS[:4])]
    for block in blocks:
        writer.block(*block)
    writer.close()
    data = bytearray(path.read_bytes())
    for position in range(len(data)):
        data[position] ^= 1 << bit
        path.write_bytes(data)
        data[position] ^= 1 << bit
        journal = read_journal(path)
        if journal is not None:
            known = {block._replace(sender="") for block in blocks} | set(blocks)
            assert set(journal.blocks) <= known


def test_more_senders_than_there_are_numbers_are_no_harm(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "j", IDENTITY, 1)
    for number in range(300):
        writer.block(number, 1, number, f"{number}.test")
    writer.close()
    journal = read_journal(tmp_path / "j")
    assert journal is not None and len(journal.blocks) == 300
    named = [block.sender for block in journal.blocks]
    assert named == [f"{n}.test" if n < 255 else "" for n in range(300)]


def test_a_torn_tail_costs_the_last_record_only(tmp_path: Path) -> None:
    path = tmp_path / "j"
    data = written(path)
    records = 4
    header = len(data) - 32 * records
    for length in range(len(data)):
        path.write_bytes(data[:length])
        journal = read_journal(path)
        if length < header:
            assert journal is None
        else:
            whole = (length - header) // 32
            assert journal is not None
            assert journal.blocks == BLOCKS[: (0, 1, 2, 2, 3)[whole]]
            assert journal.synced == (2 if whole >= 3 else 0)


@pytest.mark.parametrize("bit", range(8))
def test_a_flipped_bit_anywhere_costs_trust_and_never_lends_it(tmp_path: Path, bit: int) -> None:
    path = tmp_path / "j"
    data = bytearray(written(path, sync_after=1))
    for position in range(len(data)):
        data[position] ^= 1 << bit
        path.write_bytes(data)
        data[position] ^= 1 << bit
        journal = read_journal(path)
        if journal is not None:
            assert journal.identity == IDENTITY and journal.inode == 42
            assert set(journal.blocks) <= set(BLOCKS) and len(journal.blocks) >= 2
            assert set(journal.blocks[: journal.synced]) <= set(BLOCKS[:1])


def test_there_is_no_journal_where_there_is_no_file(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "none") is None
    assert read_journal(tmp_path) is None


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"commit": "d" * 40}, True),
        ({"path": "other"}, False),
        ({"size": SIZE + 1}, False),
        ({"hash_kind": "git-sha1"}, False),
        ({"hash": "cd" * 32}, False),
    ],
)
def test_content_is_told_by_path_size_and_hash_not_by_commit(
    change: dict[str, Any], same: bool
) -> None:
    fields = {"path": IDENTITY.path, "size": SIZE, "hash_kind": "sha256", "hash": IDENTITY.hash}
    other = Identity(**{**fields, "commit": IDENTITY.commit, **change})
    assert IDENTITY.same_content(other) is same


def test_records_of_another_epoch_are_not_ours(tmp_path: Path) -> None:
    """The rest of an older journal behind a new header, as a file system may leave it."""
    old, new = tmp_path / "old", tmp_path / "new"
    tail = written(old)[-32 * 4 :]
    JournalWriter(new, IDENTITY, inode=42).close()
    new.write_bytes(new.read_bytes() + tail)
    journal = read_journal(new)
    assert journal is not None and journal.blocks == () and journal.synced == 0


def test_overlapping_and_impossible_blocks_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "j"
    writer = JournalWriter(path, IDENTITY, inode=1)
    for offset, length in [(0, 100), (99, 2), (0, 100), (900, 101), (0, 0), (2**63, 5), (100, 900)]:
        writer.block(offset, length, 7)
    writer.close()
    journal = read_journal(path)
    assert journal is not None
    assert journal.blocks == (Block(0, 100, 7), Block(100, 900, 7))


def test_synced_covers_what_was_recorded_before_the_mark_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "j"
    writer = JournalWriter(path, IDENTITY, inode=1, blocks=BLOCKS[:1])
    writer.block(500, 10, 1)
    mark = writer.mark()
    writer.block(510, 10, 2)
    writer.synced(mark)
    second = read_journal(path)
    writer.synced(writer.mark())
    writer.block(520, 10, 3)
    writer.synced(mark)
    third = read_journal(path)
    writer.close()
    assert second is not None and (len(second.blocks), second.synced) == (3, 2)
    assert third is not None and (len(third.blocks), third.synced) == (4, 3)


def test_blocks_taken_over_are_not_synced_until_a_record_says_so(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "j", IDENTITY, inode=1, blocks=BLOCKS)
    taken = read_journal(tmp_path / "j")
    writer.close()
    assert taken is not None and taken.blocks == BLOCKS and taken.synced == 0


def test_nothing_is_written_after_close(tmp_path: Path) -> None:
    path = tmp_path / "j"
    writer = JournalWriter(path, IDENTITY, inode=1)
    writer.close()
    before = path.read_bytes()
    writer.close()
    writer.block(0, 10, 1)
    writer.synced(0)
    writer.sync()
    assert path.read_bytes() == before


def with_header(header: Any, *, magic: bytes = b"hfget-j1", length: int | None = None) -> bytes:
    """A journal whose header is well-formed to the CRC, and one block record of epoch 1."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(text) if length is None else length
    body = struct.pack("<4sIQQI", b"blok", 1, 0, 10, 5)
    start = struct.pack("<8sII", magic, size, zlib.crc32(text))
    return start + text + body + struct.pack("<I", zlib.crc32(body))


HEADER: dict[str, Any] = {
    "identity": {"path": "p", "size": 10, "hash_kind": "sha256", "hash": "ab", "commit": "c"},
    "boot": "b",
    "inode": 3,
    "epoch": 1,
}


def test_the_crafted_header_is_otherwise_good(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(with_header(HEADER))
    journal = read_journal(tmp_path / "j")
    assert journal is not None and journal.blocks == (Block(0, 10, 5),)


@pytest.mark.parametrize(
    "data",
    [
        with_header(HEADER, magic=b"hfget-j2"),
        with_header(HEADER, length=1 << 31),
        with_header([]),
        with_header(None),
        with_header(b"\xff\xfe"),
        with_header(b"[" * 100_000),
        with_header({**HEADER, "identity": None}),
        with_header({**HEADER, "identity": {"path": "p"}}),
        with_header({**HEADER, "identity": {**HEADER["identity"], "more": 1}}),
        with_header({**HEADER, "identity": {**HEADER["identity"], "size": "10"}}),
        with_header({**HEADER, "identity": {**HEADER["identity"], "size": None}}),
        with_header({**HEADER, "inode": None}),
        with_header({**HEADER, "inode": "many"}),
        with_header({name: HEADER[name] for name in ("identity", "boot", "inode")}),
    ],
    ids=[
        *("version", "length", "list", "null", "not-text", "deep", "identity-null"),
        *("identity-short", "identity-long", "size-text", "size-null", "inode-null"),
        *("inode-text", "no-epoch"),
    ],
)
def test_a_foreign_header_is_no_journal_and_no_crash(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "j").write_bytes(data)
    assert read_journal(tmp_path / "j") is None


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cuts=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60), st.binary(max_size=60))),
)
def test_no_edit_of_the_file_yields_a_block_that_was_not_written(
    tmp_path: Path, cuts: list[tuple[int, int, bytes]]
) -> None:
    path = tmp_path / "j"
    data = written(path)
    for position, length, piece in cuts:
        data = data[:position] + piece + data[position + length :]
    path.write_bytes(data)
    journal = read_journal(path)
    if journal is None:
        refused()
    else:
        assert journal.identity == IDENTITY
        assert set(journal.blocks) <= set(BLOCKS)
        assert 0 <= journal.synced <= len(journal.blocks)


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_without_a_crash(tmp_path_factory: Any, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any-journal"
    path.write_bytes(data)
    assert read_journal(path) is None
    refused()


_NUMBERS = st.sampled_from([0, 1, 31, 32, 100, SIZE - 1, SIZE, SIZE + 1, 2**63, 2**64 - 1])
_RECORDS = st.tuples(
    st.sampled_from([b"blok", b"sync", b"xxxx"]),
    st.sampled_from([7, 8]),
    _NUMBERS | st.integers(0, SIZE),
    _NUMBERS | st.integers(0, SIZE),
    st.integers(0, 2**32 - 1),
)
_ODD = st.none() | st.integers(-9, 9) | st.floats() | st.text(max_size=5) | st.lists(st.none())


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["path", "size", "hash_kind", "hash", "commit", "other"]), _ODD, max_size=2
    ),
    st.dictionaries(
        st.sampled_from(["identity", "boot", "inode", "epoch", "other"]), _ODD, max_size=2
    ),
    st.lists(_RECORDS, max_size=6),
)
def test_whatever_a_sound_frame_holds_the_blocks_lie_apart_and_in_the_file(
    tmp_path_factory: Any,
    identity: dict[str, Any],
    fields: dict[str, Any],
    records: list[tuple[bytes, int, int, int, int]],
) -> None:
    """A user who can write the journal can also write its CRCs."""
    whole = {**IDENTITY._asdict(), **identity}
    header = {"identity": whole, "boot": "b", "inode": 42, "epoch": 7, **fields}
    text = json.dumps(header).encode()
    data = struct.pack("<8sII", b"hfget-j1", len(text), zlib.crc32(text)) + text
    for record in records:
        body = struct.pack("<4sIQQI", *record)
        data += body + struct.pack("<I", zlib.crc32(body))
    path = tmp_path_factory.getbasetemp() / "framed-journal"
    path.write_bytes(data)
    journal = read_journal(path)
    if journal is None:
        refused()
        return
    assert 0 <= journal.synced <= len(journal.blocks)
    end = 0
    for block in sorted(journal.blocks, key=lambda block: block.offset):
        assert end <= block.offset < block.end <= journal.identity.size
        end = block.end


def test_a_block_may_be_one_byte_long(tmp_path: Path) -> None:
    JournalWriter(tmp_path / "j", IDENTITY, 42, (Block(SIZE - 1, 1, 7),)).close()
    journal = read_journal(tmp_path / "j")
    assert journal is not None and journal.blocks == (Block(SIZE - 1, 1, 7),)
