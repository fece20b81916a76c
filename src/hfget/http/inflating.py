"""Content codings: those that are read though not asked for, and the one inflater."""

from __future__ import annotations

import zlib
from typing import Any

from hfget.messages import http_texts as texts

IDENTITY = frozenset({"", "identity"})
INFLATABLE = frozenset({"gzip", "x-gzip", "deflate"})

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_GZIP_MAGIC = b"\x1f\x8b"


class InflateError(OSError):
    """What came is not what such a coding makes."""


class Inflater:
    """Decodes gzip or deflate in pieces whose size the caller bounds.

    With `lenient`, what does not begin like gzip or zlib is raw deflate, or not compressed at
    all, and gzip may come in several members (RFC 1952).
    """

    def __init__(self, *, lenient: bool = False) -> None:
        self._lenient = lenient
        self._inflate: Any = None if lenient else zlib.decompressobj(_GZIP_OR_ZLIB)
        self.begun = False
        self._packed = b""

    @property
    def ended(self) -> bool:
        """Whether the coding's own end has been read, where it has one."""
        return self._inflate is None or self._inflate.eof

    @property
    def pending(self) -> bool:
        """Whether more may come without another read."""
        return bool(self._packed)

    def give(self, packed: bytes) -> None:
        """Bytes off the wire; only when nothing is pending."""
        self._packed = packed
        if packed and not self.begun:
            self.begun = True
            if self._lenient:
                self._inflate = _decoder(packed)

    def take(self, most: int) -> bytes:
        """At most so many decoded bytes, perhaps none. Raises InflateError."""
        if self._inflate is None:
            data, self._packed = self._packed[:most], self._packed[most:]
            return data
        if self._inflate.eof:  # only another member can follow, and zeros, to fill up a block
            is_member = self._packed.startswith(_GZIP_MAGIC[: len(self._packed)])
            if not self._lenient or not is_member:
                self._packed = b""
                return b""
            self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        inflate = self._inflate
        try:
            decoded: bytes = inflate.decompress(self._packed, most)
        except zlib.error as error:
            raise InflateError(texts.BAD_COMPRESSION(error=error)) from error
        self._packed = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
        return decoded


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
