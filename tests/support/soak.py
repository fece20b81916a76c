"""Kill trials at length: `python -m tests.support.soak [--kills 1000 | --large | --steps]`.

Random signals at random moments, resumed each time. Exits with 1 if a file was ever wrong, too
much was fetched again, or something was left over. The seed makes the choices the same again,
not the moments.
"""

from __future__ import annotations

import argparse
import random
import secrets
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from hfget.system.text import size_text
from tests.hub import LocalHub
from tests.hub.repos import MiB, make_model
from tests.support.command import new_shell
from tests.support.kills import Kill, Tally, Trial, kill_and_go_on, make_repos
from tests.support.steps import kill_before_step

LARGE_BYTES = 1024 * MiB
LARGE_RATE = 60_000_000
LARGE_KILLS = 30
#: Of a large file, after all those kills together.
LARGE_MOST_AGAIN = 0.05


def main() -> int:
    """The trials, then a summary on stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    parser.add_argument("--large", action="store_true", help="kill -9 in one file of 1 GiB")
    parser.add_argument("--steps", action="store_true", help="kill -9 before each disk operation")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    chance = random.Random(given.seed)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hfget-soak-") as folder:
        root, work = Path(folder, "hub"), Path(folder, "work")
        root.mkdir()
        work.mkdir()
        if given.large:
            tally = large_file(root, work, chance)
        elif given.steps:
            tally = every_step(root, work)
        else:
            repos = make_repos(root)
            tally = kill_and_go_on(root, work, repos, kills=given.kills, chance=chance, tell=_tell)
    print(summary(tally))
    print(f"{time.monotonic() - begun:.0f} s in all")
    return 1 if tally.violations else 0


def large_file(root: Path, work: Path, chance: random.Random) -> Tally:
    """kill -9 at random moments of one large download, gone on with to its end."""
    repo = "org/large"
    source = make_model(root, repo, {"w.bin": LARGE_BYTES})
    tally = Tally()
    longest = 1.6 * LARGE_BYTES / LARGE_RATE / LARGE_KILLS
    with LocalHub(root, rate_total=LARGE_RATE) as hub:
        trial = Trial(hub, new_shell(work, hub.endpoint), repo, {"main": source})
        while len(tally.kills) < LARGE_KILLS and not tally.violations:
            if not trial.kill(
                tally,
                chance,
                "main",
                number=signal.SIGKILL,
                moment="while fetching",
                longest=longest,
            ):
                tally.violations.append(f"done after {len(tally.kills)} kills")
        trial.finish(tally, "main")
    again = sum(kill.again or 0 for kill in tally.kills)
    print(f"fetched again: {again / LARGE_BYTES:.2%} of the file")
    if again > LARGE_MOST_AGAIN * LARGE_BYTES:
        tally.violations.append("too much was fetched again")
    return tally


def every_step(root: Path, work: Path) -> Tally:
    """kill -9 before each step on the disk, from the first to the last."""
    tally = Tally()
    step = 1
    with LocalHub(root) as hub:
        while not tally.violations and kill_before_step(root, work, hub, step, tally):
            tally.kills.append(Kill(signal.SIGKILL, "before a step", None))
            _tell(tally)
            hub.clear_log()
            step += 1
    return tally


def summary(tally: Tally) -> str:
    """What happened, in lines."""
    lines = [f"{len(tally.kills)} kills, {tally.done} downloads ended"]
    by_signal = Counter(signal.Signals(kill.signal).name for kill in tally.kills)
    lines.append("by signal: " + ", ".join(f"{name} {n}" for name, n in by_signal.most_common()))
    by_moment = Counter(kill.moment for kill in tally.kills)
    lines.append("by moment: " + ", ".join(f"{name} {n}" for name, n in by_moment.most_common()))
    lines.append(f"fetched again: {_again(tally.kills)}")
    lines.append(f"final files hashed after a kill: {tally.hashed}, wrong: {tally.wrong}")
    return "\n".join([*lines, *(f"VIOLATION: {text}" for text in tally.violations)])


def _again(kills: list[Kill]) -> str:
    costs = [kill.again for kill in kills if kill.again is not None]
    if not costs:
        return "not measured"
    middle, most, total = statistics.median(costs), max(costs), sum(costs)
    return (
        f"median {size_text(middle)} a kill, most {size_text(most)}, "
        f"in all {size_text(total)} over {len(costs)} kills"
    )


def _tell(tally: Tally) -> None:
    print(f"\r{len(tally.kills)} kills, {tally.done} done", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
