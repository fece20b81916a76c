"""The checks of the tables, removed in turn: some test must fail without each."""

from __future__ import annotations

from collections.abc import Sequence

from tests.mutants import table_choice, table_content, table_origins, table_places, table_served
from tests.mutants.change import changed
from tests.mutants.check import Check
from tests.mutants.sandbox import End, Sandbox

CHECKS = [
    *table_choice.CHECKS,
    *table_content.CHECKS,
    *table_origins.CHECKS,
    *table_places.CHECKS,
    *table_served.CHECKS,
]

_SECONDS = 120.0


def name_of(check: Check) -> str:
    """In one line, as far as it fits."""
    function, old, new = check.change
    return f"{check.file} {function}: {old.splitlines()[0]} → {new.splitlines()[0] if new else ''}"


def remove_in_turn(box: Sandbox, files: Sequence[str]) -> int:
    """Print what fails without each check; 0 if something does for all of them."""
    checks = [check for check in CHECKS if not files or check.file in files]
    missed = 0
    for check in checks:
        with box.changed(check.file, changed(box.source(check.file), check.change)):
            end, said = box.run(check.tests, _SECONDS)
        missed += end is End.PASSED
        verdict = "NOT SEEN" if end is End.PASSED else _what_failed(said) or end.value
        print(f"{check.kind:13} {name_of(check)}")
        print(f"{'':13} → {verdict}", flush=True)
    print(f"{len(checks) - missed} of {len(checks)} removed checks are seen")
    return 1 if missed else 0


def _what_failed(said: str) -> str:
    """The first test that failed, by what pytest said."""
    for line in said.splitlines():
        if line.startswith(("FAILED ", "ERROR ")):
            return line.split(" - ")[0].split(" ", 1)[1].removeprefix("tests/unit/")
    return ""
