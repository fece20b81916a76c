"""One folder as the Hub would list it: commit, files with hashes, folders with tree ids."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hfget.disk import read_text
from hfget.model import RemoteFile
from hfget.opening import open_file
from hfget.server import records
from hfget.server.attributes import LfsRules
from hfget.server.hashes import HashCache, Stamp, git_blob_id, git_tree_ids, lfs_pointer
from hfget.server.walk import Found, walk

LFS_THRESHOLD = 10 * 1024 * 1024
_SNIFF_BYTES = 8 * 1024
_MOST_RULES = 1 << 20
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file of the listing and where its bytes are; `stamp` pins the state that was hashed."""

    remote: RemoteFile
    real: Path
    stamp: Stamp

    @property
    def pointer(self) -> bytes:
        """The LFS pointer text (an LFS file only)."""
        return lfs_pointer(self.remote.etag, self.remote.size)


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder at one moment. `files` is sorted by path; `missing` counts files that the
    recorded commit has and the folder has not; `modified` is a unix time."""

    commit: str
    files: dict[str, ServedFile]
    folders: dict[str, str]
    modified: float
    missing: int = 0

    @property
    def total_size(self) -> int:
        return sum(file.remote.size for file in self.files.values())


@dataclass
class Scanner:
    """Makes the listing of a folder and keeps it as long as nothing in the folder changes."""

    folder: Path
    root: Path
    hashes: HashCache
    stop: threading.Event
    _state: object = field(default=None, init=False)
    _listing: Listing | None = field(default=None, init=False)

    def scan(self) -> Listing:
        """Raises Stopped. A file that cannot be read is left out."""
        found = list(walk(self.folder, self.root))
        record = records.read_folder_record(self.folder)
        state = (record, [(item.path, item.real, item.stamp) for item in found])
        if self._listing is None or state != self._state:
            self._listing = self._build(found, record)
            self._state = state
        return self._listing

    def _build(self, found: list[Found], record: records.FolderRecord | None) -> Listing:
        file_records = {
            item.path: records.read_file_record(self.folder, item.path) for item in found
        }
        claimed = record.commit if record else _common_commit(file_records.values())
        tree = (records.read_tree_record(self.folder, claimed) or {}) if claimed else {}
        rules = self._rules(found)
        files: dict[str, ServedFile] = {}
        agrees = True
        for item in found:
            entry = tree.get(item.path)
            known = file_records[item.path]
            try:
                remote = self._describe(item, known, entry, rules)
            except OSError:
                continue
            files[item.path] = ServedFile(remote, item.real, item.stamp)
            promised = entry.etag if entry else known.etag if known else None
            agrees &= promised == remote.etag if promised else not tree
        modified = max((item.mtime for item in found), default=0.0)
        return Listing(
            commit=claimed if claimed and agrees else _computed_commit(files),
            files=files,
            folders=git_tree_ids({path: file.remote.blob_id for path, file in files.items()}),
            modified=modified,
            missing=len(tree.keys() - files.keys()) if agrees else 0,
        )

    def _rules(self, found: list[Found]) -> LfsRules:
        for item in found:
            if item.path == ".gitattributes":
                try:
                    text = read_text(item.real, _MOST_RULES, errors="replace", foreign=True)
                    return LfsRules(text)
                except OSError:
                    break
        return LfsRules()

    def _describe(
        self,
        item: Found,
        known: records.FileRecord | None,
        entry: records.TreeRecord | None,
        rules: LfsRules,
    ) -> RemoteFile:
        """Size and hashes of one file, from its record if nothing speaks against it."""
        size = item.stamp.size
        trusted = known is not None and item.mtime <= known.at
        if trusted and entry is not None and known is not None:
            trusted = entry.size == size and entry.etag == known.etag
        if trusted and known is not None:
            etag, is_lfs = known.etag, len(known.etag) == 64
        else:
            is_lfs = self._is_lfs(item, known, entry, rules)
            etag = self.hashes.hash(
                item.real, item.stamp, "sha256" if is_lfs else "git-sha1", self.stop
            )
        if not is_lfs:
            return RemoteFile(item.path, size, etag)
        blob_id = git_blob_id(lfs_pointer(etag, size))
        if entry is not None and entry.sha256 == etag:
            blob_id = entry.blob_id
        return RemoteFile(item.path, size, blob_id, sha256=etag)

    def _is_lfs(
        self,
        item: Found,
        known: records.FileRecord | None,
        entry: records.TreeRecord | None,
        rules: LfsRules,
    ) -> bool:
        if entry is not None:
            return entry.sha256 is not None
        if known is not None:
            return len(known.etag) == 64
        if item.stamp.size == 0:
            return False
        if rules.matches(item.path) or item.stamp.size > LFS_THRESHOLD:
            return True
        with open(open_file(item.real), "rb") as source:
            return b"\0" in source.read(_SNIFF_BYTES)


def _common_commit(known: Iterable[records.FileRecord | None]) -> str | None:
    """The commit all files were downloaded from, if it is one (what `hf --local-dir` leaves)."""
    commits = {record.commit if record else None for record in known}
    return commits.pop() if len(commits) == 1 else None


def _computed_commit(files: dict[str, ServedFile]) -> str:
    digest = hashlib.sha1()
    for path, file in files.items():
        digest.update(f"{path}\0{file.remote.etag}\n".encode())
    return digest.hexdigest()


def open_checked(file: ServedFile) -> int | None:
    """A descriptor of exactly the file that was listed, or None if it is another by now.

    Comparing the open descriptor also closes the gap in which a path could be replaced by
    a symlink that leads outside.
    """
    try:
        handle = os.open(file.real, _OPEN_FLAGS)
    except OSError:
        return None
    if Stamp.of(os.fstat(handle)) != file.stamp:
        os.close(handle)
        return None
    return handle
