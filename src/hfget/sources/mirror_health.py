"""What is known about each of several endpoints, and which of them may be asked now.

An endpoint that fails *rests*; when the rest is over, one request tries it (half open), and with
an answer it is back in use. One that lacks what others have, or lies, is *out* for the run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence

from hfget.errors import HfgetError
from hfget.http import Transient
from hfget.limits import LEFT_OUT_SECONDS, MAX_CONNECTIONS, MAX_MISSES, MEASURED_SECONDS
from hfget.messages import source_texts as texts
from hfget.model import MirrorUse, WrongRange
from hfget.sources.mirror_choice import choose, is_negligible
from hfget.sources.mirror_state import SAMPLE_SECONDS, Flow, MirrorState, RequestKind

#: Shorter answers say nothing about rates: they come with their heads.
_MEASURED_BYTES = 256 << 10
#: An outage of an endpoint is told so often.
_MOST_NOTES = 3


class MirrorHealth:
    """The endpoints of a run, by their hosts, the preferred one first. Thread-safe.

    The first has given the listing: what it says about rights holds (`granted` once it has sent
    anything). Without `stripe` a slow one is not left out for faster ones. `tell` is called with a
    line when another one takes over; `joined` says which of them may be asked by now.
    """

    def __init__(
        self,
        places: Sequence[str],
        tell: Callable[[str], None] = lambda text: None,
        joined: Callable[[], Collection[str]] | None = None,
        *,
        stripe: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.places = tuple(places)
        self.granted = False
        self._tell = tell
        self._joined = joined or (lambda: self.places)
        self._stripe = stripe
        self._clock = clock
        self._lock = threading.Lock()
        self._mirrors = {place: MirrorState() for place in places}
        self._sampled = clock()
        self._closed = False
        self._asks = 0

    def is_in(self, place: str) -> bool:
        """Whether it may be asked in this run, now or later."""
        return not self._mirrors[place].out and place in self._joined()

    def awaits(self, places: Iterable[str]) -> bool:
        """Whether one of them has yet to say, for the first time, whether it has the commit."""
        joined = self._joined()
        others = [self._mirrors[place] for place in places if place not in joined]
        return any(not one.out and not one.figures[RequestKind.API].requests for one in others)

    def delay(self, place: str) -> float:
        """Seconds until it may be asked; 0 for at once."""
        with self._lock:
            return self._mirrors[place].delay(self._clock())

    def hopeless(self, places: Iterable[str]) -> list[HfgetError]:
        """Why none of these can be reached, if so: a reason each."""
        with self._lock:
            mirrors = [self._mirrors[place] for place in places]
            reasons = [mirror.over for mirror in mirrors if mirror.over is not None]
            return reasons if len(reasons) == len(mirrors) else []

    def take(
        self, places: Sequence[str], length: int, kinds: Sequence[RequestKind]
    ) -> tuple[str, int]:
        """Which of `places` a request goes to, and the number of that request.

        `kinds` says of which kind it is at each of them. It ends by `answered` or `failed`.
        """
        with self._lock:
            now = self._sample()
            seen = [
                self._mirrors[place].candidate(kind, now)
                for place, kind in zip(places, kinds, strict=True)
            ]
            number = choose(seen, length)
            mirror = self._mirrors[places[number]]
            mirror.figures[kinds[number]].requests += 1
            mirror.busy += 1
            self._asks += 1
            mirror.asks[self._asks] = mirror.asked_at = now
            return places[number], self._asks

    def answered(self, place: str, ask: int, kind: RequestKind, flow: Flow) -> None:
        """The answer has begun and is `flow`, which ends by `ended`."""
        with self._lock:
            mirror, now = self._mirrors[place], self._clock()
            mirror.figures[kind].answered(now - mirror.asks.pop(ask))
            mirror.pass_time(now)
            if flow.length >= _MEASURED_BYTES:
                mirror.flows[flow] = 0
            mirror.failures.clear()
            mirror.rest_until, mirror.over = 0.0, None
            mirror.misses, mirror.untold = 0, None
            back, mirror.is_told = mirror.is_told, False
            self.granted = self.granted or place == self.places[0]
            late = self._outages(now)
        if back:
            self._tell(texts.BACK_IN_USE(place=place))
        for text in late:
            self._tell(text)

    def close(self) -> None:
        """What fails from now on fails because the run is over: it is neither counted nor told."""
        self._closed = True

    def told(self, place: str, seconds: float | None) -> None:
        """Its API has answered after so many seconds, or failed (None)."""
        with self._lock:
            figures = self._mirrors[place].figures[RequestKind.API]
            figures.requests += 1
            if seconds is None:
                figures.failures += 1
            else:
                figures.answered(seconds)

    def ended(self, place: str, flow: Flow) -> None:
        """All that is to come of an answer has come."""
        with self._lock:
            mirror = self._mirrors[place]
            mirror.pass_time(self._clock())
            before = mirror.flows.pop(flow, None)
            if before is not None:
                mirror.came += flow.received - before
            mirror.received += flow.received - (before or 0)
            mirror.busy -= 1
            if flow.received:
                mirror.lies.clear()

    def dropped(self, place: str, ask: int) -> None:
        """A request ended with nothing that says anything about the endpoint."""
        with self._lock:
            mirror = self._mirrors[place]
            mirror.asks.pop(ask, None)
            mirror.busy -= 1

    def failed(
        self,
        place: str,
        kind: RequestKind,
        failure: Transient,
        began: float,
        over: HfgetError | None,
    ) -> None:
        """A request that began at `began` failed: the endpoint rests.

        `over` is why its host is given up, if it is.
        """
        if self._closed:
            return
        with self._lock:
            mirror, now = self._mirrors[place], self._clock()
            mirror.figures[kind].failures += 1
            mirror.over = over or mirror.over
            if mirror.failures.add(began, now):
                mirror.rest(now, failure)
            due = mirror.failures.count >= 2 or mirror.received == 0 or failure.led_by
            if due and not mirror.is_told and mirror.told < _MOST_NOTES:
                mirror.untold = failure
            late = self._outages(now)
        for text in late:
            self._tell(text)

    def broke(self, place: str) -> None:
        """An answer broke off; what came of it is kept."""
        with self._lock:
            self._mirrors[place].figures[RequestKind.DATA].failures += 1

    def misled(self, place: str, began: float) -> int:
        """It answered with what was not asked for; how often in a row, whichever the file."""
        with self._lock:
            lies = self._mirrors[place].lies
            lies.add(began, self._clock())
            return lies.count

    def refused(self, place: str, kind: RequestKind, why: str = "") -> bool:
        """It lacks a file, or refuses it; whether it is out for that: it has none of so many."""
        with self._lock:
            mirror = self._mirrors[place]
            mirror.figures[kind].refusals += 1
            mirror.misses += 1
            hopeless = mirror.misses >= MAX_MISSES and mirror.received == 0
        if hopeless:
            self.leave_out(place, why or texts.LACKS_FILES(count=MAX_MISSES))
        return hopeless

    def leave_out(self, place: str, why: str, wrong: Sequence[WrongRange] = ()) -> None:
        """It is not asked any more in this run; or was in an earlier one, and sent `wrong`."""
        with self._lock:
            mirror = self._mirrors.setdefault(place, MirrorState())
            told = bool(mirror.out)
            mirror.out = mirror.out or why
            mirror.wrong += wrong
            others = self._others(place, self._clock())
        if not told:
            self._tell(
                texts.LEFT_OUT_FOR(place=place, why=why, others=others)
                if others
                else texts.LEFT_OUT(place=place, why=why)
            )

    def worthwhile(self, places: Sequence[str]) -> Sequence[str]:
        """Those of them that answer and bring more than next to nothing; all if none does."""
        if len(places) < 2:
            return places
        with self._lock:
            now = self._sample()
            best = max((self._mirrors[place].rate or 0.0 for place in places), default=0.0)
            best *= self._stripe
            return [
                place for place in places if not self._mirrors[place].is_left_out(best, now)
            ] or places

    def fewest(self, places: Iterable[str]) -> int:
        """The connections, over all files, of that of these which has the fewest."""
        with self._lock:
            return min((self._mirrors[place].busy for place in places), default=MAX_CONNECTIONS)

    def has_sent(self, place: str) -> bool:
        """Whether it has answered a request for content."""
        return self._mirrors[place].has_sent

    def rate_of(self, place: str) -> float | None:
        """Bytes a second of a connection to it; of the best, if it has not sent anything yet."""
        if (own := self._mirrors[place].pace) is not None:
            return own
        return max(mirror.pace or 0.0 for mirror in self._mirrors.values()) or None

    def is_laggard(self, place: str) -> bool:
        """Whether another one that can be asked brings many times as much over a connection."""
        with self._lock:
            now = self._sample()
            mirror = self._mirrors[place]
            rates = [other.rate or 0.0 for other in self._open(now) if other is not mirror]
            is_measured = self._stripe and mirror.measured >= MEASURED_SECONDS
            lags = is_measured and is_negligible(mirror.rate, max(rates, default=None))
            if lags:
                mirror.left_out_until = now + LEFT_OUT_SECONDS
            return lags

    def sent(self) -> tuple[tuple[str, int], ...]:
        """The bytes that came from each of them so far."""
        with self._lock:
            self._sample()
            return tuple((place, mirror.received) for place, mirror in self._mirrors.items())

    def report(self) -> tuple[MirrorUse, ...]:
        """What each of them did."""
        with self._lock:
            self._sample(always=True)
            return tuple(mirror.use(place) for place, mirror in self._mirrors.items())

    def _open(self, now: float) -> list[MirrorState]:
        """Those that may be asked now."""
        joined = self._joined()
        return [
            mirror
            for place, mirror in self._mirrors.items()
            if place in joined and mirror.delay(now) == 0
        ]

    def _outages(self, now: float) -> list[str]:
        """Lines about those that fail, once others can be asked."""
        untold = [(place, mirror) for place, mirror in self._mirrors.items() if mirror.untold]
        return [*filter(None, (one.tell(place, self._others(place, now)) for place, one in untold))]

    def _others(self, place: str, now: float) -> str:
        others = [other for other in self._open(now) if other is not self._mirrors[place]]
        return ", ".join(name for name, mirror in self._mirrors.items() if mirror in others)

    def _sample(self, *, always: bool = False) -> float:
        """Measure what came since the last time, by connection; the time."""
        now = self._clock()
        passed = now - self._sampled
        if passed < SAMPLE_SECONDS and not always:
            return now
        self._sampled = now
        for mirror in self._mirrors.values():
            mirror.pass_time(now)
            mirror.count()
            mirror.measure(passed)
        return now
