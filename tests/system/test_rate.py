"""`--limit-rate` as a user sees it: bytes in proportion to the rate, and a file that changes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model
from tests.support.command import Shell, ShellAt, Started

REPO = "org/m"
#: In bytes; the fast run would need far longer for it than the test looks.
SIZE = 48_000_000
#: Bytes a second of the slow run; the fast one has four times that.
RATES = {REPO: 500_000, "org/small": 100_000}
#: Progress is told every half second: after the first few, so many are looked at.
SKIPPED, LOOKED_AT = 2, 8
#: What a run may take in after the rate became 0: a turn of each of its connections.
IN_FLIGHT = 1 << 18
BOUND = 60.0


class Running:
    """A download whose progress is read line by line."""

    def __init__(self, process: Started) -> None:
        assert process.stdout is not None
        self.process = process
        self._lines = process.stdout

    def received(self) -> int:
        """The bytes that came, as the next line of progress says."""
        for line in self._lines:
            event = json.loads(line)
            if event["event"] == "progress":
                return int(event["received"])
        raise AssertionError("the download ended")

    def came(self, lines: int) -> int:
        """How many bytes came while so many lines of progress were told."""
        before = now = self.received()
        for _ in range(lines):
            now = self.received()
        return now - before


@contextmanager
def running(shell: Shell, folder: str, rate: str, repo: str = REPO) -> Iterator[Running]:
    process = shell.start(repo, "--json", "--local-dir", folder, "--limit-rate", rate)
    try:
        yield Running(process)
    finally:
        process.kill()
        process.communicate(timeout=BOUND)


@pytest.fixture
def shell(repos_root: Path, start_hub: StartHub, shell_at: ShellAt) -> Shell:
    make_model(repos_root, REPO, {"w.bin": SIZE})
    small: dict[str, bytes | str | int] = {f"part-{n:03d}.bin": 20_000 for n in range(400)}
    make_model(repos_root, "org/small", small)
    return shell_at(start_hub().endpoint)


@pytest.mark.parametrize("repo", RATES)
def test_bytes_come_in_proportion_to_the_rate(repo: str, shell: Shell) -> None:
    """Both runs share the machine: what slows one slows the other. Small files count, too."""
    rates = str(RATES[repo]), str(4 * RATES[repo])
    with (
        running(shell, "slow", rates[0], repo) as slow,
        running(shell, "fast", rates[1], repo) as fast,
    ):
        for run in (slow, fast):
            run.came(SKIPPED)
        few, many = slow.came(LOOKED_AT), fast.came(LOOKED_AT)
    assert few and 3 < many / few < 5


def test_a_file_pauses_a_download_and_lets_it_go(shell: Shell, tmp_path: Path) -> None:
    rate = tmp_path / "rate"
    rate.write_text("2M")
    with running(shell, "m", f"@{rate}") as run:
        assert run.came(SKIPPED) > 0
        rate.write_text("0")
        run.came(SKIPPED)
        assert run.came(LOOKED_AT // 2) <= IN_FLIGHT
        rate.write_text("2M")
        run.came(SKIPPED)
        before = run.came(LOOKED_AT // 2)
        assert before > 4 * IN_FLIGHT
        rate.write_text("1G")
        out, _ = run.process.communicate(timeout=BOUND)
    assert run.process.returncode == 0
    report = json.loads(out.splitlines()[-1])
    assert report["event"] == "report" and report["received"] == SIZE
