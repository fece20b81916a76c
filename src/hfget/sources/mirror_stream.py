"""A stream from one of several endpoints, which counts what comes."""

from __future__ import annotations

from collections.abc import Callable

from hfget.sources.byte_source import ByteStream
from hfget.sources.mirror_health import MirrorHealth


class MirrorStream:
    """A stream from one of several places. `closed` is called once, when it has ended."""

    def __init__(
        self,
        stream: ByteStream,
        place: str,
        health: MirrorHealth,
        closed: Callable[[str, MirrorStream], None],
    ) -> None:
        self.start, self.end = stream.start, stream.end
        self.length = stream.end - stream.start
        self.exact, self.whole = stream.exact, stream.whole
        self.origin, self.place = stream.origin, place
        self.held, self.rate = stream.held, health.rate_of(place)
        self.received = 0
        self._stream = stream
        self._health = health
        self._on_close: Callable[[str, MirrorStream], None] | None = closed

    @property
    def url(self) -> str:
        return self._stream.url

    @property
    def is_laggard(self) -> bool:
        return self._health.is_laggard(self.place)

    def readinto(self, buffer: memoryview, /) -> int | None:
        count = self._stream.readinto(buffer)
        if count:
            self.received += count
        return count

    def is_ready(self) -> bool:
        return self._stream.is_ready()

    def interrupt(self) -> None:
        self._stream.interrupt()

    def close(self) -> None:
        self._stream.close()
        told, self._on_close = self._on_close, None
        if told is not None:
            told(self.place, self)
