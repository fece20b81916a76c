"""Recording what was published or found right in a folder: for hfget, and for huggingface_hub."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from hfget.destinations import record_codec
from hfget.destinations.layout import is_due
from hfget.destinations.record_log import Entry, RecordLog
from hfget.destinations.safe_directories import Directories, Seen
from hfget.model import RemoteFile, Snapshot
from hfget.system import AtomicWriter, disk_error


class Recorder:
    """Records files in batches, after the folders they lie in are on the disk. Thread-safe."""

    def __init__(
        self, root: Path, records: Path, log: RecordLog, directories: Directories, *, fsync: bool
    ) -> None:
        self._root = root
        self._records = records
        self._log = log
        self._directories = directories
        self._fsync = fsync
        self._lock = threading.Lock()
        self._pending: list[tuple[RemoteFile, Entry, Seen]] = []
        self._bare: dict[str, bool] = {}
        self.durable = True

    def outdate(self, file: RemoteFile) -> None:
        """Remove huggingface_hub's record of other content under the file's name. Raises OSError.

        If this run is killed before it writes its own, the old one must not be taken for this
        file's.
        """
        folder = file.path.rpartition("/")[0]
        if folder not in self._bare:
            self._bare[folder] = not record_codec.has_records(self._records, folder)
        if self._bare[folder]:
            return
        known = record_codec.read_metadata(self._records, file.path, anyones=True)
        if known is not None and known.etag != file.etag:
            record_codec.forget(self._records, file.path)

    def add(self, snapshot: Snapshot, file: RemoteFile, seen: Seen, *, sure: bool) -> None:
        """A file more. Unless `sure` that this was hashed, it is hashed again. Raises DiskError."""
        ref = snapshot.ref
        stamp = seen.stamp if sure else None
        entry = Entry(file.etag, stamp, ref.repo_type, ref.repo_id, snapshot.commit)
        with self._lock:
            self._pending.append((file, entry, seen))
            due = is_due(len(self._pending), file)
        if due:
            self.flush()

    def flush(self) -> None:
        """Bring to disk what was added. Raises DiskError."""
        with self._lock:
            batch, self._pending = self._pending, []
        if not batch:
            return
        if self._fsync:
            folders = {os.path.dirname(self._target(file)) for file, _, _ in batch}
            self.durable &= self._directories.sync(folders)
        looked_at: set[str] = set()
        with AtomicWriter() as writer:
            for file, entry, seen in batch:
                target = self._target(file)
                try:
                    if (folder := os.path.dirname(target)) not in looked_at:
                        self._directories.look(target)  # raises if the folder was moved away
                        looked_at.add(folder)
                    modified = seen.modified_ns / 1e9
                    record_codec.write_metadata(
                        self._records, file.path, entry.commit, file.etag, modified, writer
                    )
                except OSError as error:
                    raise disk_error(error, target, "recording") from error
                self._log.add(file.path, entry)
        try:
            self._log.write()
        except OSError as error:
            raise disk_error(error, self._records, "recording") from error

    def _target(self, file: RemoteFile) -> str:
        return os.path.join(self._root, file.path)
