"""A copy of src and tests in a temporary folder, where code is changed and tests are run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
_COPIED = ("src", "tests")
_PYTEST = (
    *("-m", "pytest", "-p", "tests.mutants.quick", "-p", "no:xdist", "-p", "no:cacheprovider"),
    *("-x", "-q", "--tb=line", "--no-header", "--timeout=60"),
)
_FAILED = {1: "tests failed", 2: "collection failed"}


class End(Enum):
    """How the tests ended."""

    PASSED = "passed"
    FAILED = "failed"
    OVERDUE = "did not end"


class Sandbox:
    """The copy. One test run at a time."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._clock = int(time.time())
        skipped = shutil.ignore_patterns("__pycache__", ".hypothesis")
        for name in _COPIED:
            shutil.copytree(PROJECT / name, root / name, ignore=skipped)
        shutil.copy(PROJECT / "pyproject.toml", root)

    def source(self, file: str) -> str:
        """The text of `file`, a path below src/hfget."""
        return self._path(file).read_text(encoding="utf-8")

    @contextmanager
    def changed(self, file: str, text: str) -> Iterator[None]:
        """Have `file` say something else for a while."""
        before = self.source(file)
        self._write(file, text)
        try:
            yield
        finally:
            self._write(file, before)

    def run(self, tests: Sequence[str], seconds: float) -> tuple[End, str]:
        """Run tests (files below tests/unit, or tests in them) until one fails; and what was said.

        Raises RuntimeError where pytest could not run them at all.
        """
        command = [sys.executable, *_PYTEST, *(f"tests/unit/{test}" for test in tests)]
        child = subprocess.Popen(
            command,
            cwd=self._root,
            env={**os.environ, "PYTHONPATH": str(self._root / "src")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            said, _ = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return End.OVERDUE, ""
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        if child.returncode == 0:
            return End.PASSED, said
        if child.returncode in _FAILED or child.returncode < 0:
            return End.FAILED, said
        raise RuntimeError(f"pytest ended with {child.returncode}:\n{said}")

    def _path(self, file: str) -> Path:
        return self._root / "src" / "hfget" / file

    def _write(self, file: str, text: str) -> None:
        """Each time another modification time (seconds): Python must not take old bytecode."""
        path = self._path(file)
        path.write_text(text, encoding="utf-8")
        self._clock += 1
        os.utime(path, (self._clock, self._clock))


@contextmanager
def sandbox() -> Iterator[Sandbox]:
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        yield Sandbox(Path(folder))
