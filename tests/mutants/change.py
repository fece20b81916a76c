"""A change of code that is told by what the code means: a function, what stands in it, what is put
in its place. Layout, comments and the rest of the file do not matter to it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BARE = (ast.Name, ast.Constant)


class Change(NamedTuple):
    """In `function` (`Class.method`; `""` for the module itself) `new` stands for `old`.

    Both are Python: an expression, or statements that follow each other. Where `new` is empty,
    `old` is removed: the statements, or one condition of an `and` or `or`.
    """

    function: str
    old: str
    new: str


def changed(source: str, change: Change) -> str:
    """The source after the change. Raises ValueError where `old` does not stand there once."""
    tree = ast.parse(source)
    old, new = ast.parse(change.old).body, ast.parse(change.new).body
    scopes = _scopes(tree, change.function)
    if not scopes:
        raise ValueError(f"there is no function {change.function}")
    expression = _expression(old)
    if expression is not None and (not new or _expression(new) is not None):
        count = _replace_expression(scopes, expression, new)
    else:
        count = _replace_statements(scopes, old, new)
    if count != 1:
        raise ValueError(f"{change.function} has it {count} times: {change.old}")
    return ast.unparse(tree)


def difference(before: str, after: str) -> Change | None:
    """The smallest change that makes `after` of `before`; None if there is none, or no single one.

    It names what stands once in its function.
    """
    meant = _meaning(after)
    found = _differences(ast.parse(before), ast.parse(after), ())
    for change in reversed(list(found)):
        try:
            if change.new and isinstance(_expression(ast.parse(change.old).body), _BARE):
                continue  # a name or a number by itself says nothing to those who read it
            text = changed(before, change)
        except (ValueError, SyntaxError):
            continue
        if _meaning(text) == meant:
            return change
    return None


def _meaning(source: str) -> str:
    """What the code does: a statement that does nothing is left out."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for field, body in ast.iter_fields(node):
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                setattr(node, field, [each for each in body if not _is_nothing(each)])
    return ast.dump(tree)


def _is_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and statement.value.value is ...
    )


def _scopes(tree: ast.Module, function: str) -> list[ast.AST]:
    """What bears the name; a property and its setter bear the same."""
    scopes: list[ast.AST] = [tree]
    for name in function.split(".") if function else ():
        scopes = [
            node
            for scope in scopes
            for node in _inner(scope)
            if isinstance(node, _Definition) and node.name == name
        ]
    return scopes


def _inner(scope: ast.AST) -> Iterator[ast.AST]:
    """All nodes below, without what is within other functions and classes."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, _Definition):
            yield from _inner(node)


def _nodes(scopes: Sequence[ast.AST]) -> list[ast.AST]:
    """All of the functions; of the module what is outside its functions and classes."""
    return [
        node
        for scope in scopes
        for node in ((scope, *_inner(scope)) if isinstance(scope, ast.Module) else ast.walk(scope))
    ]


def _expression(body: Sequence[ast.stmt]) -> ast.expr | None:
    return body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None


def _replace_expression(scopes: Sequence[ast.AST], old: ast.expr, new: Sequence[ast.stmt]) -> int:
    instead = _expression(new)
    count = 0
    for parent in _nodes(scopes):
        if instead is None and not isinstance(parent, ast.BoolOp | ast.Expr):
            continue
        for field, value in ast.iter_fields(parent):
            values = value if isinstance(value, list) else [value]
            found = [_is_the_same(each, old) for each in values]
            if not any(found):
                continue
            count += sum(found)
            there = [
                instead if is_old else each
                for each, is_old in zip(values, found, strict=True)
                if instead is not None or not is_old
            ]
            if isinstance(parent, ast.Expr):
                there = [instead or ast.Constant(...)]
            setattr(parent, field, there if isinstance(value, list) else there[0])
    return count


def _replace_statements(
    scopes: Sequence[ast.AST], old: Sequence[ast.stmt], new: Sequence[ast.stmt]
) -> int:
    count = 0
    for parent in _nodes(scopes):
        for _, body in ast.iter_fields(parent):
            if not isinstance(body, list):
                continue
            for at in reversed(range(len(body) - len(old) + 1)):
                if all(map(_is_the_same, body[at : at + len(old)], old)):
                    count += 1
                    body[at : at + len(old)] = new or [ast.Pass()]
    return count


def _is_the_same(one: object, other: ast.AST) -> bool:
    return (
        type(one) is type(other) and isinstance(one, ast.AST) and ast.dump(one) == ast.dump(other)
    )


def _differences(before: ast.AST, after: ast.AST, names: tuple[str, ...]) -> Iterator[Change]:
    """Changes that may be what differs here, from the largest to the smallest."""
    function = ".".join(names)
    if isinstance(before, ast.expr | ast.stmt) and isinstance(after, ast.expr | ast.stmt):
        new = "" if isinstance(after, ast.Pass) else ast.unparse(after)
        yield Change(function, ast.unparse(before), new)
        if isinstance(before, ast.BoolOp):
            yield from (Change(function, ast.unparse(each), "") for each in before.values)
    if type(before) is not type(after):
        return
    if isinstance(before, _Definition):
        names = (*names, before.name)
    pairs = list(zip(ast.iter_fields(before), ast.iter_fields(after), strict=True))
    differ = [(old, new) for (_, old), (_, new) in pairs if not _same(old, new)]
    if len(differ) != 1:
        return
    old, new = differ[0]
    if isinstance(old, ast.AST) and isinstance(new, ast.AST):
        yield from _differences(old, new, names)
    if isinstance(old, list) and isinstance(new, list):
        first, last = _apart(old, new)
        olds, news = old[first : len(old) - last], new[first : len(new) - last]
        if olds and all(isinstance(each, ast.stmt) for each in olds):
            texts = ["\n".join(map(ast.unparse, part)) for part in (olds, news)]
            yield Change(".".join(names), texts[0], "" if texts[1] == "pass" else texts[1])
        if len(olds) == len(news) == 1 and all(
            isinstance(each, ast.AST) for each in (*olds, *news)
        ):
            yield from _differences(olds[0], news[0], names)


def _same(old: object, new: object) -> bool:
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, ast.AST) and isinstance(new, ast.AST):
        return ast.dump(old) == ast.dump(new)
    return type(old) is type(new) and old == new


def _apart(old: list[object], new: list[object]) -> tuple[int, int]:
    """How many are the same at the begin, and how many at the end."""
    most = min(len(old), len(new))
    first = next((at for at in range(most) if not _same(old[at], new[at])), most)
    last = 0
    while last < most - first and _same(old[-1 - last], new[-1 - last]):
        last += 1
    return first, last
