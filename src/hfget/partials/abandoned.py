"""Partials that no process is at work on: what a run, and `hfget prune`, may remove."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hfget.partials.clone import can_take_alone
from hfget.partials.partial_names import SUFFIXES, NameParts, parts_of, split_stem
from hfget.partials.recovery import Leftover
from hfget.system import is_sole, lease_is_over, names_in


class Abandoned(NamedTuple):
    """The data of a partial with its journal, or what is left of them; `size` as it lies on disk.

    `moment` is when the youngest was written to, in unix seconds.
    """

    paths: tuple[Path, ...]
    size: int
    moment: float


def abandoned_in(directory: Path, *, ranges: bool = True) -> list[Abandoned]:
    """The partials in `directory` that are this user's, and whose owner is dead or gone.

    Without `ranges` those of parts of a file are left out: at rest they wait for other processes.
    """
    groups: dict[str, list[tuple[Path, NameParts]]] = {}
    for name in names_in(directory):
        parts = parts_of(name)
        if parts is not None and (ranges or split_stem(Path(parts.stem))[1] is None):
            groups.setdefault(parts.rest, []).append((directory / name, parts))
    dead = [
        [path for path, _ in group]
        for group in groups.values()
        if all(_is_abandoned(path, parts) for path, parts in group)
    ]
    found = map(_measured, dead)
    return [each for each in found if each is not None]


def sweep(directory: Path, digests: Iterable[str]) -> None:
    """Clear away what abandoned partials of these paths (by digest) have left in `directory`."""
    left = [name for name in names_in(directory) if name.endswith(SUFFIXES)]
    if not left:
        return
    known = frozenset(digests)
    for name in left:
        parts = parts_of(name)
        if parts is None or parts.stem[:27] not in known:
            continue
        path = directory / name
        if _is_abandoned(path, parts):
            with suppress(OSError):
                path.unlink()


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


def _is_abandoned(path: Path, parts: NameParts) -> bool:
    """Whether no process is at work on the file at `path`, whose name says `parts`."""
    if parts.is_aria2c:
        return can_take_alone(path) or lease_is_over(path)
    return Leftover(path, path, parts.owner, None).abandoned


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
