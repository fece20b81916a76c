"""The plain folder: files under their repo paths, records as huggingface_hub's `local_dir` has.

`hf download --local-dir DIR` and hfget therefore take each other's downloads as complete.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from hfget.disk import disk_error, is_inside, sync_directory
from hfget.errors import UnsafeError
from hfget.layout import record
from hfget.layout.base import Placement
from hfget.layout.paths import check_paths, destination
from hfget.model import ItemState, RemoteFile, Snapshot
from hfget.text import safe_text


class FolderLayout:
    """Downloads into one folder. `force` allows to replace files that nobody downloaded here."""

    def __init__(self, root: Path, *, force: bool = False, fsync: bool = True) -> None:
        self._root = root
        self._force = force
        self._fsync = fsync
        self._records = root / ".cache" / "huggingface"
        self._made: set[Path] = set()
        self._inside: set[Path] = set()

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
        modified, or what was there before, is never replaced without `force`.
        """
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

    def publish(self, snapshot: Snapshot, file: RemoteFile, data: Path) -> None:
        target = destination(self._root, file.path)
        try:
            if target.parent not in self._made:
                target.parent.mkdir(parents=True, exist_ok=True)
                self._made.add(target.parent)
            self._inside.clear()
            self._refuse_escape(target.parent, file)
            data.replace(target)
            if self._fsync:
                sync_directory(target.parent)
        except OSError as error:
            raise disk_error(error, target) from error
        self.adopt(snapshot, file)

    def adopt(self, snapshot: Snapshot, file: RemoteFile) -> None:
        try:
            record.write_metadata(self._records, file.path, snapshot.commit, file.etag)
        except OSError as error:
            raise disk_error(error, self._records) from error

    def _refuse_escape(self, folder: Path, file: RemoteFile) -> None:
        """A link planted in the folder must not lead a file, or its record, outside."""
        if folder in self._inside:
            return
        if not is_inside(folder, self._root):
            raise UnsafeError(
                f"a link in {self._root} leads outside of it: {safe_text(str(folder))}",
                path=safe_text(file.path),
                hint="remove the link, or choose another folder with --local-dir",
            )
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
