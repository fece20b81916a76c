"""The language of a command: that of its user, English for programs that read `--json`."""

from __future__ import annotations

import os
import sys

from hfget.messages import speak_as


def speak_to_user(*, json: bool) -> None:
    """Say texts in the language that the environment names, if both streams can hold it."""
    if not json:
        streams = (sys.stdout, sys.stderr)
        speak_as(os.environ, *(getattr(stream, "encoding", None) for stream in streams))
