"""A kill before each step that hfget takes on the disk: open, write, sync, rename, remove.

The command runs with a profiler in it that counts those calls and kills the process before a
given one. Which thread comes when is chance; how many steps there are hardly is.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path

from tests.hub import LocalHub
from tests.hub.repos import KiB, MiB, make_model
from tests.support.command import TIMEOUT_SECONDS, Shell, new_shell
from tests.support.kills import Tally, Trial

REPO = "org/steps"
FILES: Mapping[str, bytes | str | int] = {
    "w.bin": 2 * MiB + 7,
    "sub/k.bin": 30 * KiB,
    "c.json": "{}",
}

_SITE = """
import os, signal, sys, threading
_STEPS = {"open", "write", "pwrite", "fsync", "fdatasync", "truncate", "replace", "rename",
          "ftruncate", "unlink", "mkdir", "utime"}
_PLACES = (os.sep + "hfget" + os.sep, os.sep + "pathlib")
_count = 0

def _watch(frame, event, called):
    global _count
    if event != "c_call" or getattr(called, "__module__", "") not in ("posix", "io", "_io"):
        return
    if called.__name__ in _STEPS and any(p in frame.f_code.co_filename for p in _PLACES):
        _count += 1
        if _count == int(os.environ["KILL_BEFORE_STEP"]):
            os.kill(os.getpid(), signal.SIGKILL)

sys.setprofile(_watch)
threading.setprofile(_watch)
"""


def kill_before_step(root: Path, work: Path, hub: LocalHub, step: int, tally: Tally) -> bool:
    """Download once, killed before that step, and go on; false if there are not so many steps.

    Whatever must hold after a kill is checked, and noted in `tally`.
    """
    source = root / REPO if (root / REPO).exists() else make_model(root, REPO, FILES)
    shell = new_shell(work / str(step), hub.endpoint)
    trial = Trial(hub, shell, REPO, {"main": source})
    code = _killed_run(shell, work, step)
    if code not in (0, -signal.SIGKILL):
        tally.violations.append(f"code {code} when killed before step {step}")
    trial.check(tally)
    trial.finish(tally, "main")
    return code != 0


def _killed_run(shell: Shell, work: Path, step: int) -> int:
    site = work / "site"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(_SITE)
    watched = shell.with_env(PYTHONPATH=str(site), KILL_BEFORE_STEP=str(step))
    process = watched.start(REPO, "--quiet", "--revision", "main")
    process.communicate(timeout=TIMEOUT_SECONDS)
    return process.wait()
