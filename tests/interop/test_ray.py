"""The script for Ray, by a real one: a worker that is killed costs what it had in flight.

Needs ray (`make test-interop`); skipped where it is missing.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hub import LocalHub
from tests.hub.repos import make_model
from tests.support.command import Shell, tree, wait_until

pytestmark = [
    pytest.mark.interop,
    pytest.mark.timeout(400),
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None, reason="ray is not installed (make test-interop)"
    ),
]
SCRIPT = Path(__file__).parents[2] / "docs" / "deploy" / "ray_shards.py"
REPO = "org/m"
MB = 1_000_000
SECONDS = 180


def workers(mark: str) -> list[int]:
    """The processes of Ray that run a shard, of those with `mark` in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if (entry / "cmdline").read_bytes().startswith(b"ray::fetch") and mark.encode() in (
                entry / "environ"
            ).read_bytes():
                found.append(int(entry.name))
        except OSError:  # no process, or one that has ended
            continue
    return found


def test_a_killed_worker_costs_what_was_in_flight(
    repos_root: Path,
    start_hub: Callable[..., LocalHub],
    shell_at: Callable[[str], Shell],
) -> None:
    source = make_model(repos_root, REPO, {f"w{n}.bin": 8 * MB for n in range(4)})
    hub = start_hub(rate_total=8 * MB)
    shell = shell_at(hub.endpoint)
    folder = shell.directory / "m"
    short = tempfile.mkdtemp(prefix="ray", dir="/tmp")  # its sockets have names of at most 107
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), REPO, hub.commit(REPO), str(folder), "4"],
        cwd=shell.directory,
        env={**shell.environment(), "RAY_TMPDIR": short, "RAY_USAGE_STATS_ENABLED": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_until(lambda: hub.bytes_sent("cdn") > 4 * MB, SECONDS)
        os.kill(workers(short)[0], signal.SIGKILL)
        out, _ = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(short, ignore_errors=True)
    assert process.returncode == 0, out.decode()
    assert out.decode().rstrip().endswith(str(folder))
    assert hub.bytes_sent("cdn") < 1.5 * 32 * MB
    assert tree(folder) == tree(source)
