"""The wish to stop, as an event that knows which signal, or which limit, it came from."""

from __future__ import annotations

import math
import signal
import threading
import time

from hfget.errors import HfgetError, InterruptedRunError, TimeLimitError
from hfget.messages import advice
from hfget.messages import system_texts as texts

GO_ON = advice.RUN_AGAIN_TO_GO_ON
#: In one go, in seconds.
_LONGEST_WAIT = 0.5


class Ended(BaseException):
    """Raised by a signal handler in the midst of anything; `error` says why.

    Not an Exception, since it may strike inside code, of ours or of a library, that takes every
    Exception for a failure of its own.
    """

    def __init__(self, error: HfgetError) -> None:
        super().__init__(error.message)
        self.error = error


class Stop(threading.Event):
    """Set to end the run. `signal_number` tells the exit code.

    `time_limit`, in seconds, is there if the run is to end because its time is over; `failed` is
    true if it ends because a file has failed and the others are not to be tried. While
    `heeded` is true the run polls the event several times a second and ends the run in order;
    otherwise a signal handler has to raise. `patience` is how many seconds a disk that does not
    answer keeps the end waiting; where the process ends with the run, that may be short.
    """

    def __init__(self) -> None:
        super().__init__()
        # A handler may set it in the thread that just waits for it, and so has the lock.
        self._cond = threading.Condition(threading.RLock())
        self.signal_number: int = signal.SIGINT
        self.time_limit: float | None = None
        self.failed = False
        self.heeded = False
        self.patience = math.inf

    def fail(self) -> None:
        """End the run: a file has failed, and the others are not to be tried."""
        self.failed = True
        self.set()

    def wait(self, timeout: float | None = None) -> bool:
        """As of any event, also if a handler sets it between a look and the wait for it."""
        end = math.inf if timeout is None else time.monotonic() + timeout
        while not super().wait(min(_LONGEST_WAIT, max(0.0, end - time.monotonic()))):
            if time.monotonic() >= end:
                return self.is_set()
        return True

    def error(self, message: str = texts.NOT_FINISHED, hint: str = GO_ON) -> HfgetError:
        """What to raise where the run ends because of this."""
        if self.time_limit is not None:
            return TimeLimitError(texts.TIME_IS_UP(limit=self.time_limit), hint=hint)
        return InterruptedRunError(self.signal_number, message, hint=hint)


class Stopped(Exception):
    """The run is being stopped, or the work is not wanted any more."""


class Superseded(Exception):
    """Another thread has to do something first: the work goes back into the queue."""
