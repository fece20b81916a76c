"""One thing that safety rests on, what stands in its place, and the tests that must see that."""

from __future__ import annotations

from typing import NamedTuple

from tests.mutants.change import Change


class Check(NamedTuple):
    """`change` takes it out of `file`, a path below src/hfget."""

    kind: str
    file: str
    change: Change
    tests: tuple[str, ...]


def checks(
    kind: str, file: str, tests: tuple[str, ...], *changes: tuple[str, str, str]
) -> list[Check]:
    """Several of one file that the same tests must see: function, old and new of each change."""
    return [Check(kind, file, Change(*change), tests) for change in changes]
