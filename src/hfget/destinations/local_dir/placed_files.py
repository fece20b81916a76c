"""What lies where the files of a repo go in a folder: theirs, the user's, or another program's."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from hfget.destinations.hub_cache.cache_paths import HubCache, linked_blob
from hfget.destinations.layout import Elsewhere, Placement
from hfget.destinations.local_dir.history import History, at_obstacle
from hfget.destinations.local_dir.other_downloaders import half_file, is_pointer, is_saved_refusal
from hfget.destinations.owners import Owners
from hfget.destinations.record_files import RECORDS
from hfget.destinations.record_log import RecordLog
from hfget.destinations.safe_directories import Directories, Seen
from hfget.destinations.safe_paths import destination
from hfget.destinations.wanted_files import read_wanted
from hfget.errors import UnsafeError
from hfget.model import ItemState, RemoteFile, Snapshot
from hfget.system import disk_error


class PlacedFiles:
    """By path, what was seen in `root`; `hub` and `force` as in `FolderLayout`.

    `seen` is what lay there, `linked` the blob that a link there leads to, `controls` what another
    program has noted of its download.
    """

    def __init__(
        self,
        root: Path,
        log: RecordLog,
        owners: Owners,
        directories: Directories,
        *,
        hub: HubCache | None,
        force: bool,
    ) -> None:
        self.seen: dict[str, Seen] = {}
        self.linked: dict[str, Seen] = {}
        self.controls: dict[str, Path] = {}
        self._root = root
        self._records = root / RECORDS
        self._log = log
        self._owners = owners
        self._directories = directories
        self._hub = hub
        self._force = force
        self._history = History(self._records, log)
        self._looked: dict[str, tuple[os.stat_result, Seen]] = {}
        self._inside: set[str] = set()

    def is_recorded(self, path: str) -> bool:
        """Whether the file at `path` is the very one that hfget recorded."""
        try:
            found = os.lstat(os.path.join(self._root, path))
        except OSError:
            return False
        seen = Seen.of(found)
        self._looked[path] = found, seen
        return self._log.is_held(path, seen)

    def place(self, snapshot: Snapshot, file: RemoteFile) -> Placement:
        """See `Layout.place`.

        A file counts as complete without hashing if hfget's own record of it holds and names
        this content. What a user modified, or what was there before, is never replaced without
        `force`, unless its content is one that was downloaded here, or was to be: a run may have
        been killed between giving a name and recording it, and a copy of the folder is other
        files. What `verify` found wrong may be replaced.
        """
        placement = self._place(snapshot, file)
        if placement.state is ItemState.COMPLETE or placement.blocked:
            return placement
        return placement._replace(elsewhere=self._elsewhere(snapshot, file))

    def _place(self, snapshot: Snapshot, file: RemoteFile) -> Placement:
        target = destination(self._root, file.path)
        self._refuse_escape(file.path)
        self.seen.pop(file.path, None)
        self.linked.pop(file.path, None)
        self.controls.pop(file.path, None)
        try:
            looked = self._looked.pop(file.path, None)
            found = looked[0] if looked else os.lstat(target)
        except FileNotFoundError:
            return Placement(target, ItemState.MISSING)
        except OSError as error:
            return Placement.refused(target, disk_error(error, target))
        seen = looked[1] if looked else Seen.of(found)
        if stat.S_ISLNK(found.st_mode) and (blob := linked_blob(target)) is not None:
            return self._place_link(snapshot, file, seen, *blob)
        if not stat.S_ISREG(found.st_mode):
            return at_obstacle(target, found, force=self._force)
        self.seen[file.path] = seen
        self._owners.file(seen)
        known = self._log.holds(file.path, seen)
        repo = snapshot.ref.repo_type, snapshot.ref.repo_id
        if known and known.etag == file.etag and seen.size == file.size:
            needs_record = known.commit != snapshot.commit or known.repo != repo
            return Placement(target, ItemState.COMPLETE, needs_record=needs_record)
        state = ItemState.OUTDATED if known or seen.size != file.size else ItemState.ADOPTABLE
        if self._force or self._history.put_here(file.path, seen, repo):
            return Placement(target, state)
        placement = Placement(
            target, state, replaceable=False, earlier=self._history.earlier(file.path, repo)
        )
        return (
            placement if self._history.knows(file.path) else self._begun(placement, seen.size, file)
        )

    def _begun(self, placement: Placement, size: int, file: RemoteFile) -> Placement:
        """The placement of a file that no record is about: another program may have begun it."""
        target = placement.destination
        if is_pointer(target, size, file) or is_saved_refusal(target, size, file):
            return Placement(target, ItemState.OUTDATED)
        half = half_file(self._root, target, size, file)
        if half is None:
            return placement
        if half.control is not None:
            self.controls[file.path] = half.control
        return placement._replace(state=ItemState.OUTDATED, replaceable=half.sure, half=half)

    def _place_link(
        self, snapshot: Snapshot, file: RemoteFile, link: Seen, blob: Path, seen: Seen | None
    ) -> Placement:
        """A link into a Hub cache, as huggingface_hub before 0.23 put in the place of large files.

        The content stays in the cache, so that the link may be replaced.
        """
        target = destination(self._root, file.path)
        self.seen[file.path] = link
        if seen is None or seen.size != file.size or blob.name != file.etag:
            return Placement(target, ItemState.OUTDATED)
        self.linked[file.path] = seen
        known = self._log.holds(file.path, seen)
        if known is None or known.etag != file.etag:
            return Placement(target, ItemState.ADOPTABLE, present=blob)
        needs_record = known.commit != snapshot.commit
        return Placement(target, ItemState.COMPLETE, needs_record=needs_record, present=blob)

    def _elsewhere(self, snapshot: Snapshot, file: RemoteFile) -> Elsewhere | None:
        """The content under a name that it had in an earlier commit, or in the Hub cache."""
        former = self._former.get(file.etag, file.path)
        if former != file.path and file.size:
            path = destination(self._root, former)
            with suppress(OSError, UnsafeError):
                self._refuse_escape(former)
                found = path.lstat()
                if stat.S_ISREG(found.st_mode) and found.st_size == file.size:
                    return Elsewhere(path, ItemState.TWIN)
        cached = self._hub.find(snapshot, file) if self._hub else None
        return Elsewhere(cached, ItemState.CACHED) if cached else None

    @cached_property
    def _former(self) -> dict[str, str]:
        """By content, the name that runs before this one were to fetch it under."""
        wanted = read_wanted(self._records)
        return {file.etag: path for path, file in wanted.files.items()} if wanted else {}

    def _refuse_escape(self, path: str) -> None:
        """A link planted in the folder must not lead a file, or its record, outside."""
        folder = path.rpartition("/")[0]
        if folder not in self._inside:
            self._directories.refuse_escape(self._root / folder)
            self._directories.refuse_escape(self._records / "download" / folder)
            self._inside.add(folder)
