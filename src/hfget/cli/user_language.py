"""The language of a command and its locale: those of its user, English for `--json`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import typer

from hfget.cli.help_text import command_name
from hfget.errors import UsageError
from hfget.messages import Text, speak_as
from hfget.messages import cli_texts as texts
from hfget.system import lazy_pattern

#: What click says of wrong use, and the same as a text of ours.
_OF_CLICK = (
    (lazy_pattern(r"missing argument '(?P<name>.+)'"), texts.MISSING_ARGUMENT),
    (lazy_pattern(r"option '(?P<option>.+)' requires an argument"), texts.NEEDS_ARGUMENT),
    (lazy_pattern(r"option '(?P<option>.+)' does not take a value"), texts.TAKES_NO_VALUE),
    (lazy_pattern(r"no such option: (?P<name>\S+)"), texts.NO_SUCH_OPTION),
    (lazy_pattern(r"got unexpected extra argument \((?P<arguments>.+)\)"), texts.TOO_MANY),
    (lazy_pattern(r"got unexpected extra arguments \((?P<arguments>.+)\)"), texts.TOO_MANY),
)


def speak_to_user(*, json: bool) -> None:
    """Say texts in the language that the environment names, if both streams can hold it."""
    if not json:
        streams = (sys.stdout, sys.stderr)
        speak_as(os.environ, *(getattr(stream, "encoding", None) for stream in streams))


def again_in_utf8() -> None:
    """Begin the command anew, in this process, with file names as UTF-8, which those of a repo are.

    What was typed stays, byte for byte, what it was. Returns where that would change nothing.
    """
    known = sys.getfilesystemencoding().replace("-", "").lower()
    if os.name != "posix" or known == "utf8" or "utf8" in sys._xoptions or not sys.executable:
        return
    os.environ.setdefault("PYTHONIOENCODING", f"{sys.stderr.encoding}:backslashreplace")
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.execv(sys.executable, [sys.executable, "-X", "utf8=1", *sys.orig_argv[1:]])


def usage_error(error: Any) -> UsageError:
    """What click has to say about wrong use, in our words."""
    possible: Sequence[str] = getattr(error, "possibilities", None) or ()
    text = error.message if possible else error.format_message().strip()
    text = text[:1].lower() + text[1:].rstrip(".")
    if isinstance(error.message, Text):
        name = text.partition("'")[2].partition("'")[0]
        is_value = isinstance(error, typer.BadParameter)
        text = texts.BAD_VALUE(name=name, why=error.message) if is_value else error.message
    for pattern, said in _OF_CLICK:
        if match := pattern.fullmatch(text):
            text = said(**match.groupdict())
    command = command_name(error.ctx) if error.ctx else "hfget"
    hint = f"{command} --help"
    if possible:
        hint = texts.DID_YOU_MEAN_OPTION(possible=" or ".join(possible), help=hint)
    return UsageError(text, hint=hint)
