"""The results as Markdown: bars, physical limits, a table for each workload."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.bars import Verdict, judge
from bench.results import Outcome, Results, Row

_MIB = 1 << 20


def markdown(results: Results, picture: str) -> str:
    """The whole page; `picture` is the name of the plot beside it."""
    parts = [
        "# Measurements",
        f"One run of `python -m bench` ({results.scale} sizes) on {results.when}. Every contestant "
        "took its turn, several times, into a fresh folder on the same disk; the figures are "
        "medians. Ratios say something; seconds say something about this machine only.",
        f"Machine: {_pairs(results.machine)}.",
        f"Versions: {_pairs(results.versions)}. Xet is switched off for `hf`.",
        f"![The medians as bars]({picture})",
        "## The bars",
        *([] if results.scale == "full" else [_SMALL]),
        _bars(judge(results)),
    ]
    if results.limits:
        parts += ["## What the machine can do", _limits(results)]
    parts += ["## Workload by workload", _LEGEND]
    for outcome in results.outcomes:
        parts += [f"### {outcome.key}: {outcome.title}", *_workload(outcome)]
    return "\n\n".join(parts) + "\n"


_SMALL = (
    "They are meant for the full sizes: with smaller ones the start of a Python program counts "
    "for more than the download."
)
_LEGEND = (
    "“× hfget” is the time of a contestant in times that of hfget. “Sent” is what the servers "
    "put on the wire, beside the size of the repo. Requests include those to the API, but not "
    "redirects. “Compares” is what the contestant itself holds against the listing."
)


def _pairs(values: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _bars(verdicts: Sequence[Verdict]) -> str:
    signs = {True: "✓", False: "✗ **missed**", None: "not measured"}
    rows = (
        [verdict.workload, verdict.what, verdict.required, verdict.measured, signs[verdict.passed]]
        for verdict in verdicts
    )
    return table(["", "bar", "required", "measured", ""], "llrrl", rows)


def _limits(results: Results) -> str:
    outcome = results.outcome("W1")
    row = outcome.row("hfget") if outcome else None
    seconds = row.seconds if row else None
    rows = []
    for name, rate in results.limits.items():
        share = f"{outcome.size / seconds / rate:.0%}" if outcome and seconds else "–"
        rows.append([name, f"{rate / 1e9:.2f} GB/s", share])
    return table(["", "limit", "hfget in W1 reaches"], "lrr", rows)


def _workload(outcome: Outcome) -> list[str]:
    notes = [f"Skipped: {outcome.skipped}." if outcome.skipped else outcome.conditions]
    notes += [f"Skipped: {line}." for line in outcome.missing]
    notes += [
        f"{row.contestant}: {len(failed)} of {len(row.runs)} runs failed ({failed[0].failure})."
        for row in outcome.rows
        if (failed := [run for run in row.runs if run.failure])
    ]
    parts = [note for note in notes if note]
    return [*parts, _rows(outcome)] if outcome.rows else parts


def _rows(outcome: Outcome) -> str:
    own = next((row.seconds for row in outcome.rows if row.is_hfget), None)
    heads = ["", "median", "min – max", "× hfget", "CPU s", "peak MiB"]
    download = outcome.size > 0
    if download:
        heads += ["MB/s", "sent", "requests", "connections", "compares"]
    rows = (_cells(row, own, outcome.size, download=download) for row in outcome.rows)
    return table(heads, "lrrrrr" + "rrrrl" * download, rows)


def _cells(row: Row, own: float | None, size: int, *, download: bool) -> list[str]:
    seconds = row.seconds
    name = f"**{row.contestant}**" if row.is_hfget else row.contestant
    if seconds is None:
        return [name, "failed"]
    taken = [run.seconds for run in row.good]
    peak = row.median(lambda run: run.peak_bytes)
    cells = [
        name,
        duration(seconds),
        f"{duration(min(taken))} – {duration(max(taken))}",
        f"{seconds / own:.2f}" if own else "–",
        f"{row.median(lambda run: run.cpu_seconds):.2f}",
        f"{peak / _MIB:.0f}" if peak else "–",
    ]
    if download:
        sent = row.median(lambda run: run.sent_bytes) or 0
        cells += [
            f"{size / seconds / 1e6:,.1f}",
            f"{sent / size:.2f}",
            f"{row.median(lambda run: run.requests):,.0f}",
            f"{row.median(lambda run: run.connections):,.0f}",
            row.verifies,
        ]
    return cells


def duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def table(heads: Sequence[str], align: str, rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table. `align` has l or r for each column; short rows are filled up."""
    marks = {"l": "---", "r": "--:"}
    lines = [heads, [marks[side] for side in align]]
    lines += [[*row, *[""] * (len(heads) - len(row))] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
