"""The files under a folder that may be served, found without following anything outside."""

from __future__ import annotations

import os
import stat as stat_bits
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hfget.server.hashes import Stamp
from hfget.server.records import RECORD_FOLDER

_HIDDEN = (Path(".git").parts, RECORD_FOLDER.parts)


@dataclass(frozen=True, slots=True)
class Found:
    """A file: its path in the repo, the real file behind it, its stamp and mtime."""

    path: str
    real: Path
    stamp: Stamp
    mtime: float


def is_hidden(parts: tuple[str, ...]) -> bool:
    """Whether a path runs through `.git` or `.cache/huggingface`, at any depth."""
    return any(
        parts[at : at + len(hidden)] == hidden for hidden in _HIDDEN for at in range(len(parts))
    )


def is_inside(real: Path, root: Path) -> bool:
    """Whether the resolved path `real` lies in the resolved folder `root` and may be shown."""
    return real.is_relative_to(root) and not is_hidden(real.relative_to(root).parts)


def walk(folder: Path, root: Path) -> Iterator[Found]:
    """Every regular file under `folder`, sorted by path; `root` is resolved.

    A symlink is followed as long as its target lies in `root`; loops end where they began.
    """
    real = Path(os.path.realpath(folder))
    if real == root or is_inside(real, root):
        yield from sorted(_walk(real, (), root, frozenset({real})), key=lambda found: found.path)


def _walk(
    folder: Path, parts: tuple[str, ...], root: Path, above: frozenset[Path]
) -> Iterator[Found]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        here = (*parts, entry.name)
        if is_hidden(here) or not _is_text(entry.name):
            continue
        try:
            real = folder / entry.name
            if entry.is_symlink():
                real = Path(os.path.realpath(real))
                if not is_inside(real, root):
                    continue
            stat = entry.stat()
        except OSError:
            continue
        if stat_bits.S_ISDIR(stat.st_mode):
            if real not in above:
                yield from _walk(real, here, root, above | {real})
        elif stat_bits.S_ISREG(stat.st_mode):
            yield Found("/".join(here), real, Stamp.of(stat), stat.st_mtime)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
