"""Repos in a Hub cache: `models--org--name/{refs,snapshots,blobs}` (see docs/cache.md)."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hfget.destinations import RecordLog, read_tree
from hfget.model import RemoteFile, RepoType, is_commit, is_etag
from hfget.server.repos.visibility import Visibility, is_cached_repo, is_never_shown, is_text
from hfget.server.repos.walk import FoundFile
from hfget.system import Stamp, is_shortage, read_text

_TYPES: dict[str, RepoType] = {"models": "model", "datasets": "dataset", "spaces": "space"}
_MOST_REFS = 1000
_MOST_DEEP = 100


@dataclass(frozen=True, slots=True)
class CachedRepo:
    """The folder of a repo in a cache, at one commit."""

    folder: Path
    commit: str

    @classmethod
    def of_snapshot(cls, folder: Path) -> CachedRepo | None:
        """`folder` as a snapshot of a cache, None if it is none."""
        above = folder.parent
        if above.name != "snapshots" or not is_cached_repo(above.parent.name):
            return None
        return cls(above.parent, folder.name) if is_commit(folder.name) else None

    def tree(self) -> dict[str, RemoteFile]:
        """The recorded listing of the commit, empty if there is none."""
        return {file.path: file for file in read_tree(self.folder, self.commit) or ()}

    def hashed(self) -> Callable[[FoundFile], bool]:
        """Says of a file whether hfget has hashed that very blob, as its records say."""
        log = RecordLog(self.folder / ".hfget" / "records")

        def was_hashed(item: FoundFile) -> bool:
            entry = log.get(f"blobs/{item.must_be}") if item.must_be else None
            same = entry is not None and (entry.etag, entry.stamp) == (item.must_be, item.stamp)
            return same and item.changed <= time.time()

        return was_hashed

    def files(self, sight: Visibility) -> list[FoundFile]:
        """The files of the snapshot. A link counts if it leads to a blob, of this repo or of the
        store that all repos of the cache share."""
        blobs = [Path(os.path.realpath(self.folder / "blobs"))]
        blobs.append(Path(os.path.realpath(self.folder.parent / "blobs")))
        blobs = [place for place in blobs if place.is_relative_to(sight.root)]
        top = self.folder / "snapshots" / self.commit
        if not Path(os.path.realpath(top)).is_relative_to(sight.root):
            return []
        return sorted(_files(top, (), blobs), key=lambda found: found.path)


def cached_revisions(folder: Path) -> tuple[RepoType, str, dict[str, Path]] | None:
    """Type, id and revisions of the repo that a cache keeps in `folder`; None if it is none.

    A snapshot that no ref names is a revision by its commit.
    """
    kind, _, name = folder.name.partition("--")
    snapshots = folder / "snapshots"
    if kind not in _TYPES or not name or not os.path.isdir(snapshots):
        return None
    commits = {entry for entry in _names(snapshots) if is_commit(entry)}
    revisions = {
        revision: snapshots / commit for revision, commit in _refs(folder) if commit in commits
    }
    named = {place.name for place in revisions.values()}
    revisions.update((commit, snapshots / commit) for commit in sorted(commits - named))
    return (_TYPES[kind], name.replace("--", "/", 1), revisions) if revisions else None


def _refs(folder: Path) -> Iterator[tuple[str, str]]:
    top = folder / "refs"
    left = _MOST_REFS
    for place, _, names in os.walk(top):
        for name in sorted(names):
            left -= 1
            if left < 0:
                return
            try:
                commit = read_text(os.path.join(place, name), 256).strip()
            except (OSError, ValueError):
                continue
            yield Path(place, name).relative_to(top).as_posix(), commit


def _files(folder: Path, parts: tuple[str, ...], blobs: list[Path]) -> Iterator[FoundFile]:
    for name in _names(folder):
        here, place = (*parts, name), folder / name
        if is_never_shown(here):
            continue
        try:
            link = place.readlink() if os.path.islink(place) else None
            found = place.stat()
        except OSError:
            continue
        if link is None and stat.S_ISDIR(found.st_mode):
            if len(here) < _MOST_DEEP:
                yield from _files(place, here, blobs)
            continue
        real = Path(os.path.realpath(place))
        if link is not None and not any(real.is_relative_to(home) for home in blobs):
            continue
        if stat.S_ISREG(found.st_mode):
            # the link names the content, also where the blob is a link into the shared store
            etag = link.name if link and is_etag(link.name) else None
            yield FoundFile("/".join(here), real, Stamp.of(found), found.st_mtime, etag)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(place.name for place in folder.iterdir() if is_text(place.name))
    except OSError as error:
        if is_shortage(error):
            raise
        return []
