"""The plain folder: files under their repo paths, records as huggingface_hub's `local_dir` has.

`hf download --local-dir DIR` and hfget therefore take each other's downloads as complete.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from hfget.destinations import asked_revisions, record_codec, wanted_files
from hfget.destinations.asked_revisions import Remembered
from hfget.destinations.disk_names import unfit_at
from hfget.destinations.hub_cache.cache_paths import HubCache
from hfget.destinations.layout import ContentHash, Placement
from hfget.destinations.listing_origins import Origins, RecordedListing
from hfget.destinations.local_dir.obsolete import Obsolete
from hfget.destinations.local_dir.occupants import Claims, Occupants
from hfget.destinations.local_dir.placed_files import PlacedFiles
from hfget.destinations.local_dir.recorder import Recorder
from hfget.destinations.local_holdings import LOCK_NAME
from hfget.destinations.owners import Owners
from hfget.destinations.record_files import LOG_NAME, RECORDS
from hfget.destinations.record_log import RecordLog
from hfget.destinations.safe_directories import Directories, Seen
from hfget.destinations.safe_paths import check_hostile, check_path, check_root
from hfget.model import ItemState, RemoteFile, Removal, RepoRef, Snapshot
from hfget.system import READ_ONLY, disk_error, sweep_temporaries

#: hfget's own record in a folder; no path of a repo can name it (`paths.py`).


class FolderLayout:
    """Downloads into one folder. `force` allows to replace files that were not downloaded here.

    What the Hub cache `hub` holds already is taken from there.
    """

    shares_content = False

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
        self._records = root / RECORDS
        self._downloads: dict[str, Path] = {}
        self._read_only = self.unrecorded = False
        self._origins = Origins(self._records, self._records / "trees", ".origin")
        self._directories = Directories(root)
        self._log = RecordLog(self._records / LOG_NAME)
        #: The listing that was found sound; a tuple, as it may not change.
        self._checked: Sequence[RemoteFile] | None = None
        self._owners = Owners(
            root, self._records, self._records / LOG_NAME, self._records / wanted_files.RECORD_NAME
        )
        self._placed = PlacedFiles(
            root, self._log, self._owners, self._directories, hub=hub, force=force
        )
        self._claims = Claims(root, self._records, self._log, self._placed.is_recorded)
        self._obsolete = Obsolete(root, self._records, self._log, self._directories)
        self._recorder = Recorder(root, self._records, self._log, self._directories, fsync=fsync)

    def root(self, snapshot: Snapshot) -> Path:
        return self._root

    @property
    def lock_path(self) -> Path:
        return self._records / LOCK_NAME

    def remembered(self, ref: RepoRef, *, anyones: bool = False) -> Remembered | None:
        return asked_revisions.recall(self._records, ref, anyones=anyones)

    def recorded(self, commit: str, *, anyones: bool = False) -> RecordedListing | None:
        return self._origins.recorded(commit, anyones=anyones)

    def forget_tree(self, commit: str) -> None:
        self._origins.forget(commit)

    def check(self, files: Sequence[RemoteFile]) -> None:
        if files is not self._checked:
            check_root(self._root, (file.path for file in files))
            check_hostile(file.path for file in files)
            self._checked = files if isinstance(files, tuple) else None
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

    def place(self, snapshot: Snapshot, file: RemoteFile) -> Placement:
        return self._placed.place(snapshot, file)

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
        """See `Layout.begin`. A read-only folder is good enough if all is there, or seems to be."""
        try:
            record_codec.prepare(self._records)
            sweep_temporaries(self._records)
            self._origins.write(snapshot)
            wanted_files.write_wanted(self._records, snapshot, wanted)
            self._log.compact()
            self._log.write()
        except OSError as error:
            here = (ItemState.COMPLETE, ItemState.ADOPTABLE)
            seem_here = all(self.place(snapshot, file).state in here for file in wanted)
            if not seem_here or error.errno not in READ_ONLY:
                raise disk_error(error, self._records) from error
            self._read_only = True

    def publish(self, snapshot: Snapshot, file: RemoteFile, data: Path, *, replace: bool) -> None:
        target = self._target(file.path)
        seen = None if self._force else self._placed.seen.get(file.path)
        try:
            self._recorder.outdate(file)
            before = Seen.of(os.stat(data))
            after = Seen.of(
                self._directories.move_in_and_look(data, target, replace=replace, seen=seen)
            )
        except FileExistsError:
            raise
        except OSError as error:
            raise disk_error(error, target) from error
        if (control := self._placed.controls.pop(file.path, None)) is not None:
            with suppress(OSError):
                control.unlink()
        self._recorder.add(snapshot, file, after, sure=after.is_still(before))

    def adopt(self, snapshot: Snapshot, file: RemoteFile) -> None:
        """See `Layout.adopt`. What has changed since it was placed is hashed again next time."""
        if self._read_only:
            self.unrecorded = True
            return
        target = self._target(file.path)
        placed = self._placed.linked.get(file.path)
        try:
            if placed is not None:
                found = Seen.of(os.stat(target))
            else:
                placed = self._placed.seen.get(file.path)
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
