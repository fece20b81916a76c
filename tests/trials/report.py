"""The table of all scenarios and what came of them, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tests.trials.runner import Outcome
from tests.trials.scenario import Scenario
from tests.trials.table import SECTIONS

_WIDTH = 100


def markdown(outcomes: Mapping[str, Sequence[Outcome]], skipped: Mapping[str, str]) -> str:
    """One table a section. `outcomes` are by scenario, `skipped` says what a scenario lacks."""
    lines = ["# What is injected, and how it ends", "", summary(outcomes), ""]
    for section, scenarios in SECTIONS.items():
        rows = {f"{section}: {each.name}": each for each in scenarios}
        shown = [key for key in rows if key in outcomes or key in skipped]
        if not shown:
            continue
        lines += [f"## {section}", "", "| scenario | injected | required | outcome |"]
        lines += ["|---|---|---|---|"]
        for key in shown:
            outcome = _outcome(outcomes[key]) if key in outcomes else f"needs {skipped[key]}"
            cells = (rows[key].name, rows[key].injected, required(rows[key]), outcome)
            lines.append("| " + " | ".join(map(_cell, cells)) + " |")
        lines.append("")
    return "\n".join(lines)


def summary(outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """One sentence: how many ran, how many failed, how much was searched for secrets."""
    runs = [outcome for several in outcomes.values() for outcome in several]
    failed = sum(bool(outcome.problems) for outcome in runs)
    searched = sum(outcome.searched for outcome in runs)
    return (
        f"{len(runs)} runs of {len(outcomes)} scenarios, {failed} not as they must end; "
        f"{searched:,} bytes searched for secrets"
    )


def required(scenario: Scenario) -> str:
    """How the scenario must end, in short."""
    return "; ".join(_demands(scenario))


def _demands(scenario: Scenario) -> Iterator[str]:
    yield "exit " + " or ".join(map(str, scenario.codes))
    if scenario.lost is None:
        yield "what is there is right"
    elif not scenario.lost:
        yield "all files"
    elif set(scenario.lost) >= set(scenario.files):
        yield "no file"
    else:
        yield "all files but " + ", ".join(scenario.lost)
    if scenario.says:
        yield "says " + ", ".join(f"“{words}”" for words in scenario.says)
    if scenario.most is not None:
        yield f"≤ {scenario.most:g} × the bytes"
    if scenario.again:
        bound = f" with ≤ {scenario.most_again:g} × in all" if scenario.most_again else ""
        yield f"then complete{bound}"


def _outcome(outcomes: Sequence[Outcome]) -> str:
    problems = [problem for outcome in outcomes for problem in outcome.problems]
    codes = dict.fromkeys(",".join(map(str, outcome.codes)) for outcome in outcomes)
    seconds = max(outcome.seconds for outcome in outcomes)
    share = max(outcome.share for outcome in outcomes)
    word = f"**{problems[0]}**" if problems else "as required"
    return f"{word}: exit {' / '.join(codes)}, {share:.2f} × the bytes, {seconds:.0f} s"


def _cell(text: str) -> str:
    """What cannot break out of its cell: one line, no markup, of a bounded length."""
    text = "".join(char if char.isprintable() else "�" for char in text)
    text = text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
    for char in "\\|<>*_`[]":
        text = text.replace(char, f"\\{char}")
    return text or "–"
