"""One range over one connection: ask, check the answer, write what comes to its place."""

from __future__ import annotations

import http.client
import mmap
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import requests
import urllib3
from urllib3.util.wait import wait_for_read

from hfget.retry import Transient, from_exception
from hfget.settings import host_of
from hfget.transfer.answer import Answer, check, open_body
from hfget.transfer.body import Body
from hfget.transfer.control import Hosts, Stopped, Superseded
from hfget.transfer.job import FileJob
from hfget.transfer.ranges import Lease, Span

BUFFER_BYTES = 1 << 20
#: A block is written when the buffer is full, or, if it is not tiny, when it is this old
#: (seconds) or nothing more is there to be read: what a kill can lose is what is in the buffers.
FLUSH_SECONDS = 0.1
MIN_BLOCK_BYTES = 64 << 10
#: A connection that brings less than this many bytes in a window is replaced.
SLOW_WINDOW_SECONDS = 30.0
SLOW_BYTES = 30 * 1024

_NETWORK_ERRORS = (
    Transient,
    OSError,
    EOFError,
    http.client.HTTPException,
    urllib3.exceptions.HTTPError,
    requests.RequestException,
)


class Fetcher:
    """A connection's worth of work: one buffer, reused.

    `received` counts body bytes; `lease` is what is being fetched right now, if anything.
    `resolved()` is called when others may ask for more of a file: its URL has become known;
    `without_ranges(host)` when a host was asked for a part and does not serve parts.
    Raises OSError if there is no memory for the buffer.
    """

    def __init__(
        self,
        hosts: Hosts,
        stop: threading.Event,
        resolved: Callable[[], None] = lambda: None,
        without_ranges: Callable[[str], None] = lambda host: None,
    ) -> None:
        self.received = 0
        self.lease: Lease | None = None
        self._hosts = hosts
        self._stop = stop
        self._resolved = resolved
        self._without_ranges = without_ranges
        # Memory comes as it is written to; a bytearray would be filled with zeros here and now.
        self._buffer = memoryview(mmap.mmap(-1, BUFFER_BYTES))
        self._response: requests.Response | None = None
        self._hung_up = False
        self._kept = 0

    def fetch(self, job: FileJob, lease: Lease) -> None:
        """Fetch what the lease holds into the job's partial.

        Raises Transient (with `fruitful` set if bytes were kept), Superseded, Stopped, or an
        HfgetError that ends the file.
        """
        whole = (lease.start, lease.end) == (0, job.file.size)
        if job.single and not whole:
            raise Superseded
        span = None if whole else (lease.start, lease.end)
        asked, resolved = time.monotonic(), job.source.resolved
        response = job.source.open(span, self._hosts)
        if not (resolved or whole):
            self._resolved()
        answered, received = time.monotonic(), self.received
        self._response, self._hung_up, self.lease = response, False, lease
        self._kept = 0
        try:
            self._receive(job, lease, span, response)
            if resolved:
                seconds = time.monotonic() - answered
                job.pace.learn(answered - asked, self.received - received, seconds)
        except _NETWORK_ERRORS as error:
            response.close()
            if self._stop.is_set():
                raise Stopped from None
            if self._hung_up:
                raise Superseded from None
            failure = from_exception(error, response.url)
            if isinstance(failure, Transient):
                failure.fruitful = self._kept > 0
            raise failure from None
        except BaseException:
            response.close()
            raise
        finally:
            self._response = self.lease = None
            if self._kept:
                job.source.fruitful()

    def hang_up(self) -> None:
        """From another thread: end the present answer; its rest comes over a new connection."""
        response = self._response
        if response is not None:
            self._hung_up = True
            with suppress(AttributeError, OSError, ValueError):
                socket.socket.shutdown(_socket_of(response), socket.SHUT_RDWR)

    def _receive(
        self, job: FileJob, lease: Lease, span: Span | None, response: requests.Response
    ) -> None:
        answer = check(job.file, span, response)
        if answer.encoded and not answer.whole:
            job.ignore_ranges()
            self._without_ranges(host_of(response.url))
            raise Transient("a part of the file came compressed", url=response.url, lie=True)
        if answer.whole and span is not None:
            self._without_ranges(host_of(response.url))
            job.adopt_whole(lease)
        body = open_body(response, answer)
        position = self._copy(job, lease, body, answer, response.url)
        if position < lease.end:
            raise Transient("the answer ended too early", url=response.url)
        if position == answer.end and not answer.exact and self._goes_on(body, response.url):
            raise Transient("more bytes than the listing says", url=response.url, lie=True)
        _keep_connection(response)

    def _goes_on(self, body: Body, url: str) -> bool:
        """Whether there is more in a body than was asked for; the end may take further reads."""
        deadline = time.monotonic() + SLOW_WINDOW_SECONDS
        while (count := body.readinto1(self._buffer[:1])) is None:
            if self._stop.is_set():
                raise Stopped
            if time.monotonic() > deadline:
                raise Transient("the connection has become too slow", url=url)
        return count > 0

    def _copy(self, job: FileJob, lease: Lease, body: Body, answer: Answer, url: str) -> int:
        """Move bytes from the socket to the file until the lease or the body ends; how far."""
        position, filled = answer.start, 0
        flushed = window = time.monotonic()
        window_bytes = self.received
        try:
            while position + filled < (limit := min(lease.end, answer.end)):
                if self._stop.is_set() or job.abandoned:
                    raise Stopped
                room = min(BUFFER_BYTES, limit - position)
                count = body.readinto1(self._buffer[filled:room])
                if count == 0:
                    break
                now = time.monotonic()
                filled += count or 0
                self.received += count or 0
                if filled == room or (
                    filled >= MIN_BLOCK_BYTES
                    and (now - flushed > FLUSH_SECONDS or not _is_readable(self._response))
                ):
                    block, filled, flushed = filled, 0, now
                    position += self._flush(job, lease, position, block)
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
            self._kept += end - start
        return granted


def _keep_connection(response: requests.Response) -> None:
    """Back into the pool if the body was read to its end, else closed."""
    wire: Any = response.raw._fp
    if wire.isclosed():
        response.raw.release_conn()
    else:
        response.close()


def _is_readable(response: requests.Response | None) -> bool:
    """Whether the answer's socket has bytes to be read at once; true where nobody can tell."""
    if response is None:
        return True
    try:
        sock = _socket_of(response)
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            return True
        return wait_for_read(sock, timeout=0)
    except (AttributeError, OSError, ValueError):
        return True


def _socket_of(response: requests.Response) -> socket.socket:
    """What the body comes from. Raises AttributeError once it has been read to its end."""
    wire: Any = response.raw._fp
    sock: socket.socket = wire.fp.raw._sock
    return sock
