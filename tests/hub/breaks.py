"""Connections that break, stall or crawl, and answers that are refusals or redirects.

Byte counts are of the body of one response.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate

from tests.hub.faults import CloseConnection, Effect, Moment, ResetConnection
from tests.hub.wire import Answer, answer, sliced, start_bytes, taken

_MIB = 1 << 20


def http_date(unix_time: float) -> str:
    """A time as `Retry-After` and `Date` carry it."""
    return formatdate(unix_time, usegmt=True)


def _silent(body: Iterator[bytes]) -> Answer:
    return Answer(0, (), body, None)


def _broken(body: Iterable[bytes], after: int, end: Exception) -> Iterator[bytes]:
    yield from taken(body, after)
    raise end


@dataclass(frozen=True)
class Reset(Effect):
    """RST: before any header (`after` None), after so many body bytes, or with probability
    `per_mib` within each MiB of the body."""

    after_bytes: int | None = None
    per_mib: float | None = None

    def before(self, moment: Moment) -> Answer | None:
        if self.after_bytes is None and self.per_mib is None:
            return _silent(_broken((), 0, ResetConnection()))
        return None

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        cut = self.after_bytes
        if self.per_mib is not None:
            # the distance to the first success of so many trials a MiB
            cut = int(math.log(1 - moment.chance.random()) / math.log(1 - self.per_mib) * _MIB)
        if cut is None or (answer.length is not None and cut >= answer.length):
            return None
        return answer.with_body(_broken(answer.body, cut, ResetConnection()), None)


@dataclass(frozen=True)
class Close(Effect):
    """FIN after so many body bytes (None: before any header), Content-Length as it was or,
    with `length_header` off, none: then nothing tells the client that bytes are missing."""

    after_bytes: int | None = None
    length_header: bool = True

    def before(self, moment: Moment) -> Answer | None:
        if self.after_bytes is None:
            return _silent(_broken((), 0, CloseConnection()))
        return None

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        if self.after_bytes is None:
            return None
        if answer.length is not None and self.after_bytes >= answer.length:
            return None
        cut = answer.with_body(_broken(answer.body, self.after_bytes, CloseConnection()), None)
        return cut if self.length_header else cut.without("Content-Length")


@dataclass(frozen=True)
class Stall(Effect):
    """Silence after so many body bytes (None: instead of any header), until the hub stops."""

    after_bytes: int | None = 0

    def before(self, moment: Moment) -> Answer | None:
        if self.after_bytes is None:
            return _silent(self._silence(moment, (), 0))
        return None

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        if self.after_bytes is None:
            return None
        if answer.length is not None and self.after_bytes >= answer.length:
            return None
        return answer.with_body(self._silence(moment, answer.body, self.after_bytes), None)

    def _silence(self, moment: Moment, body: Iterable[bytes], after: int) -> Iterator[bytes]:
        yield from taken(body, after)
        moment.hub.sleep(None)


@dataclass(frozen=True)
class Drip(Effect):
    """`piece` bytes each `seconds`, from byte `after_bytes` on."""

    seconds: float = 0.5
    piece: int = 1
    after_bytes: int = 0

    def after(self, moment: Moment, answer: Answer) -> Answer:
        return answer.with_body(self._drops(moment, answer.body), answer.length)

    def _drops(self, moment: Moment, body: Iterable[bytes]) -> Iterator[bytes]:
        free = self.after_bytes
        for block in body:
            yield block[:free]
            for drop in sliced((block[free:],), self.piece):
                moment.hub.sleep(self.seconds)
                yield drop
            free = max(0, free - len(block))


@dataclass(frozen=True)
class DripHead(Effect):
    """The honest head, a byte each `seconds`."""

    seconds: float = 0.5

    def after(self, moment: Moment, answer: Answer) -> Answer:
        return _silent(self._drops(moment, answer))

    def _drops(self, moment: Moment, answer: Answer) -> Iterator[bytes]:
        for drop in sliced((start_bytes(answer),), 1):
            moment.hub.sleep(self.seconds)
            yield drop
        yield from answer.body
        raise CloseConnection


@dataclass(frozen=True)
class Delay(Effect):
    """The head comes `seconds` later."""

    seconds: float

    def after(self, moment: Moment, answer: Answer) -> Answer:
        return replace(answer, delay=answer.delay + self.seconds)


@dataclass(frozen=True)
class Refuse(Effect):
    """This request is reset and its origin refuses every connection for `seconds`."""

    seconds: float

    def before(self, moment: Moment) -> Answer:
        def outage() -> Iterator[bytes]:
            moment.hub.refuse(moment.origin, self.seconds)
            raise ResetConnection
            yield b""

        return _silent(outage())


@dataclass(frozen=True)
class Status(Effect):
    """Another answer altogether: 429 with `{"Retry-After": "3"}`, 503, 403, 416, ..."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def before(self, moment: Moment) -> Answer:
        return answer(self.status, self.headers, self.body)


@dataclass(frozen=True)
class Redirect(Effect):
    """A redirect. `location` may use {hub}, {cdn}, {foreign} (origins), {hub_host} and so on
    (host and port) and {target} (path and query of the request): `"{foreign}{target}"`,
    `"{target}"` (a loop), `"file:///x"`."""

    location: str
    status: int = 302

    def before(self, moment: Moment) -> Answer:
        hosts = {f"{name}_host": url.partition("//")[2] for name, url in moment.hub.urls.items()}
        place = self.location.format(target=moment.head.target, **moment.hub.urls, **hosts)
        return answer(self.status, {"Location": place})
