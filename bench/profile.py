"""`python -m bench.profile`: where hfget's time goes in W1 and W3, and what its imports cost.

py-spy samples the running command from outside. "Busy" are threads that run, are about to, or
wait for the disk; a second run counts the time in which some thread holds the GIL, which is
what limits how many threads help.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bench import contestants, runner, tools
from bench.__main__ import WORK
from bench.contestants import Contestant, Job
from bench.report import table
from bench.results import Run
from bench.workloads import FULL, QUICK, TINY, Workload, workloads

_RATE = 250
_SHOWN = 12
_SAMPLES = WORK / "samples.txt"
_IMPORT_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")


@dataclass(frozen=True, slots=True)
class Profile:
    """Samples by innermost function, and how long the run took."""

    functions: Counter[str]
    run: Run

    @property
    def seconds(self) -> float:
        return self.functions.total() / _RATE


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    for scale in (QUICK, TINY):
        parser.add_argument(
            f"--{scale.name}", dest="scale", action="store_const", const=scale, default=FULL
        )
    parser.add_argument("--only", default="W1,W3", metavar="W1,W3")
    given = parser.parse_args()
    if tools.find("py-spy") is None:
        print("py-spy is not here: pip install 'hfget[bench]'", file=sys.stderr)
        return 2
    WORK.mkdir(exist_ok=True)
    for workload in workloads(given.scale):
        if workload.key in given.only.split(","):
            print("\n\n".join(_report(workload)), "\n")
    print("\n\n".join(_imports()))
    return 0


def _report(workload: Workload) -> Iterable[str]:
    """A workload's profile as Markdown."""
    busy, with_gil = _profile(workload, []), _profile(workload, ["--gil"])
    yield f"### {workload.key}: {workload.title}"
    yield (
        f"{busy.run.seconds:.2f} s under the profiler, in which threads were busy for "
        f"{busy.seconds:.2f} s; the GIL was held for {with_gil.seconds:.2f} s of "
        f"{with_gil.run.seconds:.2f} s."
    )
    rows = (
        [f"`{name}`", f"{count / busy.functions.total():.0%}", f"{count / _RATE:.2f} s"]
        for name, count in busy.functions.most_common(_SHOWN)
    )
    yield table(["busy in", "share", "time"], "lrr", rows)


def _profile(workload: Workload, options: list[str]) -> Profile:
    spy = tools.find("py-spy")
    assert spy is not None
    record = [spy, "record", "--nonblocking", "--rate", str(_RATE), *options]
    record += ["--format", "raw", "--output", str(_SAMPLES), "--"]
    run = _run(workload, lambda command: [*record, *command])
    return Profile(innermost(_SAMPLES.read_text()), run)


def innermost(raw: str) -> Counter[str]:
    """Samples by innermost function, from lines of `outer (file:line);inner (file:line) 12`."""
    found: Counter[str] = Counter()
    for line in raw.splitlines():
        stack, _, count = line.rpartition(" ")
        name, _, place = stack.rpartition(";")[2].partition(" (")
        file = place.partition(":")[0].rpartition("site-packages/")[2]
        found[f"{file} {name}" if name else "no Python function"] += int(count)
    return found


def _run(workload: Workload, wrapped: Callable[[list[str]], list[str]]) -> Run:
    """hfget alone in a workload, its command changed. Raises RuntimeError if it fails."""
    hfget = contestants.hfget()

    def command(job: Job) -> list[str]:
        return wrapped(hfget.command(job))

    profiled = Contestant("hfget", hfget.needs, hfget.verifies, command)
    alone = replace(workload, contestants=(profiled,), repeats=1)
    outcome = runner.carry_out(alone, WORK)
    run = outcome.rows[0].runs[0] if outcome.rows else None
    if run is None or run.failure:
        raise RuntimeError(run.failure if run else outcome.skipped)
    return run


def _imports() -> Iterable[str]:
    """The packages whose modules cost most in a real download, by their own time."""
    workload = next(item for item in workloads(TINY) if item.key == "W1")
    python = tools.find("python")
    assert python is not None
    _run(workload, lambda command: [python, "-X", "importtime", *command])
    costs = by_package((WORK / "output.txt").read_text(errors="replace"))
    yield "### Imports of a download"
    yield f"{sum(costs.values()) / 1e6:.2f} s in all, measured by `-X importtime`."
    rows = ([f"`{name}`", f"{cost / 1000:.0f} ms"] for name, cost in costs.most_common(5))
    yield table(["package", "own time"], "lr", rows)


def by_package(text: str) -> Counter[str]:
    """Microseconds by top-level package, from what `-X importtime` prints."""
    costs: Counter[str] = Counter()
    for line in text.splitlines():
        if match := _IMPORT_LINE.match(line):
            costs[match.group(2).partition(".")[0]] += int(match.group(1))
    return costs


if __name__ == "__main__":
    sys.exit(main())
