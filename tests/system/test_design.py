"""docs/design.md is true: its rooms, floors and doors are those of the code, its recipes work."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.unit.sources.test_byte_source import SOURCES

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "src" / "hfget"
PAGE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
CONTRACTS = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[tool.importlinter]")[1]
#: What is loaded by the interpreter or the installer, not by a room.
_NO_ROOM = {"__init__", "__main__", "_version"}


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def packages() -> set[str]:
    return {path.name for path in HOUSE.iterdir() if (path / "__init__.py").is_file()}


def layers() -> list[str]:
    found = re.search(r"^layers = \[\n(.*?)^\]", CONTRACTS, flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    return [line.replace("hfget.", "") for line in re.findall(r'"([^"]+)"', found[1])]


def recipes() -> list[tuple[str, str, str]]:
    rows = [line.strip("| ").split(" | ") for line in section("Where to change things").split("\n")]
    return [(row[0], row[1], row[2]) for row in rows if len(row) == 3 and row[0] != "to add"]


def paths(text: str) -> list[Path]:
    """The files and folders that a text names."""
    text = text.replace("`src/hfget/`", "")
    named = re.findall(r"`((?:[\w-]+/)+(?:[\w-]+\.\w+)?|[\w-]+\.py)`", text)
    tops = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "src"}
    return [(ROOT if name.partition("/")[0] in tops else HOUSE) / name for name in named]


def methods(kind: type) -> set[str]:
    """Those that are called; what is an attribute of a protocol is for the type checker."""
    return {
        name
        for name, value in vars(kind).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }


def classes_with(module: ModuleType, wanted: set[str]) -> list[str]:
    return [
        name
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if wanted <= set(dir(kind)) and not getattr(kind, "_is_protocol", False)
    ]


def test_every_room_is_described_and_every_description_has_a_room() -> None:
    rows = re.findall(r"^\| (`[^|]+) \|", section("Rooms"), flags=re.MULTILINE)
    named = re.findall(r"`(\w+/?)`", " ".join(rows))
    modules = {path.stem for path in HOUSE.glob("*.py")} - _NO_ROOM
    assert sorted(named) == sorted({f"{name}/" for name in packages()} | modules)


def test_every_file_that_contributors_are_told_of_exists() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:src|tests|docs|bench|\.github)/[\w./-]+)`", told))
    assert len(named) > 10 and not [name for name in named if not (ROOT / name).exists()]


def test_the_floors_are_those_of_the_contract() -> None:
    described = section("Floors").split("```")[1].strip().splitlines()
    assert described == layers()
    on_a_floor = {name for floor in layers() for name in floor.split(" | ")}
    modules = {path.stem for path in HOUSE.glob("*.py")} - _NO_ROOM
    assert on_a_floor == packages() | modules, "a room without a floor"


def test_every_room_has_a_door_that_is_protected() -> None:
    protected = set(re.findall(r'protected_modules = \["hfget\.(\w+)\.\*"\]', CONTRACTS))
    #: Nothing may import the first two but what is above them, which imports from many of their
    #: files; those of `messages` are nothing but texts, and lie below everything.
    assert protected == packages() - {"cli", "ui", "messages"}
    for name in protected - {"server"}:
        tree = ast.parse((HOUSE / name / "__init__.py").read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{name} does not define its words"
        assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
        targets = {getattr(target, "id", "") for node in assigned for target in node.targets}
        assert "__all__" in targets, f"{name} exports nothing"


def test_the_way_of_a_download_leads_through_functions_that_exist() -> None:
    steps = re.findall(r"^  (\S+\.py) +(\w+)\(\)", section("The way of a download"), re.MULTILINE)
    assert len(steps) == 9
    for file, function in steps:
        tree = ast.parse((HOUSE / file).read_text(encoding="utf-8"))
        assert function in {
            node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
        }, f"{file}: {function}"


def test_modules_that_a_room_is_explained_by_exist() -> None:
    for room in ("transfer", "server", "external"):
        text = re.search(rf"^Inside `{room}/`.*?\n\n", PAGE, flags=re.MULTILINE | re.DOTALL)
        assert text is not None
        for name in re.findall(r"`([a-z_]+)`", text[0]):
            assert [*(HOUSE / room).rglob(f"{name}.py")], f"{room}/{name}"


def test_every_file_that_is_named_exists() -> None:
    found = paths(PAGE)
    assert len(found) > 40
    assert [str(path) for path in found if not path.exists()] == []


@pytest.mark.parametrize(("what", "change", "shown"), recipes(), ids=lambda text: text[:24])
def test_a_recipe_names_files_and_what_shows_it(what: str, change: str, shown: str) -> None:
    assert paths(change), what
    for path in (*paths(change), *paths(shown)):
        assert path.exists(), f"{what}: {path}"
    assert [path.name.startswith("test_") for path in paths(shown)] == [True]


def test_every_command_has_a_file_of_its_own() -> None:
    from hfget.cli.main import make_app

    other_names = {"mirrors": "which_mirror"}  # `sources/mirrors.py` has that name
    registered = {
        other_names.get(str(command.name), command.name)
        for command in make_app().registered_commands
    }
    assert registered == {path.stem for path in (HOUSE / "cli" / "commands").glob("[!_]*.py")}


def test_every_display_has_all_methods() -> None:
    from hfget import ui
    from hfget.ui import lines, live, ndjson, quiet

    chosen = set(re.findall(r"return (\w+)\(", inspect.getsource(ui.display)))
    for module in (lines, live, ndjson, quiet):
        assert chosen.intersection(classes_with(module, methods(ui.Display))), module.__name__


def test_every_destination_has_all_methods() -> None:
    from hfget.destinations import choose
    from hfget.destinations.layout import Layout

    chosen = set(re.findall(r"return (\w+Layout)\(", inspect.getsource(choose.choose_layout)))
    assert chosen == set(classes_with(choose, methods(Layout)))


def test_every_source_and_backend_has_all_methods_and_is_held_to_them() -> None:
    from hfget import external, sources, transfer
    from hfget.transfer.backend import Backend

    found = classes_with(sources, methods(sources.ByteSource))
    assert set(found) == {kind.__name__ for kind in SOURCES}, "a source outside the suite"
    assert "Engine" in classes_with(transfer, methods(Backend))
    assert "Aria2c" in classes_with(external, methods(Backend))


def test_every_section_of_the_trials_is_in_the_table() -> None:
    from tests.trials.table import SECTIONS

    files = {
        path.stem
        for path in (ROOT / "tests" / "trials").glob("*.py")
        if path.read_text(encoding="utf-8").startswith('"""Section: ')
    }
    table = (ROOT / "tests" / "trials" / "table.py").read_text(encoding="utf-8")
    assert files == set(re.findall(r"(\w+)\.SCENARIOS", table))
    assert len(files) == len(SECTIONS)
