"""Reading a body into the caller's buffer: plain, over TLS, or compressed unasked."""

from __future__ import annotations

import io
import ssl
import time
from typing import Any, Protocol

from hfget.http import InflateError, Inflater, Response
from hfget.messages import source_texts as texts

#: A TLS body is handed on when the buffer is full or so much time has passed, in seconds.
_TLS_TURN_SECONDS = 0.05


class Body(Protocol):
    """A body whose bytes go into the caller's buffer; 0 means that it has ended.

    A call returns as soon as there is something, or a little later, never only when the buffer
    is full: a server that drips must be noticed. None means that what was read is not a byte of
    the body yet, as with io.RawIOBase.
    """

    def readinto1(self, buffer: memoryview, /) -> int | None: ...


def plain_body(wire: Response) -> Body:
    """The undecoded body of `wire`, an answer of ours."""
    sock = wire.sock
    if isinstance(sock, ssl.SSLSocket) and wire.length is not None and not wire.chunked:
        return _TlsBody(wire, sock)
    return wire


def inflated_body(wire: Any) -> Body:
    """The decoded bytes of a body that is said to come as gzip or deflate."""
    return _Inflated(wire)


class _TlsBody:
    """A body of known length, read from the TLS socket itself.

    OpenSSL gives 16 KiB a call; the layers of file objects in between would cost more time
    than decrypting.
    """

    def __init__(self, wire: Response, sock: ssl.SSLSocket) -> None:
        self._wire: Any = wire
        self._sock = sock
        self._is_direct = False
        self._failure: OSError | None = None

    def readinto1(self, buffer: memoryview, /) -> int:
        if self._failure is not None:
            raise self._failure
        wire = self._wire
        if not self._is_direct or len(buffer) <= io.DEFAULT_BUFFER_SIZE or wire.fp is None:
            # A read larger than the file object's own buffer leaves nothing behind in it.
            self._is_direct = len(buffer) > io.DEFAULT_BUFFER_SIZE
            return int(wire.readinto1(buffer))
        wanted = min(len(buffer), wire.length)
        filled = self._fill(buffer, wanted)
        wire.length -= filled
        if filled == 0 or wire.length == 0:
            wire.close()
        return filled

    def _fill(self, buffer: memoryview, wanted: int) -> int:
        receive = self._sock.recv_into
        deadline = time.monotonic() + _TLS_TURN_SECONDS
        filled = 0
        while filled < wanted:
            try:
                count = receive(buffer[filled:wanted])
            except OSError as error:
                if not filled:
                    raise
                self._failure = error  # for the next call, when these bytes are safe
                break
            filled += count
            if count == 0 or time.monotonic() > deadline:
                break
        return filled


class _Inflated:
    """A body that is said to be compressed.

    What comes out at once is bounded by the caller's buffer, what is read by one recv.
    """

    def __init__(self, wire: Any) -> None:
        self._wire = wire
        self._inflater = Inflater(lenient=True)

    def readinto1(self, buffer: memoryview, /) -> int | None:
        inflater = self._inflater
        if not inflater.pending:
            packed = self._wire.read1(1 << 16)
            if len(packed) == 1 and not inflater.begun:
                packed += self._wire.read1(1 << 16)
            inflater.give(packed)
        if not inflater.pending and inflater.ended:
            return 0
        is_last = not inflater.pending
        data = inflater.take(len(buffer))
        if is_last and not data and not inflater.ended:
            if self._wire.length:  # the connection broke
                raise OSError(texts.CUT_SHORT)
            raise InflateError(texts.CUT_SHORT)
        buffer[: len(data)] = data
        return len(data) or None
