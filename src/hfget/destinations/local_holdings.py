"""What lies at a place, by its records: of which repo, since when, and what of it is missing.

Nothing is hashed: a file counts as here if it has the size that was asked for, which every file
has that hfget gave its name. Only `hfget verify` tells whether it was changed since.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hfget.destinations import record_codec
from hfget.destinations.hub_cache.cache_paths import OWN_RECORDS
from hfget.destinations.record_files import RECORDS
from hfget.destinations.safe_paths import check_path
from hfget.destinations.wanted_files import Home, Wanted, read_wanted
from hfget.errors import UnsafeError
from hfget.model import RemoteFile

LOCK_NAME = "hfget.lock"


@dataclass(frozen=True, slots=True)
class LocalHolding:
    """One repo at one commit in one place; sizes in bytes, `moment` in unix seconds.

    `repo_id` is empty where the program that downloaded it has recorded none, `complete` None
    where nothing tells what was asked for. `partials` is the folder in which unfinished files lie,
    under the content they are of if the place is `in_cache`, else under their path.
    """

    root: Path
    repo_type: str
    repo_id: str
    revision: str
    commit: str
    files: int
    size: int
    moment: float
    complete: bool | None
    missing: tuple[RemoteFile, ...] = ()
    in_cache: bool = False
    partials: Path = Path()

    @property
    def missing_bytes(self) -> int:
        return sum(file.size for file in self.missing)

    def partial_of(self, file: RemoteFile) -> tuple[Path, str]:
        """The folder in which a partial of `file` lies, and the name it is known by."""
        if self.in_cache:
            return self.partials, file.etag
        return self.partials / file.path.rpartition("/")[0], file.path


class PartialStore(NamedTuple):
    """The folders in which unfinished files of one place lie, and what a run there locks on."""

    root: Path
    lock_path: Path
    folders: tuple[Path, ...]


def folder_partials(root: Path) -> PartialStore:
    """Those of a folder that was downloaded into."""
    records = root / RECORDS
    folders = [Path(parent) for parent, _, _ in os.walk(records / "download")]
    return PartialStore(root, records / LOCK_NAME, tuple(folders))


def cached_partials(cache: Path, folder: Path) -> PartialStore:
    """Those of a repo's folder in a Hub cache."""
    return PartialStore(folder, cache / ".locks" / folder.name / LOCK_NAME, (folder / "blobs",))


def folder_holdings(root: Path) -> list[LocalHolding]:
    """What was downloaded into a folder, a repo each; empty without a record."""
    records = root / RECORDS
    wanted = read_wanted(records, anyones=True)
    if wanted is None:
        return _recorded_by_others(root, records)
    by_home: dict[Home, list[RemoteFile]] = {}
    if not wanted.homes:
        by_home[wanted.home("")] = list(wanted.files.values())
    for path, file in wanted.files.items() if wanted.homes else ():
        by_home.setdefault(wanted.home(path), []).append(file)
    return [
        _held(root, home, files, wanted, partials=records / "download")
        for home, files in by_home.items()
    ]


def cached_holding(
    snapshot: Path, repo_type: str, repo_id: str, commit: str, revision: str
) -> LocalHolding:
    """What a Hub cache has of a commit. What hfget was asked for is told by its own record."""
    folder = snapshot.parent.parent
    wanted = read_wanted(folder / OWN_RECORDS / commit, anyones=True)
    if wanted is not None:
        home = Home(repo_type, repo_id, commit, wanted.endpoint)
        named = wanted._replace(revision=revision or wanted.revision)
        files = list(wanted.files.values())
        return _held(snapshot, home, files, named, partials=folder / "blobs", in_cache=True)
    sizes, lost = [], 0
    for path in _files_below(snapshot):
        size = _size_at(path)
        sizes.append(size or 0)
        lost += size is None
    return LocalHolding(
        snapshot,
        repo_type,
        repo_id,
        revision,
        commit,
        len(sizes),
        sum(sizes),
        _moment_of(snapshot),
        False if lost else None,
        in_cache=True,
    )


def _held(
    root: Path,
    home: Home,
    files: Sequence[RemoteFile],
    wanted: Wanted,
    *,
    partials: Path,
    in_cache: bool = False,
) -> LocalHolding:
    place = os.fspath(root)
    missing = tuple(file for file in files if not _is_here(place, file))
    is_last = home.commit == wanted.commit and home.repo_id == wanted.repo_id
    return LocalHolding(
        root,
        home.repo_type,
        home.repo_id,
        wanted.revision if is_last or in_cache else "",
        home.commit,
        len(files),
        sum(file.size for file in files),
        wanted.written,
        not missing,
        missing,
        in_cache,
        partials,
    )


def _recorded_by_others(root: Path, records: Path) -> list[LocalHolding]:
    """What huggingface_hub has downloaded: it notes the commit of each file, and no repo."""
    commits: Counter[str] = Counter()
    count, size, moment, complete = 0, 0, 0.0, None
    for path in record_codec.recorded_paths(records):
        metadata = record_codec.read_metadata(records, path, anyones=True)
        if metadata is None:
            continue
        commits[metadata.commit] += 1
        moment = max(moment, metadata.timestamp)
        count += 1
        found = _size_at(os.path.join(root, path))
        size += found or 0
        if found is None:
            complete = False
    if not commits:
        return []
    [(commit, _)] = commits.most_common(1)
    return [LocalHolding(root, "model", "", "", commit, count, size, moment, complete)]


def _is_here(place: str, file: RemoteFile) -> bool:
    try:
        check_path(file.path)
    except UnsafeError:
        return False
    return _size_at(os.path.join(place, file.path)) == file.size


def _size_at(path: str) -> int | None:
    """None where nothing is, or a link that leads nowhere."""
    with suppress(OSError, ValueError):
        return os.stat(path).st_size
    return None


def _files_below(folder: Path) -> Iterator[str]:
    for parent, _, names in os.walk(folder):
        for name in names:
            yield os.path.join(parent, name)


def _moment_of(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0
