"""The seam between what moves bytes and where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from hfget.http import Transient
from hfget.model import Span


class NoRangesError(Transient):
    """`origin` was asked for a part of a file and sent what cannot be taken as one."""

    def __init__(self, reason: str, *, url: str) -> None:
        super().__init__(reason, url=url, lie=True)
        self.origin = self.host


class Relief(NamedTuple):
    """What further connections would do for ranges that come slowly.

    One to a place would bring `rates` bytes a second, one that there is already brings `present`
    ones, by its place, as far as is known. A further one is worth it where it saves so many
    `seconds`, `seconds_alone` where the range comes slowly, but its place as a whole is done no
    later; or where an answer has not begun within `patience` (seconds).
    """

    rates: Mapping[str, float]
    present: Mapping[str, float]
    seconds: float
    seconds_alone: float
    patience: float


class ByteStream(Protocol):
    """Bytes `start` up to `end` of a file, as one answer brings them.

    `exact` tells that the answer's own framing ends there, so that nothing can follow; `whole`
    that it is the whole file, whatever was asked for. `origin` is the host that sends, `url`
    its address without a query. `held` counts the seconds for which the stream was kept waiting
    by hfget itself, by a limit on the rate for instance.
    """

    start: int
    end: int
    exact: bool
    whole: bool
    origin: str
    place: str
    held: float
    rate: float | None

    @property
    def is_laggard(self) -> bool:
        """Whether another place would bring the rest in a fraction of the time."""

    @property
    def url(self) -> str: ...

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Put the next bytes into `buffer`; 0 means that the answer has ended, None nothing yet.

        Returns as soon as there is something, or a little later, never only when the buffer is
        full: a server that drips must be noticed. Raises Transient and HfgetError.
        """

    def is_ready(self) -> bool:
        """Whether there is something to be read at once; true where that cannot be told."""

    def interrupt(self) -> None:
        """From another thread: make a `readinto` that waits end, with an error or with 0."""

    def close(self) -> None:
        """Be done with it. The connection is kept for others if all was read."""


class ByteSource(Protocol):
    """One file at one place or at several. Thread-safe.

    `resolved` tells that asking leads to the bytes without a detour, so that several
    connections may ask. `ranged` tells that parts may be asked for, as far as is known now.
    `origin` is the host that the next request goes to.
    """

    @property
    def resolved(self) -> bool: ...

    @property
    def ranged(self) -> bool: ...

    @property
    def origin(self) -> str: ...

    def open(self, span: Span | None) -> ByteStream:
        """Ask for the bytes of `span`, or for the whole file.

        What comes begins where `span` does, unless it is `whole`. Raises Transient (NoRangesError
        where parts cannot be had), Superseded if another thread has to do something first,
        Stopped, or the HfgetError that a final refusal means.
        """

    def delay(self) -> float:
        """Seconds until a request makes sense; 0 for at once."""

    def failed(self, failure: Transient, began: float) -> float:
        """A request that began at `began` (monotonic) failed; how many seconds to wait at least.

        Raises NetworkError if the place is not asked any more.
        """

    def fruitful(self) -> None:
        """Bytes came: a later refusal means that an address has expired."""

    def width(self, connections: int) -> int:
        """How many connections may be on it, where a place may have so many: one until resolved."""

    def fewest(self) -> int:
        """The connections, over all files, of that of several places that has the fewest."""

    def relief(self) -> Relief | None:
        """What another place would do for what comes slowly; None where only one may be asked."""

    def places(self) -> Sequence[str]:
        """The places that may be asked, by their endpoints' hosts, the preferred one first."""

    def avoid(self, *places: str, doubtful: Iterable[str] = ()) -> None:
        """Of all places, ask none of these for this file as long as there is another; and none
        that is `doubtful` as long as there is one that is neither."""

    def lied(self, place: str, spans: Sequence[Span]) -> None:
        """The bytes of `spans` that came from `place` were wrong: it is not asked any more."""


def sender_of(stream: ByteStream) -> str:
    """Who sends: the host, behind the endpoint that led to it where that is another."""
    return stream.place if stream.place == stream.origin else f"{stream.place} {stream.origin}"
