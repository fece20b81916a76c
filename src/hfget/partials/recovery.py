"""Partials that earlier runs left behind: finding, judging, taking over.

A partial is taken over by rename if its owner is dead for sure and the file is this user's alone.
Else someone might still write to it: then its blocks are copied to an inode of our own, those
whose copy has the recorded CRC. That needs no waiting; only removing it waits until its owner
counts as gone.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hfget.partials.digest import crc32
from hfget.partials.journal import Block, Identity, Journal, read_journal
from hfget.partials.partial_names import DATA_SUFFIX, JOURNAL_SUFFIX, journal_of, parts_of
from hfget.partials.positional_file import PositionalFile
from hfget.partials.spans import Spans
from hfget.system import (
    ProcessIdentity,
    Standing,
    UntrustedError,
    boot_id,
    is_sole,
    lease_is_over,
    names_in,
)

_COPY_BYTES = 1 << 20


class Leftover(NamedTuple):
    """A partial on disk: its data, its journal if any, and who owns it (None: at rest).

    `sole` says whether both are files that this user alone has.
    """

    data: Path
    journal_path: Path
    owner: ProcessIdentity | None
    journal: Journal | None
    sole: bool = False

    @property
    def worth(self) -> int:
        """Recorded bytes."""
        return self.journal.bytes if self.journal else 0

    @property
    def standing(self) -> Standing:
        return self.owner.standing() if self.owner else Standing.DEAD

    @property
    def abandoned(self) -> bool:
        """Whether it may be removed."""
        standing = self.standing
        if standing is Standing.UNKNOWN:
            return lease_is_over(self.journal_path) and lease_is_over(self.data)
        return standing is Standing.DEAD

    @property
    def movable(self) -> bool:
        """Whether no one else can write to it."""
        return self.sole and self.standing is Standing.DEAD

    @property
    def stem(self) -> str:
        """Its name without an owner."""
        parts = parts_of(self.data.name)
        return parts.stem if parts is not None else ""


def leftover_bytes(stem: Path, identity: Identity, names: Iterable[str] | None = None) -> int:
    """How many bytes of `identity` a partial at `stem` holds for us, or those of ranges together.

    Touches nothing. `names` are the directory's entries where the caller has listed them already.
    """
    found = candidates(stem, identity, names, ranges=True)
    return covered(found if any(one.stem != stem.name for one in found) else found[:1]).total


def covered(found: Iterable[Leftover]) -> Spans:
    """The bytes that these partials hold together."""
    blocks = (block for one in found if one.journal for block in one.journal.blocks)
    return Spans((block.offset, block.end) for block in blocks)


def leftover_space(stem: Path, identity: Identity) -> int:
    """How many bytes of disk that partial takes: all its space may be reserved already.

    None for one that will be copied: its space is not ours.
    """
    best = next(iter(candidates(stem, identity, ranges=True)), None)
    if best is None or not best.movable:
        return 0
    with suppress(OSError, AttributeError):
        return max(best.worth, best.data.lstat().st_blocks * 512)
    return best.worth


def take_over(
    stem: Path, identity: Identity, data: Path, names: Iterable[str] | None = None
) -> tuple[Block, ...] | None:
    """Make the best partial at `stem` ours, as `data`, and clear away what is abandoned.

    Returns its trusted blocks, or None if there was nothing to take. Raises OSError.
    """
    blocks: tuple[Block, ...] | None = None
    for found in candidates(stem, identity, names):
        if blocks is None or sum(block.length for block in blocks) < found.worth:
            if blocks is not None:
                remove(data)  # a copy that has not kept what its journal promised
            blocks = adopt(found, data)
    for found in _find(stem):
        if found.data != data and found.abandoned:
            remove(found.data)
    return blocks


def compare(
    data: Path, blocks: Iterable[Block], copy: PositionalFile | None = None
) -> Iterator[tuple[Block, bool]]:
    """Each block, with whether its bytes on disk have the recorded CRC.

    The very bytes that were looked at are written to `copy` too, also those that are wrong.
    """
    source = PositionalFile(data, writable=False)
    buffer = bytearray(_COPY_BYTES)
    try:
        for block in blocks:
            crc, position = 0, block.offset
            while position < block.end:
                view = memoryview(buffer)[: min(_COPY_BYTES, block.end - position)]
                count = source.read_at(view, position)
                if count == 0:
                    break
                crc = crc32(view[:count], crc)
                if copy is not None:
                    copy.write_at(view[:count], position)
                position += count
            yield block, position == block.end and crc == block.crc
    finally:
        source.close()


def found_at(data: Path, owner: ProcessIdentity | None, journals: Iterable[Path] = ()) -> Leftover:
    """The partial at `data`. Raises OSError if its journal cannot be read now.

    A death between the renames of data and journal leaves the journal under another name, one
    of `journals`: it belongs to the data whose inode it records.
    """
    own = journal_of(data)
    journal = read_journal(own)
    try:
        there = data.lstat()
    except OSError:
        return Leftover(data, own, owner, None)
    if not stat.S_ISREG(there.st_mode):
        return Leftover(data, own, owner, None)
    if journal is None and not os.path.lexists(own):
        for other in journals:
            stray = read_journal(other)
            if stray is not None and stray.inode == there.st_ino:
                own, journal = other, stray
                break
    sole = is_sole(there) and journal is not None and journal.own
    return Leftover(data, own, owner, journal, sole)


def remove(data: Path) -> None:
    """Remove a partial: data and journal."""
    journal = journal_of(data)
    for path in (data, journal, journal.with_name(journal.name + ".new")):
        with suppress(OSError):
            path.unlink()


def adopt(found: Leftover, data: Path) -> tuple[Block, ...] | None:
    """Move (or, if someone may still write to it, copy) a found partial to `data`.

    None if it went away, or is not to be had. Raises OSError.
    """
    journal = found.journal
    assert journal is not None
    try:
        if found.movable:
            found.data.rename(data)
            with suppress(OSError):
                found.journal_path.rename(journal_of(data))
            return _trusted(journal, data)
        return tuple(_copy(found.data, data, journal))
    except (FileNotFoundError, PermissionError, UntrustedError):
        remove(data)
        return None


def _trusted(journal: Journal, data: Path) -> tuple[Block, ...]:
    """The blocks that are on disk for sure.

    In the same boot and on the same inode all that is recorded; after another boot what was
    synced; the rest if its bytes still have the recorded CRC.
    """
    sure = sure_blocks(journal, data)
    checked = [block for block, same in compare(data, journal.blocks[sure:]) if same]
    return (*journal.blocks[:sure], *checked)


def sure_blocks(journal: Journal, data: Path) -> int:
    """How many of the blocks, the first ones, need not be read to be trusted. Raises OSError."""
    there = data.lstat()
    if there.st_size != journal.identity.size or there.st_ino != journal.inode:
        return 0
    return journal.synced if journal.boot != boot_id() else len(journal.blocks)


def _copy(source: Path, data: Path, journal: Journal) -> Iterator[Block]:
    """Copy blocks to a new inode: those whose copy is intact. The foreign one is not written to."""
    writer = PositionalFile(data, writable=True, create=True)
    try:
        yield from (block for block, same in compare(source, journal.blocks, writer) if same)
    finally:
        writer.close()


def candidates(
    stem: Path, identity: Identity, names: Iterable[str] | None = None, *, ranges: bool = False
) -> list[Leftover]:
    """The partials at `stem` that hold bytes of `identity`, the best first; or of parts of it too.

    One that a process of this host is at work on is left to it; one that is known to be halted,
    and one of whose owner nothing is known, can be copied.
    """
    found = [
        found
        for found in _find(stem, names, ranges=ranges)
        if found.journal is not None
        and found.journal.identity.same_content(identity)
        and found.standing is not Standing.ALIVE
    ]
    return sorted(found, key=lambda found: (-found.worth, not found.movable))


def _find(
    stem: Path, names: Iterable[str] | None = None, *, ranges: bool = False
) -> list[Leftover]:
    """All partials at `stem` that can be judged now, no matter who owns them."""
    ours = [
        name
        for name in (names_in(stem.parent) if names is None else names)
        if name.startswith(stem.name + ".")
    ]
    datas = {name.removesuffix(DATA_SUFFIX) for name in ours if name.endswith(DATA_SUFFIX)}
    strays = [
        stem.with_name(name)
        for name in ours
        if name.endswith(JOURNAL_SUFFIX) and name.removesuffix(JOURNAL_SUFFIX) not in datas
    ]
    found = []
    for name in sorted(datas):
        parts = parts_of(name + DATA_SUFFIX)
        if parts is None or parts.is_aria2c:
            continue
        if parts.stem == stem.name or (ranges and parts.stem.startswith(f"{stem.name}.")):
            with suppress(OSError):
                found.append(found_at(stem.with_name(name + DATA_SUFFIX), parts.owner, strays))
    return found


def lay_down(data: Path, stem: Path) -> bool:
    """Give data that no one writes to its resting name; false if nothing good would be gained.

    Raises OSError.
    """
    rest = stem.with_name(stem.name + DATA_SUFFIX)
    mine = read_journal(journal_of(data))
    there = found_at(rest, None)
    if mine is None or not mine.blocks or (there.movable and there.worth > mine.bytes):
        return False
    data.replace(rest)
    journal_of(data).replace(journal_of(rest))
    return True
