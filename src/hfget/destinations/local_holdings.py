"""What lies at a place, by its records: of which repo, since when, and what of it is missing.

Nothing is hashed: a file counts as here if it has the size that was asked for, which every file
has that hfget gave its name. One that was written to since is told by its time; only `hfget verify`
tells whether it is another by now.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hfget.destinations import record_codec
from hfget.destinations.hub_cache.cache_paths import CACHE_LOG, OWN_RECORDS
from hfget.destinations.record_files import LOG_NAME, RECORDS
from hfget.destinations.record_log import RecordLog
from hfget.destinations.safe_directories import Seen
from hfget.destinations.safe_paths import check_path
from hfget.destinations.wanted_files import Home, Wanted, read_wanted
from hfget.errors import UnsafeError
from hfget.model import RemoteFile

LOCK_NAME = "hfget.lock"


@dataclass(frozen=True, slots=True)
class LocalHolding:
    """One repo at one commit in one place; sizes in bytes, `moment` in unix seconds.

    `repo_id` is empty where the program that downloaded it has recorded none, `complete` None
    where nothing tells what was asked for, or whether what is here is still that: `modified` are
    the paths of files whose time is not the recorded one. `partials` is the folder in which
    unfinished files lie, under the content they are of if the place is `in_cache`, else under
    their path.
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
    modified: tuple[str, ...] = ()
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
    log = RecordLog(records / LOG_NAME)
    return [
        _held(root, home, files, wanted, log, partials=records / "download")
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
        log = RecordLog(folder / OWN_RECORDS / CACHE_LOG)
        return _held(snapshot, home, files, named, log, partials=folder / "blobs", in_cache=True)
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
    log: RecordLog,
    *,
    partials: Path,
    in_cache: bool = False,
) -> LocalHolding:
    place = os.fspath(root)
    found = {file.path: _look(place, file) for file in files}
    missing = tuple(file for file in files if found[file.path] is None)
    modified = _modified(files, found, log, root.name if in_cache else "")
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
        False if missing else None if modified else True,
        missing,
        modified,
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


def _look(place: str, file: RemoteFile) -> Seen | None:
    """What lies where a file should, if that has its size."""
    with suppress(OSError, ValueError, UnsafeError):
        check_path(file.path)
        seen = Seen.of(os.stat(os.path.join(place, file.path)))
        return seen if seen.size == file.size else None
    return None


def _modified(
    files: Sequence[RemoteFile], found: Mapping[str, Seen | None], log: RecordLog, commit: str
) -> tuple[str, ...]:
    """The files that were written to since they were recorded; `commit` in a Hub cache.

    In a copy all have other times: it tells nothing where no file is the one that was recorded.
    """
    modified, is_original = [], False
    for file in files:
        seen = found[file.path]
        names = [file.path]
        if commit:
            names = [f"blobs/{file.etag}", f"snapshots/{commit}/{file.path}"]
        for name in names if seen is not None else ():
            entry = log.get(name)
            if seen is None or entry is None or entry.stamp is None or entry.etag != file.etag:
                continue
            is_original |= entry.stamp == seen.stamp
            if entry.stamp.modified_ns != seen.modified_ns:
                modified.append(file.path)
            break
    return tuple(modified) if is_original else ()


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
