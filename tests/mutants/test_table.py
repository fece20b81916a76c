"""Every check of the tables stands in the source, and can be removed."""

from __future__ import annotations

import ast

import pytest

from tests.mutants.check import Check
from tests.mutants.checks import CHECKS, without
from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.sandbox import PROJECT


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.file}: {check.old.strip()}")
def test_a_check_stands_there_once_and_leaves_sound_code_behind(check: Check) -> None:
    source = (PROJECT / "src" / "hfget" / check.file).read_text(encoding="utf-8")
    ast.parse(without(source, check))
    for test in check.tests:
        assert (PROJECT / "tests" / "unit" / test).is_file()


@pytest.mark.parametrize(("file", "before", "after"), EQUIVALENT)
def test_an_equivalent_is_of_a_line_that_stands_there(file: str, before: str, after: str) -> None:
    source = (PROJECT / "src" / "hfget" / file).read_text(encoding="utf-8")
    assert before != after and before in map(str.strip, source.splitlines())
