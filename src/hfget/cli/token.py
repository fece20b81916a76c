"""The token of the command line: `--token VALUE`, `--token -`, `--token-file FILE`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hfget.errors import UsageError
from hfget.events import Note, Observer
from hfget.http import LONGEST_BYTES, DistrustedError, read_first_line
from hfget.system import remember, shell_word


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
    return sys.stdin.readline(LONGEST_BYTES)


def _from_file(path: Path, observer: Observer) -> str:
    """The first line of a file that is the user's own, or root's. Raises UsageError."""
    try:
        found = read_first_line(path)
    except (FileNotFoundError, DistrustedError) as error:
        why = str(error) if isinstance(error, DistrustedError) else "does not exist"
        raise UsageError(
            f"the token file {path} {why}", hint="check the name after --token-file, and its owner"
        ) from error
    if found.exposed:
        name = shell_word(os.fspath(path))
        observer(Note(f"other users can read the token file: chmod 600 {name}", "warning"))
    return found.text
