"""The plain folder: files under their repo paths, records as huggingface_hub's `local_dir` has.

`hf download --local-dir DIR` and hfget therefore take each other's downloads as complete.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from hfget.disk import disk_error, sweep_temporaries
from hfget.errors import DiskError, UnsafeError
from hfget.layout import obsolete, record
from hfget.layout.base import Elsewhere, Placement
from hfget.layout.directories import Directories, Seen, folds_case
from hfget.layout.hubcache import HubCache
from hfget.layout.origins import Origins, Recorded
from hfget.layout.paths import check_path, check_paths, destination
from hfget.model import ItemState, RemoteFile, Removal, Snapshot

#: Directories are synced and records written for so many small files at once.
_BATCH, _LARGE_BYTES = 64, 16 << 20
#: huggingface_hub takes a file for unchanged if it is younger than its record by a second.
_CLOCK_SECONDS = 2.0


class FolderLayout:
    """Downloads into one folder. `force` allows to replace files that nobody downloaded here.

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
    ) -> None:
        self._root = root
        self._force = force
        self._fsync = fsync
        self._hub = hub
        self._records = root / ".cache" / "huggingface"
        self._inside: set[str] = set()
        self._downloads: dict[str, Path] = {}
        self._seen: dict[str, Seen] = {}
        self._origins = Origins(self._records, self._records / "trees", ".origin")
        self._directories = Directories(root)
        self._lock = threading.Lock()
        self._unrecorded: list[tuple[str, str, RemoteFile, float]] = []
        self._bare: dict[str, bool] = {}
        self.durable = True

    def root(self, snapshot: Snapshot) -> Path:
        return self._root

    @property
    def lock_path(self) -> Path:
        return self._records / "hfget.lock"

    def recorded(self, commit: str) -> Recorded | None:
        return self._origins.recorded(commit)

    def forget_tree(self, commit: str) -> None:
        self._origins.forget(commit)

    def check(self, files: Sequence[RemoteFile]) -> None:
        check_paths(
            (file.path for file in files),
            windows=os.name == "nt",
            case_insensitive=folds_case(self._root),
        )
        for name in ("download", "trees"):
            self._directories.refuse_escape(self._records / name)

    def place(self, snapshot: Snapshot, file: RemoteFile) -> Placement:
        """See `Layout.place`.

        A file counts as complete without hashing if its record names this content, its size
        is the listed one and it was not modified after the record was written. What somebody
        modified, or what was there before, is never replaced without `force`, unless its
        content is one that was downloaded here, or was to be: a run may have been killed
        between giving a name and recording it, and a copy of the folder has new times.
        """
        placement = self._place(snapshot, file)
        if placement.state is ItemState.COMPLETE or placement.blocked:
            return placement
        return placement._replace(elsewhere=self._elsewhere(snapshot, file))

    def _place(self, snapshot: Snapshot, file: RemoteFile) -> Placement:
        target = destination(self._root, file.path)
        self._refuse_escape(file.path)
        self._seen.pop(file.path, None)
        try:
            found = os.lstat(target)
        except FileNotFoundError:
            return Placement(target, ItemState.MISSING)
        except OSError as error:
            return _blocked(target, disk_error(error, target))
        if not stat.S_ISREG(found.st_mode):
            return self._place_at_obstacle(target, found)
        self._seen[file.path] = Seen.of(found)
        known = record.read_metadata(self._records, file.path)
        untouched = known is not None and found.st_mtime <= known.timestamp
        same = known is not None and known.etag == file.etag
        if same and untouched and found.st_size == file.size:
            older = known is not None and known.commit != snapshot.commit
            return Placement(target, ItemState.COMPLETE, needs_record=older)
        other = found.st_size != file.size or (untouched and not same)
        state = ItemState.OUTDATED if other else ItemState.ADOPTABLE
        if untouched or self._force:
            return Placement(target, state)
        earlier = self._etags.get(file.path, set()) | ({known.etag} if known else set())
        return Placement(target, state, replaceable=False, earlier=frozenset(earlier))

    def _place_at_obstacle(self, target: Path, found: os.stat_result) -> Placement:
        """What is no file may be replaced by force, but for a folder."""
        if stat.S_ISDIR(found.st_mode):
            error = DiskError(f"{target} is a folder, not a file", hint="move it away")
            return _blocked(target, error)
        if self._force:
            return Placement(target, ItemState.OUTDATED)
        what = "a link" if stat.S_ISLNK(found.st_mode) else "no regular file"
        hint = "move it away, or replace it with --force"
        return _blocked(target, DiskError(f"{target} is {what}", hint=hint))

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
        wanted = record.read_wanted(self._records)
        return {file.etag: path for path, file in wanted.files.items()} if wanted else {}

    @cached_property
    def _etags(self) -> dict[str, set[str]]:
        """By path, the contents that runs before this one were to fetch."""
        return record.read_etags(self._records)

    def partial_directory(self, file: RemoteFile) -> Path:
        folder = file.path.rpartition("/")[0]
        if folder not in self._downloads:
            self._downloads[folder] = self._records / "download" / folder
        return self._downloads[folder]

    def partial_name(self, file: RemoteFile) -> str:
        return file.path

    def prefix_name(self, file: RemoteFile) -> str:
        return record.incomplete_stem(file.path, file.etag)

    def reserve(self, file: RemoteFile) -> bool:
        return True

    def release(self, file: RemoteFile) -> None:
        pass

    def note_absent(self, snapshot: Snapshot, paths: Sequence[str]) -> None:
        pass

    def begin(self, snapshot: Snapshot, wanted: Sequence[RemoteFile]) -> None:
        try:
            record.prepare(self._records)
            sweep_temporaries(self._records)
            self._origins.write(snapshot)
            record.write_wanted(self._records, snapshot, wanted)
        except OSError as error:
            raise disk_error(error, self._records) from error

    def publish(self, snapshot: Snapshot, file: RemoteFile, data: Path, *, replace: bool) -> None:
        target = self._target(file.path)
        seen = None if self._force else self._seen.get(file.path)
        try:
            self._outdate_record(file, data)
            modified = os.stat(data).st_mtime
            self._directories.move_in(data, target, replace=replace, seen=seen)
        except FileExistsError:
            raise
        except OSError as error:
            raise disk_error(error, target) from error
        self._record_later(target, snapshot, file, modified)

    def _outdate_record(self, file: RemoteFile, data: Path) -> None:
        """Make data younger than the record of other content that is there under its name.

        A partial may have got its last byte before that record was written. If this run is
        killed before it writes its own, the old one must not be taken for this file's.
        """
        folder = file.path.rpartition("/")[0]
        if folder not in self._bare:
            self._bare[folder] = not record.has_records(self._records, folder)
        known = None if self._bare[folder] else record.read_metadata(self._records, file.path)
        if known is not None and known.etag != file.etag:
            now = max(time.time(), known.timestamp + _CLOCK_SECONDS)
            os.utime(data, (now, now))

    def adopt(self, snapshot: Snapshot, file: RemoteFile) -> None:
        target = self._target(file.path)
        try:
            modified = self._directories.modified(target)
        except OSError as error:
            raise disk_error(error, target, "recording") from error
        self._record_later(target, snapshot, file, modified)

    def _target(self, path: str) -> str:
        """A string: making a Path of it would take longer than all else that is done with it."""
        check_path(path)
        return os.path.join(self._root, path)

    def _record_later(
        self, target: str, snapshot: Snapshot, file: RemoteFile, modified: float
    ) -> None:
        with self._lock:
            self._unrecorded.append((target, snapshot.commit, file, modified))
            due = file.size > _LARGE_BYTES or len(self._unrecorded) >= _BATCH
        if due:
            self.flush()

    def flush(self) -> None:
        with self._lock:
            batch, self._unrecorded = self._unrecorded, []
        if self._fsync:
            self.durable &= self._directories.sync({os.path.dirname(item[0]) for item in batch})
        looked_at: set[str] = set()
        for target, commit, file, modified in batch:
            try:
                if (folder := os.path.dirname(target)) not in looked_at:
                    self._directories.modified(target)  # raises if the folder was moved away
                    looked_at.add(folder)
                record.write_metadata(self._records, file.path, commit, file.etag, modified)
            except OSError as error:
                raise disk_error(error, target, "recording") from error

    def complete(self, snapshot: Snapshot) -> None:
        pass

    def obsolete(self, snapshot: Snapshot) -> tuple[Removal, ...]:
        return obsolete.obsolete_files(self._root, self._records, snapshot, self._directories)

    def remove(self, removals: Sequence[Removal]) -> int:
        return obsolete.remove(self._root, self._records, removals, self._directories)

    def close(self) -> None:
        self._directories.close()

    def _refuse_escape(self, path: str) -> None:
        """A link planted in the folder must not lead a file, or its record, outside."""
        folder = path.rpartition("/")[0]
        if folder not in self._inside:
            self._directories.refuse_escape(self._root / folder)
            self._directories.refuse_escape(self._records / "download" / folder)
            self._inside.add(folder)


def _blocked(target: Path, error: DiskError) -> Placement:
    return Placement(target, ItemState.OUTDATED, replaceable=False, blocked=error)
