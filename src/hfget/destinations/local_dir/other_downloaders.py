"""What other programs leave under a file's own name: git, wget, curl, aria2c, hfd.sh.

`git clone` without LFS writes a pointer (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
wget and curl write a file from its first byte to the last. aria2c writes pieces in any order and
notes them in `NAME.aria2` (https://aria2.github.io/manual/en/html/technical-notes.html). hfd.sh
drives wget or aria2c, and keeps its notes in `.hfd`. curl without `-f` keeps the words with which
the Hub refuses (`Entry not found`), and the address of a page gives the page.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from hfget.destinations.layout import HalfFile
from hfget.model import RemoteFile, Span
from hfget.system import lazy_pattern, read_bytes

#: A pointer is shorter than this (git-lfs's own limit), a control file for 1 TiB 128 KiB long.
_MOST_POINTER_BYTES = 1024
_MOST_CONTROL_BYTES = 16 << 20
_POINTER = lazy_pattern(
    rb"version https://(?:git-lfs\.github\.com|hawser\.github\.com)/spec/v1\r?\n"
    rb"(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\r?\nsize (\d{1,18})\r?\n?"
)
_MOST_REFUSAL_BYTES = 2048
_REFUSAL = lazy_pattern(
    rb"(?:Entry|Repository) not found|Invalid username or password\.|"
    rb"Invalid credentials in Authorization header|"
    rb"Access to (?:model|dataset|space) \S+ is restricted\b.*|"
    rb'\{"error":"[^"]*"\}|<\?xml [^>]*>\s*<Error><Code>.*</Error>',
    re.DOTALL,
)
_PAGE = lazy_pattern(rb"\s*(?:<!doctype html|<html)[\s>]", re.IGNORECASE)
#: Files that may rightly begin as a page does.
_PAGES = (".html", ".htm", ".xhtml", ".md", ".txt", ".svg", ".xml", ".vue")
_CONTROL_SUFFIX = ".aria2"
#: Version, extensions, length of the info hash; then the lengths of a piece, of the file, of what
#: was uploaded, of the bitfield.
_CONTROL_START = struct.Struct("!HII")
_CONTROL_REST = struct.Struct("!IQQI")
#: How many pieces are under way; of each its number, its length, and the length of its bitmap.
_NUMBER, _PIECE = struct.Struct("!I"), struct.Struct("!III")
_BLOCK_BYTES = 16 << 10


def is_pointer(target: str | os.PathLike[str], size: int, file: RemoteFile) -> bool:
    """Whether what lies there is the LFS pointer to this very content."""
    if not file.sha256 or size >= _MOST_POINTER_BYTES:
        return False
    with suppress(OSError):
        found = _POINTER.fullmatch(read_bytes(target, _MOST_POINTER_BYTES, foreign=True)[0])
        return found is not None and (found[1].decode(), int(found[2])) == (file.sha256, file.size)
    return False


def is_saved_refusal(target: str | os.PathLike[str], size: int, file: RemoteFile) -> bool:
    """Whether what lies there are the Hub's words of refusal, or a page, under the file's name."""
    if size == file.size:
        return False
    with suppress(OSError):
        start = read_bytes(target, _MOST_REFUSAL_BYTES, foreign=True, cut=True)[0]
        if size <= _MOST_REFUSAL_BYTES and _REFUSAL.fullmatch(start.strip()):
            return True
        return not file.path.lower().endswith(_PAGES) and _PAGE.match(start) is not None
    return False


def half_file(root: Path, target: Path, size: int, file: RemoteFile) -> HalfFile | None:
    """What another program may have fetched of `file`; None if it cannot be a part of it.

    `size` is that of the file at `target`. Without a program's own notes it is only possible.
    """
    control = target.with_name(target.name + _CONTROL_SUFFIX)
    if os.path.lexists(control):
        pieces = aria2c_pieces(control, file.size)
        if pieces is None:
            return None
        there = tuple((start, min(end, size)) for start, end in pieces if start < size)
        return HalfFile(target, there, sure=True, control=control)
    if size < file.size:
        return HalfFile(target, ((0, size),) if size else (), sure=_is_hfd(root))
    return None


def _is_hfd(root: Path) -> bool:
    return os.path.isdir(root / ".hfd")


def aria2c_pieces(control: Path, size: int) -> tuple[Span, ...] | None:
    """The ranges that aria2c has by its notes; None if they are about a file of another size."""
    try:
        data = read_bytes(control, _MOST_CONTROL_BYTES, foreign=True)[0]
        version, _, info = _CONTROL_START.unpack_from(data)
        if version != 1 or info > len(data):
            return None
        at = _CONTROL_START.size + info
        piece, total, _, length = _CONTROL_REST.unpack_from(data, at)
    except (OSError, struct.error):
        return None
    at += _CONTROL_REST.size
    bits = data[at:][:length]
    if total != size or not piece or len(bits) != (total + 8 * piece - 1) // (8 * piece):
        return None
    begun = _begun_pieces(data[at + length :], piece, total)
    return tuple(sorted([*_ranges(bits, piece, total), *begun]))


def _begun_pieces(data: bytes, piece: int, total: int) -> list[Span]:
    """The blocks of pieces that were under way: number, length and bitmap of each."""
    found: list[Span] = []
    with suppress(struct.error):
        (count,) = _NUMBER.unpack_from(data)
        at = _NUMBER.size
        for _ in range(min(count, len(data) // _PIECE.size)):
            index, length, bytes_of_bits = _PIECE.unpack_from(data, at)
            at += _PIECE.size
            start, bits = index * piece, data[at : at + bytes_of_bits]
            at += bytes_of_bits
            end = min(start + length, total)
            if length <= piece and start < end:
                blocks = _ranges(bits, _BLOCK_BYTES, end - start)
                found += [(start + first, start + last) for first, last in blocks]
    return found


def _ranges(bits: bytes, piece: int, total: int) -> Iterator[Span]:
    there = (bool(byte & 128 >> number) for byte in bits for number in range(8))
    for known, group in groupby(enumerate(there), key=lambda pair: pair[1]):
        if known:
            numbers = [number for number, _ in group]
            start, end = numbers[0] * piece, min((numbers[-1] + 1) * piece, total)
            if start < end:
                yield start, end
