"""`python -m bench`: measure, compare with the bars, write table, plot and raw results."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from bench import bars, contents, limits, machine, plot, report, results, runner, tools
from bench.results import Outcome, Results
from bench.workloads import FULL, QUICK, TINY, Scale, Workload, workloads

WORK = Path(__file__).parent / ".work"
#: Above this load average (one minute) something else is at work.
_QUIET_LOAD = 0.7


def main() -> int:
    """Exit code 1 if a run of hfget failed; a missed bar is a figure, not a failure."""
    given = _arguments()
    # servers and namespaces are taken down in any case
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    out: Path = given.out or WORK / "results"
    if given.report is not None:
        write(results.load(given.report), out)
        return 0
    if given.install:
        tools.install()
    for program in tools.missing():
        print(f"NOT HERE: {program}; what needs it is skipped", file=sys.stderr)
    if os.getloadavg()[0] > _QUIET_LOAD:
        print("THE MACHINE IS BUSY: the figures will be of little worth", file=sys.stderr)
    scale: Scale = given.scale
    if given.repeats is not None:
        scale = replace(scale, repeats=given.repeats, starts=given.repeats)
    chosen = [workload for workload in workloads(scale) if _is_wanted(workload, given.only)]
    if not chosen:
        print(f"no workload is called {given.only}", file=sys.stderr)
        return 2
    WORK.mkdir(exist_ok=True)
    found = measure(scale, chosen)
    write(found, out)
    return 1 if any(row.is_hfget and len(row.good) < len(row.runs) for row in _rows(found)) else 0


def measure(scale: Scale, chosen: list[Workload]) -> Results:
    versions = tools.versions()
    commit = machine.hfget_commit()
    if "hfget" in versions and commit:
        versions["hfget"] += f" ({commit})"
    described = machine.describe(WORK)
    begun = time.strftime("%Y-%m-%d")
    source = contents.make(contents.one_file("large", scale.large), WORK)
    print("physical limits", file=sys.stderr)
    limit = limits.measure_limits(source.files / source.entries[0].path, WORK, scale.repeats)
    outcomes: list[Outcome] = []
    for workload in chosen:
        outcomes.append(runner.carry_out(workload, WORK))
        # what was measured is kept, whatever becomes of the rest
        so_far = Results(scale.name, begun, described, versions, limit, outcomes)
        so_far.save(WORK / "last.json")
    return so_far


def write(found: Results, out: Path) -> None:
    """`out` with .json, .md and .svg; the bars on stdout."""
    out.parent.mkdir(parents=True, exist_ok=True)
    found.save(out.with_suffix(".json"))
    out.with_suffix(".svg").write_text(plot.svg(found), encoding="utf-8")
    page = report.markdown(found, out.with_suffix(".svg").name)
    out.with_suffix(".md").write_text(page, encoding="utf-8")
    signs = {True: "✓", False: "✗", None: "?"}
    for bar in bars.judge(found):
        sign = signs[bar.passed]
        print(f"{sign} {bar.workload:10} {bar.what:60} {bar.required:>9} {bar.measured:>10}")
    print(f"\n{out.with_suffix('.md')}", file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    for scale, words in (
        (QUICK, "smaller sizes, at most five minutes"),
        (TINY, "a few seconds, to see that all works; the figures mean nothing"),
    ):
        size.add_argument(
            f"--{scale.name}",
            dest="scale",
            action="store_const",
            const=scale,
            default=FULL,
            help=words,
        )
    parser.add_argument("--only", metavar="W1,W3", help="these workloads (W1 is W1-tls too)")
    parser.add_argument("--repeats", type=int, metavar="N", help="runs of each contestant")
    parser.add_argument("--out", type=Path, metavar="FILE", help="FILE.md, FILE.svg, FILE.json")
    parser.add_argument("--install", action="store_true", help="get what is missing by apt-get")
    parser.add_argument("--report", type=Path, metavar="JSON", help="only write earlier results")
    return parser.parse_args()


def _is_wanted(workload: Workload, only: str | None) -> bool:
    """`W1` is all of W1, `W1-tls` that one. W7 comes out of W1."""
    if only is None:
        return True
    names = ["W1" if name == "W7" else name for name in only.replace(" ", "").split(",")]
    return workload.key in names or workload.key.partition("-")[0] in names


def _rows(found: Results) -> list[results.Row]:
    return [row for outcome in found.outcomes for row in outcome.rows]


if __name__ == "__main__":
    sys.exit(main())
