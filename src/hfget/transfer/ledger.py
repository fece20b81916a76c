"""Which bytes of a file are on disk, which are being fetched, which are free."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from hfget.model import Span
from hfget.partials import Spans
from hfget.sources import Relief
from hfget.transfer.leases import Lease, most_saved


class Ledger:
    """The book of one file: every byte is done, leased or free, and exactly one of them.

    (Bytes a lease holder has claimed but not yet completed are leased.) Thread-safe by a lock of
    its own, which nothing else is done under.
    """

    def __init__(self, size: int, done: Iterable[Span] = (), span: Span | None = None) -> None:
        """With a `span` only those bytes are wanted, though others may come too."""
        self.size = size
        self._span = span or (0, size)
        self._lock = threading.Lock()
        #: One lease at a time, the first that is missing: what comes, comes in order.
        self.in_order = False
        self._leases: list[Lease] = []
        #: How often the book was begun anew: what was read before may have been wrong.
        self.restarts = -1
        #: By reader, the byte that it reads next: what comes first.
        self._wanted: dict[object, int] = {}
        self.restart(done)

    def restart(self, done: Iterable[Span]) -> None:
        """Begin anew with what is on disk; nothing may be leased."""
        with self._lock:
            self._done = Spans((max(start, 0), min(end, self.size)) for start, end in done)
            self._free = Spans(self._missing(*self._span))
            self.restarts += 1

    @property
    def done_bytes(self) -> int:
        """How many of the wanted bytes are on disk."""
        start, end = self._span
        with self._lock:
            if end - start == self.size:
                return self._done.total
            return end - start - sum(right - left for left, right in self._missing(start, end))

    @property
    def free_bytes(self) -> int:
        """How much is left to be handed out."""
        with self._lock:
            return self._free.total

    @property
    def has_free(self) -> bool:
        """Whether something is left to be handed out; a look, for which no lock is taken."""
        return len(self._free) > 0

    @property
    def leases(self) -> int:
        """How many connections fetch."""
        return len(self._leases)

    @property
    def finished(self) -> bool:
        """Whether every byte that is wanted is on disk and no thread writes any more."""
        with self._lock:
            return not self._leases and self._is_all_done()

    def prefix(self) -> int:
        """How many bytes from the start are done without a gap."""
        with self._lock:
            return self._done.prefix()

    def reach(self, position: int) -> int:
        """How far the bytes from `position` on are done without a gap."""
        with self._lock:
            return self._done.reach(position)

    def want(self, reader: object, position: int | None) -> None:
        """`reader` reads on from there; with None it does no more."""
        with self._lock:
            self._wanted.pop(reader, None)
            if position is not None:
                self._wanted[reader] = position

    def call_for(self, position: int, near: int) -> bool:
        """Free the range at `position` if its connection is not within `near` bytes of it.

        True if it is free now, so that the next lease may be of it.
        """
        with self._lock:
            if self.in_order:
                return False
            for lease in self._leases:
                if lease.position <= position < lease.end:
                    if position - lease.position <= near or lease.reach == 0:
                        return False
                    for start, end in self._missing(position, lease.end):
                        self._free.add(start, end)
                    lease.end = position
                    break
            return self._free.reach(position) > position

    def lease(self, limit: int, most: int, *, whole: bool = False) -> Lease | None:
        """The first free range, at most `limit` bytes of it, if fewer than `most` are leased.

        With `whole`, all of the file, once no thread fetches. None if nothing can be had.
        """
        with self._lock:
            if self.in_order:
                limit, most = self.size, 1
            if len(self._leases) >= most:
                return None
            if whole:
                return self._lease_all()
            span = self._next_free()
            if span is None:
                return None
            start, end = span[0], min(span[1], span[0] + limit)
            self._free.remove(start, end)
            lease = Lease(start, end, start)
            self._leases.append(lease)
            return lease

    def widen(self, lease: Lease) -> bool:
        """Make this lease one over the whole file, for a single stream; false if others fetch."""
        with self._lock:
            if len(self._leases) > 1 or lease.taken:
                return False
            self._widen(lease)
            return True

    def steal(self, minimum: int, seconds: float, most: int) -> Lease | None:
        """The second half of what takes longest, if that is worth a request.

        It is if both halves have `minimum` bytes, or would take so many `seconds`; and if fewer
        than `most` are leased.
        """
        with self._lock:
            if self.in_order or len(self._leases) >= most:
                return None
            worth = [
                lease
                for lease in self._leases
                if lease.remaining >= 2 * minimum
                or (lease.remaining > 1 and lease.seconds_left >= 2 * seconds)
            ]
            victim = max(
                worth, key=lambda lease: (lease.seconds_left, lease.remaining), default=None
            )
            if victim is None:
                return None
            middle = victim.position + victim.remaining // 2
            thief = Lease(middle, victim.end, middle)
            victim.end = middle
            self._leases.append(thief)
            return thief

    def relieve(self, relief: Relief, most: int, now: float) -> Lease | None:
        """What a connection to another place brings sooner; the time is `now` (monotonic).

        First all of a lease whose holder waits for an answer too long; else so much of the one
        where that saves most that both end together, or all where the holder would have next to
        nothing. None if it saves too little, or `most` are leased.
        """
        with self._lock:
            if self.in_order or len(self._leases) >= most:
                return None
            for lease in self._leases:
                if (
                    0 < lease.asked < now - relief.patience
                    and lease.position == lease.start < lease.end
                ):
                    self._leases.remove(lease)
                    return self._take(lease, lease.start)
            for lease in self._leases:
                lease.rate = relief.present.get(lease.place, lease.rate)
            found = most_saved(self._leases, relief)
            return self._take(*found) if found else None

    def _take(self, victim: Lease, start: int) -> Lease:
        thief = Lease(start, victim.end, start)
        victim.end, victim.taken = start, start == victim.position
        self._leases.append(thief)
        return thief

    def claim(self, lease: Lease, length: int) -> int:
        """How many of the next `length` bytes the holder may write; they can't be stolen then."""
        with self._lock:
            granted = min(length, lease.remaining)
            lease.position += granted
            return granted

    def record(self, start: int, end: int) -> None:
        """These bytes are on disk."""
        with self._lock:
            self._done.add(start, end)
            self._free.remove(start, end)

    def release(self, lease: Lease) -> None:
        """Give the lease back; what it holds and is not done is free again.

        It goes to the one before it, as far as that one's answer brings it anyway.
        """
        with self._lock:
            if lease not in self._leases:
                return  # another connection has all of it
            self._leases.remove(lease)
            for start, end in self._missing(lease.start, lease.end):
                self._free.add(start, end)
            for other in self._leases:
                if other.position < other.end < other.reach:
                    end = min(self._free.reach(other.end), other.reach)
                    self._free.remove(other.end, end)
                    other.end = end

    def missing(self, start: int, end: int) -> list[Span]:
        """What of `[start, end)` is not done."""
        with self._lock:
            return self._missing(start, end)

    def _next_free(self) -> Span | None:
        """The first free range behind where a reader is, of several readers each in its turn."""
        for reader, position in list(self._wanted.items()):
            self._wanted[reader] = self._wanted.pop(reader)
            if span := self._free.after(position):
                return span
        return self._free.first()

    def _missing(self, start: int, end: int) -> list[Span]:
        if not len(self._done):
            return [(start, end)] if start < end else []
        rest = Spans([(start, end)])
        for left, right in self._done:
            rest.remove(left, right)
        return list(rest)

    def _is_all_done(self) -> bool:
        start, end = self._span
        return start == end or self._done.reach(start) >= end

    def _lease_all(self) -> Lease | None:
        if self._leases or self._is_all_done():
            return None
        lease = Lease(0, 0, 0)
        self._leases.append(lease)
        self._widen(lease)
        return lease

    def _widen(self, lease: Lease) -> None:
        lease.start, lease.end, lease.position = 0, self.size, 0
        self._free = Spans()
