"""Partials with which no process goes on: what `hfget prune` may remove, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from hfget.partials.recovery import Leftover, names_in, parts_of
from hfget.system import is_sole


class Abandoned(NamedTuple):
    """The data of a partial with its journal, or what is left of them; `size` as it lies on disk.

    `moment` is when the youngest was written to, in unix seconds.
    """

    paths: tuple[Path, ...]
    size: int
    moment: float


def abandoned_in(directory: Path) -> list[Abandoned]:
    """The partials in `directory` that are this user's, and whose owner is dead or gone."""
    groups: dict[str, list[Leftover]] = {}
    for name in names_in(directory):
        if (parts := parts_of(name)) is not None:
            path = directory / name
            groups.setdefault(parts.rest, []).append(Leftover(path, path, parts.owner, None))
    dead = [group for group in groups.values() if all(each.abandoned for each in group)]
    found = (_measured([each.data for each in group]) for group in dead)
    return [each for each in found if each is not None]


def clear(found: Abandoned) -> int | None:
    """Remove it, and tell the bytes given back; None if it has changed since it was found.

    Data goes before its journal: what is left of a removal that is cut short is worth nothing.
    Raises OSError.
    """
    if _measured(list(found.paths)) != found:
        return None
    for path in found.paths:
        path.unlink(missing_ok=True)
    return found.size


def _measured(paths: list[Path]) -> Abandoned | None:
    """None if anything of it is not a file that this user alone has."""
    size, moment = 0, 0.0
    for path in paths:
        try:
            there = path.lstat()
        except OSError:
            return None
        if not is_sole(there):
            return None
        size += _bytes_on_disk(there)
        moment = max(moment, there.st_mtime)
    return Abandoned(tuple(sorted(paths, reverse=True)), size, moment)


def _bytes_on_disk(found: os.stat_result) -> int:
    blocks: int = getattr(found, "st_blocks", -1)
    return blocks * 512 if blocks >= 0 else found.st_size
