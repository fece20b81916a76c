"""A program that a trial starts on a port of its own, and ends with the trial."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.trials.trial import Trial

_START_SECONDS = 60.0
_STOP_SECONDS = 10
_SHOWN = 600


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def own_folder(trial: Trial, name: str) -> Path:
    """Where a program keeps what it needs."""
    folder = trial.base / name
    folder.mkdir()
    trial.allowed.append(f"{name}/*")
    return folder


def start(
    trial: Trial,
    command: Sequence[str],
    port: int,
    log: Path,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run the program until the trial ends; it listens at `port` by now. `log` is what it says."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd=log.parent,
            env={"PATH": os.environ["PATH"], "HOME": str(log.parent), **(env or {})},
        )
    trial.stack.callback(_end, process)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError(f"{command[0]} did not start: {log.read_text()[-_SHOWN:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
