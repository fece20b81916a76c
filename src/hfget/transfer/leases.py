"""A range that one connection fetches, and which of several another place brings sooner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hfget.sources import Relief

#: A new connection counts as fast (bytes a second) until it was measured.
_ASSUMED_RATE = 1e9


@dataclass(eq=False, slots=True)
class Lease:
    """A range that one connection fetches.

    `position` is how far its holder has claimed the right to write; what lies behind it up to
    `end` may still be taken away by a steal. `reach` is how far the answer goes that its holder
    reads: what was taken away up to there can be given back. `rate` is how fast it comes, in
    bytes a second, None until it is measured. `asked` is since when (monotonic) its holder waits
    for the answer to begin, 0 while it does not; then `place` is where it comes from. `taken` tells
    that nothing of it is left to its holder.
    """

    start: int
    end: int
    position: int
    rate: float | None = None
    reach: int = 0
    asked: float = 0.0
    place: str = ""
    taken: bool = False

    @property
    def remaining(self) -> int:
        return self.end - self.position

    @property
    def seconds_left(self) -> float:
        return self.remaining / max(_ASSUMED_RATE if self.rate is None else self.rate, 1.0)


def most_saved(leases: Sequence[Lease], relief: Relief) -> tuple[Lease, int] | None:
    """The range where a connection to another place saves most, and from where on it takes it.

    Both end together then; it takes all where the holder would keep next to nothing. None if too
    little would be saved.
    """
    saved, found, ends = relief.seconds, None, _ends(leases)
    for lease in leases:
        others = relief.rates.keys() - {lease.place}
        place = max(others, key=relief.rates.__getitem__, default="")
        rate = relief.rates.get(place, 0.0)
        if lease.rate is None or lease.remaining < 2 or rate <= 0:
            continue
        shared = lease.remaining / (lease.rate + rate)
        seconds = lease.seconds_left - shared
        is_behind = ends[lease.place] - ends.get(place, 0.0) >= relief.seconds
        if seconds >= saved and (is_behind or seconds >= relief.seconds_alone):
            kept = int(shared * lease.rate) if shared > relief.seconds else 0
            saved, found = seconds, (lease, lease.position + kept)
    return found


def _ends(leases: Sequence[Lease]) -> dict[str, float]:
    """By place, how many seconds all that it has to send takes, if its rate stays."""
    left: Counter[str] = Counter()
    at_work = Counter(lease.place for lease in leases)
    rates = dict.fromkeys(at_work, 1.0)
    for lease in leases:
        left[lease.place] += lease.remaining
        rates[lease.place] = max(rates[lease.place], lease.rate or 0.0)
    return {place: left[place] / (count * rates[place]) for place, count in at_work.items()}
