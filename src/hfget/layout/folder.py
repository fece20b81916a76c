"""The plain folder: files under their repo paths, records as huggingface_hub's `local_dir` has.

`hf download --local-dir DIR` and hfget therefore take each other's downloads as complete.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from hfget.disk import disk_error
from hfget.layout import record
from hfget.layout.base import Placement
from hfget.layout.directories import Directories
from hfget.layout.paths import check_paths, destination
from hfget.model import ItemState, RemoteFile, Snapshot

#: Directories are synced and records written for so many small files at once.
_BATCH, _LARGE_BYTES = 64, 16 << 20


class FolderLayout:
    """Downloads into one folder. `force` allows to replace files that nobody downloaded here."""

    def __init__(self, root: Path, *, force: bool = False, fsync: bool = True) -> None:
        self._root = root
        self._force = force
        self._fsync = fsync
        self._records = root / ".cache" / "huggingface"
        self._inside: set[Path] = set()
        self._directories = Directories(root)
        self._lock = threading.Lock()
        self._unrecorded: list[tuple[str, RemoteFile]] = []
        self.durable = True

    @property
    def root(self) -> Path:
        return self._root

    @property
    def lock_path(self) -> Path:
        return self._records / "hfget.lock"

    def known_tree(self, commit: str) -> tuple[RemoteFile, ...] | None:
        return record.read_tree(self._records, commit)

    def check(self, files: Sequence[RemoteFile]) -> None:
        check_paths(
            (file.path for file in files),
            windows=os.name == "nt",
            case_insensitive=_folds_case(self._root),
        )

    def place(self, snapshot: Snapshot, file: RemoteFile) -> Placement:
        """See `Layout.place`.

        A file counts as complete without hashing if its record names this content, its size
        is the listed one and it was not modified after the record was written. What somebody
        modified, or what was there before, is never replaced without `force`, unless it is what
        an earlier run was to fetch (killed between giving a name and recording it).
        """
        placement = self._place(snapshot, file)
        if placement.replaceable:
            return placement
        return replace(placement, earlier=self._earlier.get(file.path))

    @cached_property
    def _earlier(self) -> dict[str, str]:
        """By path, the content that runs before this one were to fetch."""
        wanted = record.read_wanted(self._records)
        return {path: file.etag for path, file in wanted.files.items()} if wanted else {}

    def _place(self, snapshot: Snapshot, file: RemoteFile) -> Placement:
        target = destination(self._root, file.path)
        self._refuse_escape(target.parent, file)
        self._refuse_escape(self.partial_directory(file), file)
        try:
            stat = target.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return Placement(target, ItemState.MISSING)
        except OSError as error:
            raise disk_error(error, target, "reading") from error
        if target.is_symlink() or not target.is_file():
            return Placement(target, ItemState.OUTDATED, self._force and not target.is_dir())
        known = record.read_metadata(self._records, file.path)
        untouched = known is not None and stat.st_mtime <= known.timestamp
        if stat.st_size != file.size:
            return Placement(target, ItemState.OUTDATED, untouched or self._force)
        if known is not None and untouched and known.etag == file.etag:
            if known.commit != snapshot.commit:
                return Placement(target, ItemState.COMPLETE, needs_record=True)
            return Placement(target, ItemState.COMPLETE)
        return Placement(target, ItemState.ADOPTABLE, untouched or self._force)

    def partial_directory(self, file: RemoteFile) -> Path:
        return (self._records / "download" / file.path).parent

    def begin(self, snapshot: Snapshot, wanted: Sequence[RemoteFile]) -> None:
        try:
            record.prepare(self._records)
            record.write_tree(self._records, snapshot)
            record.write_wanted(self._records, snapshot, wanted)
        except OSError as error:
            raise disk_error(error, self._records) from error

    def publish(self, snapshot: Snapshot, file: RemoteFile, data: Path, *, replace: bool) -> None:
        target = destination(self._root, file.path)
        try:
            self._directories.move_in(data, target, replace=replace)
        except FileExistsError:
            raise
        except OSError as error:
            raise disk_error(error, target) from error
        self.adopt(snapshot, file)

    def adopt(self, snapshot: Snapshot, file: RemoteFile) -> None:
        with self._lock:
            self._unrecorded.append((snapshot.commit, file))
            due = file.size > _LARGE_BYTES or len(self._unrecorded) >= _BATCH
        if due:
            self.flush()

    def flush(self) -> None:
        with self._lock:
            batch, self._unrecorded = self._unrecorded, []
        targets = {file.path: self._root.joinpath(file.path) for _, file in batch}
        if self._fsync:
            for folder in {target.parent for target in targets.values()}:
                self.durable &= self._directories.sync(folder)
        for commit, file in batch:
            try:
                modified = targets[file.path].stat().st_mtime
                record.write_metadata(self._records, file.path, commit, file.etag, modified)
            except OSError as error:
                raise disk_error(error, self._records) from error

    def close(self) -> None:
        self._directories.close()

    def _refuse_escape(self, folder: Path, file: RemoteFile) -> None:
        """A link planted in the folder must not lead a file, or its record, outside."""
        if folder not in self._inside:
            self._directories.refuse_escape(folder)
            self._inside.add(folder)


def _folds_case(root: Path) -> bool:
    """Whether names that differ in case are one file there; asked of the file system itself."""
    probe = root.absolute()
    while not probe.exists() and probe != probe.parent:
        probe = probe.parent
    swapped = probe.with_name(probe.name.swapcase()) if probe.name else probe
    with suppress(OSError):
        return swapped.name != probe.name and swapped.exists() and swapped.samefile(probe)
    return False
