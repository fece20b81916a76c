"""The plain folder: files under their repo paths, records as huggingface_hub's `local_dir` has.

`hf download --local-dir DIR` and hfget therefore take each other's downloads as complete.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from hfget.destinations import asked_revisions, record_codec
from hfget.destinations.asked_revisions import Remembered
from hfget.destinations.holdings import LOCK_NAME
from hfget.destinations.hub_cache.cache_paths import HubCache, linked_blob
from hfget.destinations.layout import ContentHash, Elsewhere, Placement
from hfget.destinations.listing_origins import Origins, RecordedListing
from hfget.destinations.local_dir.history import History, at_obstacle, blocked
from hfget.destinations.local_dir.obsolete import Obsolete
from hfget.destinations.local_dir.occupants import Claims, Occupants
from hfget.destinations.local_dir.other_downloaders import half_file, is_pointer
from hfget.destinations.local_dir.recorder import Recorder
from hfget.destinations.owners import Owners
from hfget.destinations.record_log import RecordLog
from hfget.destinations.safe_directories import Directories, Seen
from hfget.destinations.safe_paths import check_hostile, check_path, check_root, destination
from hfget.destinations.unfit_names import unfit_at
from hfget.errors import UnsafeError
from hfget.model import ItemState, RemoteFile, Removal, RepoRef, Snapshot
from hfget.system import disk_error, sweep_temporaries

#: hfget's own record in a folder; no path of a repo can name it (`paths.py`).
LOG_NAME = "hfget.records"


class FolderLayout:
    """Downloads into one folder. `force` allows to replace files that were not downloaded here.

    What the Hub cache `hub` holds already is taken from there.
    """

    shares_content = False
    unrecorded = False

    def __init__(
        self,
        root: Path,
        *,
        force: bool = False,
        fsync: bool = True,
        hub: HubCache | None = None,
        asked: str = "",
    ) -> None:
        """`asked` is the name by which the repo is asked for, which may be a former one."""
        self._asked = asked
        self._root = root
        self._force = force
        self._hub = hub
        self._records = root / ".cache" / "huggingface"
        self._inside: set[str] = set()
        self._downloads: dict[str, Path] = {}
        self._seen: dict[str, Seen] = {}
        self._origins = Origins(self._records, self._records / "trees", ".origin")
        self._directories = Directories(root)
        self._log = RecordLog(self._records / LOG_NAME)
        self._claims = Claims(root, self._records, self._log, self._is_recorded)
        self._obsolete = Obsolete(root, self._records, self._log, self._directories)
        self._owners = Owners(
            root, self._records, self._records / LOG_NAME, self._records / record_codec.RECORD_NAME
        )
        self._history = History(self._records, self._log)
        self._recorder = Recorder(root, self._records, self._log, self._directories, fsync=fsync)
        self._looked: dict[str, os.stat_result] = {}
        #: By path, the blob that a link leads to, and what another program noted of its download.
        self._linked: dict[str, Seen] = {}
        self._controls: dict[str, Path] = {}

    def root(self, snapshot: Snapshot) -> Path:
        return self._root

    @property
    def lock_path(self) -> Path:
        return self._records / LOCK_NAME

    def remembered(self, ref: RepoRef) -> Remembered | None:
        return asked_revisions.recall(self._records, ref)

    def recorded(self, commit: str) -> RecordedListing | None:
        return self._origins.recorded(commit)

    def forget_tree(self, commit: str) -> None:
        self._origins.forget(commit)

    def check(self, files: Sequence[RemoteFile]) -> None:
        check_root(self._root, (file.path for file in files))
        check_hostile(file.path for file in files)
        for name in ("download", "trees"):
            self._directories.refuse_escape(self._records / name)
        self._log.refresh()

    def unfit(self, wanted: Sequence[RemoteFile]) -> dict[str, str]:
        return unfit_at(self._root, wanted)

    def cautions(self) -> list[str]:
        closed = self._hub.cautions() if self._hub else []
        return self._owners.cautions(self._log.foreign_owner) + closed

    def others(self, snapshot: Snapshot) -> Occupants:
        self._log.refresh()
        return self._claims.others(snapshot)

    def take(self, snapshot: Snapshot, known: Occupants) -> None:
        self._claims.take(snapshot, known)

    def _is_recorded(self, path: str) -> bool:
        """Whether the file at `path` is the very one that hfget recorded."""
        try:
            found = os.lstat(os.path.join(self._root, path))
        except OSError:
            return False
        self._looked[path] = found
        return self._log.holds(path, Seen.of(found)) is not None

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
        self._seen.pop(file.path, None)
        self._linked.pop(file.path, None)
        self._controls.pop(file.path, None)
        try:
            found = self._looked.pop(file.path, None) or os.lstat(target)
        except FileNotFoundError:
            return Placement(target, ItemState.MISSING)
        except OSError as error:
            return blocked(target, disk_error(error, target))
        if stat.S_ISLNK(found.st_mode) and (blob := linked_blob(target)) is not None:
            return self._place_link(snapshot, file, Seen.of(found), *blob)
        if not stat.S_ISREG(found.st_mode):
            return at_obstacle(target, found, force=self._force)
        seen = self._seen[file.path] = Seen.of(found)
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
        if is_pointer(target, size, file):
            return Placement(target, ItemState.OUTDATED)
        half = half_file(self._root, target, size, file)
        if half is None:
            return placement
        if half.control is not None:
            self._controls[file.path] = half.control
        return placement._replace(state=ItemState.OUTDATED, replaceable=half.sure, half=half)

    def _place_link(
        self, snapshot: Snapshot, file: RemoteFile, link: Seen, blob: Path, seen: Seen | None
    ) -> Placement:
        """A link into a Hub cache, as huggingface_hub before 0.23 put in the place of large files.

        The content stays in the cache, so that the link may be replaced.
        """
        target = destination(self._root, file.path)
        self._seen[file.path] = link
        if seen is None or seen.size != file.size or blob.name != file.etag:
            return Placement(target, ItemState.OUTDATED)
        self._linked[file.path] = seen
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
        wanted = record_codec.read_wanted(self._records)
        return {file.etag: path for path, file in wanted.files.items()} if wanted else {}

    def partial_directory(self, file: RemoteFile) -> Path:
        folder = file.path.rpartition("/")[0]
        if folder not in self._downloads:
            self._downloads[folder] = self._records / "download" / folder
        return self._downloads[folder]

    def partial_name(self, file: RemoteFile) -> str:
        return file.path

    def prefix_name(self, file: RemoteFile) -> str:
        return record_codec.incomplete_stem(file.path, file.etag)

    def reserve(self, file: RemoteFile) -> bool:
        return True

    def release(self, file: RemoteFile) -> None:
        pass

    def note_absent(self, snapshot: Snapshot, paths: Sequence[str]) -> None:
        pass

    def begin(self, snapshot: Snapshot, wanted: Sequence[RemoteFile]) -> None:
        try:
            record_codec.prepare(self._records)
            sweep_temporaries(self._records)
            self._origins.write(snapshot)
            record_codec.write_wanted(self._records, snapshot, wanted)
            self._log.compact()
            self._log.write()
        except OSError as error:
            raise disk_error(error, self._records) from error

    def publish(self, snapshot: Snapshot, file: RemoteFile, data: Path, *, replace: bool) -> None:
        target = self._target(file.path)
        seen = None if self._force else self._seen.get(file.path)
        try:
            self._recorder.outdate(file)
            before = Seen.of(os.stat(data))
            self._directories.move_in(data, target, replace=replace, seen=seen)
            after = Seen.of(self._directories.look(target))
        except FileExistsError:
            raise
        except OSError as error:
            raise disk_error(error, target) from error
        if (control := self._controls.pop(file.path, None)) is not None:
            with suppress(OSError):
                control.unlink()
        self._recorder.add(snapshot, file, after, sure=after.is_still(before))

    def adopt(self, snapshot: Snapshot, file: RemoteFile) -> None:
        """See `Layout.adopt`. What has changed since it was placed is hashed again next time."""
        target = self._target(file.path)
        placed = self._linked.get(file.path)
        try:
            if placed is not None:
                found = Seen.of(os.stat(target))
            else:
                placed = self._seen.get(file.path)
                found = Seen.of(self._directories.look(target))
        except OSError as error:
            raise disk_error(error, target, "recording") from error
        sure = found == placed
        self._recorder.add(snapshot, file, found, sure=sure)

    def _target(self, path: str) -> str:
        """A string: making a Path of it would take longer than all else that is done with it."""
        check_path(path)
        return os.path.join(self._root, path)

    def flush(self) -> None:
        self._recorder.flush()

    @property
    def durable(self) -> bool:
        return self._recorder.durable

    def complete(self, snapshot: Snapshot) -> None:
        asked_revisions.remember(self._records, self._asked or snapshot.ref.repo_id, snapshot)

    def obsolete(
        self, snapshot: Snapshot, content: ContentHash | None = None
    ) -> tuple[Removal, ...]:
        return self._obsolete.files(snapshot, content)

    def remove(self, removals: Sequence[Removal]) -> int:
        return self._obsolete.remove(removals)

    def close(self) -> None:
        self._directories.close()

    def _refuse_escape(self, path: str) -> None:
        """A link planted in the folder must not lead a file, or its record, outside."""
        folder = path.rpartition("/")[0]
        if folder not in self._inside:
            self._directories.refuse_escape(self._root / folder)
            self._directories.refuse_escape(self._records / "download" / folder)
            self._inside.add(folder)
