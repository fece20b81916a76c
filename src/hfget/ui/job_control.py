"""Ctrl-Z and `fg`: the screen is left in order for the shell, and taken again afterwards."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from types import FrameType


class JobControl:
    """Has `away()`, a context, around each time that this process is stopped."""

    def __init__(self, away: Callable[[], AbstractContextManager[None]]) -> None:
        self._away = away
        self._active = False

    def begin(self) -> None:
        """Only in the main thread; not where Ctrl-Z was ignored when this process began."""
        if hasattr(signal, "SIGTSTP") and signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL:
            with suppress(ValueError):  # another thread
                signal.signal(signal.SIGTSTP, self._stopped)
                self._active = True

    def end(self) -> None:
        if self._active:
            self._active = False
            with suppress(ValueError):
                signal.signal(signal.SIGTSTP, signal.SIG_DFL)

    def _stopped(self, number: int, frame: FrameType | None) -> None:
        with self._away():
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)  # this process stands still here until it is continued
            signal.signal(number, self._stopped)
