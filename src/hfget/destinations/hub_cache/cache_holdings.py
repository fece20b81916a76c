"""All snapshots of a Hub cache, those included of which no file is here yet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hfget.destinations.hub_cache.cache_paths import repo_of
from hfget.destinations.local_holdings import LocalHolding, cached_holding
from hfget.destinations.record_files import read_own_text
from hfget.model import is_commit

_KINDS = ("models--", "datasets--", "spaces--")


def is_repo_folder(name: str) -> bool:
    """Whether a folder of that name holds a repo in a Hub cache."""
    return name.startswith(_KINDS)


def repo_folders(cache: Path) -> list[Path]:
    """The folders of repos in a Hub cache; none where it is not one, or cannot be read."""
    with suppress(OSError), os.scandir(cache) as entries:
        return sorted(cache / each.name for each in entries if is_repo_folder(each.name))
    return []


def cache_holdings(cache: Path) -> Iterator[LocalHolding]:
    """What a Hub cache holds, a commit each."""
    for folder in repo_folders(cache):
        repo_type, repo_id = repo_of(folder)
        names = _revisions(folder / "refs")
        commits = {*_commits(folder / "snapshots"), *_commits(folder / ".hfget")}
        for commit in sorted(commits):
            snapshot = folder / "snapshots" / commit
            yield cached_holding(snapshot, repo_type, repo_id, commit, names.get(commit, ""))


def _commits(folder: Path) -> list[str]:
    with suppress(OSError):
        return [name for name in os.listdir(folder) if is_commit(name)]  # noqa: PTH208
    return []


def _revisions(refs: Path) -> dict[str, str]:
    """By commit, a revision that it is."""
    found: dict[str, str] = {}
    for parent, _, names in os.walk(refs):
        for name in names:
            path = Path(parent, name)
            with suppress(OSError, ValueError):
                found.setdefault(
                    read_own_text(path, 100).strip(), path.relative_to(refs).as_posix()
                )
    return found
