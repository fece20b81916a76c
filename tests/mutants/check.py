"""One thing that safety rests on, what stands in its place, and the tests that must see that."""

from __future__ import annotations

from typing import NamedTuple


class Check(NamedTuple):
    """`old`, which stands once in `file` below src/hfget, is replaced by `new`."""

    kind: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def checks(kind: str, file: str, tests: tuple[str, ...], *pairs: tuple[str, str]) -> list[Check]:
    """Several of one file that the same tests must see: `old` and `new` of each."""
    return [Check(kind, file, old, new, tests) for old, new in pairs]
