"""Every check of the tables stands in the source, and can be removed."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from tests.mutants.change import Change, changed, difference
from tests.mutants.check import Check
from tests.mutants.checks import CHECKS, name_of
from tests.mutants.equivalent import EQUIVALENT, Equivalent
from tests.mutants.modules import MODULES, Module
from tests.mutants.sandbox import PROJECT

_SAMPLE = """
class Reader:
    def read(self, size):  # of a file
        if size and not self.closed and size < 10:
            self.sync(size)
        return self.data

    def close(self):
        self.sync(0)

LIMIT = 10
"""


@cache
def source_of(file: str) -> str:
    return (PROJECT / "src" / "hfget" / file).read_text(encoding="utf-8")


@cache
def meaning_of(file: str) -> str:
    return ast.dump(ast.parse(source_of(file)))


@pytest.mark.parametrize("check", CHECKS, ids=name_of)
def test_a_check_stands_there_once_and_leaves_other_code_behind(check: Check) -> None:
    text = changed(source_of(check.file), check.change)
    assert ast.dump(ast.parse(text)) != meaning_of(check.file)
    for test in check.tests:
        assert (PROJECT / "tests" / "unit" / test).is_file(), test


@pytest.mark.parametrize("equivalent", EQUIVALENT, ids=lambda found: f"{found[0]} {found[1]}")
def test_an_equivalent_is_of_code_that_stands_there(equivalent: Equivalent) -> None:
    file, *change = equivalent
    changed(source_of(file), Change(*change))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.file)
def test_a_module_and_its_tests_exist(module: Module) -> None:
    assert source_of(module.file)
    for test in module.tests:
        assert (PROJECT / "tests" / "unit" / test).is_file(), test


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (Change("Reader.read", "not self.closed", ""), "and not self.closed ", ""),
        (Change("Reader.read", "self.sync(size)", ""), "self.sync(size)", "pass"),
        (Change("Reader.read", "return self.data", "return b''"), "self.data", "b''"),
        (Change("Reader.close", "self.sync(0)", "self.stop()"), "self.sync(0)", "self.stop()"),
        (Change("", "LIMIT = 10", "LIMIT = 11"), "LIMIT = 10", "LIMIT = 11"),
    ],
)
def test_a_change_is_found_by_its_function_and_its_meaning(
    change: Change, before: str, after: str
) -> None:
    assert _SAMPLE.count(before) == 1
    wanted = ast.unparse(ast.parse(_SAMPLE.replace(before, after)))
    for layout in (_SAMPLE, ast.unparse(ast.parse(_SAMPLE)), _SAMPLE.replace(" and", "  and")):
        assert ast.unparse(ast.parse(changed(layout, change))).replace("...", "pass") == wanted
    assert difference(_SAMPLE, _SAMPLE.replace(before, after)) is not None


@pytest.mark.parametrize(
    "change",
    [
        Change("Reader.write", "self.sync(size)", ""),
        Change("Reader.read", "self.sync(0)", ""),
        Change("Reader", "self.sync", "self.stop"),
    ],
    ids=["no such function", "not in this function", "twice"],
)
def test_a_change_of_what_does_not_stand_there_once_is_refused(change: Change) -> None:
    with pytest.raises(ValueError, match=r"no function|times"):
        changed(_SAMPLE, change)
