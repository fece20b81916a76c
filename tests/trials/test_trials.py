"""The table: no line of the specification is missing, and what is in it ends as it must."""

from __future__ import annotations

import ast
import re
import zlib
from base64 import b64encode
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.trials import checks, report, specification, tools
from tests.trials.runner import Outcome, run
from tests.trials.table import QUICK, SCENARIOS, SECTIONS
from tests.trials.trial import Trial

ROOT = Path(__file__).parents[2]


def test_every_line_of_the_specification_is_tried() -> None:
    lines = set(specification.LINES)
    assert len(lines) == len(specification.LINES)
    covered = {line for scenario in SCENARIOS.values() for line in scenario.covers}
    assert covered <= lines, "a scenario names a line that there is not"
    assert specification.ELSEWHERE.keys() <= lines - covered
    assert specification.OPEN.keys() <= lines - covered - specification.ELSEWHERE.keys()
    assert lines == covered | specification.ELSEWHERE.keys() | specification.OPEN.keys()


def test_every_row_of_the_exit_codes_is_met() -> None:
    """1 is a bug: nothing may ask for it."""
    table = (ROOT / "docs" / "exit-codes.md").read_text()
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", table, flags=re.MULTILINE)}
    met = {code for scenario in SCENARIOS.values() for code in scenario.codes}
    assert documented - {1} <= met


def test_names_are_told_apart() -> None:
    assert len(SCENARIOS) == sum(map(len, SECTIONS.values()))
    assert set(QUICK) <= set(SCENARIOS)


@pytest.mark.parametrize(("file", "function"), specification.ELSEWHERE.values())
def test_what_is_tried_elsewhere_is_there(file: str, function: str) -> None:
    tree = ast.parse((ROOT / file).read_text())
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    "written_as",
    [
        str,
        lambda token: token[: len(token) // 2],
        lambda token: token[len(token) // 2 :],
        lambda token: b64encode(token.encode()).decode(),
        lambda token: b64encode(f"user:{token}".encode()).decode(),
        lambda token: b64encode(f"me:{token}@host".encode()).decode(),
    ],
)
def test_the_search_for_secrets_finds_one(written_as: Callable[[str], str], tmp_path: Path) -> None:
    with ExitStack() as stack:
        trial = Trial(SCENARIOS[QUICK[0]], tmp_path / "trial", stack, json=False)
        (trial.shell.directory / "innocent").write_text("nothing")
        assert checks.secrets_shown(trial) == []
        place = trial.shell.directory / "leak"
        place.write_bytes(f"x{written_as(trial.token)}y".encode())
        assert checks.secrets_shown(trial) == [f"secret in {place}"]
        assert trial.searched[str(place)] == place.stat().st_size
        trial.seen.add(trial.token)
        assert "secret in command line" in checks.secrets_shown(trial)


def test_the_table_has_a_row_of_four_cells_for_each_scenario() -> None:
    outcomes = {key: [Outcome(json=False, codes=(0,))] for key in SCENARIOS}
    text = report.markdown(outcomes, {})
    rows = re.findall(r"^\|.*\|$", text, flags=re.MULTILINE)
    assert len(rows) == len(SCENARIOS) + 2 * len(SECTIONS)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", QUICK)
def test_ends_as_it_must(name: str, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    if lacking := tools.missing(scenario.needs):
        pytest.skip(f"needs {lacking}")
    outcome = run(scenario, tmp_path / "trial", json=bool(zlib.crc32(name.encode()) & 1))
    assert outcome.problems == [], outcome.said[-4000:]
