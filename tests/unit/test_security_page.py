"""docs/security.md names modules, scenarios and tests that exist, and none of its promises none."""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.trials.table import SCENARIOS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
THREATS = 6


def promises() -> list[tuple[str, list[str], list[str]]]:
    """Each row of the tables: the promise, the modules that keep it, what shows it."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
    return [
        (row[0], re.findall(r"`([^`]+)`", row[1]), re.findall(r"`([^`]+)`", row[2]))
        for row in rows
        if row[0] != "promise"
    ]


def functions(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text()).body if hasattr(node, "name")}


def test_every_threat_has_promises_and_what_is_not_promised() -> None:
    assert PAGE.count("| promise | by | shown by |") == THREATS
    assert PAGE.count("\nNot promised:\n") == THREATS
    assert len(promises()) >= 4 * THREATS


@pytest.mark.parametrize(("promise", "modules", "shown"), promises())
def test_a_promise_is_kept_and_shown(promise: str, modules: list[str], shown: list[str]) -> None:
    assert modules, promise
    assert shown, promise
    for module in modules:
        assert (ROOT / "src" / "hfget" / module).is_file(), module
    for name in shown:
        file, _, function = name.partition("::")
        if function:
            assert function in functions(ROOT / file), name
        else:
            assert any(fnmatchcase(key, name) for key in SCENARIOS), name


def test_tests_beside_the_tables_exist_too() -> None:
    for file, function in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE):
        assert function in functions(ROOT / file), function


def test_the_page_in_chinese_makes_as_many_promises_of_each_kind() -> None:
    def counted(name: str, row: str, not_promised: str) -> list[tuple[int, int]]:
        sections = re.split("^## ", (ROOT / "docs" / name).read_text("utf-8"), flags=re.M)[1:]
        halves = [section.split(not_promised) for section in sections]
        return [
            (len(re.findall(row, told, re.M)), len(re.findall("^- ", rest, re.M)))
            for told, rest in halves
        ]

    english = counted("security.md", r"^\| (?!promise \|)", "\nNot promised:\n")
    assert counted("security.zh-CN.md", "^- ", "\n不承诺：\n") == english
