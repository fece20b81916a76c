"""The JSON of API answers, bounded in bytes, in values, in depth, in time and in memory.

Each answer has its bounds, and a `Budget` those of all answers of a listing together.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests

from hfget.endpoints import host_of
from hfget.errors import NetworkError
from hfget.http import (
    IDENTITY,
    INFLATABLE,
    InflateError,
    Inflater,
    Transient,
    hand_back,
    wire_of,
)
from hfget.limits import (
    LISTING_BYTES,
    LISTING_MEMORY,
    LISTING_SECONDS,
    MAX_BYTES,
    MAX_SECONDS,
    MAX_VALUES,
    SLOW_BYTES,
    SLOW_WINDOW_SECONDS,
)
from hfget.messages import advice
from hfget.messages import hub_texts as texts
from hfget.system import Stop, duration_text, lazy_pattern, safe_text, safe_url

#: What CPython takes for a value while an answer is read, containers and keys included, and for
#: what is kept of it, both measured with the shortest texts there are: `{"a1":1}`, `{}`.
_VALUE_BYTES, _KEPT_BYTES = 128, 48
_BLOCK_BYTES = 1 << 16
_JSON_BEGINS = b"{["
_WIDE, _WIDEST = lazy_pattern(rb"[\xc4-\xef]"), lazy_pattern(rb"[\xf0-\xff]|\\u", re.IGNORECASE)


class Budget:
    """What the answers of one listing may take together: bytes, seconds and memory.

    Seconds are those in which a server is waited for, not the pauses between tries. `stop` ends
    the reading. Not thread-safe.
    """

    def __init__(
        self,
        stop: threading.Event | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        self._stop = stop
        self._bytes = 0
        self._memory = 0
        self._seconds = 0.0
        self._since: float | None = None

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """The time within is spent."""
        self._since = self.clock()
        try:
            yield
        finally:
            self._seconds += self.clock() - self._since
            self._since = None

    def read(self, count: int, url: str, *, more: bool = True) -> None:
        """Account for a read of `count` bytes; `more` tells that there is still something to read.

        Raises NetworkError where the listing takes too much, the error of `stop` once it is set
        and there is more.
        """
        if more and self._stop is not None and self._stop.is_set():
            raise (self._stop if isinstance(self._stop, Stop) else Stop()).error()
        self._bytes += count
        if self._bytes > LISTING_BYTES:
            raise _too_large(url, texts.LIMIT_MIB(size=LISTING_BYTES >> 20))
        since = self._since
        spent = self._seconds + (self.clock() - since if since is not None else 0.0)
        if spent > LISTING_SECONDS:
            raise NetworkError(
                texts.LISTING_TIMEOUT(url=host_of(url), seconds=duration_text(LISTING_SECONDS)),
                url=safe_url(url),
                hint=advice.LATER_OR_OTHER_MIRROR,
            )

    def hold(self, body: bytearray, values: int, url: str) -> None:
        """Account for the memory that an answer is about to take. Raises NetworkError."""
        width = _width(body)
        needed = len(body) * (1 + 2 * width) + values * _VALUE_BYTES
        if self._memory + needed > LISTING_MEMORY:
            raise _too_large(url, texts.LIMIT_MEMORY(size=LISTING_MEMORY >> 20))
        self._memory += max(len(body) * width, values * _KEPT_BYTES)


def read_json(
    response: requests.Response,
    budget: Budget | None = None,
    window: float = SLOW_WINDOW_SECONDS,
) -> Any:
    """The decoded JSON of an answer whose body is unread; its connection can be used again then.

    `window` is how many seconds a rate is looked at: what would not bring SLOW_BYTES in
    SLOW_WINDOW_SECONDS trickles.
    Raises NetworkError for an answer that is too large, Transient for one that trickles, is
    cut short, or is not JSON: a login page may be gone the next time.
    """
    budget = budget or Budget()
    body = _read(response, budget, window)
    # counted where values begin or are parted; what strings hold of these counts too
    values = body.count(b",") + body.count(b"[") + body.count(b"{")
    if values > MAX_VALUES:
        raise _too_large(response.url, f"{MAX_VALUES:,} values")
    budget.hold(body, values, response.url)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        unread = _codings(response) - IDENTITY - INFLATABLE
        named = safe_text(", ".join(sorted(unread)), 20)
        reason = texts.ENCODED(encoding=named) if unread else texts.NOT_JSON
        raise Transient(reason, url=response.url, lie=True) from None


def _read(response: requests.Response, budget: Budget, window: float) -> bytearray:
    since = budget.clock()
    deadline, brought = since + MAX_SECONDS, 0
    body, received = bytearray(), 0
    wire = wire_of(response)
    for count, piece in _pieces(response):
        received += count
        body += piece
        budget.read(max(count, len(piece)), response.url, more=not wire.isclosed())
        if max(received, len(body)) > MAX_BYTES:
            raise _too_large(response.url, f"{MAX_BYTES >> 20} MiB")
        brought += count
        now = budget.clock()
        trickles = False
        if now - since > window and not wire.isclosed():
            trickles = brought * SLOW_WINDOW_SECONDS < SLOW_BYTES * (now - since)
            since, brought = now, 0
        if trickles or now > deadline:
            slow = Transient(texts.ANSWER_TOO_SLOW, url=response.url)
            slow.timed_out = True
            raise slow
    hand_back(response)
    return body


def _pieces(response: requests.Response) -> Iterator[tuple[int, bytes | memoryview]]:
    """The body, decoded if it came as gzip or deflate unasked, a bounded piece at a time.

    What begins like JSON is that, whatever Content-Encoding says. Each piece comes with the
    bytes that were read for it, and none may be in it: a read is never followed by another
    before the caller had its turn.
    """
    wire = wire_of(response)
    inflater = Inflater(lenient=True) if _codings(response) & INFLATABLE else None
    buffer = memoryview(bytearray(_BLOCK_BYTES))
    while count := wire.readinto1(buffer):
        if inflater is not None and not inflater.begun and buffer[0] in _JSON_BEGINS:
            inflater = None
        if inflater is None:
            yield count, buffer[:count]
            continue
        yield count, b""
        inflater.give(bytes(buffer[:count]))
        while inflater.pending:
            try:
                yield 0, inflater.take(_BLOCK_BYTES)
            except InflateError:
                raise Transient(texts.BAD_COMPRESSION, url=response.url, lie=True) from None
    if wire.length or (inflater is not None and not inflater.ended):
        raise Transient(texts.CUT_SHORT, url=response.url)


def _codings(response: requests.Response) -> set[str]:
    """What Content-Encoding names."""
    named = response.headers.get("Content-Encoding", "identity").lower()
    return {name.strip() for name in named.split(",")}


def _width(body: bytearray) -> int:
    """At most so many bytes a character take the strings in it (PEP 393)."""
    if len(body) <= _BLOCK_BYTES or _WIDEST.search(body):
        return 4
    return 2 if _WIDE.search(body) else 1


def _too_large(url: str, limit: str) -> NetworkError:
    return NetworkError(
        texts.ANSWER_TOO_LARGE(url=host_of(url), limit=limit),
        url=safe_url(url),
        hint=advice.NO_HUB_SENDS_THAT,
    )
