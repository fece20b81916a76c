"""Text from outside made fit for a terminal, and sizes made fit for people (pure)."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from hfget.messages import system_texts as texts
from hfget.system.lazy_patterns import lazy_pattern

SIZE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
# What makes one picture of several characters, and the other form of a character a picture.
_JOINER, _EMOJI_FORM, _SKINS = (
    "\u200d",
    "\ufe0f",
    "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff",
)
# Cc control, Cf format (bidi overrides, zero width), Cs surrogates, Co private, Cn unassigned,
# Zl/Zp line separators: none of them may reach a terminal as they are.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe_text(text: str, limit: int = 400) -> str:
    """`text` with everything that could steer a terminal shown as an escape, cut to `limit`.

    A file name or a server's message may hold ESC, OSC, C1 or bidi characters
    (GHSA-364c-vvqx-446c is one program that was taken over by a received name).
    """
    if len(text) <= limit and text.isprintable():  # nothing of _UNSAFE is
        return text
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


#: A noun: the text of one, and of several.
_COUNTED = {
    "file": (texts.ONE_FILE, texts.FILES),
    "LFS file": (texts.ONE_LFS_FILE, texts.LFS_FILES),
    "other file": (texts.ONE_OTHER_FILE, texts.OTHER_FILES),
    "more file": (texts.ONE_MORE_FILE, texts.MORE_FILES),
    "connection": (texts.ONE_CONNECTION, texts.CONNECTIONS),
    "download": (texts.ONE_DOWNLOAD, texts.DOWNLOADS),
    "partial file": (texts.ONE_PARTIAL_FILE, texts.PARTIAL_FILES),
    "more range": (texts.ONE_MORE_RANGE, texts.MORE_RANGES),
    "other failure": (texts.ONE_OTHER_FAILURE, texts.OTHER_FAILURES),
    "repo": (texts.ONE_REPO, texts.REPOS),
}


def count_text(number: int, noun: str) -> str:
    """`1 file`, `12 files`; only a `noun` that is known has translations."""
    if noun not in _COUNTED:
        return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
    one, several = _COUNTED[noun]
    return one(number=number) if number == 1 else several(number=number)


#: What systems say, where it is a text of ours too; other words stay as they are.
_OS_REASONS: dict[str, str] = {
    text: text
    for text in (
        texts.NO_SUCH_FILE,
        texts.IS_A_DIRECTORY,
        texts.NOT_A_DIRECTORY,
        texts.PERMISSION,
        texts.ADDRESS_IN_USE,
        texts.NOT_TEXT,
    )
}


def os_reason(error: BaseException) -> str:
    """Why a file or a socket cannot be used: the system's word in lower case, or `not text`."""
    word = "not text" if isinstance(error, ValueError) else type(error).__name__
    reason = (getattr(error, "strerror", None) or word).lower()
    return _OS_REASONS.get(reason, reason)


def cells(text: str) -> int:
    """How many columns of a terminal `text` takes: two for a character of Chinese or an emoji."""
    if text.isascii():
        return len(text)
    total, last, joined = 0, 0, False
    for char in text:
        width = 0 if joined else _cells_of(char)
        if char == _EMOJI_FORM and last == 1:
            width = 1
        total, last, joined = total + width, width or last, char == _JOINER
    return total


@lru_cache(4096)
def _cells_of(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Mc", "Cf") or char in _SKINS:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def padded(text: str, width: int, *, right: bool = False) -> str:
    """`text` in `width` columns; with `right` the blanks come before it."""
    blanks = " " * (width - cells(text))
    return blanks + text if right else text + blanks


def shell_word(text: str) -> str:
    """`text` as one word of a command line, fit for a terminal too.

    What could steer a terminal is written as bash, zsh and POSIX's shell of 2024 read it: `$'…'`.
    """
    if safe_text(text, 2 * len(text)) == text:
        return shlex.quote(text)
    out = []
    for char in text:
        if char in "\\'":
            out.append(f"\\{char}")
        elif unicodedata.category(char) in _UNSAFE:
            # as the file system names it; another lone surrogate stands for no bytes at all
            errors = "surrogateescape" if "\udc80" <= char <= "\udcff" else "surrogatepass"
            out += [f"\\{byte:03o}" for byte in char.encode("utf-8", errors)]
        else:
            out.append(char)
    return f"$'{''.join(out)}'"


def command(*words: str, options: Iterable[str] = (), operands: Iterable[str] = ()) -> str:
    """A command line that does what is meant whatever the names in it look like.

    Options come first; where a name looks like one, `--` stands before the names.
    """
    before, named = list(options), list(operands)
    plain = not any(name.startswith("-") for name in named)
    line = [*words, *before, *([] if plain else ["--"]), *named]
    return " ".join(map(shell_word, line if named else [*words, *before]))


def option(name: str, value: str) -> list[str]:
    """An option with a value, which may look like an option itself."""
    return [f"{name}={value}"] if value.startswith("-") else [name, value]


def size_text(size: float) -> str:
    """A size in decimal units, as the Hub's pages show it: 1.2 GB."""
    unit = 0
    while abs(size) >= 999.5 and unit < len(SIZE_UNITS) - 1:
        size /= 1000
        unit += 1
    if unit == 0:
        return f"{size:.0f} B"
    return f"{size:.0f} {SIZE_UNITS[unit]}" if size >= 99.95 else f"{size:.1f} {SIZE_UNITS[unit]}"


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


_SIZE = lazy_pattern(r"([0-9]{1,15}(?:\.[0-9]{1,6})?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)


def size_of(text: str) -> float | None:
    """Bytes: `500k`, `20M`, `1.5GB` (decimal, as they are shown), `20Mi` (binary); None if none."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        return None
    number, unit, binary = match.groups()
    scale: int = (1024 if binary else 1000) ** " kmgt".index(unit.lower() or " ")
    return float(number) * scale


def is_true(value: str | None) -> bool:
    """How huggingface_hub reads a switch, and the Hub a query: 1, ON, YES or TRUE in any case."""
    return (value or "").strip().upper() in {"1", "ON", "YES", "TRUE"}
