"""Reading a body into the caller's buffer: plain, over TLS, or compressed unasked."""

from __future__ import annotations

import http.client
import io
import ssl
import time
import zlib
from typing import Any, Protocol

from hfget.messages import source_texts as texts

#: A TLS body is handed on when the buffer is full or so much time has passed, in seconds.
_TLS_TURN_SECONDS = 0.05
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class Body(Protocol):
    """A body whose bytes go into the caller's buffer; 0 means that it has ended.

    A call returns as soon as there is something, or a little later, never only when the buffer
    is full: a server that drips must be noticed. None means that what was read is not a byte of
    the body yet, as with io.RawIOBase.
    """

    def readinto1(self, buffer: memoryview, /) -> int | None: ...


def plain_body(wire: Any) -> Body:
    """The undecoded body of `wire`, an http.client response with `readinto1`."""
    sock = getattr(getattr(wire.fp, "raw", None), "_sock", None)
    if isinstance(sock, ssl.SSLSocket) and wire.length is not None and not wire.chunked:
        return _TlsBody(wire, sock)
    body: Body = wire
    return body


def inflated_body(wire: Any) -> Body:
    """The decoded bytes of a body that comes as gzip or deflate."""
    return _Inflated(wire)


class _TlsBody:
    """A body of known length, read from the TLS socket itself.

    OpenSSL gives 16 KiB a call; the layers of file objects in between would cost more time
    than decrypting.
    """

    def __init__(self, wire: Any, sock: ssl.SSLSocket) -> None:
        self._wire: http.client.HTTPResponse = wire
        self._sock = sock
        self._is_direct = False
        self._failure: OSError | None = None

    def readinto1(self, buffer: memoryview, /) -> int:
        if self._failure is not None:
            raise self._failure
        wire: Any = self._wire
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
    """What comes out at once is bounded by the caller's buffer, what is read by one recv."""

    def __init__(self, wire: Any) -> None:
        self._wire = wire
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)

    def readinto1(self, buffer: memoryview, /) -> int | None:
        if self._inflate.eof:
            return 0
        packed = self._inflate.unconsumed_tail or self._wire.read1(1 << 16)
        if not packed:
            return 0
        try:
            data = self._inflate.decompress(packed, len(buffer))
        except zlib.error as error:
            raise OSError(texts.BAD_COMPRESSION(error=error)) from error
        buffer[: len(data)] = data
        return len(data) or (0 if self._inflate.eof else None)
