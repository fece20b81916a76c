"""Downloads below folders and in the Hub cache: `hfget list`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hfget.destinations import (
    RECORDS,
    LocalHolding,
    cache_holdings,
    folder_holdings,
    is_repo_folder,
)
from hfget.partials import JOURNALED_BYTES, Identity, leftover_bytes, stem_for
from hfget.system import check_shortage, hub_cache, names_in


class Place(NamedTuple):
    """A folder with records of downloads, or a Hub cache."""

    path: Path
    is_cache: bool


class FoundDownload(NamedTuple):
    """What is held at a place, and how many bytes of what is missing lie in partials."""

    held: LocalHolding
    partial_bytes: int


def places(
    folders: Sequence[Path], unreadable: Callable[[Path], None] = lambda path: None
) -> Iterator[Place]:
    """The places below `folders`, or below the working folder and the Hub cache.

    Links and hidden folders are not entered. `unreadable` gets the folders that are closed.
    """
    cache = hub_cache(os.environ)
    waiting = [Path(os.path.abspath(folder)) for folder in folders or [Path()]]  # noqa: PTH100
    if not folders and cache is not None and os.path.isdir(cache):
        waiting.append(cache)
    seen: set[Path] = set()
    while waiting:
        folder = waiting.pop()
        if folder in seen:
            continue
        seen.add(folder)
        try:
            with os.scandir(folder) as entries:
                there = list(entries)
        except FileNotFoundError:  # removed meanwhile
            continue
        except OSError as error:
            check_shortage(error, folder)
            unreadable(folder)
            continue
        if any(is_repo_folder(each.name) for each in there):
            yield Place(folder, True)
            continue
        names = sorted(each.name for each in there if each.is_dir(follow_symlinks=False))
        if ".cache" in names and os.path.isdir(os.path.join(folder, RECORDS)):
            yield Place(folder, False)
        waiting += [folder / name for name in reversed(names) if not name.startswith(".")]


def downloads(found: Place) -> Iterator[FoundDownload]:
    """What is held there."""
    holdings = cache_holdings(found.path) if found.is_cache else folder_holdings(found.path)
    for held in holdings:
        yield FoundDownload(held, _partial_bytes(held))


def _partial_bytes(held: LocalHolding) -> int:
    names: dict[Path, list[str]] = {}
    total = 0
    for file in held.missing:
        if file.size > JOURNALED_BYTES:
            folder, name = held.partial_of(file)
            if folder not in names:
                names[folder] = names_in(folder)
            identity = Identity.of(file, held.commit)._replace(path=name)
            total += leftover_bytes(stem_for(folder, name, file.etag), identity, names[folder])
    return total
