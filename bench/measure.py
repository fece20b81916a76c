"""One command run once: seconds, CPU seconds, peak memory; and many of them in turn."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

_SAMPLE_SECONDS = 0.02
_STOP_SECONDS = 5.0

Thing = TypeVar("Thing")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command took. `cpu_seconds` includes the processes it waited for.

    `peak_bytes` is the largest sum of the resident sets of its processes, 0 if the command
    ended before it could be looked at.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    exit_code: int
    timed_out: bool


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    directory: Path,
    output: IO[bytes],
    timeout: float,
) -> Usage:
    """Run `command` to its end; one that takes longer than `timeout` seconds is killed."""
    start = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=directory,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    watch = _Watch(process.pid, timeout)
    watch.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        seconds = time.monotonic() - start
        watch.end()
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    return Usage(seconds, cpu, watch.peak_bytes, process.returncode, watch.timed_out)


@dataclass
class _Watch:
    """Looks at a process now and then: its memory, and whether it is overdue.

    The kernel's own figure (ru_maxrss) will not do: it starts at what the parent had.
    """

    pid: int
    timeout: float
    peak_bytes: int = 0
    timed_out: bool = False
    _done: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._done.set()
        assert self._thread is not None
        self._thread.join()

    def _look(self) -> None:
        deadline = time.monotonic() + self.timeout
        while not self._done.wait(_SAMPLE_SECONDS):
            self.peak_bytes = max(self.peak_bytes, _resident_bytes(self.pid))
            if time.monotonic() > deadline and not self.timed_out:
                self.timed_out = True
                with suppress(ProcessLookupError):
                    os.killpg(self.pid, signal.SIGKILL)


def _resident_bytes(pid: int) -> int:
    """The peak so far of a process, and of its children, added up."""
    try:
        with open(f"/proc/{pid}/status", "rb") as status:
            lines = [line for line in status if line.startswith(b"VmHWM:")]
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as children:
            below = [int(child) for child in children.read().split()]
    except OSError:
        return 0
    own = int(lines[0].split()[1]) * 1024 if lines else 0
    return own + sum(map(_resident_bytes, below))


def interleaved(
    things: Sequence[Thing], repeats: int, once: Callable[[Thing], Outcome]
) -> list[tuple[Thing, list[Outcome]]]:
    """The outcomes of `once` for each thing, taken turn by turn, another first in every turn."""
    outcomes: list[list[Outcome]] = [[] for _ in things]
    for turn in range(repeats):
        for step in range(len(things)):
            at = (turn + step) % len(things)
            outcomes[at].append(once(things[at]))
    return list(zip(things, outcomes, strict=True))


def stop(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """End a process that we started, gently at first."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOP_SECONDS)
