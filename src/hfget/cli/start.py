"""The console script: Ctrl-C while the rest is still being imported ends it without a word."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import NoReturn

#: More new objects than starting makes: Python looks for cycles at every 700 of them, in vain.
_OBJECTS_UNTIL_COLLECTION = 100_000
#: As `cli_texts.NO_MEMORY`, where there is none to load that.
_NO_MEMORY = b"error: the system has no memory left for this process\n"


def main() -> None:
    gc.set_threshold(_OBJECTS_UNTIL_COLLECTION)
    _complete_streams()
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        from hfget.cli.main import main as run

        signal.signal(signal.SIGINT, before)
        run()
    except (MemoryError, ImportError, OSError, SystemError) as error:
        _end_without_memory(error)
    finally:
        _let_go_of_messages()
        # Nor does it have to look through all that is there when it ends (40 ms).
        gc.disable()
        gc.freeze()


def _end_without_memory(error: Exception) -> NoReturn:
    """Say that memory lacks, in one line where it lacks for the messages too.

    Raises `error` if that is not what it means.
    """
    try:
        from hfget.system import lacks_memory

        if not lacks_memory(error):
            raise error
        from hfget.messages import advice, cli_texts, translated, ui_texts

        lines = (
            ui_texts.ERROR(message=cli_texts.NO_MEMORY),
            ui_texts.BLOCK_NEXT(hint=advice.MORE_MEMORY),
        )
        print(*map(translated, lines), sep="\n", file=sys.stderr)
    except (MemoryError, ImportError, OSError, SystemError) as another:
        if another is error:
            raise
        os.write(2, _NO_MEMORY)
    sys.exit(7)


def _complete_streams() -> None:
    """Put the null device where a service, `>&-` or pythonw has left a standard stream closed.

    Else the next file to be opened, perhaps that of the download, would be descriptor 1 or 2,
    and take in what is said there.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free: this one
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (as long as we live)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _let_go_of_messages() -> None:
    """What a stream could not take (a full disk) must not become the exit code 120."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
