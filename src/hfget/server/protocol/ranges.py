"""Range and the conditions of RFC 9110 for one strong ETag (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_UNIT = re.compile(r"bytes\s*=(.*)", re.IGNORECASE | re.DOTALL)
_RANGE = re.compile(r"([0-9]*)\s*-\s*([0-9]*)")
#: More digits than any file's size has.
_MOST_DIGITS = 20
#: Each costs a read of the disk: of a request for more, the Range is ignored.
_MOST_RANGES = 256


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `start` up to but not including `stop` of a body of `size` bytes."""

    start: int
    stop: int
    size: int

    @property
    def length(self) -> int:
        return self.stop - self.start

    @property
    def content_range(self) -> str:
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


class UnsatisfiableRangeError(Exception):
    """All ranges lie behind the end, or are malformed: 416."""


def requested_spans(
    range_header: str | None, if_range: str | None, etag: str, size: int
) -> tuple[ByteRange, ...]:
    """The ranges to answer with 206, as nginx understands them; none for the whole body.

    The whole answers another unit, an If-Range that does not name `etag` (without quotes), ranges
    that are more than the whole together (RFC 9110, 14.2), and any range of an empty body: clients
    that read files in pieces take a 416 for a failure. Raises UnsatisfiableRangeError.
    """
    header = _UNIT.fullmatch(range_header or "")
    if header is None or size == 0:
        return ()
    if if_range is not None and if_range.strip() != f'"{etag}"':
        return ()
    asked = [one for one in header[1].split(",") if one.strip()]
    if len(asked) > _MOST_RANGES:
        return ()
    spans = [span for one in asked if (span := _span(one, size)) is not None]
    if not spans:
        raise UnsatisfiableRangeError
    return tuple(spans) if sum(span.length for span in spans) <= size else ()


def _span(text: str, size: int) -> ByteRange | None:
    """`5-9`, `5-` or `-5`; None where that is not in the body. Raises UnsatisfiableRangeError."""
    match = _RANGE.fullmatch(text.strip())
    if match is None or match[1] == match[2] == "":
        raise UnsatisfiableRangeError
    if match[1] == "":
        start, stop = size - min(_number(match[2]), size), size
    else:
        start = _number(match[1])
        stop = min(_number(match[2]) + 1, size) if match[2] else size
    return ByteRange(start, stop, size) if start < stop else None


def _number(digits: str) -> int:
    """As they say, or larger than any size."""
    return int(digits.lstrip("0")[:_MOST_DIGITS] or "0")


def multipart(
    spans: Sequence[ByteRange], content_type: str, boundary: str
) -> tuple[list[bytes | ByteRange], int]:
    """The body of a `multipart/byteranges` with these `spans`, and its length (RFC 9110, 14.6)."""
    pieces: list[bytes | ByteRange] = []
    for span in spans:
        kind = f"Content-Type: {content_type}\r\nContent-Range: {span.content_range}\r\n\r\n"
        pieces += [f"\r\n--{boundary}\r\n{kind}".encode(), span]
    pieces.append(f"\r\n--{boundary}--\r\n".encode())
    return pieces, sum(one.length if isinstance(one, ByteRange) else len(one) for one in pieces)


def matches(if_match: str | None, etag: str) -> bool:
    """Whether the client means this version (strong comparison); if not: 412."""
    return if_match is None or any(tag.strip() in ("*", f'"{etag}"') for tag in if_match.split(","))


def none_match(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has this version already (weak comparison): 304."""
    if if_none_match is None:
        return False
    tags = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return any(tag in ("*", f'"{etag}"') for tag in tags)
