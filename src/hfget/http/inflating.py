"""Content codings: those that are read though nobody asked for them, and the one inflater."""

from __future__ import annotations

import zlib

IDENTITY = frozenset({"", "identity"})
INFLATABLE = frozenset({"gzip", "x-gzip", "deflate"})

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class InflateError(OSError):
    """What came is not what such a coding makes."""


class Inflater:
    """Decodes gzip or deflate in pieces whose size the caller bounds."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._packed = b""

    @property
    def ended(self) -> bool:
        """Whether the coding's own end has been read."""
        return self._inflate.eof

    @property
    def pending(self) -> bool:
        """Whether more may come without another read."""
        return bool(self._packed) and not self.ended

    def give(self, packed: bytes) -> None:
        """Bytes off the wire; only when nothing is pending."""
        self._packed = packed

    def take(self, most: int) -> bytes:
        """At most so many decoded bytes, perhaps none. Raises InflateError."""
        try:
            data = self._inflate.decompress(self._packed, most)
        except zlib.error as error:
            raise InflateError(f"bad compressed data: {error}") from error
        self._packed = self._inflate.unconsumed_tail
        return data
