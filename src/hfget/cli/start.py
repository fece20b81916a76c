"""The console script: Ctrl-C while the rest is still being imported ends it without a word."""

from __future__ import annotations

import gc
import signal

#: More new objects than starting makes: Python looks for cycles at every 700 of them, in vain.
_OBJECTS_UNTIL_COLLECTION = 100_000


def main() -> None:
    gc.set_threshold(_OBJECTS_UNTIL_COLLECTION)
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    from hfget.cli.main import main as run

    signal.signal(signal.SIGINT, before)
    try:
        run()
    finally:
        # Nor does it have to look through all that is there when it ends (40 ms).
        gc.disable()
        gc.freeze()
