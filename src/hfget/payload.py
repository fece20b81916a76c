"""The JSON of an API answer, bounded in bytes, in values, in depth and in time."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import requests

from hfget.errors import NetworkError
from hfget.retry import Transient
from hfget.secret import safe_url
from hfget.settings import host_of
from hfget.text import safe_text

MAX_BYTES = 64 << 20
#: A value takes up to a hundred bytes of memory, whatever its text: `{}`, `[]`, `"a"`.
MAX_VALUES = 5_000_000
MAX_SECONDS = 120.0

_BLOCK_BYTES = 1 << 16
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


def read_json(response: requests.Response, clock: Callable[[], float] = time.monotonic) -> Any:
    """The decoded JSON of an answer whose body is unread; its connection can be used again then.

    Raises NetworkError for an answer that is too large, Transient for one that trickles, is
    cut short, or is no JSON: a login page may be gone the next time.
    """
    body = _read(response, clock)
    # counted where values begin or are parted; what strings hold of these counts too
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MAX_VALUES:
        raise _too_large(response, f"{MAX_VALUES:,} values")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        reason = "the answer is no JSON, as of a login page"
        raise Transient(reason, url=response.url, lie=True) from None


def _read(response: requests.Response, clock: Callable[[], float]) -> bytearray:
    deadline = clock() + MAX_SECONDS
    body = bytearray()
    for piece in _pieces(response):
        body += piece
        if len(body) > MAX_BYTES:
            raise _too_large(response, f"{MAX_BYTES >> 20} MiB")
        if clock() > deadline:
            raise Transient("the answer comes too slowly", url=response.url)
    response.raw.release_conn()
    return body


def _pieces(response: requests.Response) -> Iterator[bytes | memoryview]:
    """The body, decoded if it came as gzip or deflate unasked, a bounded piece at a time."""
    wire: Any = response.raw._fp
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        reason = f"the answer is encoded as {safe_text(encoding, 20)}"
        raise Transient(reason, url=response.url, lie=True)
    inflate = None if encoding in ("", "identity") else zlib.decompressobj(_GZIP_OR_ZLIB)
    buffer = memoryview(bytearray(_BLOCK_BYTES))
    while count := wire.readinto1(buffer):
        if inflate is None:
            yield buffer[:count]
            continue
        packed = bytes(buffer[:count])
        while packed and not inflate.eof:
            try:
                yield inflate.decompress(packed, _BLOCK_BYTES)
            except zlib.error:
                raise Transient("bad compressed data", url=response.url, lie=True) from None
            packed = inflate.unconsumed_tail
    if wire.length or (inflate is not None and not inflate.eof):
        raise Transient("the answer was cut short", url=response.url)


def _too_large(response: requests.Response, limit: str) -> NetworkError:
    return NetworkError(
        f"{host_of(response.url)} answers with more than {limit}",
        url=safe_url(response.url),
        hint="no hub sends that much at once; try another --endpoint",
    )
