"""What an answer to a request for content claims to be, held against what was asked for.

Servers and mirrors have been seen to send the whole file for a range, another range, an error
page with status 200, the LFS pointer instead of the content, and compressed bodies unasked.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import requests

from hfget.http import Transient
from hfget.messages import source_texts as texts
from hfget.model import RemoteFile, Span
from hfget.sources.decoding import Body, inflated_body, plain_body

_NUMBER = re.compile(r"[0-9]{1,19}")
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19})")
_WEB_PAGES = (".html", ".htm", ".xhtml")
_IDENTITY = ("", "identity")
#: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_POINTER, _MAX_POINTER_BYTES = b"version https://git-lfs", 1024


class Answer(NamedTuple):
    """The answer's body is bytes `start` up to `end` of the file.

    `whole` tells that it is the whole file; `exact` that the answer's own framing ends the body
    there, so that nothing can follow.
    """

    start: int
    end: int
    encoding: str
    whole: bool
    exact: bool

    @property
    def encoded(self) -> bool:
        return self.encoding not in _IDENTITY


def check(file: RemoteFile, span: Span | None, response: requests.Response) -> Answer:
    """The answer to a request for `span` of `file` (None: all of it).

    Raises Transient, as a lie, where it cannot be what was asked for.
    """
    headers = response.headers
    encoding = headers.get("Content-Encoding", "").strip().lower()
    if response.status_code == 416:
        raise _lie(response, texts.SHORTER_416)
    kind = headers.get("Content-Type", "").lower()
    if kind.startswith("text/html") and not file.path.lower().endswith(_WEB_PAGES):
        raise _lie(response, texts.WEB_PAGE)
    whole = response.status_code == 200
    start, end = (0, file.size) if whole else _part(file, span, response)
    length = content_length(response) if encoding in _IDENTITY else None
    if length not in (None, end - start):
        raise _wrong_length(file, response, whole)
    return Answer(start, end, encoding, whole, exact=length is not None)


def content_length(response: requests.Response) -> int | None:
    """What Content-Length says; None where it is missing or says nothing."""
    text = response.headers.get("Content-Length", "").strip()
    return int(text) if _NUMBER.fullmatch(text) else None


def open_body(response: requests.Response, answer: Answer) -> Body:
    """The answer's body, decoded if it came compressed. Raises Transient for other encodings."""
    wire = response.raw._fp
    if not answer.encoded:
        return plain_body(wire)
    if answer.encoding not in ("gzip", "x-gzip", "deflate"):
        raise _lie(response, texts.ENCODED(encoding=answer.encoding[:20]))
    return inflated_body(wire)


def _part(file: RemoteFile, span: Span | None, response: requests.Response) -> Span:
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if span is None or match is None:
        raise _lie(response, texts.PART_UNNAMED)
    start, last, total = (int(group) for group in match.groups())
    if total != file.size:
        raise _lie(response, texts.OTHER_SIZE(total=total, size=file.size))
    if start != span[0] or not start <= last < span[1]:
        raise _lie(response, texts.OTHER_PART)
    return start, last + 1


def _wrong_length(file: RemoteFile, response: requests.Response, whole: bool) -> Transient:
    length = content_length(response) or 0
    if not whole:
        return _lie(response, texts.PART_LENGTH)
    if file.is_lfs and length <= _MAX_POINTER_BYTES and _is_pointer(response):
        return _lie(response, texts.LFS_POINTER)
    return _lie(response, texts.OTHER_SIZE(total=length, size=file.size))


def _is_pointer(response: requests.Response) -> bool:
    return bool(response.raw.read(len(_POINTER), decode_content=False) == _POINTER)


def _lie(response: requests.Response, reason: str) -> Transient:
    return Transient(reason, url=response.url, lie=True)
