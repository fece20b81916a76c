"""The console script: Ctrl-C while the rest is still being imported ends it without a word."""

from __future__ import annotations

import signal


def main() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    from hfget.cli.main import main as run

    signal.signal(signal.SIGINT, before)
    run()
