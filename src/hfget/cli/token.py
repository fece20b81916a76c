"""The token of the command line: `--token VALUE`, `--token -`, `--token-file FILE`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hfget.errors import UsageError
from hfget.events import Note, Observer
from hfget.http import LONGEST_BYTES, DistrustedError, read_first_line
from hfget.messages import advice, translated
from hfget.messages import cli_texts as texts
from hfget.system import remember, shell_word


def given_token(value: str | None, file: Path | None, observer: Observer) -> str | None:
    """The token these options give, or None. Raises UsageError."""
    if file is not None:
        if value is not None:
            raise UsageError(texts.TOKEN_AND_FILE, hint=advice.GIVE_ONE)
        return _known(_from_file(file, observer))
    if value == "-":
        return _known(_from_stdin())
    if value is None:
        return None
    _known(value)
    text = texts.TOKEN_IN_PROCESS_LIST
    observer(Note(text, "warning"))
    return value


def _known(token: str) -> str:
    """From here on no message shows this token."""
    if token.strip():
        remember(token.strip())
    return token


def _from_stdin() -> str:
    if sys.stdin is None:
        raise UsageError(texts.NO_STDIN, hint=advice.GIVE_TOKEN_FILE)
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass(translated(texts.TOKEN_PROMPT))
    return sys.stdin.readline(LONGEST_BYTES)


def _from_file(path: Path, observer: Observer) -> str:
    """The first line of a file that is the user's own, or root's. Raises UsageError."""
    try:
        found = read_first_line(path)
    except (FileNotFoundError, DistrustedError) as error:
        why = str(error) if isinstance(error, DistrustedError) else texts.NO_TOKEN_FILE
        raise UsageError(
            texts.TOKEN_FILE(path=path, why=why), hint=advice.CHECK_TOKEN_FILE
        ) from error
    if found.exposed:
        name = shell_word(os.fspath(path))
        observer(Note(texts.TOKEN_FILE_READABLE(name=name), "warning"))
    return found.text
