"""What the bench measures of a command, and how it takes turns."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bench import measure, servers
from bench.profile import by_package, innermost

if not Path("/proc/self/status").exists():
    pytest.skip("the bench reads /proc", allow_module_level=True)


def run(program: str, folder: Path, timeout: float = 60) -> measure.Usage:
    command = [sys.executable, "-c", program]
    with open(folder / "output.txt", "wb") as out:
        return measure.run(command, os.environ, folder, out, timeout)


def test_memory_is_that_of_the_command_and_its_children(tmp_path: Path) -> None:
    hold = "import time; block = bytearray(b'x') * (64 << 20); time.sleep(1)"
    small = run("import time; time.sleep(0.3)", tmp_path)
    large = run(hold, tmp_path)
    below = run(
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])", tmp_path
    )
    assert small.peak_bytes < 50 << 20
    assert 64 << 20 < large.peak_bytes < 120 << 20
    assert below.peak_bytes > large.peak_bytes


def test_cpu_seconds_are_those_of_the_children_too(tmp_path: Path) -> None:
    burn = "import time\nwhile time.process_time() < 0.5: pass"
    idle = run("import time; time.sleep(0.5)", tmp_path)
    busy = run(
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])", tmp_path
    )
    assert busy.cpu_seconds >= 0.5
    assert idle.cpu_seconds < busy.cpu_seconds
    assert idle.seconds >= 0.5


def test_a_command_that_hangs_is_killed_and_one_that_fails_is_told(tmp_path: Path) -> None:
    hung = run("import time; time.sleep(300)", tmp_path, timeout=0.3)
    assert hung.timed_out
    assert hung.exit_code < 0
    failed = run("print('said'); raise SystemExit(3)", tmp_path)
    assert (failed.exit_code, failed.timed_out) == (3, False)
    assert (tmp_path / "output.txt").read_text() == "said\n"


def test_everyone_is_first_in_turn() -> None:
    order: list[str] = []

    def once(name: str) -> int:
        order.append(name)
        return len(order)

    found = measure.interleaved("abc", 3, once)
    assert "".join(order) == "abcbcacab"
    assert found == [("a", [1, 6, 8]), ("b", [2, 4, 9]), ("c", [3, 5, 7])]


def test_a_log_is_counted_with_redirects_apart() -> None:
    log = (
        "3 200 1916 GET /api/models/bench/x\n"
        "3 302 0 GET /bench/x/resolve/c/model.safetensors\n"
        "4 206 4000 GET /oid?X-Amz-Expires=3600\n"
        "4 304 0 GET /bench/x/resolve/c/a.json\n"
        "5 404 153 GET /bench/x/resolve/c/b.json\n"
    )
    assert servers.parse_log(log) == servers.Traffic(4, 1, 3, 5916)


def test_samples_are_added_up_by_innermost_function() -> None:
    raw = (
        "<module> (hfget:8);Worker.run (hfget/transfer/worker.py:64) 4\n"
        "main (x/site-packages/typer/main.py:1);Worker.run (hfget/transfer/worker.py:70) 2\n"
        "get (/v/lib/python3.11/site-packages/requests/api.py:9) 1\n"
        " 3\n"
    )
    assert dict(innermost(raw)) == {
        "hfget/transfer/worker.py Worker.run": 6,
        "requests/api.py get": 1,
        "no Python function": 3,
    }


def test_import_times_are_added_up_by_package() -> None:
    text = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:       100 |        100 |   requests.adapters\n"
        "import time:        50 |        150 | requests\n"
        "import time:         7 |          7 | json\n"
        "another line\n"
    )
    assert dict(by_package(text)) == {"requests": 150, "json": 7}
