"""The token of the command line: `--token VALUE`, `--token -`, `--token-file FILE`."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from hfget.errors import UsageError
from hfget.events import Note, Observer
from hfget.secret import remember

_LONGEST_BYTES = 16_384


def given_token(value: str | None, file: Path | None, observer: Observer) -> str | None:
    """The token these options give, or None. Raises UsageError."""
    if file is not None:
        if value is not None:
            raise UsageError(
                "--token and --token-file contradict each other", hint="give one of them"
            )
        return _known(_from_file(file, observer))
    if value == "-":
        return _known(_from_stdin())
    if value is None:
        return None
    _known(value)
    text = "--token shows the token in the process list; safer: HF_TOKEN, --token-file, --token -"
    observer(Note(text, "warning"))
    return value


def _known(token: str) -> str:
    """From here on no message shows this token."""
    if token.strip():
        remember(token.strip())
    return token


def _from_stdin() -> str:
    if sys.stdin is None:
        raise UsageError("--token -: there is no stdin to read from", hint="give --token-file")
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass("token: ")
    return sys.stdin.readline(_LONGEST_BYTES)


def _from_file(path: Path, observer: Observer) -> str:
    """The first line of a file that is the user's own, or root's. Raises UsageError."""
    try:
        with open(path, encoding="utf-8-sig") as lines:
            status = os.fstat(lines.fileno())
            text = lines.readline(_LONGEST_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        why = (getattr(error, "strerror", None) or "not text").lower()
        raise UsageError(
            f"cannot read the token file {path}: {why}", hint="check the name after --token-file"
        ) from error
    if os.name == "posix":
        if os.geteuid() != 0 and status.st_uid not in (0, os.geteuid()):
            raise UsageError(
                f"the token file {path} belongs to another user",
                hint="copy it, so that it is yours alone",
            )
        if stat.S_IMODE(status.st_mode) & (stat.S_IRGRP | stat.S_IROTH):
            observer(Note(f"others can read the token file {path}: chmod 600", "warning"))
    return text
