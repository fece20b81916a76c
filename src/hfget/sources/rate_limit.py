"""`--limit-rate`: a source that waits, so that all connections together keep to one rate."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from hfget.errors import UsageError
from hfget.http import Transient
from hfget.messages import advice
from hfget.messages import source_texts as texts
from hfget.model import Span
from hfget.sources.byte_source import ByteSource, ByteStream, Relief
from hfget.system import Stamp, Stopped, lazy_pattern, os_reason, safe_text, size_of

_A_SECOND = lazy_pattern(r"(?:/s|ps)$", re.IGNORECASE)
#: A turn is what comes in a fiftieth of a second: many connections then share a low rate evenly.
_TURNS_A_SECOND = 50
_MIN_TURN_BYTES, _MAX_TURN_BYTES = 512, 1 << 20
#: What a link did not deliver is made up for over at most so many seconds.
_CATCH_UP_SECONDS = 0.1
#: How often those who wait look whether they are still wanted, and whether the rate has changed.
_POLL_SECONDS = 0.1
_MAX_FILE_BYTES = 1024


def parse_rate(text: str) -> float:
    """Bytes a second: `500k`, `20M`, `1.5G` (decimal, as sizes are shown), `20Mi` (binary).

    0 stops everything. Raises UsageError for what is not a rate.
    """
    rate = size_of(_A_SECOND.sub("", text.strip()))
    if rate is None:
        raise UsageError(
            texts.NOT_A_RATE(text=safe_text(text.strip(), 40)),
            hint=advice.RATE_LIKE,
        )
    return rate


class RateLimit:
    """The rate that all sources of a run share. Thread-safe.

    `text` is a rate, or `@FILE` for a file that holds one and is read again whenever it changes.
    Raises UsageError where there is none. `stop` ends every wait.
    """

    def __init__(
        self,
        text: str,
        stop: threading.Event,
        warn: Callable[[str], None] = lambda text: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stop = stop
        self._warn = warn
        self._clock = clock
        self._lock = threading.Lock()
        self._file = Path(text[1:]).expanduser() if text.startswith("@") else None
        self._stamp: Stamp | None = None
        self._complained = False
        self._looked = clock()
        self._free_at = 0.0
        if self._file is None:
            self._rate = parse_rate(text)
            return
        try:
            self._rate = self._read(self._file)
        except OSError as error:
            raise UsageError(
                texts.RATE_FILE_UNREADABLE(file=self._file, strerror=os_reason(error)),
                hint=advice.NAME_RATE_FILE,
            ) from error

    @property
    def rate(self) -> float:
        """Bytes a second now; 0 while everything is to wait."""
        with self._lock:
            return self._current()

    def take(self, wanted: int) -> tuple[int, float]:
        """How many of `wanted` bytes may be read now, and seconds to wait if that is none."""
        with self._lock:
            rate, now = self._current(), self._clock()
            if rate <= 0:
                return 0, _POLL_SECONDS
            if self._free_at > now:
                return 0, min(self._free_at - now, _POLL_SECONDS)
            turn = min(max(int(rate / _TURNS_A_SECOND), _MIN_TURN_BYTES), _MAX_TURN_BYTES, wanted)
            self._free_at = max(self._free_at, now - _CATCH_UP_SECONDS) + turn / rate
            return turn, 0.0

    def give_back(self, count: int) -> None:
        """So many of the bytes that were taken did not come."""
        with self._lock:
            if self._rate > 0:
                self._free_at -= count / self._rate

    def _current(self) -> float:
        now = self._clock()
        if self._file is not None and now - self._looked >= _POLL_SECONDS:
            self._looked = now
            try:
                self._rate = self._read(self._file)
            except OSError as error:
                self._complain(f"{self._file}: " + os_reason(error))
            except UsageError as error:
                self._complain(f"{self._file}: " + error.message)
        return self._rate

    def _read(self, file: Path) -> float:
        """The rate in the file, if that has changed. Raises OSError and UsageError."""
        fd = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            found = os.fstat(fd)
            stamp = Stamp.of(found)
            if stamp == self._stamp:
                self._complained = False
                return self._rate
            text = os.read(fd, _MAX_FILE_BYTES).decode("utf-8", "replace")
            if not text.strip() and self._stamp:
                return self._rate  # just being written
            rate = parse_rate(text)
            self._stamp, self._complained = stamp, False
        finally:
            os.close(fd)
        return rate

    def _complain(self, why: str) -> None:
        """Say once what is wrong with the file; the rate stays as it is."""
        text = texts.RATE_STAYS(why=why)
        if not self._complained:
            self._complained = True
            self._warn(text)


class RateLimited:
    """A source whose streams, and requests while the rate is 0, wait for the limit."""

    def __init__(self, source: ByteSource, limit: RateLimit) -> None:
        self._source = source
        self._limit = limit

    @property
    def resolved(self) -> bool:
        return self._source.resolved

    @property
    def ranged(self) -> bool:
        return self._source.ranged

    @property
    def origin(self) -> str:
        return self._source.origin

    def open(self, span: Span | None) -> RateLimitedStream:
        return RateLimitedStream(self._source.open(span), self._limit)

    def delay(self) -> float:
        """What the source says; while the rate is 0, no request is sent."""
        delay = self._source.delay()
        return delay if self._limit.rate > 0 else max(delay, _POLL_SECONDS)

    def failed(self, failure: Transient, began: float) -> float:
        return self._source.failed(failure, began)

    def fruitful(self) -> None:
        self._source.fruitful()

    def width(self, connections: int) -> int:
        return self._source.width(connections)

    def fewest(self) -> int:
        return self._source.fewest()

    def relief(self) -> Relief | None:
        return self._source.relief()

    def places(self) -> Sequence[str]:
        return self._source.places()

    def avoid(self, *places: str, doubtful: Iterable[str] = ()) -> None:
        self._source.avoid(*places, doubtful=doubtful)

    def lied(self, place: str, spans: Sequence[Span]) -> None:
        self._source.lied(place, spans)


class RateLimitedStream:
    """A stream that reads no more than the limit allows."""

    def __init__(self, stream: ByteStream, limit: RateLimit) -> None:
        self.start, self.end = stream.start, stream.end
        self.exact, self.whole = stream.exact, stream.whole
        self.origin, self.place = stream.origin, stream.place
        self.held, self.rate = stream.held, stream.rate
        self._stream = stream
        self._limit = limit
        self._interrupted = False

    @property
    def is_laggard(self) -> bool:
        return self._stream.is_laggard

    @property
    def url(self) -> str:
        return self._stream.url

    def readinto(self, buffer: memoryview, /) -> int | None:
        """The next bytes, when it is their turn. Raises Stopped, and as the stream does."""
        granted = self._granted(len(buffer))
        if not granted:
            return 0
        count: int | None = 0
        try:
            count = self._stream.readinto(buffer[:granted])
        finally:
            if (count or 0) < granted:
                self._limit.give_back(granted - (count or 0))
        return count

    def is_ready(self) -> bool:
        return self._stream.is_ready()

    def interrupt(self) -> None:
        self._interrupted = True
        self._stream.interrupt()

    def close(self) -> None:
        self._stream.close()

    def _granted(self, wanted: int) -> int:
        """Wait for the turn; 0 if the stream was interrupted meanwhile."""
        while wanted and not self._interrupted:
            granted, wait = self._limit.take(wanted)
            if granted:
                return granted
            began = time.monotonic()
            if self._limit.stop.wait(wait):
                raise Stopped
            self.held += time.monotonic() - began
        return 0
