"""Runs one scenario: the command with the fault, the checks, the command without the fault."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.trials import checks, tools
from tests.trials.scenario import Scenario
from tests.trials.trial import Trial


@dataclass
class Outcome:
    """What came of a scenario. `problems` is empty if it ended as it must."""

    json: bool
    codes: tuple[int, ...] = ()
    seconds: float = 0.0
    share: float = 0.0
    searched: int = 0
    problems: list[str] = field(default_factory=list)
    said: str = ""


def run(scenario: Scenario, base: Path, *, json: bool = False) -> Outcome:
    """Run `scenario` in `base`, a new folder. With `json` all commands get --json --debug."""
    outcome = Outcome(json)
    begun = time.monotonic()
    with ExitStack() as stack:
        trial = Trial(scenario, base, stack, json=json)
        try:
            _with_fault(trial, outcome)
            outcome.problems += checks.secrets_shown(trial)
            if scenario.again:
                _without_fault(trial, outcome)
        except (AssertionError, OSError) as error:
            outcome.problems.append(f"{type(error).__name__}: {error}"[:500])
        outcome.problems += checks.secrets_shown(trial)
        outcome.problems += checks.tokens_astray(trial)
        outcome.codes = tuple(each.result.code for each in trial.ended)
        outcome.share = trial.sent / max(1, trial.size)
        outcome.searched = sum(trial.searched.values())
        outcome.said = trial.text
    outcome.seconds = time.monotonic() - begun
    return outcome


def _with_fault(trial: Trial, outcome: Outcome) -> None:
    scenario, problems = trial.scenario, outcome.problems
    if scenario.prepare is not None:
        scenario.prepare(trial)
    around = checks.Tree(trial.base, without=trial.out)
    inside = checks.Tree(trial.out, without=trial.out / ".cache")
    if scenario.drive is not None:
        scenario.drive(trial)
    else:
        trial.run(act=scenario.act)
    for ended in trial.ended:
        if ended.late:
            problems.append(f"had not ended after {ended.seconds:.0f} s")
    if trial.last.code not in scenario.codes:
        problems.append(f"exit code {trial.last.code}, not {scenario.codes}")
    problems += checks.wrong_bytes(trial, inside)
    if scenario.lost is not None:
        problems += checks.missing(trial, scenario.lost)
    now = checks.Tree(trial.base, without=trial.out)
    strays = [path for path in around.differences(now) if not trial.may_change(path)]
    problems += [f"written outside: {path}" for path in strays]
    problems += checks.messages(trial)
    if scenario.most is not None and trial.sent > scenario.most * trial.size:
        problems.append(f"sent {trial.sent / trial.size:.2f} × the size")
    for number, fault in enumerate(trial.faults):
        if fault.fired == 0 and number not in trial.optional:
            problems.append(f"fault not met: {fault.effect}")
    if "met" in trial.notes:
        problems += [
            f"fault not met: {rule}" for rule in tools.unmet(trial.env["SHIM"], trial.notes["met"])
        ]
    if scenario.check is not None:
        scenario.check(trial)


def _without_fault(trial: Trial, outcome: Outcome) -> None:
    scenario, problems = trial.scenario, outcome.problems
    trial.hub.faults.clear()
    trial.restore()
    if scenario.mend is not None:
        scenario.mend(trial)
    trial.run(*trial.default_arguments(), *scenario.again_arguments, env=trial.env_again)
    if trial.ended[-1].late:
        problems.append("the second run did not end")
    if trial.last.code != 0:
        problems.append(f"the second run ended with exit code {trial.last.code}")
    problems += [f"second run: {text}" for text in checks.missing(trial, ())]
    tree = checks.Tree(trial.out, without=trial.out / ".cache")
    expected = trial.expected()
    for path, digest in expected.items():
        if tree.entries.get(path) not in (digest, None):
            problems.append(f"second run: wrong bytes in {path}")
    problems += checks.unclean(trial)
    if scenario.most_again is not None and trial.sent > scenario.most_again * trial.size:
        problems.append(f"both runs: sent {trial.sent / trial.size:.2f} × the size")
