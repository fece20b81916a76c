"""Files that hold a token, read by hfget alone: no library that can send a request opens them.

huggingface_hub's `get_token` would renew a login by a POST to HF_ENDPOINT, whatever that is.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import NamedTuple

from hfget.messages import http_texts as texts
from hfget.system import os_reason

#: A token has less than a hundred characters, a JWT a few thousand.
LONGEST_BYTES = 16_384
#: `stored_tokens` has a section for each login of the user.
_LONGEST_STORE_BYTES = 1 << 20

_OPEN = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


class DistrustedError(Exception):
    """The file is not to be used; the text says why, in words that follow its name."""


class TokenFile(NamedTuple):
    """What stands in a file, and whether other users can read it."""

    text: str
    exposed: bool


def read(path: Path, *, longest: int = LONGEST_BYTES) -> TokenFile:
    """All of a regular file that is the user's own or root's, without waiting for another process.

    Raises FileNotFoundError, and DistrustedError for whatever else is not to be used.
    """
    return _read(path, _AT_ONCE, longest)


def read_first_line(path: Path) -> TokenFile:
    """The first line of a file, or of a pipe that is still to be written to.

    Raises FileNotFoundError and DistrustedError.
    """
    found = _read(path, 0, LONGEST_BYTES)
    return found._replace(text=found.text.partition("\n")[0])


def has_expired(login: Path, token: str, now: Callable[[], float] = time) -> bool:
    """Whether this stored login came from the browser and is past its time.

    `stored_tokens` beside it is an INI file of sections with `hf_token`, `refresh_token` and
    `expires_at` in Unix seconds (huggingface_hub, `utils/_auth.py`).
    """
    try:
        text = read(login.parent / "stored_tokens", longest=_LONGEST_STORE_BYTES).text
    except (FileNotFoundError, DistrustedError):
        return False
    if "expires_at" not in text:
        return False
    import configparser

    store = configparser.ConfigParser(interpolation=None)
    try:
        store.read_string(text)
        times = [
            int(store.get(name, "expires_at", fallback=""))
            for name in store.sections()
            if store.get(name, "hf_token", fallback="") == token
        ]
    except (configparser.Error, ValueError):
        return False
    return bool(times) and max(times) <= now()


def _read(path: Path, flags: int, longest: int) -> TokenFile:
    try:
        descriptor = os.open(path, _OPEN | flags)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DistrustedError(texts.UNREADABLE(error=os_reason(error))) from error
    try:
        found = os.fstat(descriptor)
        _check(found, regular=bool(flags))
        content = _content(descriptor, longest, whole=bool(flags))
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DistrustedError(texts.NOT_TEXT) from None
    except OSError as error:
        raise DistrustedError(texts.UNREADABLE(error=os_reason(error))) from error
    finally:
        os.close(descriptor)
    exposed = os.name == "posix" and bool(found.st_mode & (stat.S_IRGRP | stat.S_IROTH))
    return TokenFile(text, exposed and stat.S_ISREG(found.st_mode))


def _check(found: os.stat_result, *, regular: bool) -> None:
    if regular and not stat.S_ISREG(found.st_mode):
        raise DistrustedError(texts.NOT_A_FILE)
    if os.name == "posix" and os.geteuid() != 0 and found.st_uid not in (0, os.geteuid()):
        raise DistrustedError(texts.OTHER_USERS)


def _content(descriptor: int, longest: int, *, whole: bool) -> bytes:
    """Up to the end, or to that of the first line. Raises DistrustedError for what is too long."""
    content = b""
    while whole or b"\n" not in content:
        piece = os.read(descriptor, longest + 1 - len(content))
        content += piece
        if len(content) > longest:
            raise DistrustedError(texts.TOO_LARGE)
        if not piece:
            break
    return content if whole else content.partition(b"\n")[0]
