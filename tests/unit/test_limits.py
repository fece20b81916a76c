"""Every limit stands in one table, says where its figure comes from, and is what is documented."""

from __future__ import annotations

import ast
import runpy
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hfget import limits

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "hfget"
WRITER: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "write_limits.py"))
NAMES = [name for name in vars(limits) if name.isupper()]


def test_each_limit_says_what_it_is_and_why() -> None:
    rows = WRITER["rows"]()
    assert [name for name, *_ in rows] == NAMES
    assert all(what and why for _, _, what, why in rows)
    assert len({what for _, _, what, _ in rows}) == len(rows), "no two say the same"


def test_the_page_shows_the_limits_as_they_are() -> None:
    for path in WRITER["PAGES"]:
        assert path.read_text("utf-8") == WRITER["page"](path), "run: python docs/write_limits.py"


@cache
def uses() -> Mapping[str, Sequence[ast.Name]]:
    """Where names of limits stand in the source, but in their own module."""
    found: dict[str, list[ast.Name]] = {name: [] for name in NAMES}
    for path in SOURCE.rglob("*.py"):
        if path.name == "limits.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
            if isinstance(node, ast.Name) and node.id in found:
                found[node.id].append(node)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_limit_is_used_and_defined_nowhere_else(name: str) -> None:
    assert uses()[name]
    assert all(isinstance(node.ctx, ast.Load) for node in uses()[name]), "defined again"
