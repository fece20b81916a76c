"""What lies in a folder from an earlier commit and is not in this one any more (`--delete`).

Only what hfget or `hf` recorded as downloaded, and nobody has modified since, is ever removed.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from hfget.disk import disk_error
from hfget.errors import UnsafeError, UsageError
from hfget.layout import record
from hfget.layout.directories import Directories, folds_case
from hfget.layout.paths import destination
from hfget.model import Removal, Snapshot


def obsolete_files(
    root: Path, records: Path, snapshot: Snapshot, directories: Directories
) -> tuple[Removal, ...]:
    """The files to remove. Reads, never writes.

    Raises UsageError if the folder holds another repo: then all of it would be obsolete.
    """
    wanted = record.read_wanted(records)
    here = (wanted.repo_type, wanted.repo_id) if wanted else None
    if here not in (None, (snapshot.ref.repo_type, snapshot.ref.repo_id)):
        raise UsageError(
            f"--delete: {root} holds another repo, {here[1] if here else ''}",
            hint="choose another folder with --local-dir, or leave --delete out",
        )
    fold = str.casefold if folds_case(root) else str
    listed = {fold(file.path) for file in snapshot.files}
    found = []
    for path in sorted(record.recorded_paths(records)):
        if fold(path) in listed:
            continue
        with suppress(UnsafeError):
            target = destination(root, path)
            directories.refuse_escape(target.parent)
            if (size := _size_if_unmodified(records, path, target)) is not None:
                found.append(Removal(path, target, size))
    return tuple(found)


def remove(root: Path, records: Path, removals: Iterable[Removal], directories: Directories) -> int:
    """Remove files, their records, and folders that this empties; how many files that were.

    What was modified since it was planned is kept. Raises DiskError, UnsafeError.
    """
    gone = []
    for removal in removals:
        if _size_if_unmodified(records, removal.path, removal.destination) is None:
            continue
        try:
            directories.remove(removal.destination)
            record.forget(records, removal.path)
        except OSError as error:
            raise disk_error(error, removal.destination, "removing") from error
        gone.append(removal.path)
        _remove_empty(removal.destination.parent, root)
        _remove_empty((records / "download" / removal.path).parent, records / "download")
    if gone:
        record.unwant(records, gone)
    return len(gone)


def _size_if_unmodified(records: Path, path: str, target: Path) -> int | None:
    known = record.read_metadata(records, path)
    with suppress(OSError):
        found = target.lstat()
        if known and stat.S_ISREG(found.st_mode) and found.st_mtime <= known.timestamp:
            return found.st_size
    return None


def _remove_empty(folder: Path, top: Path) -> None:
    """Remove a folder and those above it, below `top`, as long as they are empty."""
    with suppress(OSError):
        while folder != top and top in folder.parents and not folder.is_symlink():
            folder.rmdir()
            folder = folder.parent
