"""The real command in a process of its own, in a clean environment."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tests.support.forking import Forked, fork_hfget, in_a_shell

HFGET = (sys.executable, "-m", "hfget")
TIMEOUT_SECONDS = 90.0
_PIPE_BYTES = 1 << 20
#: A run of the command, or of another program beside it.
Started: TypeAlias = "Forked | subprocess.Popen[bytes]"
#: A `sitecustomize` lies there.
IMPATIENT = Path(__file__).parent / "impatient"


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """What `--json` printed."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def report(self) -> dict[str, Any]:
        return next(event for event in reversed(self.events) if event["event"] == "report")


@dataclass(frozen=True)
class Shell:
    """A user's shell: a working directory, a home, an endpoint."""

    directory: Path
    endpoint: str
    extra: Mapping[str, str]

    def environment(self) -> dict[str, str]:
        kept = {"PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "SYSTEMROOT"}
        env = {name: value for name, value in os.environ.items() if name in kept}
        env |= {
            "HOME": str(self.directory / "home"),
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": str(self.directory / "home" / "hf"),
            "PYTHONFAULTHANDLER": "1",
            "HFGET_LANG": "en",
        }
        env |= self.extra
        return {name: value for name, value in env.items() if value}

    def run(self, *arguments: str | Path, timeout: float = TIMEOUT_SECONDS) -> Result:
        """Run `hfget ARGUMENTS` to its end."""
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            process.kill()
        assert process.returncode is not None
        return Result(process.returncode, out.decode(), err.decode())

    def typed(self, line: str) -> Result:
        """What a line does when it is typed into bash; all of a pipe must end well."""
        environment = self.environment()
        hfget, inherited = in_a_shell(environment)
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", hfget + line],
            cwd=self.directory,
            env=environment,
            pass_fds=inherited,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str | Path) -> Started:
        """Start `hfget ARGUMENTS`; the caller ends it."""
        words, environment = [*map(str, arguments)], self.environment()
        if "LD_PRELOAD" not in environment:
            return fork_hfget(words, directory=self.directory, environment=environment)
        return subprocess.Popen(  # what is loaded so wants a start of its own
            [*HFGET, *words],
            cwd=self.directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pipesize=_PIPE_BYTES,
        )

    def with_env(self, **extra: str) -> Shell:
        return Shell(self.directory, self.endpoint, {**self.extra, **extra})

    def impatient(self) -> Shell:
        """Tries follow each other after a fiftieth of the time: where a test is not about waits."""
        paths = [str(IMPATIENT), *filter(None, [os.environ.get("PYTHONPATH")])]
        return self.with_env(PYTHONPATH=os.pathsep.join(paths))


ShellAt: TypeAlias = Callable[[str], Shell]


def new_shell(directory: Path, endpoint: str) -> Shell:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "home").mkdir(exist_ok=True)
    return Shell(directory, endpoint, {})


def all_end_well(processes: Sequence[Started], seconds: float) -> list[tuple[str, str]]:
    """What each says on stdout and on stderr; all must end with 0 in time."""
    said = []
    try:
        for process in processes:
            out, err = process.communicate(timeout=seconds)
            assert process.returncode == 0, err.decode()
            said.append((out.decode(), err.decode()))
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return said


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for a condition; fails if it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.005)


def tree(folder: Path) -> dict[str, str]:
    """The sha256 of every file in a folder but the download records, by path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        if path.is_file() and not relative.startswith(".cache/huggingface/"):
            found[relative] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def leftovers(folder: Path) -> list[str]:
    """Partials and journals that lie in a folder's records."""
    records = folder / ".cache" / "huggingface"
    return sorted(
        path.name
        for path in records.rglob("*")
        if ".incomplete" in path.name or ".hfget-journal" in path.name or path.suffix == ".tmp"
    )
