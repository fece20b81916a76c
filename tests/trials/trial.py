"""One scenario under way: its own folder, HOME, hub and token, and what came of it."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.hub import LocalHub
from tests.hub.faults import Fault, OriginName
from tests.hub.repos import make_model
from tests.support.command import HFGET, Result, Shell, Started, new_shell
from tests.support.forking import fork_hfget
from tests.trials.scenario import OUT, Scenario

ORIGINS: tuple[OriginName, ...] = ("hub", "cdn", "foreign")
_DUMP_SECONDS = 5.0


@dataclass(frozen=True)
class Ended:
    """How one command ended. `late` if it had to be ended from outside."""

    result: Result
    seconds: float
    late: bool


class Trial:
    """What a scenario's functions work with.

    `shell.directory` is the working directory; the repo goes to `out` in it. `token` is in
    HF_TOKEN and allowed to go to the hub. `ended` collects all commands run here, `seen` the
    command lines of all processes they had, `peak` the most memory one had, in bytes, and
    `searched` how many bytes of what they left were searched for secrets, by place.
    """

    def __init__(self, scenario: Scenario, base: Path, stack: ExitStack, *, json: bool) -> None:
        self.scenario = scenario
        self.base = base
        self.stack = stack
        self.json = json
        self.token = "made-up-" + secrets.token_hex(12)
        (base / "hub").mkdir(parents=True)
        self.source = make_model(base / "hub", scenario.repo, scenario.files)
        options = {"tokens": [self.token], **scenario.hub}
        self.hub = stack.enter_context(LocalHub(base / "hub", **options))
        self.faults = [self.hub.faults.add(replace(fault)) for fault in scenario.faults]
        self.endpoint = self.hub.endpoint
        self.shell = new_shell(base / "work", self.endpoint)
        (self.shell.directory / "tmp").mkdir()
        self.out = self.shell.directory / OUT
        self.env: dict[str, str] = {
            "HF_TOKEN": self.token,
            "HFGET_TOKEN_ORIGINS": self.hub.endpoint,
            "HF_HUB_DOWNLOAD_TIMEOUT": "3",
            "HF_HUB_ETAG_TIMEOUT": "3",
            "TMPDIR": str(base / "work" / "tmp"),
            **scenario.env,
        }
        self.arguments = list(scenario.arguments)
        self.canaries: list[str] = [self.token]
        self.ended: list[Ended] = []
        self.seen: set[str] = set()
        self.optional: set[int] = set()
        self.own_files: set[Path] = set()
        self.user_files: set[Path] = set()
        self.searched: dict[str, int] = {}
        self.peak = 0
        self.env_again: dict[str, str] = {}
        self.allowed: list[str] = ["work/home/*"]
        self.notes: dict[str, Any] = {}
        self.on_command_line = False
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        return sum(path.stat().st_size for path in self.source.rglob("*") if path.is_file())

    @property
    def sent(self) -> int:
        """Content bytes that all origins have sent."""
        return sum(
            request.bytes_sent
            for request in self.hub.log
            if "/resolve/" in request.path or request.origin == "cdn"
        )

    @property
    def last(self) -> Result:
        return self.ended[-1].result

    @property
    def text(self) -> str:
        """All that was said so far."""
        return "\n".join(each.result.out + each.result.err for each in self.ended)

    def expected(self) -> dict[str, str]:
        """The sha256 of every file of the repo."""
        return {
            path.relative_to(self.source).as_posix(): sha256(path)
            for path in sorted(self.source.rglob("*"))
            if path.is_file()
        }

    def shell_now(self) -> Shell:
        return Shell(self.shell.directory, self.endpoint, self.env)

    def default_arguments(self) -> list[str]:
        more = ["--json", "--debug"] if self.json else []
        return [self.scenario.repo, *self.arguments, *more]

    def run(
        self,
        *arguments: str,
        act: Callable[[Trial], None] | None = None,
        seconds: float | None = None,
        env: Mapping[str, str] | None = None,
        command: tuple[str, ...] = HFGET,
        preexec: Callable[[], None] | None = None,
    ) -> Ended:
        """Run the command to its end; it is ended from outside when its time is over."""
        limit = seconds or self.scenario.seconds
        begun = time.monotonic()
        process = self._start(
            arguments, {**self.shell_now().environment(), **(env or {})}, command, preexec
        )
        watch = threading.Thread(target=self._watch, args=(process,), daemon=True)
        watch.start()
        self.process = process
        late = False
        if act is not None:
            acting = threading.Thread(target=act, args=(self,), daemon=True)
            acting.start()
        try:
            out, err = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            late = True
            process.send_signal(signal.SIGABRT)  # faulthandler shows where it hangs
            try:
                out, err = process.communicate(timeout=_DUMP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
        spent = time.monotonic() - begun
        watch.join(1)
        if act is not None:
            acting.join(5)
        result = Result(process.wait(), out.decode(), err.decode(errors="replace"))
        ended = Ended(result, spent, late)
        with self._lock:
            self.ended.append(ended)
        return ended

    def _start(
        self,
        arguments: tuple[str, ...],
        env: Mapping[str, str],
        command: tuple[str, ...],
        preexec: Callable[[], None] | None,
    ) -> Started:
        words = arguments or tuple(self.default_arguments())
        with self._lock:
            self.seen.add("\0".join([*command, *words]))
        if command == HFGET and preexec is None and "LD_PRELOAD" not in env:
            return fork_hfget(words, directory=self.shell.directory, environment=env)
        return subprocess.Popen(
            [*command, *words],
            cwd=self.shell.directory,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=preexec,
        )

    def _watch(self, process: Started) -> None:
        while process.poll() is None:
            for pid in [process.pid, *_children(process.pid)]:
                with suppress(OSError, StopIteration):
                    self.peak = max(self.peak, _peak_bytes(pid))
                    line = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
                    with self._lock:
                        self.seen.add(line)
            time.sleep(0.05)

    def may_change(self, path: str) -> bool:
        """Whether a run may touch this path, relative to `base`."""
        return any(fnmatch.fnmatchcase(path, pattern) for pattern in self.allowed)

    def restore(self) -> None:
        """All origins listen again."""
        for origin in ORIGINS:
            self.hub.restore(origin)

    def add_fault(self, fault: Fault) -> Fault:
        self.faults.append(self.hub.faults.add(fault))
        return fault


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _peak_bytes(pid: int) -> int:
    """The most memory a process has had, as the system counts it."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
            with suppress(OSError):
                text = Path(f"/proc/{pid}/task/{task}/children").read_text()
                found += map(int, text.split())
    return found
