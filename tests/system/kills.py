"""Killing the real command at random moments."""

from __future__ import annotations

import random
import subprocess

from tests.system.command import Shell


def kill_at_random(
    shell: Shell,
    repo: str,
    *,
    kills: int,
    longest: float,
    number: int,
    chance: random.Random,
    arguments: tuple[str, ...] = (),
) -> int:
    """Start the command and signal it after U(0, longest) seconds, `kills` times.

    Returns how many runs were still going when they were signalled; a run that was done first
    does not count, and ends the trial.
    """
    for count in range(kills):
        process = shell.start(repo, *arguments)
        try:
            process.wait(chance.uniform(0.0, longest))
            process.communicate()
            return count
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            process.communicate(timeout=30)
    return kills
