"""The Hub cache as huggingface_hub lays it out: where it is, and what of it may be read.

`models--org--name/blobs/ETAG` holds a content once, `snapshots/COMMIT/PATH` links to it. A blob
may itself be a link into the store that all repos of a cache share, `blobs/xx/XETHASH`
(huggingface_hub 2.x, `utils/_shared_blobs.py`). No other link is followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hfget.destinations.path_rules import is_repo_folder
from hfget.destinations.safe_directories import Seen
from hfget.messages import destination_texts as texts
from hfget.model import RemoteFile, RepoRef, RepoType, Snapshot, is_etag, is_sha256
from hfget.system import is_inside, is_trusted, os_reason, safe_text

#: In the folder of a repo: what hfget records there, which no other program reads.
OWN_RECORDS = ".hfget"
#: There: which files of the repo were hashed and found right.
CACHE_LOG = "records"


def repo_folder(cache: Path, repo_type: RepoType, repo_id: str) -> Path:
    """Where a cache keeps a repo: under the name it is asked for by, also a former one.

    (`repo_folder_name` in huggingface_hub's `file_download.py`.)
    """
    return cache / "--".join((f"{repo_type}s", *repo_id.split("/")))


def settled_folder(folder: Path) -> Path:
    """Where a repo's folder really is: it may be this user's own link, to another disk.

    A link of another user is not followed: then what it leads to lies outside of the cache.
    """
    with suppress(OSError):
        found = folder.lstat()
        if stat.S_ISLNK(found.st_mode) and is_trusted(found):
            return Path(os.path.realpath(folder))
    return folder


def repo_of(folder: Path) -> tuple[str, str]:
    """Type and ID of the repo that a cache keeps in `folder`."""
    kind, _, name = folder.name.partition("s--")
    return kind, name.replace("--", "/")


def blob_path(folder: Path, file: RemoteFile) -> Path | None:
    """Where a repo's folder keeps the content of `file`; None if nothing defines that content."""
    if file.defect or not is_etag(file.etag):
        return None
    return folder / "blobs" / file.etag


def store_path(cache: Path, file: RemoteFile) -> Path | None:
    """Where the store that all repos share keeps the content of `file`, if it is of that kind."""
    if file.defect or file.xet_hash is None or not is_sha256(file.xet_hash):
        return None
    return cache / "blobs" / file.xet_hash[:2] / file.xet_hash


def real_blob(cache: Path, path: Path) -> tuple[Path, Seen] | None:
    """The file at `path`, a link to the shared store followed; None if it does not exist.

    The folder of `path` must be known to lie in the cache. Raises OSError for a path that cannot
    be looked at.
    """
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(found.st_mode):
        path = Path(os.path.realpath(path))
        if not is_inside(path, cache / "blobs"):
            return None
        with suppress(FileNotFoundError):
            found = path.lstat()
    return (path, Seen.of(found)) if stat.S_ISREG(found.st_mode) else None


def linked_blob(link: Path) -> tuple[Path, Seen | None] | None:
    """The blob of some Hub cache that a link in a folder leads to; None if it leads elsewhere.

    huggingface_hub before 0.23 put such links into a `local_dir`. Without `Seen` the blob is gone.
    """
    try:
        blob = Path(os.path.normpath(link.parent / link.readlink()))
        folder = blob.parent
        if folder.name != "blobs" or not is_etag(blob.name):
            return None
        if not is_repo_folder(folder.parent.name):
            return None
        found = real_blob(folder.parent.parent, blob)
    except OSError:
        return None
    return blob, found[1] if found else None


class HubCache:
    """What a Hub cache has of a repo, also under the name `ref` asks for it by. Only reads."""

    def __init__(self, cache: Path, ref: RepoRef) -> None:
        self._cache = Path(os.path.realpath(cache))
        self._asked = ref.repo_id
        self._folders: dict[tuple[RepoType, str], Path] = {}
        self._inside: dict[Path, bool] = {}
        self._there: dict[Path, bool] = {}
        self._closed: dict[Path, str] = {}

    def cautions(self) -> list[str]:
        """A line for what could not be looked at, so that nothing was taken from there."""
        return [
            texts.CACHE_CLOSED(place=safe_text(str(place), 200), why=why)
            for place, why in list(self._closed.items())[:1]
        ]

    def find(self, snapshot: Snapshot, file: RemoteFile) -> Path | None:
        """A file that should have the content of `file`: its size is right, its hash unknown."""
        if not file.size:
            return None
        for path in self._candidates(snapshot, file):
            try:
                found = real_blob(self._cache, path) if self._is_inside(path) else None
            except OSError as error:
                self._cannot_look(path.parent, error)
                continue
            if found is not None and found[1].size == file.size:
                return found[0]
        return None

    def _is_inside(self, path: Path) -> bool:
        """Whether the folder of `path` lies in the cache, or in the folder of one of its repos."""
        folder = path.parent
        if folder not in self._inside:
            tops = (self._cache, *self._folders.values())
            self._inside[folder] = any(is_inside(folder, top) for top in tops)
        return self._inside[folder]

    def _folder(self, repo_type: RepoType, repo_id: str) -> Path:
        key = repo_type, repo_id
        if key not in self._folders:
            self._folders[key] = settled_folder(repo_folder(self._cache, repo_type, repo_id))
        return self._folders[key]

    def _is_there(self, folder: Path) -> bool:
        """Asked of the disk once: most repos are in no cache, and have many files."""
        there = self._there.get(folder)
        if there is None:
            there = False
            try:
                os.lstat(folder)
                there = True
            except (FileNotFoundError, NotADirectoryError):
                pass
            except OSError as error:
                self._cannot_look(folder, error)
            self._there[folder] = there  # other threads look meanwhile: never what may be wrong
        return there

    def _cannot_look(self, place: Path, error: OSError) -> None:
        self._closed.setdefault(place, os_reason(error))

    def _candidates(self, snapshot: Snapshot, file: RemoteFile) -> Iterator[Path]:
        """By content; by name only where a cache without links keeps files in its snapshots."""
        ref = snapshot.ref
        for repo_id in dict.fromkeys((self._asked, ref.repo_id)):
            folder = self._folder(ref.repo_type, repo_id)
            if not self._is_there(folder):
                continue
            if blob := blob_path(folder, file):
                yield blob
                pointer = folder.joinpath("snapshots", snapshot.commit, *file.path.split("/"))
                if not os.path.islink(pointer):
                    yield pointer
        if self._is_there(self._cache / "blobs") and (stored := store_path(self._cache, file)):
            yield stored
