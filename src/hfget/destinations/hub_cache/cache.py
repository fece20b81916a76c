"""The Hub cache as a layout: contents in `blobs`, names in `snapshots/COMMIT`, `refs` last.

What hfget downloads there is huggingface_hub's own: `hf`, transformers and datasets find it,
and hfget finds what they have downloaded. hfget adds one folder, `.hfget`: what was asked for
of each commit, and which blobs were hashed and found right.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from hfget.destinations import record_codec, wanted_files
from hfget.destinations.asked_revisions import Remembered
from hfget.destinations.disk_names import folds_case, unfit_at
from hfget.destinations.hub_cache import symlinks
from hfget.destinations.hub_cache.cache_paths import (
    CACHE_LOG,
    OWN_RECORDS,
    blob_path,
    real_blob,
    repo_folder,
    settled_folder,
    store_path,
)
from hfget.destinations.hub_cache.etag_locks import EtagLocks
from hfget.destinations.hub_cache.refs import Refs
from hfget.destinations.hub_cache.snapshot_names import Names, Settled
from hfget.destinations.hub_cache.symlinks import Kind
from hfget.destinations.layout import ContentHash, Elsewhere, Placement
from hfget.destinations.listing_origins import Origins, RecordedListing
from hfget.destinations.local_dir.occupants import Occupants
from hfget.destinations.local_holdings import LOCK_NAME
from hfget.destinations.owners import Owners
from hfget.destinations.record_log import WRONG, RecordLog
from hfget.destinations.safe_directories import Directories, Seen
from hfget.destinations.safe_paths import check_hostile, check_paths, destination
from hfget.errors import DiskError, UnsafeError
from hfget.messages import advice
from hfget.messages import destination_texts as texts
from hfget.model import ItemState, RemoteFile, Removal, RepoRef, Snapshot
from hfget.system import READ_ONLY, disk_error, is_inside, sweep_temporaries


class CacheLayout:
    """Downloads into a Hub cache, under the name by which `ref` asks for the repo.

    `links=False` puts files in the place of links, as HF_HUB_DISABLE_SYMLINKS wants it.
    """

    shares_content = True

    def __init__(
        self, cache: Path, ref: RepoRef, *, links: bool = True, fsync: bool = True
    ) -> None:
        self._cache = Path(os.path.realpath(cache))
        named = repo_folder(self._cache, ref.repo_type, ref.repo_id)
        self._folder = settled_folder(named)
        self._own = self._folder / OWN_RECORDS
        self._origins = Origins(self._folder, self._own, "/origin.json")
        self._fsync = fsync
        self._directories = Directories(self._cache if self._folder == named else self._folder)
        self._refs = Refs(self._folder, self._own, self._directories, fsync=fsync)
        self._log = RecordLog(self._own / CACHE_LOG)
        self._owners = Owners(self._folder, self._own, self._own / CACHE_LOG)
        self._names = Names(self._folder, self._directories, self._log, fsync=fsync)
        self._names.links = links
        locks = self._cache / ".locks" / named.name
        self.lock_path = locks / LOCK_NAME
        self._etags = EtagLocks(locks, self._folder / "blobs")
        self._inside: set[Path] = set()
        self._read_only = self.unrecorded = False
        self._found: dict[str, tuple[Path, Seen]] = {}

    def root(self, snapshot: Snapshot) -> Path:
        return self._folder / "snapshots" / snapshot.commit

    def remembered(self, ref: RepoRef, *, anyones: bool = False) -> Remembered | None:
        return self._refs.remembered(ref, anyones=anyones)

    def recorded(self, commit: str, *, anyones: bool = False) -> RecordedListing | None:
        return self._origins.recorded(commit, anyones=anyones)

    def forget_tree(self, commit: str) -> None:
        self._origins.forget(commit)

    def check(self, files: Sequence[RemoteFile]) -> None:
        check_hostile(file.path for file in files)
        for name in ("blobs", "snapshots", "refs", "trees", OWN_RECORDS, ".no_exist"):
            self._directories.refuse_escape(self._folder / name)
        Directories(self._cache).refuse_escape(self.lock_path.parent)
        self._log.refresh()

    def unfit(self, wanted: Sequence[RemoteFile]) -> dict[str, str]:
        return unfit_at(self._cache, wanted)

    def cautions(self) -> list[str]:
        return self._owners.cautions(self._log.foreign_owner)

    def others(self, snapshot: Snapshot) -> Occupants:
        """See `Layout.others`. A cache keeps every repo in a folder of its own."""
        return Occupants({}, {})

    def take(self, snapshot: Snapshot, known: Occupants) -> None:
        pass

    def place(self, snapshot: Snapshot, file: RemoteFile) -> Placement:
        """See `Layout.place`. What lies in a cache may always be replaced by what belongs there.

        A blob counts as complete without hashing if its size is right and it was hashed before.
        """
        target = destination(self.root(snapshot), file.path)
        self._refuse_escape(target.parent)
        blob = blob_path(self._folder, file)
        if blob is None:
            return Placement(target, ItemState.MISSING)
        self._found.pop(file.path, None)
        try:
            pointer = symlinks.look(target, blob)
            if pointer.kind is Kind.FOLDER:
                return Placement.refused(
                    target, DiskError(texts.TARGET_IS_FOLDER(target=target), hint=advice.MOVE_AWAY)
                )
            if pointer.seen is not None and pointer.seen.size == file.size:
                return self._present(snapshot, file, target, target, pointer.seen)
            placed = self._place_blob(snapshot, file, target, blob)
        except OSError as error:
            return Placement.refused(target, disk_error(error, target, "reading"))
        if placed.present is None or pointer.kind is Kind.LINKED:
            return placed
        if not self._names.links:
            here = Elsewhere(placed.present, ItemState.TWIN)
            return Placement(target, ItemState.OUTDATED, elsewhere=here)
        return placed._replace(needs_record=placed.state is ItemState.COMPLETE)

    def _place_blob(
        self, snapshot: Snapshot, file: RemoteFile, target: Path, blob: Path
    ) -> Placement:
        if found := real_blob(self._cache, blob):
            if found[1].size == file.size:
                return self._present(snapshot, file, target, *found)
            return Placement(target, ItemState.OUTDATED)
        elsewhere = None
        stored = store_path(self._cache, file)
        if stored and is_inside(stored.parent, self._cache):
            found = real_blob(self._cache, stored)
            if found and found[1].size == file.size:
                elsewhere = Elsewhere(found[0], ItemState.CACHED)
        state = ItemState.OUTDATED if os.path.lexists(blob) else ItemState.MISSING
        return Placement(target, state, elsewhere=elsewhere)

    def _present(
        self, snapshot: Snapshot, file: RemoteFile, target: Path, path: Path, seen: Seen
    ) -> Placement:
        self._owners.file(seen)
        entry = self._log.holds(self._names.record_name(snapshot.commit, file, path), seen)
        if entry is not None and entry.etag == WRONG:
            return Placement(target, ItemState.OUTDATED)
        if entry is not None and entry.etag == file.etag:
            return Placement(target, ItemState.COMPLETE, present=path)
        self._found[file.path] = path, seen
        return Placement(target, ItemState.ADOPTABLE, present=path)

    def reserve(self, file: RemoteFile) -> bool:
        return self._etags.reserve(file)

    def release(self, file: RemoteFile) -> None:
        self._etags.release(file.etag)

    def partial_directory(self, file: RemoteFile) -> Path:
        return self._folder / "blobs"

    def partial_name(self, file: RemoteFile) -> str:
        return file.etag

    def prefix_name(self, file: RemoteFile) -> str:
        return file.etag

    def note_absent(self, snapshot: Snapshot, paths: Sequence[str]) -> None:
        """See `Layout.note_absent`. A program that looks for them here need not ask the hub.

        Only beside a snapshot: to huggingface_hub, a repo without one is broken.
        """
        root = self.root(snapshot)
        listed = [file.path for file in snapshot.files]
        for path in paths:
            with suppress(OSError, UnsafeError):
                check_paths(
                    [*listed, path],
                    windows=os.name == "nt",
                    case_insensitive=folds_case(self._cache),
                )
                self._directories.refuse_escape(root)
                if os.path.isdir(root):
                    self._names.deny(snapshot.commit, path)
        self._directories.close()

    def begin(self, snapshot: Snapshot, wanted: Sequence[RemoteFile]) -> None:
        """See `Layout.begin`. A read-only cache is good enough if all is there, or seems to be."""
        self._refs.path(snapshot)
        root, own = self.root(snapshot), self._own / snapshot.commit
        try:
            for folder in (root, self._folder / "blobs", self._folder / "trees", own):
                self._directories.refuse_escape(folder)
                folder.mkdir(parents=True, exist_ok=True)
            if self._fsync:
                self._directories.sync({self._cache, self._folder, root.parent})
            self._names.links &= symlinks.possible(self._folder / "blobs")
            record_codec.tag(self._cache)
            sweep_temporaries(self._folder / "blobs")
            sweep_temporaries(self._own)
            self._origins.write(snapshot)
            wanted_files.write_wanted(own, snapshot, wanted)
            self._log.compact()
        except OSError as error:
            here = all(self._is_named(snapshot, file) for file in wanted)
            if not here or error.errno not in READ_ONLY:
                raise disk_error(error, self._folder) from error
            self._read_only = True

    def _is_named(self, snapshot: Snapshot, file: RemoteFile) -> bool:
        """Whether the snapshot has the file, as far as it can be told without reading it."""
        placed = self.place(snapshot, file)
        with suppress(OSError):
            return placed.present is not None and placed.destination.samefile(placed.present)
        return False

    def publish(self, snapshot: Snapshot, file: RemoteFile, data: Path, *, replace: bool) -> None:
        """See `Layout.publish`. A blob that is known to be right is left alone."""
        blob, target = self._names.paths(snapshot.commit, file)
        linked = self._names.links
        place = blob if linked else target
        try:
            seen: Seen | None = Seen.of(data.stat())
            if linked and not replace and self._is_right(snapshot, file, blob):
                data.unlink()
                seen = None
            else:
                self._directories.move_in(data, place, replace=True)
        except OSError as error:
            raise disk_error(error, blob) from error
        self._names.add(
            Settled(snapshot.commit, file, seen, nameless=linked, place=place, renamed=True)
        )

    def adopt(self, snapshot: Snapshot, file: RemoteFile) -> None:
        if self._read_only:
            self.unrecorded = True
            return
        path, seen = self._found.get(file.path, (None, None))
        _, target = self._names.paths(snapshot.commit, file)
        nameless = path != target
        self._names.add(Settled(snapshot.commit, file, seen, nameless=nameless, place=path))

    def flush(self) -> None:
        self._names.flush()

    @property
    def durable(self) -> bool:
        return self._names.durable

    def complete(self, snapshot: Snapshot) -> None:
        self._refs.point(snapshot)

    def obsolete(
        self, snapshot: Snapshot, content: ContentHash | None = None
    ) -> tuple[Removal, ...]:
        return ()

    def remove(self, removals: Sequence[Removal]) -> int:
        return 0

    def close(self) -> None:
        self._etags.release_all()
        self._directories.close()

    def _is_right(self, snapshot: Snapshot, file: RemoteFile, blob: Path) -> bool:
        """Whether another process has published this blob meanwhile, and it was hashed."""
        found = real_blob(self._cache, blob)
        if found is None or found[1].size != file.size:
            return False
        self._log.refresh()
        entry = self._log.holds(self._names.record_name(snapshot.commit, file, found[0]), found[1])
        return entry is not None and entry.etag == file.etag

    def _refuse_escape(self, folder: Path) -> None:
        if folder not in self._inside:
            self._directories.refuse_escape(folder)
            self._inside.add(folder)
