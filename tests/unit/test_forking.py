"""Runs that are forked are as those of a new process: tests/support/forking.py."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import Shell

ROOT = Path(__file__).parents[2]
#: Every look at the environment or the process fails while what all runs share is imported.
_REFUSES = """
import os, sys, time
from tests.support.fork_server import import_hfget

class Refuses:
    def refuse(self, *words):
        raise AssertionError("it looks at the environment")
    __getitem__ = __contains__ = __iter__ = __len__ = get = keys = items = copy = refuse

os.environ = Refuses()
for name in ("getcwd", "getpid", "getuid", "geteuid", "umask", "isatty", "cpu_count"):
    setattr(os, name, Refuses().refuse)
time.time = time.monotonic = Refuses().refuse
import_hfget()
assert "hfget.transfer.engine" in sys.modules
assert not [name for name in sys.modules if name.startswith("huggingface_hub")]
"""


def test_what_runs_share_looks_at_no_environment() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _REFUSES], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_a_run_can_be_started_waited_for_and_ended(shell_at: Callable[[str], Shell]) -> None:
    shell = shell_at("http://127.0.0.1:9")
    process = shell.start("--version")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"") and out.startswith(b"hfget ")
    assert process.communicate() == (out, err)
    process.kill()
    assert process.poll() == process.wait() == 0
    stopped = shell.start("org/m")  # whose endpoint refuses; it tries again
    stopped.send_signal(signal.SIGSTOP)
    with pytest.raises(subprocess.TimeoutExpired):
        stopped.wait(0.01)
    assert stopped.poll() is None
    stopped.kill()
    assert stopped.wait(60) == -signal.SIGKILL
