"""A short fuzz run: the seed it prints gives the same inputs again."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
INPUTS = 500


def fuzz(seed: int) -> list[str]:
    """What a short run prints, without the seconds."""
    command = [sys.executable, "-m", "tests.fuzz", "--inputs", str(INPUTS), "--seed", str(seed)]
    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    return [re.sub(r" +[\d.]+ s ", " ", line) for line in done.stdout.splitlines()]


def test_the_same_seed_gives_the_same_inputs_and_nothing_breaks() -> None:
    first = fuzz(7)
    assert first[0] == "seed 7"
    total = re.match(r"total +(\d+) inputs", first[-1])
    assert total is not None and int(total[1]) >= INPUTS
    assert fuzz(7) == first
