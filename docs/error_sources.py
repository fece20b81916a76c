"""Finds where the source makes errors, and which texts each of them may have (nothing is run)."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import hfget
from hfget import errors
from hfget.messages import Text

SOURCE = Path(hfget.__file__).parent
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.HfgetError)
}
#: Names that are followed one after another; what needs more is left alone.
_DEEPEST = 6
#: A field that follows a word without a blank: more words, or none.
_TAIL = re.compile(r"(?<=[\w}])\{(\w+)\}")


@dataclass(frozen=True)
class Said:
    """A template, and the texts that some of its fields hold."""

    template: str
    fields: tuple[tuple[str, Said], ...] = ()

    def said(self, say: Callable[[str], str]) -> str:
        """The template in the language of `say`; fields that may be empty are left out."""
        text = say(self.template)
        for name in _TAIL.findall(self.template):
            text = text.replace(f"{{{name}}}", "")
        for name, held in self.fields:
            if held.template != self.template:
                text = text.replace(f"{{{name}}}", held.said(say))
        return text


@dataclass(frozen=True)
class Raised:
    """One place where an error is made; no messages where its text could not be found."""

    place: str
    error: str
    messages: tuple[Said, ...]
    hints: tuple[Said, ...]


@dataclass
class _Module:
    name: str
    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    self.imported[alias.asname or alias.name] = (node.module, alias.name)

    def function_of(self, node: ast.AST) -> ast.FunctionDef | None:
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, ast.FunctionDef):
                return node
        return None


_modules: dict[str, _Module | None] = {}


def _module(name: str) -> _Module | None:
    if name not in _modules:
        base = SOURCE.parent / name.replace(".", "/")
        path = next(
            (p for p in (base.with_suffix(".py"), base / "__init__.py") if p.exists()), None
        )
        _modules[name] = _Module(name, ast.parse(path.read_text("utf-8"))) if path else None
    return _modules[name]


def raised() -> Iterator[Raised]:
    """Every place in the source where an error is made, in order of file and line."""
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        module = _module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
        if module is None or path.name == "errors.py":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                for name, message, hint in _made(node):
                    place = f"{path.relative_to(SOURCE)}:{node.lineno}"
                    yield Raised(
                        place, name, tuple(_texts(message, module)), tuple(_texts(hint, module))
                    )


def _made(call: ast.Call) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    """`Error(message, hint=…)`, or `make(Error, message, hint)`."""
    hint = next((one.value for one in call.keywords if one.arg == "hint"), None)
    arguments = call.args
    if isinstance(call.func, ast.Name) and call.func.id in ERRORS:
        at = 1 if call.func.id == "InterruptedRunError" else 0
        yield call.func.id, arguments[at] if len(arguments) > at else None, hint
    elif len(arguments) > 1:
        classes = [one.id for one in _branches(arguments[0]) if isinstance(one, ast.Name)]
        if classes and set(classes) <= ERRORS:
            for name in classes:
                yield name, arguments[1], hint or (arguments[2] if len(arguments) > 2 else None)


def _branches(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.IfExp):
        return _branches(node.body) + _branches(node.orelse)
    if isinstance(node, ast.BoolOp):
        return [one for value in node.values for one in _branches(value)]
    return [node]


def _texts(node: ast.expr | None, module: _Module, depth: int = 0) -> list[Said]:
    """The texts that an expression may be; none where that cannot be told."""
    if node is None or depth > _DEEPEST:
        return []
    found: list[Said] = []
    for one in _branches(node):
        for text in _text(one, module, depth + 1):
            if text.template and text not in found:
                found.append(text)
    return found


def _text(node: ast.expr, module: _Module, depth: int) -> list[Said]:
    match node:
        case ast.Call(func=ast.Name(id="Text"), args=[ast.Constant(value=str(template)), *_]):
            return [Said(template)]
        case ast.Attribute(value=ast.Name(id=alias), attr=name) if alias in module.imported:
            return _constant(*module.imported[alias], name)
        case ast.Call(func=ast.Attribute() | ast.Name() as function):
            return _called(node, function, module, depth)
        case ast.Name(id=name):
            return _named(name, node, module, depth)
        case ast.Subscript(value=ast.Name(id=name)):
            return _named(name, node, module, depth)
        case ast.Dict(values=values) | ast.Tuple(elts=values):
            return [text for one in values for text in _texts(one, module, depth)]
    return []


def _constant(package: str, submodule: str, name: str) -> list[Said]:
    if not package.startswith("hfget.messages"):
        return []
    value = getattr(import_module(f"{package}.{submodule}"), name, None)
    return [Said(value.template)] if isinstance(value, Text) else []


def _called(node: ast.Call, function: ast.expr, module: _Module, depth: int) -> list[Said]:
    """A template that is filled in, or a function of the same module that gives one."""
    templates = _texts(function, module, depth) if isinstance(function, ast.Attribute) else []
    if templates:
        fields = tuple(
            (one.arg, texts[0])
            for one in node.keywords
            if one.arg and len(texts := _texts(one.value, module, depth)) == 1
        )
        return [Said(text.template, fields) for text in templates]
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    found = [
        text
        for one in ast.walk(module.tree)
        if isinstance(one, ast.FunctionDef) and one.name == name
        for back in ast.walk(one)
        if isinstance(back, ast.Return)
        for text in _texts(back.value, module, depth)
    ]
    return found or (_named(name, node, module, depth) if name else [])


def _named(name: str, node: ast.AST, module: _Module, depth: int) -> list[Said]:
    """What a variable, a parameter or a constant of a module may hold."""
    function = module.function_of(node)
    if function is not None:
        if found := _assigned(name, function, module, depth):
            return found
        if name in (given := [one.arg for one in function.args.args]):
            return _passed(function, name, given, module, depth)
    if found := _assigned(name, module.tree, module, depth):
        return found
    if name in module.imported:
        package, there = module.imported[name]
        if other := _module(package):
            return _assigned(there, other.tree, other, depth)
    return []


def _assigned(name: str, scope: ast.AST, module: _Module, depth: int) -> list[Said]:
    found: list[Said] = []
    body = ast.walk(scope) if isinstance(scope, ast.FunctionDef) else ast.iter_child_nodes(scope)
    for node in body:
        pairs: list[tuple[ast.expr, ast.expr | None]] = []
        match node:
            case ast.Assign(targets=[target], value=value):
                pairs = [(target, value)]
            case ast.AnnAssign(target=target, value=value):
                pairs = [(target, value)]
            case ast.NamedExpr(target=target, value=value):
                pairs = [(target, value)]
        for target, value in pairs:
            if isinstance(target, ast.Name) and target.id == name:
                found += _texts(value, module, depth)
            elif isinstance(target, ast.Tuple) and value is not None:
                at = [getattr(one, "id", "") for one in target.elts]
                if name in at:
                    for branch in _branches(value):
                        if isinstance(branch, ast.Tuple):
                            found += _texts(branch.elts[at.index(name)], module, depth)
    return found


def _passed(
    function: ast.FunctionDef, name: str, given: list[str], module: _Module, depth: int
) -> list[Said]:
    """What the calls of a function in its own module pass for a parameter."""
    found: list[Said] = []
    at = given.index(name) - (given[:1] == ["self"])
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
            if called == function.name:
                values = [one.value for one in node.keywords if one.arg == name]
                values += node.args[at : at + 1]
                for value in values:
                    found += _texts(value, module, depth)
    return found
