"""One range over one connection: ask, check the answer, write what comes to its place."""

from __future__ import annotations

import http.client
import re
import threading
import time
import zlib
from typing import Any, Protocol

import requests
import urllib3

from hfget.retry import Transient, from_exception
from hfget.settings import host_of
from hfget.transfer.control import Hosts
from hfget.transfer.job import FileJob, Stopped
from hfget.transfer.ranges import Lease, Span

BUFFER_BYTES = 1 << 20
#: A block is written when the buffer is full, or when it is this old (seconds) and not tiny:
#: what a kill can lose is what is in the buffers.
FLUSH_SECONDS = 0.1
MIN_BLOCK_BYTES = 64 << 10
#: A connection that brings less than this many bytes in a window is replaced.
SLOW_WINDOW_SECONDS = 30.0
SLOW_BYTES = 30 * 1024

_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19})")
_WEB_PAGES = (".html", ".htm", ".xhtml")

_POINTER = b"version https://git-lfs"
_MAX_POINTER_BYTES = 1024
_NETWORK_ERRORS = (
    Transient,
    OSError,
    EOFError,
    http.client.HTTPException,
    urllib3.exceptions.HTTPError,
    requests.RequestException,
)


class _Body(Protocol):
    def readinto1(self, buffer: memoryview, /) -> int: ...


class Fetcher:
    """A connection's worth of work: one buffer, reused. `received` counts body bytes."""

    def __init__(self, hosts: Hosts, stop: threading.Event) -> None:
        self.received = 0
        self._hosts = hosts
        self._stop = stop
        self._buffer = memoryview(bytearray(BUFFER_BYTES))

    def fetch(self, job: FileJob, lease: Lease) -> None:
        """Fetch what the lease holds into the job's partial.

        Raises Transient (with `fruitful` set if bytes were kept), Superseded, Stopped, or an
        HfgetError that ends the file.
        """
        whole = (lease.start, lease.end) == (0, job.file.size)
        span = None if whole or job.single else (lease.start, lease.end)
        response = job.source.open(span, self._admit)
        self._hosts.answered(host_of(response.url))
        before = job.done_bytes
        try:
            self._receive(job, lease, span, response)
        except _NETWORK_ERRORS as error:
            response.close()
            if self._stop.is_set():
                raise Stopped from None
            failure = from_exception(error, response.url)
            if isinstance(failure, Transient):
                failure.fruitful = job.done_bytes > before
            raise failure from None
        except BaseException:
            response.close()
            raise
        finally:
            if job.done_bytes > before:
                job.source.fruitful()

    def _admit(self, host: str) -> None:
        if self._stop.is_set():
            raise Stopped
        self._hosts.enter(host)

    def _receive(
        self, job: FileJob, lease: Lease, span: Span | None, response: requests.Response
    ) -> None:
        start, end = self._check(job, lease, span, response)
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        wire: Any = response.raw._fp
        body: _Body = wire if encoding in ("", "identity") else _Inflated(wire, encoding)
        position = self._copy(job, lease, body, start, end, response.url)
        if position < lease.end:
            raise Transient("the answer ended too early", url=response.url)
        unbounded = position == end == job.file.size and not _is_exact(response, end - start)
        if unbounded and body.readinto1(self._buffer[:1]):
            raise Transient("more bytes than the listing says", url=response.url, lie=True)
        if wire.isclosed():
            response.raw.release_conn()
        else:
            response.close()

    def _check(
        self, job: FileJob, lease: Lease, span: Span | None, response: requests.Response
    ) -> Span:
        """Where the body begins and ends in the file. Raises Transient where the answer lies.

        `span` is what was asked for; the lease may have been cut short by a steal since.
        """
        size, status, headers = job.file.size, response.status_code, response.headers
        encoded = headers.get("Content-Encoding", "identity").strip().lower() not in (
            "",
            "identity",
        )

        def lie(reason: str) -> Transient:
            return Transient(reason, url=response.url, lie=True)

        if status == 416:
            raise lie("the server says the file is shorter than the listing (416)")
        if headers.get("Content-Type", "").startswith("text/html") and not (
            job.file.path.lower().endswith(_WEB_PAGES)
        ):
            raise lie("the answer looks like a web page, not like the file")
        if status == 206:
            match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
            if span is None or match is None:
                raise lie("the answer is a part of the file, but does not say which")
            start, last, total = (int(group) for group in match.groups())
            if total != size:
                raise lie(f"the file has {total} bytes there, the listing says {size}")
            if start != span[0] or not start <= last < span[1]:
                raise lie("the answer is another part of the file than was asked for")
            if encoded:
                job.ignore_ranges()
                raise lie("the answer is compressed, though that was not asked for")
            end = last + 1
        else:
            start, end = 0, size
        length = headers.get("Content-Length", "")
        if length.isdigit() and not encoded and int(length) != end - start:
            if status == 206:
                raise lie("the answer's length is not that of the part")
            if job.file.is_lfs and _is_pointer(response):
                raise lie("the server sends the LFS pointer instead of the file")
            raise lie(f"the file has {length} bytes there, the listing says {size}")
        if status == 200 and span is not None:
            job.adopt_whole(lease)
        return start, end

    def _copy(self, job: FileJob, lease: Lease, body: _Body, start: int, end: int, url: str) -> int:
        """Move bytes from the socket to the file until the lease or the body ends; how far."""
        position, filled = start, 0
        flushed = window = time.monotonic()
        window_bytes = self.received
        try:
            while position + filled < (limit := min(lease.end, end)):
                if self._stop.is_set() or job.abandoned:
                    raise Stopped
                room = min(BUFFER_BYTES, limit - position)
                count = body.readinto1(self._buffer[filled:room])
                if count == 0:
                    break
                filled += count
                self.received += count
                now = time.monotonic()
                if filled == room or (filled >= MIN_BLOCK_BYTES and now - flushed > FLUSH_SECONDS):
                    position += self._flush(job, lease, position, filled)
                    filled, flushed = 0, now
                if now - window > SLOW_WINDOW_SECONDS:
                    if self.received - window_bytes < SLOW_BYTES:
                        raise Transient("the connection has become too slow", url=url)
                    window, window_bytes = now, self.received
        finally:
            if filled:
                position += self._flush(job, lease, position, filled)
        return position

    def _flush(self, job: FileJob, lease: Lease, position: int, filled: int) -> int:
        """Write the buffer's bytes; returns how many the lease still covered."""
        granted = job.claim(lease, filled)
        for start, end in job.missing(position, position + granted):
            job.partial.write(self._buffer[start - position : end - position], start)
            job.record(start, end)
        return granted


class _Inflated:
    """The decoded bytes of a body that came compressed unasked; bounded by the caller's buffer."""

    def __init__(self, wire: Any, encoding: str) -> None:
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise Transient(f"the answer is encoded as {encoding[:20]!r}", url="", lie=True)
        self._wire = wire
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def readinto1(self, buffer: memoryview, /) -> int:
        data = b""
        while not data and not self._inflate.eof:
            packed = self._inflate.unconsumed_tail or self._wire.read1(1 << 16)
            if not packed:
                break
            try:
                data = self._inflate.decompress(packed, len(buffer))
            except zlib.error as error:
                raise OSError(f"bad compressed data: {error}") from error
        buffer[: len(data)] = data
        return len(data)


def _is_pointer(response: requests.Response) -> bool:
    """Whether a short body is the text that stands for a file in git (git-lfs, pointer spec)."""
    if int(response.headers.get("Content-Length", "0")) > _MAX_POINTER_BYTES:
        return False
    return bool(response.raw.read(len(_POINTER)) == _POINTER)


def _is_exact(response: requests.Response, length: int) -> bool:
    """Whether the answer's framing itself ends the body after `length` bytes."""
    return response.headers.get("Content-Length", "") == str(length)
