"""What a download left on disk about a folder: which repo it is, and the hashes of its files.

The codec is the one that downloads write with (`destinations`). Here is only what a server
asks of it, and when an answer is believed without reading the file.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from hfget.destinations import RECORD_NAME, RECORDS, read_metadata, read_tree, read_wanted
from hfget.model import URL_PREFIXES, RemoteFile, RepoType, is_commit
from hfget.system import Stamp

_MOST_KEPT = 256


@dataclass(frozen=True, slots=True)
class Origin:
    """The repo and the commit a folder was downloaded from."""

    repo_id: str
    repo_type: RepoType
    commit: str


@dataclass(frozen=True, slots=True)
class Promise:
    """What a record says of a file: its content, and when that was so (unix seconds)."""

    commit: str
    etag: str
    at: float

    def holds(self, changed: float) -> bool:
        """Whether a file last touched at `changed` (the later of mtime and ctime) is the one
        that was recorded. A record from the future proves nothing."""
        return changed <= self.at <= time.time()


@dataclass(frozen=True, slots=True)
class Provenance:
    """The records of one folder. Whatever cannot be read counts as absent.

    `stamp` changes with them.
    """

    folder: Path
    origin: Origin | None = None
    files: dict[str, RemoteFile] = field(default_factory=dict)
    stamp: Stamp | None = None

    def promise(self, path: str) -> Promise | None:
        found = read_metadata(self.folder / RECORDS, path)
        if found is None or not is_commit(found.commit):
            return None
        return Promise(found.commit, found.etag, found.timestamp)

    def etag(self, path: str) -> str | None:
        """The content that was downloaded to `path`, None if no record lists it."""
        if promise := self.promise(path):
            return promise.etag
        file = self.files.get(path)
        return file.etag if file else None

    def reaches_into(self, folder: str) -> bool:
        """Whether a record lists a file in this folder of the repo."""
        if is_folder(self.folder / RECORDS / "download" / folder):
            return True
        return any(path.startswith(folder + "/") for path in self.files)

    def tree(self, commit: str) -> dict[str, RemoteFile]:
        """The recorded listing of `commit`, empty if there is none."""
        files = read_tree(self.folder / RECORDS, commit)
        return {file.path: file for file in files or ()}


class Provenances:
    """Reads the records of folders, and reads them again only when they changed. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[Path, tuple[Stamp, Provenance]] = OrderedDict()

    def of(self, folder: Path) -> Provenance:
        try:
            found = os.lstat(folder / RECORDS / RECORD_NAME)
        except OSError:
            return Provenance(folder)
        stamp = Stamp.of(found)
        with self._lock:
            known = self._known.get(folder)
        if known is None or known[0] != stamp:
            known = (stamp, _read(folder, stamp))
        with self._lock:
            self._known[folder] = known
            self._known.move_to_end(folder)
            if len(self._known) > _MOST_KEPT:
                self._known.popitem(last=False)
        return known[1]


def has_records(folder: Path) -> bool:
    return is_folder(folder / RECORDS)


def is_folder(path: Path) -> bool:
    try:
        return os.path.isdir(path)
    except (OSError, ValueError):
        return False


def _read(folder: Path, stamp: Stamp) -> Provenance:
    wanted = read_wanted(folder / RECORDS)
    if wanted is None or not is_commit(wanted.commit):
        return Provenance(folder)
    for repo_type in URL_PREFIXES:
        if repo_type == wanted.repo_type:
            origin = Origin(wanted.repo_id, repo_type, wanted.commit)
            return Provenance(folder, origin, wanted.files, stamp)
    return Provenance(folder)
