"""The wish to stop, as an event that knows which signal it came from."""

from __future__ import annotations

import signal
import threading


class Stop(threading.Event):
    """Set by whoever wants the run to end. `signal_number` tells the exit code.

    While `heeded` is true somebody polls the event several times a second and ends the run in
    order; otherwise a signal handler has to raise.
    """

    def __init__(self) -> None:
        super().__init__()
        self.signal_number: int = signal.SIGINT
        self.heeded = False
