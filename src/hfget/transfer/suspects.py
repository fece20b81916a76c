"""Who has sent wrong bytes of one file: found with as few bytes as possible.

Only the hash of the whole is known. So what one sender brought is fetched again from another, and
the hash tells; before that a sample of each range is, since a wrong range is mostly wrong all over.
Where all agree with each other, the listing is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from hfget.endpoints import is_official_host
from hfget.errors import HfgetError
from hfget.http import Transient
from hfget.limits import MOST_SAMPLES, SAMPLE_BYTES
from hfget.model import RemoteFile, Span
from hfget.partials import Block, Partial, Spans
from hfget.sources import ByteSource, NoRangesError
from hfget.system import Superseded

#: A sample is taken of each so many bytes that one sender brought.
_SAMPLED_BYTES = 4 << 20


class Suspects:
    """The senders of one file, after its hash was found wrong. Used by one thread at a time."""

    def __init__(self, file: RemoteFile, source: ByteSource) -> None:
        self._file = file
        self._source = source
        self._tried: set[str] = set()
        self._dropped: list[Block] = []
        self._latest: list[Block] = []
        self._agreed = Spans()
        self._is_sampled = False

    @property
    def agree(self) -> str:
        """Who agree with each other on every byte, in words; empty if they do not."""
        if self._agreed.total < self._file.size or not self._file.size:
            return ""
        return " and ".join(sorted({_place(sender) for sender in self._tried if sender}))

    def keep(self, partial: Partial, go_on: Callable[[], None]) -> tuple[Block, ...] | None:
        """The blocks to keep: the others are asked for elsewhere; None if that makes no sense.

        `go_on` raises what is to end it. Raises DiskError.
        """
        self._source.avoid("")
        blocks = partial.brought()
        self._note_agreement(partial, blocks)
        dropped = self._sampled(partial, blocks, go_on) or self._next(blocks)
        if not dropped:
            return None
        self._dropped += dropped
        self._latest = dropped
        self._source.avoid(_place(dropped[0].sender))
        gone = {block.offset for block in dropped}
        kept = tuple(block for block in blocks if block.offset not in gone)
        return kept if partial.keeps_blocks else ()

    def convict(self, partial: Partial) -> None:
        """The hash is right now: who has sent what is not the same is named. Raises DiskError."""
        if not self._dropped:
            return
        self._source.avoid("")
        wrong: dict[str, Spans] = {}
        for block in self._dropped:
            if block.sender and not partial.has(block):
                wrong.setdefault(block.sender, Spans()).add(block.offset, block.end)
        self._dropped = []
        for sender, spans in wrong.items():
            self._source.lied(_place(sender), list(spans))

    def _next(self, blocks: Sequence[Block]) -> list[Block]:
        """All that one sender brought and no other has confirmed: the next to be fetched again."""
        doubtful = [block for block in blocks if not self._is_agreed(block)]
        places = set(self._source.places())
        brought: Counter[str] = Counter()
        for block in doubtful:
            if block.sender not in self._tried and places - {_place(block.sender)}:
                brought[block.sender] += block.length
        if not brought:
            return []
        suspect = min(brought, key=lambda one: (is_official_host(_place(one)), brought[one]))
        self._tried.add(suspect)
        return [block for block in doubtful if block.sender == suspect]

    def _note_agreement(self, partial: Partial, blocks: Sequence[Block]) -> None:
        """What another host has now sent in place of the latest blocks, and is the same."""
        hosts: dict[str, Spans] = {}
        for block in blocks:
            hosts.setdefault(_host(block.sender), Spans()).add(block.offset, block.end)
        for block in self._latest:
            same_host = hosts.get(_host(block.sender), Spans())
            if partial.has(block) and not same_host.overlaps(block.offset, block.end):
                self._agreed.add(block.offset, block.end)
        self._latest = []

    def _is_agreed(self, block: Block) -> bool:
        rest = Spans([(block.offset, block.end)])
        for start, end in self._agreed:
            rest.remove(start, end)
        return not rest.total

    def _sampled(
        self, partial: Partial, blocks: Sequence[Block], go_on: Callable[[], None]
    ) -> list[Block]:
        """The blocks around samples that another place sends otherwise, of one sender."""
        if self._is_sampled or not partial.keeps_blocks or len(self._source.places()) < 2:
            return []
        self._is_sampled = True
        odd: dict[str, Spans] = {}
        for number, (sender, start, end) in enumerate(_ranges(blocks)):
            go_on()
            if number >= MOST_SAMPLES:
                break
            middle = max(start, (start + end - SAMPLE_BYTES) // 2)
            span = middle, min(middle + SAMPLE_BYTES, end)
            self._source.avoid(_place(sender))
            other = self._ask(sender, span)
            if other is not None and other != partial.read(span):
                odd.setdefault(sender, Spans()).add(start, end)
        if not odd:
            return []
        suspect = max(odd, key=lambda sender: odd[sender].total)
        spans = odd[suspect]
        return [
            block
            for block in blocks
            if block.sender == suspect and spans.overlaps(block.offset, block.end)
        ]

    def _ask(self, sender: str, span: Span) -> bytes | None:
        """The bytes of `span` as another place sends them; None if they are not to be had."""
        buffer = memoryview(bytearray(span[1] - span[0]))
        filled = 0
        with suppress(Transient, NoRangesError, Superseded, HfgetError):
            stream = self._source.open(span)
            try:
                if stream.whole or _place(sender) == stream.place:
                    return None
                while filled < len(buffer):
                    count = stream.readinto(buffer[filled:])
                    if count == 0:
                        return None
                    filled += count or 0
                return bytes(buffer)
            finally:
                stream.close()
        return None


def _ranges(blocks: Sequence[Block]) -> Iterator[tuple[str, int, int]]:
    """What each sender brought without a gap, in pieces of a few MiB."""
    sender, start, end = "", 0, 0
    for block in sorted(blocks):
        touches = block.offset == end and block.sender == sender
        if not touches or block.end - start > _SAMPLED_BYTES:
            if end > start:
                yield sender, start, end
            sender, start = block.sender, block.offset
        end = block.end
    if end > start:
        yield sender, start, end


def _place(sender: str) -> str:
    """The endpoint that was asked."""
    return sender.partition(" ")[0]


def _host(sender: str) -> str:
    """The host that sent."""
    return sender.rpartition(" ")[2]
