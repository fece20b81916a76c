"""Who has sent wrong bytes of one file: found with as few bytes as possible.

Only the hash of the whole is known. So what one sender brought is fetched again from another, and
the hash tells; before that a sample of each range is, since a wrong range is mostly wrong all over.
Where all agree with each other, the listing is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from hfget.endpoints import is_official_host
from hfget.errors import HfgetError
from hfget.http import Transient
from hfget.limits import MOST_SAMPLES, SAMPLE_BYTES
from hfget.model import RemoteFile, Span
from hfget.partials import Block, Partial, Spans
from hfget.sources import ByteSource
from hfget.system import Superseded
from hfget.transfer.samples import read_sample

#: A sample is taken of each so many bytes at least that one sender brought.
_SAMPLED_BYTES = 1 << 20


class Suspects:
    """The senders of one file, after its hash was found wrong. Used by one thread at a time."""

    def __init__(self, file: RemoteFile, source: ByteSource) -> None:
        self._file = file
        self._source = source
        self._tried: set[str] = set()
        self._senders: set[str] = set()
        self._dropped: list[Block] = []
        self._latest: list[Block] = []
        #: Places whose bytes another one sends otherwise.
        self._contradicted: set[str] = set()
        self._agreed = Spans()
        self._is_sampled = False

    @property
    def agree(self) -> str:
        """Who agree with each other on every byte, in words; empty if they do not."""
        if self._agreed.total < self._file.size or not self._file.size:
            return ""
        senders = self._tried | self._senders
        return " and ".join(sorted({_place(sender) for sender in senders if sender}))

    def keep(self, partial: Partial, check: Callable[[], None]) -> tuple[Block, ...] | None:
        """The blocks to keep: the others are asked for elsewhere; None if that makes no sense.

        `check` raises what is to end it. Raises DiskError.
        """
        self._source.avoid()
        blocks = partial.brought()
        self._note_agreement(partial, blocks)
        dropped = self._sampled(partial, blocks, check) or self._next(blocks)
        if not dropped:
            return None
        self._dropped += dropped
        self._latest = dropped
        self._avoid({_place(block.sender) for block in dropped})
        gone = {block.offset for block in dropped}
        kept = tuple(block for block in blocks if block.offset not in gone)
        return kept if partial.keeps_blocks else ()

    def convict(self, partial: Partial) -> None:
        """The hash is right now: who has sent what is not the same is named. Raises DiskError."""
        if not self._dropped:
            return
        self._source.avoid()
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

        def rank(sender: str) -> tuple[bool, bool, int]:
            place = _place(sender)
            return place not in self._contradicted, is_official_host(place), brought[sender]

        suspect = min(brought, key=rank)
        self._tried.add(suspect)
        return [block for block in doubtful if block.sender == suspect]

    def _note_agreement(self, partial: Partial, blocks: Sequence[Block]) -> None:
        """What another host has now sent in place of the latest blocks, and is the same."""
        self._senders = {block.sender for block in blocks}
        hosts: dict[str, Spans] = {}
        for block in blocks:
            hosts.setdefault(_host(block.sender), Spans()).add(block.offset, block.end)
        for block in self._latest:
            same_host = hosts.get(_host(block.sender), Spans())
            if not partial.has(block):
                self._contradicted.add(_place(block.sender))
            elif not same_host.overlaps(block.offset, block.end):
                self._agreed.add(block.offset, block.end)
        self._latest = []

    def _avoid(self, places: set[str]) -> None:
        """Ask none of these, and none that was contradicted, as far as others are left."""
        self._source.avoid(*places, doubtful=self._contradicted)

    def _is_agreed(self, block: Block) -> bool:
        rest = Spans([(block.offset, block.end)])
        for start, end in self._agreed:
            rest.remove(start, end)
        return not rest.total

    def _sampled(
        self, partial: Partial, blocks: Sequence[Block], check: Callable[[], None]
    ) -> list[Block]:
        """The blocks around samples that other places send otherwise.

        Where two agree against the sender, those of all such senders; else those of the sender
        that has most of them.
        """
        if self._is_sampled or not partial.keeps_blocks or len(self._source.places()) < 2:
            return []
        self._is_sampled = True
        outvoted: dict[str, Spans] = {}
        undecided: dict[str, Spans] = {}
        length = max(_SAMPLED_BYTES, self._file.size // MOST_SAMPLES)
        for sender, start, end in _ranges(blocks, length):
            check()
            span = _middle(start, end)
            mine, place = partial.read(span), _place(sender)
            other = self._ask(span, {place}, check)
            if other is None or other.data == mine:
                continue
            third = self._ask(span, {place, other.place}, check)
            if third is not None and third.data == mine:
                self._contradicted.add(other.place)
                continue
            found = outvoted if third is not None and third.data == other.data else undecided
            found.setdefault(sender, Spans()).add(start, end)
        if not outvoted and undecided:
            most = max(undecided, key=lambda sender: undecided[sender].total)
            outvoted = {most: undecided[most]}
        for sender, spans in outvoted.items():
            own = [block for block in blocks if block.sender == sender]
            self._widen(partial, own, spans, check)
        return [
            block
            for block in blocks
            if block.sender in outvoted and outvoted[block.sender].overlaps(block.offset, block.end)
        ]

    def _widen(
        self, partial: Partial, blocks: Sequence[Block], spans: Spans, check: Callable[[], None]
    ) -> None:
        """Add the blocks beside what was found wrong that are wrong, too."""
        for block in (*sorted(blocks), *sorted(blocks, reverse=True)):
            edge = max(0, block.offset - 1), block.end + 1
            if spans.overlaps(*edge) and not spans.overlaps(block.offset, block.end):
                check()
                span = _middle(block.offset, block.end)
                other = self._ask(span, {_place(block.sender)} | self._contradicted, check)
                if other is not None and other.data != partial.read(span):
                    spans.add(block.offset, block.end)

    def _ask(self, span: Span, but: set[str], check: Callable[[], None]) -> _Sample | None:
        """The bytes of `span` from another place than these; None if they are not to be had."""
        self._source.avoid(*but)
        with suppress(Transient, Superseded, HfgetError):
            stream = self._source.open(span)
            try:
                if stream.whole or stream.place in but:
                    return None
                return _Sample(stream.place, read_sample(stream, span[1] - span[0], check))
            finally:
                stream.close()
        return None


class _Sample(NamedTuple):
    """A few bytes as a place sends them."""

    place: str
    data: bytes


def _middle(start: int, end: int) -> Span:
    """The few bytes of a range that are compared."""
    first = max(start, (start + end - SAMPLE_BYTES) // 2)
    return first, min(first + SAMPLE_BYTES, end)


def _ranges(blocks: Sequence[Block], length: int) -> Iterator[tuple[str, int, int]]:
    """What each sender brought without a gap, in pieces of `length` bytes or of one block."""
    sender, start, end = "", 0, 0
    for block in sorted(blocks):
        touches = block.offset == end and block.sender == sender
        if not touches or block.end - start > length:
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
