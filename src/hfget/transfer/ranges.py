"""Which bytes of a file are on disk, which are being fetched, which nobody has taken (pure).

All ranges are half-open, `[start, end)`, in bytes from the start of the file. A `Ledger` is
not thread-safe: the file's lock guards it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hfget.model import Span
from hfget.transfer.spans import Spans

#: A new connection counts as fast (bytes a second) until it was measured.
_ASSUMED_RATE = 1e9


@dataclass(eq=False, slots=True)
class Lease:
    """A range that one connection fetches.

    `position` is how far its holder has claimed the right to write; what lies behind it up to
    `end` may still be taken away by a steal. `rate` is how fast it comes, in bytes a second,
    None as long as nobody has measured it.
    """

    start: int
    end: int
    position: int
    rate: float | None = None

    @property
    def remaining(self) -> int:
        return self.end - self.position

    @property
    def seconds_left(self) -> float:
        return self.remaining / max(_ASSUMED_RATE if self.rate is None else self.rate, 1.0)


class Ledger:
    """The book of one file: every byte is done, leased or free, and exactly one of them.

    (Bytes a lease holder has claimed but not yet completed are leased.)
    """

    def __init__(self, size: int, done: Iterable[Span] = ()) -> None:
        self.size = size
        self._done = Spans((max(start, 0), min(end, size)) for start, end in done)
        self._free = Spans(self.missing(0, size))
        self._leases: list[Lease] = []

    @property
    def done_bytes(self) -> int:
        return self._done.total

    @property
    def complete(self) -> bool:
        return self.done_bytes == self.size

    @property
    def leases(self) -> int:
        return len(self._leases)

    @property
    def has_free(self) -> bool:
        return len(self._free) > 0

    def prefix(self) -> int:
        """How many bytes from the start are done without a gap."""
        return self._done.prefix()

    def lease(self, limit: int) -> Lease | None:
        """The first free range, at most `limit` bytes of it; None if nothing is free."""
        span = self._free.first()
        if span is None:
            return None
        start, end = span[0], min(span[1], span[0] + limit)
        self._free.remove(start, end)
        lease = Lease(start, end, start)
        self._leases.append(lease)
        return lease

    def lease_all(self) -> Lease | None:
        """The whole file for one stream that must start at byte 0; None while others fetch."""
        if self._leases or self.complete:
            return None
        lease = Lease(0, 0, 0)
        self._leases.append(lease)
        self.widen(lease)
        return lease

    def widen(self, lease: Lease) -> None:
        """Make the only lease one over the whole file."""
        lease.start, lease.end, lease.position = 0, self.size, 0
        self._free = Spans()

    def steal(self, minimum: int, seconds: float = float("inf")) -> Lease | None:
        """The second half of what takes longest, if that is worth a request.

        It is if both halves have `minimum` bytes, or would take so many `seconds`.
        """
        worth = [
            lease
            for lease in self._leases
            if lease.remaining >= 2 * minimum
            or (lease.remaining > 1 and lease.seconds_left >= 2 * seconds)
        ]
        victim = max(worth, key=lambda lease: (lease.seconds_left, lease.remaining), default=None)
        if victim is None:
            return None
        middle = victim.position + victim.remaining // 2
        thief = Lease(middle, victim.end, middle)
        victim.end = middle
        self._leases.append(thief)
        return thief

    def claim(self, lease: Lease, length: int) -> int:
        """How many of the next `length` bytes the holder may write; they can't be stolen then."""
        granted = min(length, lease.remaining)
        lease.position += granted
        return granted

    def record(self, start: int, end: int) -> None:
        """These bytes are on disk."""
        self._done.add(start, end)
        self._free.remove(start, end)

    def release(self, lease: Lease) -> None:
        """Give the lease back; what it holds and is not done is free again."""
        self._leases.remove(lease)
        for start, end in self.missing(lease.start, lease.end):
            self._free.add(start, end)

    def missing(self, start: int, end: int) -> list[Span]:
        """What of `[start, end)` is not done."""
        if not len(self._done):
            return [(start, end)] if start < end else []
        rest = Spans([(start, end)])
        for left, right in self._done:
            rest.remove(left, right)
        return list(rest)
