"""All snapshots of a Hub cache, those included of which no file is here yet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hfget.destinations.hub_cache.cache_paths import OWN_RECORDS, repo_of
from hfget.destinations.local_holdings import LocalHolding, cached_holding
from hfget.destinations.path_rules import is_repo_folder
from hfget.destinations.record_files import read_own_text
from hfget.model import is_commit
from hfget.system import names_in


def repo_folders(cache: Path) -> list[Path]:
    """The folders of repos in a Hub cache; none where it is not one, or cannot be read."""
    return sorted(cache / name for name in names_in(cache) if is_repo_folder(name))


def cache_holdings(cache: Path) -> Iterator[LocalHolding]:
    """What a Hub cache holds, a commit each."""
    for folder in repo_folders(cache):
        repo_type, repo_id = repo_of(folder)
        names = _revisions(folder / "refs")
        known = {*names_in(folder / "snapshots"), *names_in(folder / OWN_RECORDS)}
        for commit in sorted(filter(is_commit, known)):
            snapshot = folder / "snapshots" / commit
            yield cached_holding(snapshot, repo_type, repo_id, commit, names.get(commit, ""))


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
