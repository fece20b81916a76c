"""The limit of asking a hub for what may be here already."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from hfget.errors import HfgetError


class AskingLimit:
    """After so many seconds, `is_due` is asked in a thread of its own; if it is, `end` is called.

    What is within may wait in a way that nothing looks at: for a name, for a head that drips.
    `reached` tells afterwards that `end` was called. When this is left, neither will be.
    """

    def __init__(self, seconds: float, is_due: Callable[[], bool], end: Callable[[], None]) -> None:
        self.reached = False
        self._is_due = is_due
        self._end = end
        self._seconds = min(seconds, threading.TIMEOUT_MAX)
        self._at = math.inf

    @property
    def left(self) -> float:
        """Seconds until then; infinite before it has begun."""
        return self._at - time.monotonic()

    def __enter__(self) -> AskingLimit:
        self._at = time.monotonic() + self._seconds
        self._timer = threading.Timer(self._seconds, self._look)
        self._timer.daemon = True
        with suppress(RuntimeError):  # no room for a thread: then without
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if self._timer.ident is not None:
            self._timer.join()

    def _look(self) -> None:
        try:
            is_due = self._is_due()
        except (HfgetError, OSError):
            return
        if is_due:
            self.reached = True
            self._end()
