"""The checks of the tables, removed in turn: some test must fail without each."""

from __future__ import annotations

from collections.abc import Sequence

from tests.mutants import table_choice, table_content, table_places, table_served
from tests.mutants.check import Check
from tests.mutants.sandbox import End, Sandbox

CHECKS = [
    *table_choice.CHECKS,
    *table_content.CHECKS,
    *table_places.CHECKS,
    *table_served.CHECKS,
]

_SECONDS = 120.0


def without(source: str, check: Check) -> str:
    """The source without the check. Raises ValueError where it does not stand there once."""
    if source.count(check.old) != 1:
        raise ValueError(f"{check.file}: not there once: {check.old}")
    return source.replace(check.old, check.new)


def remove_in_turn(box: Sandbox, files: Sequence[str]) -> int:
    """Print what fails without each check; 0 if something does for all of them."""
    checks = [check for check in CHECKS if not files or check.file in files]
    missed = 0
    for check in checks:
        with box.changed(check.file, without(box.source(check.file), check)):
            end, said = box.run(check.tests, _SECONDS)
        missed += end is End.PASSED
        verdict = "NOT SEEN" if end is End.PASSED else _what_failed(said) or end.value
        print(f"{check.kind:13} {check.file}: {check.old.strip().splitlines()[0]}")
        print(f"{'':13} → {verdict}", flush=True)
    print(f"{len(checks) - missed} of {len(checks)} removed checks are seen")
    return 1 if missed else 0


def _what_failed(said: str) -> str:
    """The first test that failed, by what pytest said."""
    for line in said.splitlines():
        if line.startswith(("FAILED ", "ERROR ")):
            return line.split(" - ")[0].split(" ", 1)[1].removeprefix("tests/unit/")
    return ""
