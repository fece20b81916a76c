"""What an answer to a request for content claims to be, held against what was asked for.

Servers and mirrors have been seen to send the whole file for a range, another range, an error
page with status 200, the LFS pointer instead of the content, and compressed bodies unasked; and
right bytes under wrong labels.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import requests

from hfget.http import INFLATABLE, Transient, wire_of
from hfget.messages import source_texts as texts
from hfget.model import RemoteFile, Span
from hfget.sources.byte_source import NoRangesError
from hfget.sources.decoding import Body, inflated_body, plain_body
from hfget.system import lazy_pattern

_NUMBER = lazy_pattern(r"[0-9]{1,19}")
#: An equals sign in place of the blank, and a total that is not told, are understood.
_CONTENT_RANGE = lazy_pattern(r"bytes[ =]([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)", re.ASCII)
_WEB_PAGES = (".html", ".htm", ".xhtml")
_PACKED = INFLATABLE | {"br", "zstd", "compress", "x-compress"}
#: Up to this size a file may be as long packed as it is unpacked.
_TINY_BYTES = 4096
#: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_POINTER, _MAX_POINTER_BYTES = b"version https://git-lfs", 1024
_PAGE_BEGINS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script")


class Answer(NamedTuple):
    """The answer's body is bytes `start` up to `end` of the file.

    `encoding` is how it is said to be compressed, if that is believed. `whole` tells that it is
    the whole file; `exact` that the answer's own framing ends the body there, so that nothing
    can follow; `page` that it is labelled as a web page, which the file is not by its name.
    """

    start: int
    end: int
    encoding: str
    whole: bool
    exact: bool
    page: bool = False

    @property
    def encoded(self) -> bool:
        return bool(self.encoding)


def check(file: RemoteFile, span: Span | None, response: requests.Response) -> Answer:
    """The answer to a request for `span` of `file` (None: all of it).

    What is right by its length is believed whatever its labels say: the hash decides. Raises
    NoRangesError where it is not an answer for a part, else Transient, as a lie, where it cannot be
    what was asked for.
    """
    headers, status = response.headers, response.status_code
    length = content_length(response)
    kind = headers.get("Content-Type", "").lower()
    page = kind.startswith("text/html") and not file.path.lower().endswith(_WEB_PAGES)
    if status == 416:
        raise _no_part(span, response, texts.SHORTER_416)
    start, end = _place(file, span, response, length)
    encoding = _encoding(headers.get("Content-Encoding", ""))
    is_tiny = file.size <= _TINY_BYTES and length == file.size and status != 206
    if length == end - start and not (is_tiny and encoding in INFLATABLE):
        encoding = ""
    elif length is not None and page and not encoding:
        raise _lie(response, texts.WEB_PAGE)
    whole = (start, end) == (0, file.size)
    if encoding and not whole:
        raise _no_part(span, response, texts.PART_COMPRESSED)
    if not encoding and length not in (None, end - start):
        raise _wrong_length(file, span, response, whole=whole)
    return Answer(start, end, encoding, whole, exact=length is not None and not encoding, page=page)


def _encoding(text: str) -> str:
    """The compression that Content-Encoding names; labels like aws-chunked and utf-8 are none."""
    codings = [name.strip() for name in text.lower().split(",")]
    packed = [name for name in codings if name in _PACKED]
    return ", ".join(packed)


def content_length(response: requests.Response) -> int | None:
    """What Content-Length says; None where it is missing or says nothing."""
    text = response.headers.get("Content-Length", "").strip()
    return int(text) if _NUMBER.fullmatch(text) else None


def open_body(response: requests.Response, answer: Answer) -> Body:
    """The answer's body, decoded if it came compressed. Raises Transient for other encodings."""
    wire = wire_of(response)
    if not answer.encoded:
        return plain_body(wire)
    if answer.encoding not in INFLATABLE:
        raise _lie(response, texts.ENCODED(encoding=answer.encoding[:20]))
    return inflated_body(wire)


def looks_like_a_page(beginning: bytes) -> bool:
    """Whether a body begins as the web pages of login portals do."""
    return beginning.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGE_BEGINS)


def _place(
    file: RemoteFile, span: Span | None, response: requests.Response, length: int | None
) -> Span:
    """Which bytes of the file the answer says, or shows by its length, that it brings."""
    text = response.headers.get("Content-Range", "").strip()
    match = _CONTENT_RANGE.fullmatch(text)
    if response.status_code != 206 and (match is None or length in (None, file.size)):
        if span is not None and length == span[1] - span[0] != file.size:
            raise _no_part(span, response, texts.PART_UNSAID)
        return 0, file.size
    if match is None:
        if length == file.size and not text:
            return 0, file.size
        raise _no_part(span, response, texts.PART_UNNAMED)
    start, last = int(match[1]), int(match[2])
    if match[3] not in ("*", str(file.size)):
        reason = texts.OTHER_SIZE(total=match[3], size=file.size)
        raise _no_part(span, response, reason)
    if (start, last + 1) == (0, file.size):
        return 0, file.size
    if span is None or start != span[0] or not start <= last < span[1]:
        reason = texts.OTHER_PART
        raise _no_part(span, response, reason)
    return start, last + 1


def _no_part(span: Span | None, response: requests.Response, reason: str) -> Transient:
    return NoRangesError(reason, url=response.url) if span is not None else _lie(response, reason)


def _wrong_length(
    file: RemoteFile, span: Span | None, response: requests.Response, *, whole: bool
) -> Transient:
    length = content_length(response) or 0
    if not whole:
        return _no_part(span, response, texts.PART_LENGTH)
    if file.is_lfs and length <= _MAX_POINTER_BYTES and _is_pointer(response):
        return _lie(response, texts.LFS_POINTER)
    failure = _lie(response, texts.OTHER_SIZE(total=length, size=file.size))
    failure.total = length
    return failure


def _is_pointer(response: requests.Response) -> bool:
    return bool(response.raw.read(len(_POINTER), decode_content=False) == _POINTER)


def _lie(response: requests.Response, reason: str) -> Transient:
    return Transient(reason, url=response.url, lie=True)
