"""CRC-32, as zlib has it, by what does it fastest here: any writer gives the same journal."""

from __future__ import annotations

try:
    from isal.isal_zlib import crc32
except ImportError:  # no wheel for this machine
    from zlib import crc32

__all__ = ["crc32"]
