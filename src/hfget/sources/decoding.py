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
_GZIP_MAGIC = b"\x1f\x8b"


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
    """The decoded bytes of a body that is said to come as gzip or deflate."""
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
    """A body that is said to be compressed.

    What does not begin like gzip or zlib is raw deflate, or not compressed at all. gzip may come
    in several members (RFC 1952). What comes out at once is bounded by the caller's buffer, what
    is read by one recv.
    """

    def __init__(self, wire: Any) -> None:
        self._wire = wire
        self._packed = b""
        self._inflate: Any = None
        self._begun = False

    def readinto1(self, buffer: memoryview, /) -> int | None:
        if not self._packed:
            self._packed = self._wire.read1(1 << 16)
            if len(self._packed) == 1 and not self._begun:
                self._packed += self._wire.read1(1 << 16)
        if not self._begun and self._packed:
            self._begun, self._inflate = True, _decoder(self._packed)
        if not self._packed and (self._inflate is None or self._inflate.eof):
            return 0
        if self._inflate is None:
            data, self._packed = self._packed[: len(buffer)], self._packed[len(buffer) :]
        else:
            is_last = not self._packed
            data = self._inflated(len(buffer))
            if is_last and not data and not self._inflate.eof:
                raise OSError(texts.CUT_SHORT)
        buffer[: len(data)] = data
        return len(data) or None

    def _inflated(self, most: int) -> bytes:
        inflate = self._inflate
        if inflate.eof:  # only another member can follow, and zeros, to fill up a block
            if not self._packed.startswith(_GZIP_MAGIC[: len(self._packed)]):
                self._packed = b""
                return b""
            inflate = self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        try:
            data: bytes = inflate.decompress(self._packed, most)
        except zlib.error as error:
            raise OSError(texts.BAD_COMPRESSION(error=error)) from error
        self._packed = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
        return data


def _decoder(beginning: bytes) -> Any:
    """What decodes a body that begins so; None if it is not compressed."""
    if beginning.startswith(_GZIP_MAGIC) or _is_zlib(beginning):
        return zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        zlib.decompressobj(-zlib.MAX_WBITS).decompress(beginning, 1 << 16)
    except zlib.error:
        return None
    return zlib.decompressobj(-zlib.MAX_WBITS)


def _is_zlib(beginning: bytes) -> bool:
    """By the first two bytes (RFC 1950, section 2.2)."""
    first, second = beginning[0], beginning[1] if len(beginning) > 1 else 0
    return first & 15 == 8 and first >> 4 <= 7 and (first << 8 | second) % 31 == 0
