"""The wish to stop, set by a signal handler in the thread that waits for it."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from hfget.system import Stop
from tests.support.loopback import BOUND

STORM = """
import random, signal, sys
from hfget.system import Stop
stop = Stop()
signal.signal(signal.SIGALRM, lambda *_: stop.set())
for _ in range(300):
    stop.clear()
    signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 60e-6))
    if not stop.wait(5):
        sys.exit("not woken")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a timer that signals")
def test_a_handler_that_strikes_anywhere_in_a_wait_ends_it() -> None:
    subprocess.run([sys.executable, "-c", STORM], check=True, timeout=2 * BOUND)


def test_a_wait_is_as_long_as_asked() -> None:
    stop = Stop()
    assert not stop.wait(0) and not stop.wait(0.01)
    waiting = threading.Timer(0.02, stop.set)
    waiting.start()
    assert stop.wait() and stop.wait(0) and stop.wait(BOUND)
    waiting.join()
