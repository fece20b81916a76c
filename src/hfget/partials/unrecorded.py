"""Who sent what of a partial that has no journal."""

from __future__ import annotations

from collections.abc import Callable

from hfget.model import Span
from hfget.partials.digest import crc32
from hfget.partials.journal import Block


class UnrecordedBlocks:
    """Blocks in the order written; what one sender brings in order is one."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []

    def note(self, offset: int, length: int, sender: str) -> None:
        """These bytes have been written."""
        last = self._blocks[-1] if self._blocks else None
        if last is not None and (last.end, last.sender) == (offset, sender):
            self._blocks[-1] = last._replace(length=last.length + length)
        else:
            self._blocks.append(Block(offset, length, 0, sender))

    def blocks(self, read: Callable[[Span], bytes] | None) -> tuple[Block, ...]:
        """All of them, with the CRC of what `read` finds on disk, if it can be read."""
        if read is None:
            return tuple(self._blocks)
        return tuple(
            block._replace(crc=crc32(read((block.offset, block.end)))) for block in self._blocks
        )
