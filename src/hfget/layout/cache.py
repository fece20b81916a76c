"""The Hub cache as a layout: contents in `blobs`, names in `snapshots/COMMIT`, `refs` last.

What hfget downloads there is huggingface_hub's own: `hf`, transformers and datasets find it,
and hfget finds what they have downloaded. hfget adds one folder, `.hfget`: what was asked for
of each commit, and which blobs were hashed and found right.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as with_changes
from pathlib import Path

from hfget.disk import atomic_write, disk_error, is_inside, read_text, sweep_temporaries
from hfget.errors import DiskError
from hfget.layout import pointers, record
from hfget.layout.base import Elsewhere, Placement
from hfget.layout.directories import Directories, Seen, folds_case
from hfget.layout.etaglocks import EtagLocks
from hfget.layout.hubcache import blob_path, real_blob, repo_folder, store_path
from hfget.layout.paths import check_paths, destination
from hfget.layout.pointers import Kind
from hfget.layout.verified import Verified
from hfget.model import ItemState, RemoteFile, Removal, RepoRef, Snapshot

#: Directories are synced, links made and blobs remembered for so many small files at once.
_BATCH, _LARGE_BYTES = 64, 16 << 20
#: Somebody who fetches a blob and has written nothing for so long is not waited for.
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Pending:
    """A file whose content is in place; its name is still to be made if it is `nameless`.

    `seen` is what was found right, if that is news.
    """

    commit: str
    file: RemoteFile
    seen: Seen | None
    nameless: bool


class CacheLayout:
    """Downloads into a Hub cache, under the name by which `ref` asks for the repo.

    `links=False` puts files in the place of links, as HF_HUB_DISABLE_SYMLINKS wants it.
    """

    shares_content = True

    def __init__(
        self, cache: Path, ref: RepoRef, *, links: bool = True, fsync: bool = True
    ) -> None:
        self._cache = Path(os.path.realpath(cache))
        self._folder = repo_folder(self._cache, ref.repo_type, ref.repo_id)
        self._own = self._folder / ".hfget"
        self._links = links
        self._fsync = fsync
        self._directories = Directories(self._cache)
        self._verified = Verified(self._own / "verified")
        locks = self._cache / ".locks" / self._folder.name
        self.lock_path = locks / "hfget.lock"
        self._etags = EtagLocks(locks)
        self._waiting: dict[str, float] = {}
        self._inside: set[Path] = set()
        self._found: dict[str, tuple[Path, Seen]] = {}
        self._lock = threading.Lock()
        self._pending: list[_Pending] = []
        self.durable = True

    def root(self, snapshot: Snapshot) -> Path:
        return self._folder / "snapshots" / snapshot.commit

    def known_tree(self, commit: str) -> tuple[RemoteFile, ...] | None:
        return record.read_tree(self._folder, commit)

    def check(self, files: Sequence[RemoteFile]) -> None:
        check_paths(
            (file.path for file in files),
            windows=os.name == "nt",
            case_insensitive=folds_case(self._cache),
        )
        for name in ("blobs", "snapshots", "refs", "trees", ".hfget", ".no_exist"):
            self._directories.refuse_escape(self._folder / name)
        self._directories.refuse_escape(self.lock_path.parent)

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
            pointer = pointers.look(target, blob)
            if pointer.kind is Kind.FOLDER:
                return _blocked(target, DiskError(f"{target} is a folder", hint="move it away"))
            if pointer.seen is not None and pointer.seen.size == file.size:
                return self._present(file, target, target, pointer.seen)
            placed = self._place_blob(file, target, blob)
        except OSError as error:
            return _blocked(target, disk_error(error, target, "reading"))
        if placed.state is ItemState.COMPLETE and pointer.kind is not Kind.LINKED:
            if self._links:
                return with_changes(placed, needs_record=True)
            here = Elsewhere(blob, ItemState.TWIN)
            return Placement(target, ItemState.OUTDATED, elsewhere=here)
        return placed

    def _place_blob(self, file: RemoteFile, target: Path, blob: Path) -> Placement:
        if found := real_blob(self._cache, blob):
            if found[1].size == file.size:
                return self._present(file, target, *found)
            return Placement(target, ItemState.OUTDATED)
        elsewhere = None
        stored = store_path(self._cache, file)
        if stored and is_inside(stored.parent, self._cache):
            found = real_blob(self._cache, stored)
            if found and found[1].size == file.size:
                elsewhere = Elsewhere(found[0], ItemState.CACHED)
        state = ItemState.OUTDATED if os.path.lexists(blob) else ItemState.MISSING
        return Placement(target, state, elsewhere=elsewhere)

    def _present(self, file: RemoteFile, target: Path, path: Path, seen: Seen) -> Placement:
        if self._verified.holds(file.etag, seen):
            return Placement(target, ItemState.COMPLETE)
        self._found[file.path] = path, seen
        return Placement(target, ItemState.ADOPTABLE, present=path)

    def reserve(self, file: RemoteFile) -> bool:
        """Take the lock that huggingface_hub takes for a blob.

        Locks only save bandwidth: one whose holder shows no sign of life is not waited for.
        """
        if self._etags.acquire(file.etag):
            return True
        since = self._waiting.setdefault(file.etag, time.time())
        return time.time() - max(since, self._last_written(file)) > _PATIENCE_SECONDS

    def _last_written(self, file: RemoteFile) -> float:
        """When huggingface_hub last wrote to a partial of this content, in unix seconds."""
        times = [0.0]
        for partial in (self._folder / "blobs").glob(f"{file.etag}*.incomplete"):
            with suppress(OSError):
                times.append(partial.stat().st_mtime)
        return max(times)

    def release(self, file: RemoteFile) -> None:
        self._etags.release(file.etag)

    def partial_directory(self, file: RemoteFile) -> Path:
        return self._folder / "blobs"

    def partial_name(self, file: RemoteFile) -> str:
        return file.etag

    def begin(self, snapshot: Snapshot, wanted: Sequence[RemoteFile]) -> None:
        own = self._own / snapshot.commit
        folders = (self.root(snapshot), self._folder / "blobs", self._folder / "trees", own)
        try:
            for folder in folders:
                folder.mkdir(parents=True, exist_ok=True)
            self._links = self._links and pointers.possible(self._folder / "blobs")
            record.tag(self._cache)
            sweep_temporaries(self._folder / "blobs")
            sweep_temporaries(self._own)
            if record.read_tree(self._folder, snapshot.commit) is None:
                record.write_tree(self._folder, snapshot)
            record.write_wanted(own, snapshot, wanted)
        except OSError as error:
            raise disk_error(error, self._folder) from error

    def publish(self, snapshot: Snapshot, file: RemoteFile, data: Path, *, replace: bool) -> None:
        """See `Layout.publish`. A blob that is known to be right is left alone."""
        blob, target = self._paths(snapshot.commit, file)
        linked = self._links
        try:
            seen: Seen | None = Seen.of(data.stat())
            if linked and not replace and self._is_right(file, blob):
                data.unlink()
                seen = None
            else:
                self._directories.move_in(data, blob if linked else target, replace=True)
        except OSError as error:
            raise disk_error(error, blob) from error
        self._settle(_Pending(snapshot.commit, file, seen, nameless=linked))

    def adopt(self, snapshot: Snapshot, file: RemoteFile) -> None:
        path, seen = self._found.get(file.path, (None, None))
        _, target = self._paths(snapshot.commit, file)
        self._settle(_Pending(snapshot.commit, file, seen, nameless=path != target))

    def flush(self) -> None:
        """Blobs reach the disk before anything names them."""
        with self._lock:
            batch, self._pending = self._pending, []
        if not batch:
            return
        if self._fsync:
            self.durable &= self._directories.sync({self._folder / "blobs"})
        try:
            folders = {self._name(pending) for pending in batch}
            if self._fsync:
                self.durable &= self._directories.sync(folders)
            for pending in batch:
                if pending.seen is not None:
                    self._verified.add(pending.file.etag, pending.seen)
            self._verified.write()
        except OSError as error:
            raise disk_error(error, self._folder) from error

    def complete(self, snapshot: Snapshot) -> None:
        """Let the branch or tag that was asked for name the commit (huggingface_hub: `refs`)."""
        revision = snapshot.ref.revision or "main"
        if revision == snapshot.commit:
            return
        refs = self._folder / "refs"
        target = destination(refs, revision)
        temporary = self._own / snapshot.commit / "ref"
        with suppress(OSError, ValueError):
            if not target.is_symlink() and read_text(target, 100) == snapshot.commit:
                return
        try:
            atomic_write(temporary, snapshot.commit, sync=self._fsync)
            self._directories.move_in(temporary, target, replace=True)
        except OSError as error:
            raise disk_error(error, target) from error

    def obsolete(self, snapshot: Snapshot) -> tuple[Removal, ...]:
        return ()

    def remove(self, removals: Sequence[Removal]) -> int:
        return 0

    def close(self) -> None:
        self._etags.release_all()
        self._directories.close()

    def _settle(self, pending: _Pending) -> None:
        with self._lock:
            self._pending.append(pending)
            due = pending.file.size > _LARGE_BYTES or len(self._pending) >= _BATCH
        if due:
            self.flush()

    def _name(self, pending: _Pending) -> Path:
        """See to the name of a file in its snapshot; the folder that it lies in."""
        blob, target = self._paths(pending.commit, pending.file)
        if pending.nameless and pointers.look(target, blob).kind is not Kind.LINKED:
            if self._links:
                pointers.make(target, blob, self._directories)
            else:  # on such a disk nothing else can be a link to the blob
                self._directories.move_in(blob, target, replace=True)
        self._exists(pending)
        return target.parent

    def _exists(self, pending: _Pending) -> None:
        """Remove what tells huggingface_hub that the repo has no such file (`.no_exist`)."""
        marker = self._folder / ".no_exist" / pending.commit / pending.file.path
        if marker.is_file():
            self._directories.refuse_escape(marker.parent)
            marker.unlink()

    def _paths(self, commit: str, file: RemoteFile) -> tuple[Path, Path]:
        """Blob and name in the snapshot."""
        blob = blob_path(self._folder, file)
        assert blob is not None  # what has no usable hash is never verified
        return blob, destination(self._folder / "snapshots" / commit, file.path)

    def _is_right(self, file: RemoteFile, blob: Path) -> bool:
        """Whether somebody has published this blob meanwhile, and it was hashed."""
        found = real_blob(self._cache, blob)
        if found is None or found[1].size != file.size:
            return False
        self._verified.reread()
        return self._verified.holds(file.etag, found[1])

    def _refuse_escape(self, folder: Path) -> None:
        if folder not in self._inside:
            self._directories.refuse_escape(folder)
            self._inside.add(folder)


def _blocked(target: Path, error: DiskError) -> Placement:
    return Placement(target, ItemState.OUTDATED, replaceable=False, blocked=error)
