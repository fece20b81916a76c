"""Which repos a folder holds, under which ids and revisions.

`DIR/org/name` is a model, `DIR/name` too, `DIR/datasets/...` and `DIR/spaces/...` the other
types; `name@REV` (REV percent-encoded) is another revision of `name`. A folder that hfget
downloaded says itself which repo it is, and so does the folder of a repo in a Hub cache.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from hfget.messages import server_texts as texts
from hfget.model import RepoType
from hfget.server.repos.cached import cached_revisions
from hfget.server.repos.provenance import Provenances, has_records, is_folder
from hfget.server.repos.repo import MAIN, Repo, unfit
from hfget.server.repos.visibility import Visibility, is_cached_repo, is_hidden, looks_like_home
from hfget.system import is_shortage

_TYPE_FOLDERS: dict[str, RepoType] = {"datasets": "dataset", "spaces": "space"}


class _Place(NamedTuple):
    """A folder that is a revision of a repo; `claimed` if only its record says of which."""

    claimed: bool
    repo_type: RepoType
    repo_id: str
    revision: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Discovery:
    """Looks for repos under the root of `sight`."""

    sight: Visibility
    provenances: Provenances

    def repos(self, note: Callable[[str], None]) -> dict[tuple[RepoType, str], Repo]:
        """`note` is told what is not served, and why.

        Raises OSError where descriptors are short: what is not seen then may well be there.
        """
        revisions: dict[tuple[RepoType, str], dict[str, Path]] = {}
        # a folder in its own place comes before one that merely says what it is
        for place in sorted(self._places(note), key=lambda place: place.claimed):
            key = (place.repo_type, place.repo_id)
            if why := unfit(*key):
                note(texts.NOT_SERVED_AS(folder=place.folder, repo_id=place.repo_id, why=why))
                continue
            taken = revisions.setdefault(key, {}).setdefault(place.revision, place.folder)
            if taken != place.folder:
                note(
                    texts.ALREADY_SERVED(
                        folder=place.folder,
                        taken=taken,
                        repo_id=place.repo_id,
                        revision=place.revision,
                    )
                )
        return {
            key: Repo(key[1], key[0], folders)
            for key, folders in sorted(revisions.items(), key=lambda item: item[0])
        }

    def _places(self, note: Callable[[str], None]) -> Iterator[_Place]:
        root = self.sight.root
        names = _entry_names(root)
        if self.sight.in_home(root) or looks_like_home(names) or self._is_cache(root / "hub"):
            # of a home of huggingface_hub, only the cache is shown
            if not self._is_cache(root):
                note(texts.OF_HUGGINGFACE_HUB(root=root))
            for place in (root, root / "hub"):
                yield from self._cached(place)
            return
        if self.provenances.of(root).origin:
            yield from self._folder("model", root.name, root)
            return
        yield from self._cached(root)
        # the store that all repos of a cache share is not a repo
        stores = {root / "blobs"} if self._is_cache(root) else set()
        for folder in self._subfolders(root):
            if folder in stores:
                continue
            repo_type = _TYPE_FOLDERS.get(folder.name)
            if repo_type is None:
                yield from self._in_namespace("model", folder)
            else:
                for child in self._subfolders(folder):
                    yield from self._in_namespace(repo_type, child)

    def _in_namespace(self, repo_type: RepoType, folder: Path) -> Iterator[_Place]:
        """`folder` itself if it is a repo, else the repos in it."""
        if self._is_cache(folder):
            yield from self._cached(folder)
            return
        children = [] if has_records(folder) else self._subfolders(folder)
        if has_records(folder) or (
            _has_files(folder) and not any(has_records(child) for child in children)
        ):
            yield from self._folder(repo_type, folder.name, folder)
            return
        for child in children:
            yield from self._folder(repo_type, f"{folder.name}/{child.name}", child)

    def _folder(self, repo_type: RepoType, path_id: str, folder: Path) -> Iterator[_Place]:
        if self._is_cache(folder):
            yield from self._cached(folder)
            return
        base, _, revision = path_id.partition("@")
        name = unquote(revision).removeprefix("refs/heads/") if revision else MAIN
        origin = self.provenances.of(folder).origin
        if origin is None:
            yield _Place(False, repo_type, base, name, folder)
        else:
            claimed = (origin.repo_type, origin.repo_id) != (repo_type, base)
            yield _Place(claimed, origin.repo_type, origin.repo_id, name, folder)

    def _is_cache(self, folder: Path) -> bool:
        """Whether a Hub cache keeps repos in `folder`."""
        return bool(self._subfolders(folder, cached=True))

    def _cached(self, cache: Path) -> Iterator[_Place]:
        for folder in self._subfolders(cache, cached=True):
            found = cached_revisions(folder)
            if found is not None:
                repo_type, repo_id, revisions = found
                for revision, place in revisions.items():
                    yield _Place(True, repo_type, repo_id, revision, place)

    def _subfolders(self, folder: Path, *, cached: bool = False) -> list[Path]:
        """The folders in `folder` that may be repos, or with `cached` those that a cache has."""
        places = [
            folder / name
            for name in _entry_names(folder)
            if not is_hidden((name,)) and is_cached_repo(name) == cached
        ]
        return sorted(place for place in places if self._may_enter(place, cached=cached))

    def _may_enter(self, place: Path, *, cached: bool) -> bool:
        real = Path(os.path.realpath(place))
        if not is_folder(real):
            return False
        if cached:
            return real.is_relative_to(self.sight.root)
        return self.sight.allows(real) and not looks_like_home(_entry_names(real))


def _entry_names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except OSError as error:
        if is_shortage(error):
            raise
        return []


def _has_files(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.is_file() and not is_hidden((entry.name,)) for entry in entries)
    except OSError as error:
        if is_shortage(error):
            raise
        return False
