"""All mutants of a source text: those of cosmic-ray that fit, and removed statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

_COSMIC = (
    *("AddNot", "ReplaceUnaryOperator_Delete_Not", "ReplaceAndWithOr", "ReplaceOrWithAnd"),
    *("ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "NumberReplacer"),
    *("ReplaceContinueWithBreak", "ReplaceBreakWithContinue", "ZeroIterationForLoop"),
    *("ExceptionReplacer", "ReplaceBinaryOperator_Add_Sub", "ReplaceBinaryOperator_Sub_Add"),
    *(
        f"ReplaceComparisonOperator_{pair}"
        for pair in (
            *("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is"),
            *("Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt"),
        )
    ),
)
_REMOVED = "RemoveStatement"


class Mutant(NamedTuple):
    """A change of one place: which operator, at which line, and the whole text afterwards."""

    operator: str
    line: int
    before: str
    after: str
    text: str


def mutants(source: str, only: frozenset[str]) -> list[Mutant]:
    """All mutants, or those in the functions `only`, of what is more than wording."""
    tree = ast.parse(source)
    wanted, wording = _lines_of(tree, only), _wording(tree)
    found = [*_cosmic(source), *_removed(source, tree)]
    return [
        mutant
        for mutant in found
        if mutant.line not in wording and (not only or mutant.line in wanted) and _parses(mutant)
    ]


def _cosmic(source: str) -> Iterator[Mutant]:
    for name in _COSMIC:
        operator = get_operator(f"core/{name}")()
        nodes = list(ast_nodes(get_ast(source)))
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for number, ((line, _), _) in enumerate(places):
            with suppress(AttributeError):  # cosmic-ray replaces no exception with a dot in it
                text = mutate_code(source, operator, number)
                if text is not None:
                    yield _mutant(name, source, text, line)


def _removed(source: str, tree: ast.Module) -> Iterator[Mutant]:
    """Without a call whose result nobody wants, without a raise, without an addition in place."""
    lines = source.splitlines(keepends=True)
    for node in ast.walk(tree):
        call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if not isinstance(node, ast.Raise | ast.AugAssign) and not call:
            continue
        assert isinstance(node, ast.stmt) and node.end_lineno is not None
        first, last = node.lineno - 1, node.end_lineno
        text = "".join([*lines[:first], " " * node.col_offset + "pass\n", *lines[last:]])
        yield _mutant(_REMOVED, source, text, node.lineno)


def _mutant(operator: str, source: str, text: str, line: int) -> Mutant:
    """The first line that differs is shown: an operator tells where its node begins."""
    pairs = zip(source.splitlines(), text.splitlines(), strict=False)
    for number, (before, after) in enumerate(pairs, 1):
        if before != after:
            return Mutant(operator, number, before.strip(), after.strip(), text)
    return Mutant(operator, line, "", "", text)


def _lines_of(tree: ast.Module, names: frozenset[str]) -> set[int]:
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in names
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def _wording(tree: ast.Module) -> set[int]:
    """Lines of decorators, and those that only choose the words of an error."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            lines.update(decorator.lineno for decorator in node.decorator_list)
        if isinstance(node, ast.Raise):
            lines.update(range(node.lineno + 1, (node.end_lineno or node.lineno) + 1))
    return lines


def _parses(mutant: Mutant) -> bool:
    try:
        ast.parse(mutant.text)
    except SyntaxError:
        return False
    return bool(mutant.before)
