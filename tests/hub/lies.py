"""Answers that are not true: bytes, lengths, ranges, headers, JSON, links.

`BitFlip.offset` counts in the file, other byte counts are of the body of one response.
"""

from __future__ import annotations

import functools
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.hub.faults import Effect, Moment, OriginName
from tests.hub.wire import Answer, Head, answer, taken

_FILLER = b"filler, not part of the file. " * 1000
_LARGE = 1 << 20
_PAGE = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Log in</body></html>\n"


@dataclass(frozen=True)
class WholeBody(Effect):
    """A Range is ignored: 200 with the whole body."""

    def before(self, moment: Moment) -> Head | None:
        if moment.head.get("Range") is None:
            return None
        return moment.head.without("Range", "If-Range")


@dataclass(frozen=True)
class WrongRange(Effect):
    """Content-Range of a 206 lies: another start, another total; or is `text` as given."""

    shift: int = 0
    total: int = 0
    text: str | None = None

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        if answer.status != 206:
            return None
        span, _, total = (answer.get("Content-Range") or "").removeprefix("bytes ").partition("/")
        first, _, last = span.partition("-")
        lie = f"bytes {int(first) + self.shift}-{int(last) + self.shift}/{int(total) + self.total}"
        return answer.with_headers({"Content-Range": self.text or lie})


@dataclass(frozen=True)
class Garbage(Effect):
    """Every byte is another one; length and headers are right."""

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        table = bytes(255 - value for value in range(256))
        return answer.with_body((block.translate(table) for block in answer.body), answer.length)


@dataclass(frozen=True)
class BitFlip(Effect):
    """The lowest bit of the byte at `offset` of the file is flipped where it is sent."""

    offset: int

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        at = self.offset - answer.first_byte
        if answer.status not in (200, 206) or moment.head.method != "GET" or at < 0:
            return None
        if answer.length is None or at >= answer.length:
            return None
        return answer.with_body(_flipped(answer.body, at), answer.length)


def _flipped(body: Iterable[bytes], at: int) -> Iterator[bytes]:
    position = 0
    for block in body:
        if position <= at < position + len(block):
            changed = bytearray(block)
            changed[at - position] ^= 1
            block = bytes(changed)
        position += len(block)
        yield block


@dataclass(frozen=True)
class Longer(Effect):
    """`extra` bytes (None: no end) behind the body; with `honest`, Content-Length says so."""

    extra: int | None
    honest: bool = False

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        if self.extra is None:
            endless = answer.with_body(self._padded(answer.body), None)
            return endless.without("Content-Length") if self.honest else endless
        if answer.length is None:
            return None
        length = answer.length + self.extra
        longer = answer.with_body(self._padded(answer.body), length)
        return longer.with_headers({"Content-Length": str(length)}) if self.honest else longer

    def _padded(self, body: Iterable[bytes]) -> Iterator[bytes]:
        yield from body
        left = self.extra
        while left is None or left > 0:
            block = _FILLER if left is None else _FILLER[:left]
            yield block
            left = None if left is None else left - len(block)


@dataclass(frozen=True)
class Shorter(Effect):
    """The last `missing` bytes do not come; with `honest`, Content-Length says so."""

    missing: int
    honest: bool = False

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        if answer.length is None or answer.length < self.missing:
            return None
        length = answer.length - self.missing
        shorter = answer.with_body(taken(answer.body, length), length)
        return shorter.with_headers({"Content-Length": str(length)}) if self.honest else shorter


@dataclass(frozen=True)
class Gzip(Effect):
    """The body comes gzip-encoded though nobody asked for it."""

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        if moment.head.method != "GET" or answer.status not in (200, 206):
            return None
        plain = b"".join(answer.body)
        # packed at all is what matters; a large body must not keep the client waiting for it
        packed = gzip.compress(plain, 1 if len(plain) < _LARGE else 0)
        headers = {"Content-Encoding": "gzip", "Content-Length": str(len(packed))}
        return answer.with_body((packed,), len(packed)).with_headers(headers)


@dataclass(frozen=True)
class Bomb(Effect):
    """A small gzip body that swells to `size` blanks."""

    size: int

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        if moment.head.method != "GET" or answer.status not in (200, 206):
            return None
        packed = _packed_blanks(self.size)
        headers = {"Content-Encoding": "gzip", "Content-Length": str(len(packed))}
        return answer.with_body((packed,), len(packed)).with_headers(headers)


@functools.cache
def _packed_blanks(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    mib = b" " * (1 << 20)
    first = packer.compress(mib) + packer.flush(zlib.Z_FULL_FLUSH)
    # after a full flush the same input gives the same output: no need to pack it again
    again = packer.compress(mib) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * ((size >> 20) - 1) + packer.flush()


@dataclass(frozen=True)
class Chunked(Effect):
    """No Content-Length: the body comes in chunks."""

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        if moment.head.method != "GET" or answer.status not in (200, 206):
            return None
        bare = answer.without("Content-Length").with_headers({"Transfer-Encoding": "chunked"})
        return bare.with_body(_chunks(answer.body), None)


def _chunks(body: Iterable[bytes]) -> Iterator[bytes]:
    for block in body:
        if block:
            yield b"%x\r\n%b\r\n" % (len(block), block)
    yield b"0\r\n\r\n"


@dataclass(frozen=True)
class Html(Effect):
    """A web page with 200 in place of the content, padded to its length if `same_length`."""

    same_length: bool = False

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        page = _PAGE
        if self.same_length and answer.length is not None:
            page = _PAGE[: answer.length].ljust(answer.length)
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(page))}
        bare = replace(answer.without("Content-Range", "Location"), status=200)
        return bare.with_body((page,), len(page)).with_headers(headers)


@dataclass(frozen=True)
class Headers(Effect):
    """Headers of the answer removed (`strip`), then set (`put`)."""

    strip: tuple[str, ...] = ()
    put: Mapping[str, str] = field(default_factory=dict)

    def after(self, moment: Moment, answer: Answer) -> Answer:
        return answer.without(*self.strip).with_headers(self.put)


@dataclass(frozen=True)
class Relabel(Effect):
    """Another status for answers of `status`; all else stays."""

    status: int
    other: int

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        return replace(answer, status=self.other) if answer.status == self.status else None


@dataclass(frozen=True)
class EditJson(Effect):
    """The decoded JSON of a 200 goes through `edit`, which returns the new value."""

    edit: Callable[[Any], Any]

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        if answer.status != 200 or "json" not in (answer.get("Content-Type") or ""):
            return None
        if moment.head.method != "GET":
            return None
        body = json.dumps(self.edit(json.loads(b"".join(answer.body)))).encode()
        edited = answer.with_body((body,), len(body))
        return edited.with_headers({"Content-Length": str(len(body))})


@dataclass(frozen=True)
class Target(Effect):
    """The request arrives with another target: `edit` gets path and query as they were sent."""

    edit: Callable[[str], str]

    def before(self, moment: Moment) -> Head | None:
        target = self.edit(moment.head.target)
        return None if target == moment.head.target else replace(moment.head, target=target)


@dataclass(frozen=True)
class NoRoute(Effect):
    """A status without a body, as of a server that has no such route, if `refuses` says so."""

    status: int = 404
    refuses: Callable[[Head], bool] = lambda head: True
    headers: Mapping[str, str] = field(default_factory=dict)

    def before(self, moment: Moment) -> Answer | None:
        return answer(self.status, self.headers) if self.refuses(moment.head) else None


@dataclass(frozen=True)
class NextLink(Effect):
    """`Link: rel="next"` leads to `origin`, or with None to this very page again."""

    origin: OriginName | None

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        link = answer.get("Link")
        if link is None:
            return None
        target = "/" + link.partition(">")[0].partition("://")[2].partition("/")[2]
        place = moment.hub.urls["hub"] + moment.head.target
        if self.origin is not None:
            place = moment.hub.urls[self.origin] + target
        return answer.with_headers({"Link": f'<{place}>; rel="next"'})


@dataclass(frozen=True)
class NextAt(Effect):
    """`Link: rel="next"` names another origin, as where a mirror passes on the Hub's."""

    origin: str

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        link = answer.get("Link")
        if link is None:
            return None
        target = "/" + link.partition(">")[0].partition("://")[2].partition("/")[2]
        return answer.with_headers({"Link": f'<{self.origin}{target}>; rel="next"'})
