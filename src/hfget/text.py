"""Text from outside made fit for a terminal, and sizes made fit for people (pure)."""

from __future__ import annotations

import unicodedata

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
# Cc control, Cf format (bidi overrides, zero width), Cs surrogates, Co private, Cn unassigned,
# Zl/Zp line separators: none of them may reach a terminal as they are.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe_text(text: str, limit: int = 400) -> str:
    """`text` with everything that could steer a terminal shown as an escape, cut to `limit`.

    A file name or a server's message may hold ESC, OSC, C1 or bidi characters
    (GHSA-364c-vvqx-446c is one program that was taken over by a received name).
    """
    out: list[str] = []
    length = 0
    for char in text:
        piece = char
        if unicodedata.category(char) in _UNSAFE:
            code = ord(char)
            piece = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
        length += len(piece)
        if length > limit:
            out.append("…")
            break
        out.append(piece)
    return "".join(out)


def count_text(number: int, noun: str) -> str:
    """`1 file`, `12 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def size_text(size: float) -> str:
    """A size in decimal units, as the Hub's pages show it: 1.2 GB."""
    unit = 0
    while abs(size) >= 999.5 and unit < len(_UNITS) - 1:
        size /= 1000
        unit += 1
    if unit == 0:
        return f"{size:.0f} B"
    return f"{size:.0f} {_UNITS[unit]}" if size >= 99.95 else f"{size:.1f} {_UNITS[unit]}"


def duration_text(seconds: float) -> str:
    """A duration in the two largest units that matter: 1 h 05 min, 2 min 03 s, 4.2 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
