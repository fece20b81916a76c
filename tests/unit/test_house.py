"""How the package is built: doors, loose modules, names of files, and their sizes."""

from __future__ import annotations

import ast
import re
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from hfget.errors import HfgetError
from hfget.operations.run import Run
from hfget.options import DownloadOptions
from tests.support.loopback import Answer, Asked, Loopback

SOURCE = Path(__file__).parents[2] / "src" / "hfget"
FILES = sorted(SOURCE.rglob("*.py"))
MODULES = [path for path in FILES if not path.name.startswith("__")]
PACKAGES = sorted(path for path in SOURCE.iterdir() if path.is_dir() and path.name[0] != "_")
FOLDERS = sorted({path.parent for path in FILES})

MOST_LOOSE = 8
MOST_LINES, FEWEST_LINES = 300, 20
MOST_ARGUMENTS = 6
#: From `Run.download` to the read of the status line.
MOST_CALLS = 16


def named(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_few_modules_lie_loose() -> None:
    loose = [path.name for path in SOURCE.glob("*.py")]
    assert len(loose) <= MOST_LOOSE, sorted(loose)


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_every_package_says_what_it_is(folder: Path) -> None:
    door = folder / "__init__.py"
    assert door.exists(), "not a package: it has no __init__.py"
    assert ast.get_docstring(ast.parse(door.read_text("utf-8")))


@pytest.mark.parametrize("package", PACKAGES, ids=named)
def test_every_package_defines_its_words_and_has_a_door(package: Path) -> None:
    tree = ast.parse((package / "__init__.py").read_text("utf-8"))
    text = ast.get_docstring(tree) or ""
    assert "\n\n" in text, "one line that says what it is, then a paragraph"
    names = [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    assert "__all__" in names


@pytest.mark.parametrize("door", [path for path in FILES if "_HOMES" in path.read_text("utf-8")])
def test_a_door_that_loads_late_gives_what_it_says(door: Path) -> None:
    """What it names for types, what it exports, and where it finds that, are the same."""
    name = ".".join(door.parent.relative_to(SOURCE.parent).parts)
    package: Any = import_module(name)
    for_types: dict[str, str] = {}
    for node in ast.parse(door.read_text("utf-8")).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for line in node.body:
                assert isinstance(line, ast.ImportFrom) and line.module
                for_types |= {alias.name: line.module for alias in line.names}
    assert for_types.keys() == package._HOMES.keys() <= set(package.__all__)
    for known, module in for_types.items():
        assert getattr(package, known) is getattr(import_module(module), known)


def test_no_file_name_stands_twice() -> None:
    counted = Counter(path.stem for path in MODULES)
    counted.update(folder.name for folder in FOLDERS if folder != SOURCE)
    assert not [name for name, count in counted.items() if count > 1]


def test_no_class_name_stands_twice() -> None:
    """A word has one meaning: two classes of one name would be imported for each other."""
    counted = Counter(
        node.name
        for path in FILES
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert not [name for name, count in counted.items() if count > 1]


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_file_has_one_job_and_is_worth_a_name(path: Path) -> None:
    assert lines(path) <= MOST_LINES, "split it by job"
    assert lines(path) >= FEWEST_LINES, "put it beside what it belongs to"


def classes() -> Iterator[tuple[str, ast.ClassDef]]:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield f"{named(path)}: {node.name}", node


def fields_of(node: ast.ClassDef) -> list[ast.AnnAssign]:
    return [line for line in node.body if isinstance(line, ast.AnnAssign)]


def is_record(node: ast.ClassDef) -> bool:
    """A NamedTuple, a frozen dataclass, or a dataclass of nothing but public fields."""
    said = " ".join(map(ast.unparse, node.decorator_list))
    if any(ast.unparse(base) == "NamedTuple" for base in node.bases) or "frozen=True" in said:
        return True
    named_so = [ast.unparse(line.target) for line in fields_of(node)]
    made = any(isinstance(line, ast.FunctionDef) and line.name[:2] == "__" for line in node.body)
    return "dataclass" in said and not made and not any(name[0] == "_" for name in named_so)


def arguments_of(node: ast.ClassDef) -> int:
    """How many the constructor takes, as it is written or as `dataclass` makes it."""
    for line in node.body:
        if isinstance(line, ast.FunctionDef) and line.name == "__init__":
            given = line.args
            several = [given.vararg, given.kwarg]
            return len(given.args) - 1 + len(given.kwonlyargs) + 2 - several.count(None)
    if not node.decorator_list:  # a protocol
        return 0
    return sum("init=False" not in ast.unparse(line) for line in fields_of(node))


def test_a_constructor_takes_few_arguments() -> None:
    """What is more belongs together, under a name; a record has as many fields as it has."""
    found = {name: arguments_of(node) for name, node in classes() if not is_record(node)}
    assert found
    assert not {name: count for name, count in found.items() if count > MOST_ARGUMENTS}


def test_a_record_holds_no_function() -> None:
    """What is to be called has a type that says what it is for, or is an argument of who calls it.

    An option is how its value is read; a display and a stop are not functions.
    """
    found = [
        f"{name}.{ast.unparse(line.target)}"
        for name, node in classes()
        if is_record(node)
        for line in fields_of(node)
        if "Callable" in ast.unparse(line.annotation)
    ]
    assert found == ["options/field.py: Option.check"]


def imports() -> dict[str, set[str]]:
    """By module what it imports anywhere: at its top, in a function, for its types alone.

    Without the names that the package itself gives away, each by the module that has it.
    """
    modules = {
        ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts): path
        for path in FILES
        if path.parent != SOURCE or path.name != "__init__.py"
    }
    modules = {name.removesuffix(".__init__"): path for name, path in modules.items()}
    found: dict[str, set[str]] = {}
    for name, path in modules.items():
        found[name] = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                full = [f"{node.module}.{alias.name}" for alias in node.names]
                found[name] |= {one if one in modules else node.module for one in full}
        found[name] &= modules.keys() - {name}
    return found


def test_imports_run_in_no_circle() -> None:
    """import-linter sees none at import time; here those count too that only types need."""
    left = imports()
    assert len(left) == len(FILES) - 1 and sum(map(len, left.values())) > len(left)
    while ends := [name for name, needed in left.items() if not needed & left.keys()]:
        for name in ends:
            del left[name]
    while tops := left.keys() - set().union(*left.values()):
        for name in tops:
            del left[name]
    assert not {name: sorted(needed & left.keys()) for name, needed in left.items()}


def test_few_calls_lie_between_a_run_and_its_first_request(tmp_path: Path) -> None:
    """Each that only passes on what it is given is one more to read through."""
    run_by, depths = threading.get_ident(), []

    def answer(asked: Asked) -> Answer:
        stack = traceback.extract_stack(sys._current_frames()[run_by])
        depths.append(sum(call.filename.startswith(str(SOURCE)) for call in stack))
        return Answer(b"{}", status=404)

    with Loopback(answer) as hub:
        options = DownloadOptions(endpoint=[hub.url], local_dir=tmp_path / "m")
        with pytest.raises(HfgetError):
            Run("org/m", options).download()
    assert depths and 5 < depths[0] <= MOST_CALLS


HASH = re.compile(r"\[0-9a-f(?:A-F)?\]\{(?:40|64)\}")
HOSTS = re.compile(r"ip_address\(|inet_aton\(|[\"']localhost[\"']")
PIECES = re.compile(r"decompressobj\(")
STAMP = re.compile(r"st_ctime_ns")
SWITCH = re.compile(r"\"yes\",", re.IGNORECASE)
TREE = re.compile(r"b\"tree %d|git-lfs\.github\.com/spec")


@pytest.mark.parametrize(
    ("pattern", "homes"),
    [
        pytest.param(
            HASH,
            {
                "model/snapshots.py",
                "reference/revision_paths.py",
                "destinations/local_dir/other_downloaders.py",
            },
            id="what a hash is",
        ),
        pytest.param(HOSTS, {"endpoints.py", "server/protocol/hostnames.py"}, id="what a host is"),
        pytest.param(SWITCH, {"system/text.py"}, id="what a switch says"),
        pytest.param(TREE, {"hub/git_ids.py"}, id="what git makes of files"),
        pytest.param(PIECES, {"http/inflating.py"}, id="how a body is inflated"),
        pytest.param(
            STAMP, {"system/safe_open.py", "destinations/safe_directories.py"}, id="what a stamp is"
        ),
    ],
)
def test_what_is_known_is_known_once(pattern: re.Pattern[str], homes: set[str]) -> None:
    found = {named(path) for path in FILES if pattern.search(path.read_text("utf-8"))}
    assert found == homes
