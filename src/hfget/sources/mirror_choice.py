"""Which of several endpoints the next request goes to (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hfget.limits import (
    EQUALLY_FAST,
    NEGLIGIBLE_SHARE,
    PATIENCE_SECONDS,
    SAVED_ALONE_SECONDS,
    SAVED_SECONDS,
    UNMEASURED_RATE,
)
from hfget.sources.byte_source import Relief


class Candidate(NamedTuple):
    """An endpoint that may be asked now, and what is known of it.

    It has `busy` connections. An answer begins after `latency` seconds and brings `rate` bytes a
    second over one connection; None as long as that has not been seen, or not of late.
    """

    busy: int
    latency: float | None = None
    rate: float | None = None


def choose(candidates: Sequence[Candidate], length: int) -> int:
    """Which one of them, in order of preference, a request for `length` bytes goes to.

    Where the answer is complete soonest: of a small file the one that answers soonest, of a large
    range the one that brings most over a connection. Among equals the one with the fewest
    connections, so that each gets work in proportion to what it delivers. One that is not known
    counts as the best of those that are, and is tried by one request.
    """
    latency = min((one.latency for one in candidates if one.latency is not None), default=0.0)
    rates = [one.rate for one in candidates if one.rate is not None]
    rate = max(rates, default=UNMEASURED_RATE)

    def seconds(number: int) -> float:
        one = candidates[number]
        first = latency if one.latency is None else one.latency
        each = rate if one.rate is None else one.rate
        return first + length / max(each, 1.0)

    numbers = range(len(candidates))
    known = any(one.latency is not None for one in candidates)
    pool = [
        number
        for number in numbers
        if not (known and candidates[number].latency is None and candidates[number].busy)
    ]
    soonest = min(map(seconds, pool)) * EQUALLY_FAST
    equals = [number for number in pool if seconds(number) <= soonest]
    return min(equals, key=lambda number: (candidates[number].busy, number))


def is_negligible(rate: float | None, best: float | None) -> bool:
    """Whether an endpoint brings so little over a connection that the best is to have all."""
    return rate is not None and best is not None and rate < NEGLIGIBLE_SHARE * best


def relief_by(rates: Mapping[str, float], busy: Mapping[str, float | None]) -> Relief | None:
    """What endpoints that may be asked, at these rates, could take from those that are `busy`.

    Both are bytes a second over one connection. None if none is another one: to ask the same again
    brings nothing sooner.
    """
    if not any(rates.keys() - {place} for place in busy):
        return None
    present = {place: rate for place, rate in busy.items() if rate is not None}
    return Relief(rates, present, SAVED_SECONDS, SAVED_ALONE_SECONDS, PATIENCE_SECONDS)
