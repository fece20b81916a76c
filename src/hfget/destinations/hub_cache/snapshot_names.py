"""Names in the snapshots of a cached repo, given in batches once the blobs are on the disk."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import NamedTuple

from hfget.destinations.hub_cache import symlinks
from hfget.destinations.hub_cache.cache_paths import OWN_RECORDS, blob_path, repo_of
from hfget.destinations.hub_cache.symlinks import Kind
from hfget.destinations.layout import is_due
from hfget.destinations.record_log import Entry, RecordLog
from hfget.destinations.safe_directories import Directories, Seen
from hfget.destinations.safe_paths import destination
from hfget.errors import HfgetError
from hfget.model import RemoteFile
from hfget.system import disk_error, is_inside, temporary_name


class Settled(NamedTuple):
    """A file whose content is in place; its name is still to be made if it is `nameless`.

    `seen` is what was found right, if that is news, and `place` where it lies; a file that was
    `renamed` since has another change time.
    """

    commit: str
    file: RemoteFile
    seen: Seen | None
    nameless: bool
    place: Path | None = None
    renamed: bool = False


class Names:
    """Sees to the names of one repo's files, and to the record of what is right. Thread-safe.

    `links` says whether names are links to blobs, `durable` whether folders could be synced.
    """

    def __init__(
        self, folder: Path, directories: Directories, log: RecordLog, *, fsync: bool
    ) -> None:
        self.links = True
        self.durable = True
        self._folder = folder
        self._directories = directories
        self._log = log
        self._fsync = fsync
        self._lock = threading.Lock()
        self._pending: list[Settled] = []

    def add(self, settled: Settled) -> None:
        """A file more. Raises DiskError."""
        with self._lock:
            self._pending.append(settled)
            due = is_due(len(self._pending), settled.file)
        if due:
            self.flush()

    def flush(self) -> None:
        """Name and record what was added: blobs reach the disk before anything names them.

        Raises DiskError or UnsafeError, after all that can be named is.
        """
        with self._lock:
            batch, self._pending = self._pending, []
        if not batch:
            return
        if self._fsync:
            self.durable &= self._directories.sync({self._folder / "blobs"})
        folders = set()
        failure: OSError | HfgetError | None = None
        for settled in batch:
            if self._is_gone(settled):
                continue
            try:
                folders.add(self._name(settled))
                self._record(settled)
            except (OSError, HfgetError) as error:
                if not self._is_gone(settled):
                    failure = failure or error
        if self._fsync:
            self.durable &= self._directories.sync(folders)
        try:
            self._log.write()
        except OSError as error:
            failure = failure or error
        if isinstance(failure, OSError):
            raise disk_error(failure, self._folder) from failure
        if failure is not None:
            raise failure

    def paths(self, commit: str, file: RemoteFile) -> tuple[Path, Path]:
        """The blob of a file, and its name in the snapshot."""
        blob = blob_path(self._folder, file)
        assert blob is not None  # what has no usable hash is never verified
        return blob, destination(self._folder / "snapshots" / commit, file.path)

    def record_name(self, commit: str, file: RemoteFile, place: Path) -> str:
        """What the log calls the file at `place`: content by its etag, a snapshot's own by path."""
        if place == self.paths(commit, file)[1]:
            return f"snapshots/{commit}/{file.path}"
        return f"blobs/{file.etag}"

    def deny(self, commit: str, path: str) -> None:
        """Tell huggingface_hub that the commit has no such file: it then need not ask either.

        (`.no_exist`, an empty file; `_get_metadata_or_catch_error` in its `file_download.py`.)
        Raises OSError, UnsafeError.
        """
        own = self._folder / OWN_RECORDS
        self._directories.refuse_escape(own)
        own.mkdir(exist_ok=True)
        temporary = own / temporary_name()
        temporary.touch(exist_ok=False)
        try:
            self._directories.move_in(temporary, self._denied(commit, path), replace=False)
        finally:
            temporary.unlink(missing_ok=True)

    def _denied(self, commit: str, path: str) -> Path:
        return destination(self._folder / ".no_exist" / commit, path)

    def _is_gone(self, settled: Settled) -> bool:
        """Whether its content was removed since, and it alone, which harms no other file."""
        place = settled.place
        return place is not None and not os.path.lexists(place) and os.path.isdir(place.parent)

    def _name(self, settled: Settled) -> Path:
        """See to the name of a file in its snapshot; the folder that it lies in."""
        blob, target = self.paths(settled.commit, settled.file)
        if settled.nameless and symlinks.look(target, blob).kind is not Kind.LINKED:
            if self.links:
                symlinks.make(target, blob, self._directories)
            else:  # on such a disk nothing else can be a link to the blob
                self._directories.move_in(blob, target, replace=True)
        self._exists(settled)
        return target.parent

    def _record(self, settled: Settled) -> None:
        """Record what was found right, if it is still that where it lies now. Raises OSError."""
        seen, place, file = settled.seen, settled.place, settled.file
        if seen is None or place is None:
            return
        blob, target = self.paths(settled.commit, file)
        renamed = settled.renamed
        if settled.nameless and not self.links and place == blob:
            place, renamed = target, True
        found = Seen.of(os.lstat(place))
        if found == seen or (renamed and found.is_still(seen)):
            name = self.record_name(settled.commit, file, place)
            repo_type, repo_id = repo_of(self._folder)
            entry = Entry(file.etag, found.stamp, repo_type, repo_id, settled.commit)
            self._log.add(name, entry)

    def _exists(self, settled: Settled) -> None:
        """Remove what tells huggingface_hub that the commit has no such file."""
        marker = self._denied(settled.commit, settled.file.path)
        if os.path.lexists(marker) and is_inside(marker.parent, self._folder):
            marker.unlink()
