"""Ctrl-Z, `bg` and `fg`: the screen is left in order for the shell, and taken again afterwards.

A process in the background shares the terminal with the shell, whose prompt stands where the
cursor is: it may add lines, and paint over nothing.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from types import FrameType
from typing import IO

_PAUSE_SECONDS = 1.0


class JobControl:
    """Has `away()`, a context, around each time that this process is stopped."""

    def __init__(
        self, away: Callable[[], AbstractContextManager[None]], stream: IO[str] | None = None
    ) -> None:
        self._away = away
        self._stream = stream
        self._active = False
        self._said_at = float("-inf")

    def in_foreground(self) -> bool:
        """Whether the terminal is this process's; so it is where that cannot be told."""
        with suppress(AttributeError, OSError, ValueError):
            if self._stream is not None:
                # 0 where the terminal's own group is of another namespace, as in a container.
                return os.tcgetpgrp(self._stream.fileno()) in (0, os.getpgrp())
        return True

    def apart(self, lines: str, now: float) -> str:
        """`lines`, in the background below what the shell and its user have written."""
        if self.in_foreground():
            return lines
        before, self._said_at = self._said_at, now
        return lines if now - before < _PAUSE_SECONDS else f"\n{lines}"

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
