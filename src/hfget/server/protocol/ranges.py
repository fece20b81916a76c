"""Range, If-Range and If-None-Match of RFC 9110 for one strong ETag (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SINGLE = re.compile(r"bytes\s*=\s*([0-9]{0,19})\s*-\s*([0-9]{0,19})\s*", re.IGNORECASE)


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
    """The range lies behind the end: 416."""


def requested_span(
    range_header: str | None, if_range: str | None, etag: str, size: int
) -> ByteRange | None:
    """The one range to answer with 206, or None for the whole body.

    Several ranges, another unit and a malformed header are answered with the whole, as
    RFC 9110 (14.2) allows; so is an If-Range that does not name `etag` (without quotes), and
    any range of an empty body: clients that read files in pieces take a 416 for a failure.
    """
    match = _SINGLE.fullmatch(range_header or "")
    if match is None or match[1] == match[2] == "" or size == 0:
        return None
    if if_range is not None and if_range.strip() != f'"{etag}"':
        return None
    if match[1] == "":
        length = min(int(match[2]), size)
        if length == 0:
            raise UnsatisfiableRangeError
        return ByteRange(size - length, size, size)
    start = int(match[1])
    if match[2] and int(match[2]) < start:
        return None
    if start >= size:
        raise UnsatisfiableRangeError
    stop = min(int(match[2]) + 1, size) if match[2] else size
    return ByteRange(start, stop, size)


def none_match(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has this version already (weak comparison): 304."""
    if if_none_match is None:
        return False
    tags = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return any(tag in ("*", f'"{etag}"') for tag in tags)
