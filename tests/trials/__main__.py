"""Run all scenarios, or those whose name holds one of the words, and print them with outcomes.

python -m tests.trials [-n PROCESSES] [--mode plain|json|both] [--out FILE] [WORD...]

FILE gets the table as Markdown: what was injected, what was required, what came of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.trials import report, tools
from tests.trials.runner import Outcome, run
from tests.trials.table import SCENARIOS

_MODES = {"plain": (False,), "json": (True,), "both": (False, True)}


def main() -> int:
    """The exit code: 0 if every scenario ended as it must."""
    given = _arguments()
    chosen = [key for key in SCENARIOS if any(word in key for word in given.words or [""])]
    lacking = {key: tools.missing(SCENARIOS[key].needs) for key in chosen}
    ready = [key for key in chosen if not lacking[key]]
    begun = time.monotonic()
    outcomes: dict[str, list[Outcome]] = {}
    for key, outcome in _run_all(ready, _MODES[given.mode], given.processes):
        outcomes.setdefault(key, []).append(outcome)
        print(_row(key, outcome), flush=True)
        if given.verbose or outcome.problems:
            print(_indented(outcome.said[: given.show]))
    skipped = {key: lack for key, lack in lacking.items() if lack}
    for key, lack in skipped.items():
        print(f"skipped {key}: needs {lack}")
    print(f"{report.summary(outcomes)}; {time.monotonic() - begun:.0f} s")
    if given.out:
        given.out.write_text(report.markdown(outcomes, skipped))
    failed = any(outcome.problems for several in outcomes.values() for outcome in several)
    return 1 if failed or not outcomes else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.trials", description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("-n", "--processes", type=int, default=4)
    parser.add_argument("--mode", choices=tuple(_MODES), default="both")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the table there")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what was said")
    parser.add_argument("--show", type=int, default=3000, help="so many characters of it")
    return parser.parse_args()


def _run_all(
    keys: Sequence[str], modes: Sequence[bool], processes: int
) -> Iterator[tuple[str, Outcome]]:
    with ProcessPoolExecutor(processes) as pool:
        waiting = {pool.submit(attempt, key, json): key for key in keys for json in modes}
        for future in as_completed(waiting):
            yield waiting[future], future.result()


def attempt(key: str, json: bool) -> Outcome:
    """One scenario in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="hfget-trial-") as folder:
        return run(SCENARIOS[key], Path(folder) / "base", json=json)


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
