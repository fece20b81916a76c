"""Partials of ranges of one file, which several processes have brought, put together in one.

Each process writes to a partial of its own. A process that wants the whole file, or another range
of it, copies the blocks that it lacks, in the kernel where that can be done; what lies at rest is
removed only once the copy has reached the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from hfget.errors import DiskError
from hfget.model import Span
from hfget.partials.journal import Block, Identity
from hfget.partials.partial_names import journal_of, split_stem
from hfget.partials.positional_file import PositionalFile
from hfget.partials.recovery import (
    Leftover,
    adopt,
    candidates,
    compare,
    covered,
    lay_down,
    remove,
    sure_blocks,
)
from hfget.partials.spans import Spans
from hfget.system import UntrustedError

_PIECE_BYTES = 16 << 20


def bytes_here(stem: Path, identity: Identity, names: Iterable[str] | None = None) -> Spans:
    """Which bytes of the file at `stem` lie in partials that no process is at work on."""
    return covered(candidates(stem, identity, names, ranges=True))


class RangePartials:
    """What else there is of the file whose partial at `stem` is opened.

    `copied` is told how many bytes have been copied; what it raises ends that.
    """

    def __init__(self, stem: Path, identity: Identity, copied: Callable[[int], None]) -> None:
        self._stem = stem
        self._whole, span = split_stem(stem)
        self._is_range = span is not None
        self._span: Span = span or (0, identity.size)
        self._identity = identity
        self._copied = copied
        self._count = 0
        self._taken: list[Leftover] = []

    def gather(
        self, blocks: tuple[Block, ...] | None, data: Path, names: Iterable[str]
    ) -> tuple[Block, ...] | None:
        """The blocks in `data`, whose `blocks` are there already, with all that others have.

        None, and no data, if there is nothing. Raises OSError; then what was there is still there.
        """
        found = candidates(self._whole, self._identity, names, ranges=True)
        others = [one for one in found if one.stem != self._stem.name and self._useful(one)]
        if not others:
            return blocks
        base = None
        if blocks is None and not self._is_range:
            base = next((one for one in others if one.movable), None)
            blocks = adopt(base, data) if base is not None else None
            others = [one for one in others if one is not base]
        try:
            more = self._copy(others, data, blocks)
        except BaseException:
            _give_back(base, data, self._stem)
            raise
        return None if blocks is None and not more else (*(blocks or ()), *more)

    def remove(self, sync: Callable[[], object], sync_journal: Callable[[], object]) -> None:
        """Remove what was copied and no process has, once the copy has reached the disk."""
        if self._is_range or not self._taken:
            return
        try:
            sync()
        except DiskError:
            return
        sync_journal()
        for one in self._taken:
            if one.abandoned:
                remove(one.data)

    def _useful(self, found: Leftover) -> bool:
        blocks = found.journal.blocks if found.journal else ()
        return any(self._wants(block) for block in blocks)

    def _wants(self, block: Block) -> bool:
        return block.offset < self._span[1] and block.end > self._span[0]

    def _copy(
        self, others: list[Leftover], data: Path, blocks: tuple[Block, ...] | None
    ) -> list[Block]:
        """The blocks that were copied. Raises OSError."""
        have = Spans((block.offset, block.end) for block in blocks or ())
        copied: list[Block] = []
        writer: PositionalFile | None = None
        try:
            for one in others:
                assert one.journal is not None
                lacking = [
                    block
                    for block in one.journal.blocks
                    if self._wants(block) and not have.overlaps(block.offset, block.end)
                ]
                if not lacking:
                    self._taken.append(one)
                    continue
                if writer is None:
                    writer = PositionalFile(data, writable=True, create=blocks is None)
                with suppress(FileNotFoundError, PermissionError, UntrustedError):
                    for block in self._copied_from(one, lacking, writer):
                        have.add(block.offset, block.end)
                        copied.append(block)
                    self._taken.append(one)
        finally:
            if writer is not None:
                writer.close()
        if writer is not None and blocks is None and not copied:
            remove(data)
        return copied

    def _copied_from(
        self, found: Leftover, lacking: list[Block], writer: PositionalFile
    ) -> Iterator[Block]:
        """The blocks whose bytes are as recorded, as far as that must be seen before they count."""
        assert found.journal is not None
        sure: set[Block] = set()
        if found.movable:
            sure.update(found.journal.blocks[: sure_blocks(found.journal, found.data)])
        source = PositionalFile(found.data, writable=False)
        try:
            known = Spans((block.offset, block.end) for block in lacking if block in sure)
            came = Spans()
            for start, end in known:
                for begin in range(start, end, _PIECE_BYTES):
                    piece = begin, min(begin + _PIECE_BYTES, end)
                    if writer.take(source, *piece):
                        came.add(*piece)
                        self._told(piece[1] - begin)
        finally:
            source.close()
        yield from (block for block in lacking if came.reach(block.offset) >= block.end)
        rest = [block for block in lacking if came.reach(block.offset) < block.end]
        for block, same in compare(found.data, rest, writer):
            self._told(block.length)
            if same:
                yield block

    def _told(self, count: int) -> None:
        self._count += count
        self._copied(self._count)


def _give_back(base: Leftover | None, data: Path, stem: Path) -> None:
    """What was renamed to `data` gets its name again."""
    with suppress(OSError):
        if base is None:
            if not lay_down(data, stem):
                remove(data)
            return
        data.rename(base.data)
        journal_of(data).rename(journal_of(base.data))
