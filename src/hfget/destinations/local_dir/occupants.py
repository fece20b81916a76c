"""Whose downloads lie in a folder: the repos that its records name, and commits without a repo.

hfget records the repo of each file. huggingface_hub records the commit alone: which repo that is
of, only a hub can tell.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from hfget.destinations import record_codec, wanted_files
from hfget.destinations.record_log import Entry, RecordLog
from hfget.model import Snapshot

#: Of a repo: its type and its ID.
RepoName = tuple[str, str]


class Occupants(NamedTuple):
    """What else is in a folder, each with the path of one of its files."""

    repos: dict[RepoName, str]
    commits: dict[str, str]

    def __bool__(self) -> bool:
        return bool(self.repos or self.commits)


class Claims:
    """What is recorded in one folder, and for which repo. Reads; `take` only notes.

    `is_recorded(path)` tells whether the file there is the very one that hfget recorded.
    """

    def __init__(
        self, root: Path, records: Path, log: RecordLog, is_recorded: Callable[[str], bool]
    ) -> None:
        self._root = root
        self._records = records
        self._log = log
        self._is_recorded = is_recorded
        self._unclaimed: dict[str, record_codec.Metadata] = {}
        #: By path, what hfget recorded before it kept a log of its own, and of which repo.
        self._former: dict[str, tuple[record_codec.Metadata, RepoName]] = {}
        self._wanted: wanted_files.Wanted | None = None

    def others(self, snapshot: Snapshot) -> Occupants:
        """The repos other than the snapshot's, and the commits that may be of another."""
        own = _name(snapshot)
        repos = dict(self._recorded(own))
        self._wanted = wanted = wanted_files.read_wanted(self._records)
        if wanted is not None and (wanted.homes or (wanted.repo_type, wanted.repo_id) != own):
            for path in wanted.files:
                repo = wanted.home(path).repo
                unknown = repo != own and repo not in repos and not self._log.get(path)
                if unknown and self._is_there(path):
                    repos[repo] = path
        commits: dict[str, str] = {}
        self._former.clear()
        self._unclaimed = dict(self._by_hf())
        for path, metadata in self._unclaimed.items():
            if metadata.commit != snapshot.commit:
                commits.setdefault(metadata.commit, path)
        return Occupants(repos, commits)

    def take(self, snapshot: Snapshot, known: Occupants) -> None:
        """These are of the snapshot's repo too: under its former names, at its other commits."""
        own = _name(snapshot)
        for repo in known.repos:
            for path, entry in list(self._log.of_repo(repo)):
                self._log.add(path, entry._replace(repo_type=own[0], repo_id=own[1]))
        for path, metadata in self._unclaimed.items():
            if metadata.commit in known.commits or metadata.commit == snapshot.commit:
                self._log.add(path, Entry(metadata.etag, None, *own, metadata.commit))
        for path, (metadata, repo) in self._former.items():
            if repo == own or repo in known.repos:
                self._log.add(path, Entry(metadata.etag, None, *own, metadata.commit))

    def _recorded(self, own: RepoName) -> Iterator[tuple[RepoName, str]]:
        for repo in sorted(self._log.repos() - {own}):
            for path, _ in self._log.of_repo(repo):
                if self._is_there(path):
                    yield repo, path
                    break

    def _by_hf(self) -> Iterator[tuple[str, record_codec.Metadata]]:
        """What huggingface_hub has recorded since hfget did, or where hfget did not."""
        wanted = self._wanted
        for path in record_codec.recorded_paths(self._records):
            if self._is_recorded(path):
                continue
            metadata = record_codec.read_metadata(self._records, path)
            if metadata is None or not self._is_there(path):
                continue
            entry = self._log.get(path)
            if entry is not None and (entry.commit, entry.etag) == metadata[:2]:
                continue
            asked = wanted.files.get(path) if wanted is not None and entry is None else None
            if wanted is not None and asked is not None and asked.etag == metadata.etag:
                home = wanted.home(path)
                if metadata.commit == home.commit:
                    self._former[path] = metadata, home.repo
                    continue
            yield path, metadata

    def _is_there(self, path: str) -> bool:
        return os.path.lexists(os.path.join(self._root, path))


def _name(snapshot: Snapshot) -> RepoName:
    return snapshot.ref.repo_type, snapshot.ref.repo_id
