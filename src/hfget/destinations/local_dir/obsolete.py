"""What lies in a folder from an earlier commit and is not in this one any more (`--delete`).

Only what was downloaded for this very repo, and is still what was downloaded, is ever removed:
either hfget's record of the file holds, or its content is hashed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from hfget.destinations import record_codec, wanted_files
from hfget.destinations.disk_names import folds_case
from hfget.destinations.layout import ContentHash
from hfget.destinations.record_log import GONE, WRONG, Entry, RecordLog
from hfget.destinations.safe_directories import Directories, Seen
from hfget.destinations.safe_paths import destination
from hfget.errors import UnsafeError
from hfget.model import Removal, Snapshot
from hfget.system import disk_error


class Obsolete:
    """What of the folder `root` can go, by its log."""

    def __init__(self, root: Path, records: Path, log: RecordLog, directories: Directories) -> None:
        self._root = root
        self._records = records
        self._log = log
        self._directories = directories
        self._seen: dict[str, Seen] = {}

    def files(self, snapshot: Snapshot, content: ContentHash | None) -> tuple[Removal, ...]:
        """The files to remove. Reads, never writes.

        `content` hashes a file whose record does not hold any more; without it that is kept.
        """
        fold = str.casefold if folds_case(self._root) else str
        listed = {fold(file.path) for file in snapshot.files}
        repo = snapshot.ref.repo_type, snapshot.ref.repo_id
        found = []
        for path, entry in sorted(self._log.of_repo(repo)):
            if fold(path) in listed or entry.etag in (WRONG, GONE):
                continue
            with suppress(UnsafeError, OSError):
                target = destination(self._root, path)
                self._directories.refuse_escape(target.parent)
                seen = _look(target)
                if seen is not None and self._is_unmodified(path, entry, target, seen, content):
                    self._seen[path] = seen
                    found.append(Removal(path, target, seen.size))
        return tuple(found)

    def remove(self, removals: Iterable[Removal]) -> int:
        """Remove files, their records, and folders that this empties; how many files that were.

        What is not what was planned any more is kept. Raises DiskError, UnsafeError.
        """
        gone = []
        for removal in removals:
            if _look(removal.destination) != self._seen.get(removal.path):
                continue
            try:
                self._directories.remove(removal.destination)
                record_codec.forget(self._records, removal.path)
            except OSError as error:
                raise disk_error(error, removal.destination, "removing") from error
            self._log.drop(removal.path)
            gone.append(removal.path)
            _remove_empty(removal.destination.parent, self._root)
            downloads = self._records / "download"
            _remove_empty((downloads / removal.path).parent, downloads)
        if gone:
            wanted_files.unwant(self._records, gone)
            try:
                self._log.write()
            except OSError as error:
                raise disk_error(error, self._records) from error
        return len(gone)

    def _is_unmodified(
        self, path: str, entry: Entry, target: Path, seen: Seen, content: ContentHash | None
    ) -> bool:
        """Whether the file is what was downloaded. Raises OSError."""
        if self._log.holds(path, seen) is not None:
            return True
        if content is None:
            return False
        kind = record_codec.recorded_file(path, entry.etag).hash_kind
        return content(target, kind) == entry.etag and _look(target) == seen


def _look(target: Path) -> Seen | None:
    """What lies at `target`, if that is a regular file."""
    with suppress(OSError):
        found = os.lstat(target)
        if stat.S_ISREG(found.st_mode):
            return Seen.of(found)
    return None


def _remove_empty(folder: Path, top: Path) -> None:
    """Remove a folder and those above it, below `top`, as long as they are empty."""
    with suppress(OSError):
        while folder != top and top in folder.parents and not os.path.islink(folder):
            folder.rmdir()
            folder = folder.parent
