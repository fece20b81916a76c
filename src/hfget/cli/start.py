"""The console script: Ctrl-C while the rest is still being imported ends it without a word."""

from __future__ import annotations

import gc
import os
import signal
import sys

#: More new objects than starting makes: Python looks for cycles at every 700 of them, in vain.
_OBJECTS_UNTIL_COLLECTION = 100_000


def main() -> None:
    gc.set_threshold(_OBJECTS_UNTIL_COLLECTION)
    _complete_streams()
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from hfget.messages import advice, cli_texts, translated, ui_texts

    try:
        from hfget.cli.main import main as run

        signal.signal(signal.SIGINT, before)
        run()
    except MemoryError:
        lines = (
            ui_texts.ERROR(message=cli_texts.NO_MEMORY),
            ui_texts.BLOCK_NEXT(hint=advice.MORE_MEMORY),
        )
        print(*map(translated, lines), sep="\n", file=sys.stderr)
        sys.exit(7)
    finally:
        _let_go_of_messages()
        # Nor does it have to look through all that is there when it ends (40 ms).
        gc.disable()
        gc.freeze()


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
    """What stderr could not take (a full disk) must not become the exit code 120."""
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
