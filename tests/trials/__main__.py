"""Run all scenarios, or those whose name holds one of the words, and print the table with outcomes.

python -m tests.trials [-n PROCESSES] [--mode plain|json|both] [WORD...]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.trials.runner import Outcome, run
from tests.trials.table import SCENARIOS


def main() -> int:
    """The exit code: 0 if every scenario ended as it must."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials", description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("-n", "--processes", type=int, default=4)
    parser.add_argument("--mode", choices=("plain", "json", "both"), default="both")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--show", type=int, default=3000, help="so many characters of output")
    given = parser.parse_args()
    modes = {"plain": (False,), "json": (True,), "both": (False, True)}[given.mode]
    chosen = [key for key in SCENARIOS if any(word in key for word in given.words or [""])]
    begun, outcomes = time.monotonic(), []
    with ProcessPoolExecutor(given.processes) as pool:
        waiting = {pool.submit(attempt, key, json): key for key in chosen for json in modes}
        for future in as_completed(waiting):
            outcome = future.result()
            outcomes.append(outcome)
            print(_row(waiting[future], outcome), flush=True)
            if given.verbose or outcome.problems:
                print(_indented(outcome.said[: given.show]))
    failed = sum(bool(outcome.problems) for outcome in outcomes)
    searched = sum(outcome.searched for outcome in outcomes)
    print(
        f"{len(outcomes)} runs of {len(chosen)} scenarios, {failed} not as they must end; "
        f"{searched:,} bytes searched for secrets; {time.monotonic() - begun:.0f} s"
    )
    return 1 if failed or not outcomes else 0


def attempt(key: str, json: bool) -> Outcome:
    """One scenario in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="hfget-trial-") as folder:
        outcome = run(SCENARIOS[key], Path(folder) / "base", json=json)
    return outcome


def _row(key: str, outcome: Outcome) -> str:
    word = "FAILED" if outcome.problems else "ok"
    mode = "json" if outcome.json else "plain"
    codes = ",".join(map(str, outcome.codes))
    row = f"{word:6} {outcome.seconds:5.1f} s  {outcome.share:4.2f} ×  {codes:8} {mode:5} {key}"
    return "\n".join([row, *(f"       - {problem}" for problem in outcome.problems)])


def _indented(text: str) -> str:
    return "\n".join(f"       | {line}" for line in text.splitlines())


if __name__ == "__main__":
    sys.exit(main())
