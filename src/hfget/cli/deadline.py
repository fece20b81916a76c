"""`--max-time`: the end of a run that takes too long."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from hfget.system import Ended, Stop

if TYPE_CHECKING:
    from hfget.ui import Display

#: A run that does not end in order within so many more seconds is ended at once: it may wait
#: for a disk that does not answer.
GRACE_SECONDS = 10.0


@contextmanager
def time_limit(stop: Stop, shown: Display, seconds: float | None) -> Iterator[None]:
    """Set `stop` when `seconds` have passed, as a signal would. None means no limit.

    Must be called in the main thread. Where there are no timers (Windows), a request that is
    under way before the transfer is waited for.
    """
    if seconds is None:
        yield
    elif hasattr(signal, "setitimer"):
        with _alarm(stop, shown, seconds):
            yield
    else:
        with _timer(stop, seconds):
            yield


@contextmanager
def _alarm(stop: Stop, shown: Display, seconds: float) -> Iterator[None]:
    def handle(number: int, frame: FrameType | None) -> None:
        if stop.time_limit is not None:
            shown.abandon(stop.error())
            os._exit(stop.error().exit_code)
        if stop.is_set():
            return
        stop.time_limit = seconds
        stop.set()
        if not stop.heeded:
            raise Ended(stop.error())

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, seconds, GRACE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _timer(stop: Stop, seconds: float) -> Iterator[None]:
    def expire() -> None:
        if not stop.is_set():
            stop.time_limit = seconds
            stop.set()

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
