"""A snapshot of the Hub cache as a folder to be verified: what should be in it, and where it is."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hfget.destinations import record_codec
from hfget.destinations.hub_cache.cache_paths import CACHE_LOG, OWN_RECORDS, real_blob, repo_of
from hfget.destinations.path_rules import is_repo_folder
from hfget.destinations.record_codec import recorded_file
from hfget.destinations.wanted_files import read_wanted
from hfget.errors import UnsafeError
from hfget.messages import destination_texts as texts
from hfget.model import RemoteFile, is_commit, is_etag


class CachedSnapshot(NamedTuple):
    """`snapshots/COMMIT` in the folder of a repo; all paths without links in them."""

    root: Path
    repo_type: str
    repo_id: str

    @classmethod
    def at(cls, folder: Path) -> CachedSnapshot | None:
        """What `folder` is, if it is a snapshot in a Hub cache.

        The folder of the repo may be a link to one of another name: then the record knows it.
        """
        root = Path(os.path.realpath(folder))
        if root.parent.name != "snapshots" or not is_commit(root.name):
            return None
        folder_of_repo = root.parent.parent
        if is_repo_folder(folder_of_repo.name):
            return cls(root, *repo_of(folder_of_repo))
        wanted = read_wanted(folder_of_repo / OWN_RECORDS / root.name, anyones=True)
        return cls(root, wanted.repo_type, wanted.repo_id) if wanted else None

    @property
    def commit(self) -> str:
        return self.root.name

    @property
    def cache(self) -> Path:
        return self._repo.parent

    @property
    def log_path(self) -> Path:
        """hfget's record of which contents were hashed."""
        return self._repo / OWN_RECORDS / CACHE_LOG

    @property
    def endpoint(self) -> str:
        """The endpoint that listed the commit to hfget; empty if that is not recorded."""
        wanted = read_wanted(self._repo / OWN_RECORDS / self.commit)
        return wanted.endpoint if wanted else ""

    @property
    def _repo(self) -> Path:
        return self.root.parent.parent

    def expected(self) -> dict[str, RemoteFile]:
        """By path, the content each file should have (`recorded_file` where only that is known).

        That is what hfget was asked for, and whatever else of the repo is there: a snapshot
        may hold only a part of it.
        """
        wanted = read_wanted(self._repo / OWN_RECORDS / self.commit, anyones=True)
        files = dict(wanted.files) if wanted else {}
        tree = record_codec.read_tree(self._repo, self.commit, anyones=True)
        listed = {file.path: file for file in tree or ()}
        for path in self._paths():
            if path in listed:
                files.setdefault(path, listed[path])
            elif not listed and (etag := self._etag(path)):
                files[path] = recorded_file(path, etag)
        return files

    def locate(self, target: Path) -> tuple[Path, int]:
        """The file that a name in the snapshot stands for, and its size.

        Raises OSError; UnsafeError for a link that leads to anything but a blob of the repo.
        """
        found = target.lstat()
        if stat.S_ISREG(found.st_mode):
            return target, found.st_size
        blob = Path(os.path.normpath(target.parent / target.readlink()))
        if blob.parent != self._repo / "blobs" or os.path.realpath(blob.parent) != str(blob.parent):
            raise UnsafeError(texts.LINK_OUT_OF_REPO)
        if not os.path.lexists(blob):
            raise FileNotFoundError(blob)
        real = real_blob(self.cache, blob)
        if real is None:
            raise UnsafeError(texts.LINK_OUT_OF_CACHE)
        return real[0], real[1].size

    def _paths(self) -> Iterator[str]:
        for folder, _, names in os.walk(self.root):
            for name in names:
                yield Path(folder, name).relative_to(self.root).as_posix()

    def _etag(self, path: str) -> str | None:
        """The etag that a link names, where no listing was kept."""
        with suppress(OSError):
            name = (self.root / path).readlink().name
            return name if is_etag(name) else None
        return None
