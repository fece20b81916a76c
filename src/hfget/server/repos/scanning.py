"""From a folder on disk to its listing: what is there, and the hash of each file."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hfget.hub import git_blob_id, lfs_pointer
from hfget.model import RemoteFile, is_sha256
from hfget.server.repos import attributes
from hfget.server.repos.attributes import LfsRules
from hfget.server.repos.cached import CachedRepo
from hfget.server.repos.card import Card, read_card
from hfget.server.repos.hashes import HashCache
from hfget.server.repos.listing import Listing, ServedFile
from hfget.server.repos.provenance import Promise, Provenance, Provenances
from hfget.server.repos.visibility import Visibility
from hfget.server.repos.walk import FoundFile, Walk
from hfget.system import Stamp, is_shortage, read_text

LFS_THRESHOLD = 10 * 1024 * 1024
_SNIFF_BYTES = 8 * 1024
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass
class Scanner:
    """Makes the listing of a folder and keeps it as long as nothing in the folder changes."""

    folder: Path
    sight: Visibility
    hashes: HashCache
    stop: threading.Event
    provenances: Provenances = field(default_factory=Provenances)
    _state: object = field(default=None, init=False)
    _found: dict[str, FoundFile] = field(default_factory=dict, init=False)
    _listing: Listing | None = field(default=None, init=False)

    @property
    def last(self) -> Listing | None:
        return self._listing

    def scan(self) -> Listing:
        """Raises Stopped. A file that cannot be read is left out."""
        cached = CachedRepo.of_snapshot(self.folder)
        provenance = self.provenances.of(self.folder)
        withheld = 0
        if cached is None:
            walk = Walk(self.folder, self.sight, provenance, self._found)
            found = walk.files()
            withheld = walk.withheld
            self._found = {item.path: item for item in found}
        else:
            found = cached.files(self.sight)
        state = (provenance.stamp, withheld, found)
        if self._listing is None or state != self._state:
            if cached is None:
                self._listing = self._build(found, provenance, withheld)
            else:
                self._listing = self._of_cache(found, cached)
            self._state = state
        return self._listing

    def _build(self, found: list[FoundFile], provenance: Provenance, withheld: int) -> Listing:
        promises = {item.path: provenance.promise(item.path) for item in found}
        origin = provenance.origin
        claimed = origin.commit if origin else _common_commit(promises.values())
        tree = provenance.tree(claimed) if claimed else {}
        rules = _rules(found)
        files: dict[str, ServedFile] = {}
        agrees = True
        for item in found:
            entry, promise = tree.get(item.path), promises[item.path]
            try:
                remote = self._describe(item, promise, entry, rules)
            except OSError as error:
                if is_shortage(error):
                    raise
                continue
            if item.must_be is not None and item.must_be != remote.etag:
                withheld += 1
                continue
            files[item.path] = ServedFile(remote, item.real, item.stamp)
            promised = entry.etag if entry else promise.etag if promise else None
            agrees &= promised == remote.etag if promised else not tree
        return Listing(
            commit=claimed if claimed and agrees else _computed_commit(files),
            files=files,
            modified=max((item.mtime for item in found), default=0.0),
            missing=len(tree.keys() - files.keys()) if agrees else 0,
            withheld=withheld,
            card=_card(files),
        )

    def _of_cache(self, found: list[FoundFile], cached: CachedRepo) -> Listing:
        """A snapshot of a Hub cache: the name of a blob says what its content must be."""
        tree = cached.tree()
        files: dict[str, ServedFile] = {}
        rules, was_hashed = _rules(found), cached.hashed()
        for item in found:
            entry = tree.get(item.path)
            proved = item.must_be if was_hashed(item) else None
            try:
                remote = self._describe(item, None, entry, rules, item.must_be, proved)
            except OSError as error:
                if is_shortage(error):
                    raise
                continue
            if item.must_be in (None, remote.etag):
                files[item.path] = ServedFile(remote, item.real, item.stamp)
        return Listing(
            commit=cached.commit,
            files=files,
            modified=max((item.mtime for item in found), default=0.0),
            missing=len(tree.keys() - files.keys()),
            withheld=len(found) - len(files),
            card=_card(files),
        )

    def _describe(
        self,
        item: FoundFile,
        promise: Promise | None,
        entry: RemoteFile | None,
        rules: LfsRules,
        name: str | None = None,
        proved: str | None = None,
    ) -> RemoteFile:
        """Size and hashes of one file, from its record if nothing speaks against it.

        `proved` is the hash that is known without reading it.
        """
        size = item.stamp.size
        trusted = promise is not None and promise.holds(item.changed)
        if trusted and entry is not None and promise is not None:
            trusted = entry.size == size and entry.etag == promise.etag
        if proved is None and trusted and promise is not None:
            proved = promise.etag
        if proved is not None:
            etag, is_lfs = proved, is_sha256(proved)
        else:
            known = name or (promise.etag if promise else None)
            is_lfs = _is_lfs(item, known, entry, rules)
            kind = "sha256" if is_lfs else "git-sha1"
            etag = self.hashes.hash(item.real, item.stamp, kind, self.stop)
        if not is_lfs:
            return RemoteFile(item.path, size, etag)
        blob_id = git_blob_id(lfs_pointer(etag, size))
        if entry is not None and entry.sha256 == etag:
            blob_id = entry.blob_id
        return RemoteFile(item.path, size, blob_id, sha256=etag)


def open_checked(file: ServedFile) -> int | None:
    """A descriptor of exactly the file that was listed, or None if it is another by now.

    Comparing the open descriptor also closes the gap in which a path could be replaced by
    a symlink that leads outside.
    """
    if file.stamp is None:
        return None
    try:
        handle = os.open(file.real, _OPEN_FLAGS)
    except OSError:
        return None
    if Stamp.of(os.fstat(handle)) != file.stamp:
        os.close(handle)
        return None
    return handle


def _is_lfs(item: FoundFile, known: str | None, entry: RemoteFile | None, rules: LfsRules) -> bool:
    if entry is not None:
        return entry.is_lfs
    if known is not None:
        return is_sha256(known)
    if item.stamp.size == 0:
        return False
    if rules.matches(item.path) or item.stamp.size > LFS_THRESHOLD:
        return True
    return b"\0" in _beginning(item.real)


def _beginning(path: Path) -> bytes:
    handle = os.open(path, _OPEN_FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return b""
        return os.read(handle, _SNIFF_BYTES)
    finally:
        os.close(handle)


def _rules(found: list[FoundFile]) -> LfsRules:
    for item in found:
        if item.path == ".gitattributes":
            try:
                text = read_text(item.real, attributes.MOST_BYTES, errors="replace")
            except OSError:
                break
            return LfsRules(text)
    return LfsRules()


def _card(files: dict[str, ServedFile]) -> Card:
    return card_in(files.get("README.md"))


def card_in(file: ServedFile | None) -> Card:
    """The card that a file has; an empty one where it is not, or no more, to be had."""
    handle = open_checked(file) if file else None
    if handle is None:
        return Card()
    try:
        return read_card(handle)
    except OSError:
        return Card()
    finally:
        os.close(handle)


def _common_commit(promises: Iterable[Promise | None]) -> str | None:
    """The commit all files were downloaded from, if it is one (what `hf --local-dir` leaves)."""
    commits = {promise.commit if promise else None for promise in promises}
    return commits.pop() if len(commits) == 1 else None


def _computed_commit(files: dict[str, ServedFile]) -> str:
    digest = hashlib.sha1()
    for path, file in files.items():
        digest.update(f"{path}\0{file.remote.etag}\n".encode())
    return digest.hexdigest()
