"""The table: no line of the specification is missing, and what is in it ends as it must."""

from __future__ import annotations

import ast
import zlib
from pathlib import Path

import pytest

from tests.trials import specification, tools
from tests.trials.runner import run
from tests.trials.table import QUICK, SCENARIOS, SECTIONS

ROOT = Path(__file__).parents[2]


def test_every_line_of_the_specification_is_tried() -> None:
    lines = set(specification.LINES)
    assert len(lines) == len(specification.LINES)
    covered = {line for scenario in SCENARIOS.values() for line in scenario.covers}
    assert covered <= lines, "a scenario names a line that there is not"
    assert specification.ELSEWHERE.keys() <= lines - covered
    assert specification.OPEN.keys() <= lines - covered - specification.ELSEWHERE.keys()
    assert lines == covered | specification.ELSEWHERE.keys() | specification.OPEN.keys()


def test_names_are_told_apart() -> None:
    assert len(SCENARIOS) == sum(map(len, SECTIONS.values()))
    assert set(QUICK) <= set(SCENARIOS)


@pytest.mark.parametrize(("file", "function"), specification.ELSEWHERE.values())
def test_what_is_tried_elsewhere_is_there(file: str, function: str) -> None:
    tree = ast.parse((ROOT / file).read_text())
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", QUICK)
def test_ends_as_it_must(name: str, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    if lacking := tools.missing(scenario.needs):
        pytest.skip(f"needs {lacking}")
    outcome = run(scenario, tmp_path / "trial", json=bool(zlib.crc32(name.encode()) & 1))
    assert outcome.problems == [], outcome.said[-4000:]
