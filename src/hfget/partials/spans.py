"""A set of bytes of a file, as half-open ranges (pure)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from hfget.model import Span


class Spans:
    """A set of bytes as sorted, disjoint, non-adjacent ranges."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in spans:
            self.add(start, end)

    def __iter__(self) -> Iterator[Span]:
        return iter(list(zip(self._starts, self._ends, strict=True)))

    def __len__(self) -> int:
        return len(self._starts)

    @property
    def total(self) -> int:
        return sum(self._ends) - sum(self._starts)

    def add(self, start: int, end: int) -> None:
        """Put `[start, end)` in, merging what touches it."""
        if start >= end:
            return
        low = bisect_left(self._ends, start)
        high = low
        while high < len(self._starts) and self._starts[high] <= end:
            start = min(start, self._starts[high])
            end = max(end, self._ends[high])
            high += 1
        self._starts[low:high] = [start]
        self._ends[low:high] = [end]

    def remove(self, start: int, end: int) -> None:
        """Take `[start, end)` out, splitting what it cuts."""
        if start >= end:
            return
        starts, ends = [], []
        for left, right in zip(self._starts, self._ends, strict=True):
            for piece_start, piece_end in ((left, min(right, start)), (max(left, end), right)):
                if piece_start < piece_end:
                    starts.append(piece_start)
                    ends.append(piece_end)
        self._starts, self._ends = starts, ends

    def first(self) -> Span | None:
        return (self._starts[0], self._ends[0]) if self._starts else None

    def after(self, position: int) -> Span | None:
        """The first range that ends behind `position`, without what lies before that."""
        index = bisect_right(self._ends, position)
        if index == len(self._starts):
            return None
        return max(self._starts[index], position), self._ends[index]

    def reach(self, position: int) -> int:
        """How far the bytes from `position` on are in without a gap; `position` if it is not."""
        found = self.after(position)
        return found[1] if found is not None and found[0] == position else position

    def overlaps(self, start: int, end: int) -> bool:
        index = bisect_right(self._ends, start)
        return start < end and index < len(self._starts) and self._starts[index] < end

    def prefix(self) -> int:
        """The length of the range that begins at byte 0."""
        return self._ends[0] if self._starts and self._starts[0] == 0 else 0
