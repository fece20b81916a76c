"""Interrupted in every way, a download goes on where it stopped and ends right."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from tests.hub import LocalHub
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_model
from tests.support.command import ShellAt, leftovers, tree, wait_until
from tests.support.kills import NAMES, Tally, kill_and_go_on, make_repos
from tests.support.steps import kill_before_step

REPO = "org/large"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_stops_in_order_and_the_next_run_goes_on(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, number: int, code: int
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 64 * MiB, "c.json": "{}"})
    hub = start_hub(rate_total=40 * MiB)
    shell = shell_at(hub.endpoint)
    process = shell.start(REPO)
    wait_until(lambda: hub.bytes_sent("cdn") > 16 * MiB)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert out == b""
    assert b"hfget org/large" in err
    assert b"Traceback" not in err
    target = shell.directory / "large"
    assert not (target / "w.bin").exists()
    again = shell.run(REPO, "--json")
    assert again.code == 0, again.err
    assert tree(target) == tree(source)
    assert leftovers(target) == []
    assert again.report["reused"] >= 10 * MiB
    assert hub.bytes_sent("cdn") <= 64 * MiB + 8 * 2 * MiB


def test_a_second_ctrl_c_ends_at_once(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {"w.bin": 64 * MiB})
    hub = start_hub(rate_total=8 * MiB)
    process = shell_at(hub.endpoint).start(REPO)
    wait_until(lambda: hub.bytes_sent("cdn") > MiB)
    process.send_signal(signal.SIGINT)
    time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130


def test_a_silent_hub_does_not_keep_ctrl_c_waiting(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    from tests.hub import Fault, effects

    make_model(repos_root, REPO, {"w.bin": MiB})
    hub = start_hub()
    hub.faults.add(Fault(effects.Stall(after_bytes=None), path="/api/*", times=None))
    process = shell_at(hub.endpoint).start(REPO)
    wait_until(lambda: len(hub.log) > 0)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=8)
    assert process.returncode == 130


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", NAMES)
def test_kills_at_random_moments_cost_only_what_was_in_flight(
    name: str, repos_root: Path, tmp_path: Path
) -> None:
    """Six kills of each kind of repo; `tests.support.soak` does the same at length."""
    repos = make_repos(repos_root, [name])
    tally = kill_and_go_on(repos_root, tmp_path, repos, kills=6, chance=random.Random(name))
    assert tally.violations == []
    assert len(tally.kills) >= 6 and tally.done > 0 and tally.hashed > 0


@pytest.mark.timeout(300)
def test_a_kill_before_a_step_on_the_disk_does_no_harm(repos_root: Path, tmp_path: Path) -> None:
    """Every thirteenth step; `tests.support.soak --steps` takes them all."""
    tally = Tally()
    steps = 0
    with LocalHub(repos_root) as hub:
        while kill_before_step(repos_root, tmp_path, hub, 4 + 13 * steps, tally):
            assert tally.violations == []
            steps += 1
    assert tally.violations == []
    assert steps >= 4 and tally.hashed > 3


def test_a_partial_that_somebody_edited_is_found_out(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 64 * MiB})
    hub = start_hub(rate_total=40 * MiB)
    shell = shell_at(hub.endpoint)
    process = shell.start(REPO)
    wait_until(lambda: hub.bytes_sent("cdn") > 30 * MiB)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    records = shell.directory / "large" / ".cache" / "huggingface" / "download"
    (partial,) = records.glob("*.incomplete")
    with open(partial, "r+b") as data:
        data.seek(100)
        data.write(b"edited by somebody")
    before = hub.bytes_sent("cdn")
    again = shell.run(REPO)
    assert again.code == 0, again.err
    assert tree(shell.directory / "large") == tree(source)
    assert hub.bytes_sent("cdn") - before <= 64 * MiB - 16 * MiB


def test_a_garbage_journal_is_thrown_away(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 40 * MiB})
    hub = start_hub(rate_total=40 * MiB)
    shell = shell_at(hub.endpoint)
    process = shell.start(REPO)
    wait_until(lambda: hub.bytes_sent("cdn") > 15 * MiB)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    records = shell.directory / "large" / ".cache" / "huggingface" / "download"
    (journal,) = records.glob("*.hfget-journal")
    journal.write_bytes(b"\x00garbage" * 500)
    assert shell.run(REPO).code == 0
    assert tree(shell.directory / "large") == tree(source)
    assert leftovers(shell.directory / "large") == []
