"""One file at several endpoints: any of them may fail, and none is trusted.

Content is pinned by commit and hash, so that ranges of one file may come from anywhere. Each
request goes where it is answered soonest; what fails at one place is asked for at another.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from hfget.errors import AccessError, HfgetError, NetworkError, NotFoundError, UnreachableError
from hfget.http import Transient
from hfget.limits import CRUMB_BYTES, MAX_BREAKS, MAX_LIES
from hfget.messages import source_texts as texts
from hfget.model import RemoteFile, Span, WrongRange
from hfget.sources.byte_source import ByteSource, ByteStream, NoRangesError, Relief
from hfget.sources.failure_counts import FailureCounts
from hfget.sources.host_health import HostHealth
from hfget.sources.mirror_choice import relief_by
from hfget.sources.mirror_health import MirrorHealth
from hfget.sources.mirror_state import SAMPLE_SECONDS, RequestKind
from hfget.sources.mirror_stream import MirrorStream
from hfget.sources.no_endpoint import why_none_is_left
from hfget.system import Superseded


class Mirrored:
    """A source over several, by the hosts of their endpoints, the preferred one first. Thread-safe.

    A file may have `connections` at each of them.
    """

    def __init__(
        self,
        file: RemoteFile,
        source_at: Mapping[str, Callable[[], ByteSource]],
        health: MirrorHealth,
        hosts: HostHealth,
        connections: int,
    ) -> None:
        self._file = file
        self._source_at = source_at
        self._health = health
        self._hosts = hosts
        self._connections = connections
        self._lock = threading.Lock()
        self._sources: dict[str, ByteSource] = {}
        self._busy: Counter[str] = Counter()
        self._breaks = FailureCounts()
        self._lies = FailureCounts()
        self._lacking: dict[str, HfgetError] = {}
        self._totals: dict[str, int] = {}
        self._avoided: tuple[frozenset[str], ...] = ()

    @property
    def resolved(self) -> bool:
        """Whether the way to the bytes is known at one of them."""
        return any(source.resolved for source in list(self._sources.values()))

    @property
    def ranged(self) -> bool:
        """Whether one of those that may be asked serves parts."""
        return any(self._source(place).ranged for place in self._open() or self.places())

    @property
    def origin(self) -> str:
        return self._source((self._open() or self.places() or self._health.places)[0]).origin

    def open(self, span: Span | None) -> ByteStream:
        """Ask one of them, and the next if that fails, each once.

        Raises what the last one failed with; of refusals that of the first in the order of
        preference; at once what the first of all says about rights.
        """
        failure: Transient | None = None
        tried: set[str] = set()
        while (taken := self._next(span, tried)) is not None:
            place, ask, kind = taken
            tried.add(place)
            began = time.monotonic()
            try:
                stream = self._source(place).open(span)
                if stream.whole and span is not None and self._others_part(place):
                    stream.close()
                    raise NoRangesError(texts.WHOLE_FOR_PART, url=stream.url)
                flow = MirrorStream(stream, place, self._health, self._closed)
                self._health.answered(place, ask, kind, flow)
                self._breaks.clear(place)
                return flow
            except Superseded:
                self._drop(place, ask)
            except NoRangesError as error:
                self._drop(place, ask)
                failure = error
            except Transient as error:
                failure = error
                self._fail(place, ask, kind, error, began)
            except HfgetError as error:
                self._drop(place, ask)
                self._refuse(place, kind, error, began)
            except BaseException:
                self._drop(place, ask)
                raise
        self._check_hope()
        if failure is not None:
            raise failure
        raise Superseded

    def delay(self) -> float:
        """Seconds until one of them may be asked; 0 where none is left, as `open` says."""
        wait = min(map(self._delay, self._candidates()), default=SAMPLE_SECONDS)
        return 0.0 if wait > 0 and self._end() else wait

    def failed(self, failure: Transient, began: float) -> float:
        """What broke off is asked for elsewhere, at once or as soon as one that may have the commit
        says so: then `failure.elsewhere` is set. Raises HfgetError if none is left.
        """
        if place := failure.place:
            self._broke(place, failure, began)
            failure.elsewhere = any(map(self._is_sound, {*self._open()} - {place}))
        self._check_hope()
        failure.elsewhere = failure.elsewhere or self._health.awaits(self._source_at)
        return 0.0 if failure.elsewhere else self.delay()

    def fruitful(self) -> None:
        """Each stream has told its own source."""

    def width(self, connections: int) -> int:
        """What is under way, and all that they have room for; one where `open` ends the file."""
        width = sum(self._busy.values()) + sum(map(self._room, self._open()))
        return width or int(self._end() is not None)

    def fewest(self) -> int:
        return self._health.fewest([place for place in self._open() if self._room(place)])

    def relief(self) -> Relief | None:
        usable = [at for at in self._open() if self._is_sound(at) and self._room(at)]
        rates = {at: self._health.rate_of(at) or 0.0 for at in usable if self._source(at).ranged}
        busy = {at: self._health.rate_of(at) for at in self._source_at if self._busy[at]}
        return relief_by(rates, busy)

    def places(self) -> list[str]:
        """Those that are neither out nor lack the file."""
        return [
            place
            for place in self._source_at
            if self._health.is_in(place) and place not in self._lacking
        ]

    def avoid(self, *places: str, doubtful: Iterable[str] = ()) -> None:
        self._avoided = frozenset(places).union(doubtful), frozenset(places)

    def lied(self, place: str, spans: Sequence[Span]) -> None:
        path = self._file.path
        why = texts.SENT_WRONG(path=path)
        if spans:
            why = texts.SENT_WRONG_BYTES(first=spans[0][0], last=spans[0][1] - 1, path=path)
        self._health.leave_out(place, why, [WrongRange(path, *span) for span in spans])

    def _closed(self, place: str, stream: MirrorStream) -> None:
        """A stream from `place` has ended."""
        with self._lock:
            self._busy[place] -= 1
        if stream.received:
            self._source(place).fruitful()
        self._health.ended(place, stream)

    def _next(self, span: Span | None, tried: set[str]) -> tuple[str, int, RequestKind] | None:
        """The place to ask now, the number of the request there, and its kind."""
        places = [place for place in self._open() if place not in tried]
        if span is not None:
            places = [place for place in places if self._source(place).ranged]
        for is_better in (self._is_sound, self._room):
            places = list(filter(is_better, places)) or places
        first = self._health.places[0]
        if not self._health.granted and first in places:
            places = [first]  # what it says about rights holds for all
        if not places:
            return None
        kinds = [
            RequestKind.DATA if self._source(place).resolved else RequestKind.RESOLVE
            for place in places
        ]
        length = self._file.size if span is None else span[1] - span[0]
        place, ask = self._health.take(places, length, kinds)
        with self._lock:
            self._busy[place] += 1
        return place, ask, kinds[places.index(place)]

    def _candidates(self) -> list[str]:
        places = self.places()
        for avoided in self._avoided:
            others = [place for place in places if place not in avoided]
            if others and not self._health.hopeless(others):
                return others
        return places

    def _open(self) -> Sequence[str]:
        """Those that may be asked now, and are worth it."""
        places = [place for place in self._candidates() if self._delay(place) == 0]
        return self._health.worthwhile(places)

    def _delay(self, place: str) -> float:
        return max(self._health.delay(place), self._source(place).delay())

    def _room(self, place: str) -> int:
        return max(0, self._source(place).width(self._connections) - self._busy[place])

    def _is_sound(self, place: str) -> bool:
        """Whether it has not failed at this very file again and again."""
        return self._breaks[place] < MAX_BREAKS

    def _others_part(self, place: str) -> bool:
        return any(self._source(other).ranged for other in self._open() if other != place)

    def _source(self, place: str) -> ByteSource:
        source = self._sources.get(place)
        if source is None:
            with self._lock:
                source = self._sources.get(place) or self._source_at[place]()
                self._sources[place] = source
        return source

    def _drop(self, place: str, ask: int) -> None:
        with self._lock:
            self._busy[place] -= 1
        self._health.dropped(place, ask)

    def _fail(
        self, place: str, ask: int, kind: RequestKind, failure: Transient, began: float
    ) -> None:
        """A request failed before its answer began."""
        self._drop(place, ask)
        self._count(place, failure, began)
        self._health.failed(place, kind, failure, began, self._tell_source(place, failure, began))

    def _broke(self, place: str, failure: Transient, began: float) -> None:
        """An answer broke off, or was not what was asked for."""
        over = self._tell_source(place, failure, began)
        if failure.kept >= CRUMB_BYTES:
            self._breaks.clear(place)
            self._health.broke(place)
            return
        self._count(place, failure, began)
        self._health.failed(place, RequestKind.DATA, failure, began, over)

    def _count(self, place: str, failure: Transient, began: float) -> None:
        self._breaks.add(place, failure, began)
        if failure.lie and not isinstance(failure, NoRangesError):
            if failure.total is not None:
                self._totals[place] = failure.total
            self._lies.add(place, failure, began)
            if max(self._lies[place], self._health.misled(place, began)) >= MAX_LIES:
                self._health.leave_out(place, texts.WRONG_ANSWERS(reason=failure.reason))

    def _tell_source(self, place: str, failure: Transient, began: float) -> HfgetError | None:
        """Have the source draw its conclusions; why its host is given up, if it is.

        That is not for ever: once it has rested, it is asked again.
        """
        try:
            self._source(place).failed(failure, began)
        except NetworkError as over:
            self._hosts.forgive(failure.host)
            return over
        return None

    def _refuse(self, place: str, kind: RequestKind, error: HfgetError, began: float) -> None:
        """Another place is asked instead; raises AccessError where the first speaks of rights."""
        if isinstance(error, UnreachableError):
            failure = Transient(error.message, url=error.url or "", whole_host=True)
            self._hosts.forgive(failure.host)
            self._health.failed(place, kind, failure, began, error)
            return
        if isinstance(error, AccessError):
            if place == self._health.places[0]:
                raise error
            self._lacking[place] = error
            self._health.leave_out(place, texts.REFUSES_FILE(reason=error.message))
            return
        self._lacking[place] = error
        if not isinstance(error, (NotFoundError, NetworkError)):
            self._health.leave_out(place, error.message)
        self._health.refused(place, kind, "" if isinstance(error, NotFoundError) else error.message)

    def _end(self) -> HfgetError | None:
        """What speaks against each of them, if something does."""
        if self._health.awaits(self._source_at):
            return None
        lacking = {one: self._lacking[one] for one in self._source_at if one in self._lacking}
        return why_none_is_left(self._file, self._health, self.places(), lacking, self._totals)

    def _check_hope(self) -> None:
        if error := self._end():
            raise error
