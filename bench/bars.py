"""What hfget must reach beside the others, and whether it did: ratios of medians of one run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.limits import HASH
from bench.results import Outcome, Results

ARIAS = ("aria2c -x1", "aria2c -x4", "aria2c -x16")
HF, SUM, EMPTY = "hf download", "curl && sha256sum", "an empty Typer program"
WIDE = "hfget -x 64"
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """A bar beside what was measured; `passed` is None if that could not be."""

    workload: str
    what: str
    required: str
    measured: str
    passed: bool | None


Bar = Callable[[Results], Verdict]


def faster(key: str, rivals: tuple[str, ...], at_least: float, subject: str = "hfget") -> Bar:
    """`subject` against the best of the rivals: how many times as fast."""
    best = "the best aria2c" if len(rivals) > 1 else rivals[0]

    def judge(results: Results) -> Verdict:
        outcome = results.outcome(key)
        own = _seconds(outcome, subject)
        others = [taken for rival in rivals if (taken := _seconds(outcome, rival)) is not None]
        ratio = min(others) / own if own and others else None
        return _verdict(
            key, f"{_named(subject)}times as fast as {best}", ratio, at_least, "×", lower=False
        )

    return judge


def at_most_times(key: str, subject: str, rival: str, limit: float) -> Bar:
    """The time of `subject` in times that of `rival`."""

    def judge(results: Results) -> Verdict:
        outcome = results.outcome(key)
        own, other = _seconds(outcome, subject), _seconds(outcome, rival)
        ratio = own / other if own and other else None
        return _verdict(key, f"{subject}, times as long as {rival}", ratio, limit, "×", lower=True)

    return judge


def requests_a_file(key: str, limit: float) -> Bar:
    def judge(results: Results) -> Verdict:
        outcome = results.outcome(key)
        row = outcome.row("hfget") if outcome else None
        count = row.median(lambda run: run.requests) if row else None
        value = count / outcome.files if outcome and count is not None else None
        return _verdict(key, "requests a file", value, limit, "", lower=True)

    return judge


def peak_memory(limit: int) -> Bar:
    """The largest peak of any run of hfget but W9, which has a bar of its own."""

    def judge(results: Results) -> Verdict:
        others = [outcome for outcome in results.outcomes if outcome.key != "W9"]
        value = _peak(others)
        return _verdict("W7", "peak memory of hfget anywhere", value, limit, " MiB", lower=True)

    return judge


def peak_at_scale(limit: int) -> Bar:
    """The largest peak of hfget with very many files."""

    def judge(results: Results) -> Verdict:
        outcome = results.outcome("W9")
        value = _peak([outcome] if outcome else [])
        return _verdict("W9", "peak memory", value, limit, " MiB", lower=True)

    return judge


def memory_a_file(limit: int) -> Bar:
    """What each file adds to the peak, in bytes, from some files to very many.

    Not from one: with some there are all the workers already, which are no files.
    """

    def judge(results: Results) -> Verdict:
        some, many = results.outcome("W9-some"), results.outcome("W9")
        least, most = _peak([some] if some else []), _peak([many] if many else [])
        value = None
        if many and some and least is not None and most is not None:
            value = (most - least) * _MIB / (many.files - some.files)
        return _verdict("W9", "memory a file", value, limit, " B", lower=True)

    return judge


def same_cost_a_file(limit: float) -> Bar:
    """CPU time of a file among very many, in times that of one among some; start-up not counted."""

    def judge(results: Results) -> Verdict:
        one, some, many = (results.outcome(key) for key in ("W9-one", "W9-some", "W9"))
        among_some, among_many = _cost_a_file(one, some), _cost_a_file(one, many)
        ratio = among_many / among_some if among_many and among_some else None
        return _verdict("W9", "CPU a file, times that among fewer", ratio, limit, "×", lower=True)

    return judge


def cpu_a_gigabyte() -> Bar:
    """CPU seconds of hfget at most those of the thriftiest aria2c and of sha256 on one core."""

    def judge(results: Results) -> Verdict:
        outcome = results.outcome("W1")
        own = _cpu(outcome, "hfget")
        arias = [spent for aria in ARIAS if (spent := _cpu(outcome, aria)) is not None]
        what = "CPU seconds a GB; aria2c's and those of sha256"
        if own is None or not arias or HASH not in results.limits:
            return Verdict("W7", what, "–", "–", None)
        return _verdict("W7", what, own, min(arias) + 1e9 / results.limits[HASH], " s", lower=True)

    return judge


BARS: tuple[Bar, ...] = (
    faster("W1", ARIAS, 2.0),
    faster("W1", (HF,), 2.0),
    faster("W1", (SUM,), 2.5),
    at_most_times("W1", "hfget", "hfget --no-fsync", 1.05),
    faster("W1-tls", ("aria2c -x4",), 1.2),
    faster("W1-tls", ("curl",), 1.0),
    faster("W2", ("aria2c -x16",), 3.5, WIDE),
    faster("W2", ("aria2c -x16",), 0.9),
    faster("W2-strict", ("aria2c -x16",), 3.5, WIDE),
    faster("W2-strict", ("aria2c -x16",), 0.9),
    faster("W3", (HF,), 5.0),
    requests_a_file("W3", 1.02),
    faster("W3-50ms", (HF,), 5.0),
    requests_a_file("W3-50ms", 1.02),
    faster("W4", ("aria2c -x16",), 1.0),
    faster("W4", (HF,), 2.0),
    faster("W5", (HF,), 8.0),
    at_most_times("W6", "hfget --version", EMPTY, 1.5),
    at_most_times("W6", "hfget --help", EMPTY, 1.5),
    peak_memory(150),
    cpu_a_gigabyte(),
    faster("W8", (HF,), 2.0),
    peak_at_scale(200),
    memory_a_file(1024),
    same_cost_a_file(1.1),
)


def judge(results: Results) -> list[Verdict]:
    """All bars whose workload was measured, those of memory and CPU always."""
    keys = {outcome.key for outcome in results.outcomes if outcome.rows} | {"W7"}
    verdicts = [bar(results) for bar in BARS]
    return [verdict for verdict in verdicts if verdict.workload in keys]


def _verdict(
    key: str, what: str, value: float | None, bar: float, unit: str, *, lower: bool
) -> Verdict:
    required = f"{'≤' if lower else '≥'} {bar:.3g}{unit}"
    if value is None:
        return Verdict(key, what, required, "–", None)
    passed = value <= bar if lower else value >= bar
    return Verdict(key, what, required, f"{value:.3g}{unit}", passed)


def _named(subject: str) -> str:
    """hfget without options goes without saying."""
    return "" if subject == "hfget" else f"{subject}, "


def _seconds(outcome: Outcome | None, contestant: str) -> float | None:
    row = outcome.row(contestant) if outcome else None
    return row.seconds if row else None


def _cpu(outcome: Outcome | None, contestant: str) -> float | None:
    """CPU seconds a GB."""
    row = outcome.row(contestant) if outcome else None
    spent = row.median(lambda run: run.cpu_seconds) if row else None
    return spent / outcome.size * 1e9 if outcome and spent is not None else None


def _cost_a_file(one: Outcome | None, more: Outcome | None) -> float | None:
    """CPU seconds of hfget for each file of `more`, beside what a run with one file takes."""
    if one is None or more is None:
        return None
    rows = [outcome.row("hfget") for outcome in (one, more)]
    spent = [row.median(lambda run: run.cpu_seconds) if row else None for row in rows]
    if spent[0] is None or spent[1] is None or more.files <= one.files:
        return None
    return (spent[1] - spent[0]) / (more.files - one.files)


def _peak(outcomes: Iterable[Outcome]) -> float | None:
    """The largest peak of hfget, in MiB."""
    rows = (row for outcome in outcomes for row in outcome.rows if row.is_hfget)
    peaks = [run.peak_bytes for row in rows for run in row.good]
    return max(peaks) / _MIB if peaks else None
