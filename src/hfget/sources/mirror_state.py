"""The figures of one endpoint among several, by kind of request."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from hfget.errors import HfgetError
from hfget.http import Transient, backoff
from hfget.limits import LEFT_OUT_SECONDS, LONGEST_REST, PATIENCE_SECONDS
from hfget.messages import source_texts as texts
from hfget.model import MirrorUse, WrongRange
from hfget.sources.failure_counts import FailuresInARow
from hfget.sources.mirror_choice import Candidate, is_negligible

#: How often rates are measured, in seconds; what was measured before counts as so many seconds of
#: one connection.
SAMPLE_SECONDS, _REMEMBERED_SECONDS = 0.1, 1.0


class RequestKind(Enum):
    """What a request is for: the API, the way to a file's bytes, or the bytes."""

    API = "api"
    RESOLVE = "resolve"
    DATA = "data"


@dataclass(slots=True)
class Figures:
    """Requests of one kind to one endpoint; `latency` is smoothed, in seconds."""

    requests: int = 0
    failures: int = 0
    refusals: int = 0
    latency: float | None = None

    def answered(self, seconds: float) -> None:
        known = self.latency
        self.latency = seconds if known is None else known + (seconds - known) / 4


class Flow(Protocol):
    """A stream that is being read: `received` bytes of `length` came."""

    received: int
    length: int


@dataclass(slots=True, eq=False)
class MirrorState:
    """One of several endpoints: what came from it, what it is at, how it failed. Not locked."""

    figures: dict[RequestKind, Figures] = field(
        default_factory=lambda: {kind: Figures() for kind in RequestKind}
    )
    received: int = 0
    rate: float | None = None
    measured: float = 0.0
    busy: int = 0
    asks: dict[int, float] = field(default_factory=dict)
    flows: dict[Flow, int] = field(default_factory=dict)
    came: int = 0
    seconds: float = 0.0
    since: float = 0.0
    asked_at: float = float("-inf")
    failures: FailuresInARow = field(default_factory=FailuresInARow)
    rest_until: float = 0.0
    left_out_until: float = 0.0
    over: HfgetError | None = None
    told: int = 0
    is_told: bool = False
    untold: Transient | None = None
    reason: str = ""
    lies: FailuresInARow = field(default_factory=FailuresInARow)
    misses: int = 0
    out: str = ""
    wrong: list[WrongRange] = field(default_factory=list)

    @property
    def is_probing(self) -> bool:
        return self.failures.count > 0 and bool(self.asks)

    @property
    def has_sent(self) -> bool:
        """Whether it has answered a request for content."""
        kinds = RequestKind.DATA, RequestKind.RESOLVE
        return any(self.figures[kind].latency is not None for kind in kinds)

    def delay(self, now: float) -> float:
        """Seconds until it may be asked; 0 for at once."""
        if self.out:
            return LONGEST_REST
        if self.is_probing:
            return SAMPLE_SECONDS
        return max(0.0, self.rest_until - now)

    def rest(self, now: float, failure: Transient) -> None:
        """After a failure it is not asked for some time, and as long as it asked for."""
        self.reason = failure.reason
        rest = LONGEST_REST if self.over else min(backoff(self.failures.count), LONGEST_REST)
        self.rest_until = max(self.rest_until, now + max(rest, failure.wait or 0.0))

    def tell(self, place: str, others: str) -> str:
        """A line about the failure that is not told yet, if there are `others` to be asked."""
        failure = self.untold
        if failure is None or not others:
            return ""
        self.untold, self.is_told = None, True
        self.told += 1
        if not failure.led_by:
            return texts.FAILS(place=place, reason=failure.reason, others=others)
        host, reason = failure.host, failure.plain_reason
        return texts.LEADS_TO_FAILING(place=place, host=host, reason=reason, others=others)

    @property
    def pace(self) -> float | None:
        """The rate; as long as that is not measured, what has come in the time that there was."""
        came, seconds = self.came, self.seconds
        return came / seconds if self.rate is None and came and seconds else self.rate

    def use(self, place: str) -> MirrorUse:
        """What it did, as the report tells it."""
        kinds = self.figures.values()
        return MirrorUse(
            place,
            self.received,
            sum(kind.requests for kind in kinds),
            sum(kind.failures for kind in kinds),
            sum(kind.refusals for kind in kinds),
            "out" if self.out else "resting" if self.failures.count else "in use",
            self.out or (self.reason if self.failures.count else ""),
            tuple(self.wrong),
        )

    def candidate(self, kind: RequestKind, now: float) -> Candidate:
        """What is known of it; nothing where it was not asked for long: it may have changed."""
        idle = now - self.asked_at
        if not self.busy and LEFT_OUT_SECONDS < idle < float("inf"):
            return Candidate(0)
        order = (kind, RequestKind.DATA, RequestKind.RESOLVE, RequestKind.API)
        latencies = (self.figures[each].latency for each in order)
        latency = next((seconds for seconds in latencies if seconds is not None), None)
        return Candidate(self.busy, latency, self.rate)

    def is_left_out(self, best: float, now: float) -> bool:
        """Whether it does not answer just now, or brings next to nothing."""
        if now < self.left_out_until:
            return True
        if self.asks and now - min(self.asks.values()) > PATIENCE_SECONDS:
            return True
        return is_negligible(self.rate, best) and now - self.asked_at <= LEFT_OUT_SECONDS

    def count(self) -> None:
        """Take up what came of the streams that are being read."""
        for flow, before in self.flows.items():
            received = flow.received
            self.came += received - before
            self.received += received - before
            self.flows[flow] = received

    def measure(self, passed: float) -> None:
        """What came in connection-seconds makes the rate; `passed` is the time since the last."""
        if self.seconds < SAMPLE_SECONDS:
            return
        rate, known = self.came / self.seconds, self.rate
        weight = self.seconds / (self.seconds + _REMEMBERED_SECONDS)
        self.rate = rate if known is None else known + (rate - known) * weight
        self.measured += passed
        self.came, self.seconds = 0, 0.0

    def pass_time(self, now: float) -> None:
        """Before streams come or go: those that there are have been read until now."""
        self.seconds += (now - self.since) * len(self.flows)
        self.since = now
