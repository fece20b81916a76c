"""Which names a file system takes, asked of itself. A file whose name it refuses fails alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from hfget.destinations.layout import Placement
from hfget.destinations.path_rules import MAX_COMPONENT_BYTES
from hfget.destinations.safe_paths import quoted, unfit_paths
from hfget.errors import DiskError
from hfget.messages import advice
from hfget.messages import destination_texts as texts
from hfget.model import RemoteFile
from hfget.system import create_file, existing_folder, temporary_name

#: Entries of a folder that are looked at for one whose name has a case.
_MOST_ASKED = 1000


def folds_case(root: Path) -> bool:
    """Whether names that differ in case are one file there; asked of the file system itself.

    What lies in the folder tells, or a file that is made there for a moment: the folder above may
    lie on another file system.
    """
    probe = existing_folder(root)
    with suppress(OSError):
        with os.scandir(probe) as entries:
            names = [entry.name for entry in islice(entries, _MOST_ASKED)]
        for name in names:
            if name.isascii() and name.swapcase() != name and name.swapcase() not in names:
                return _is_one_file(probe / name)
        trial = probe / temporary_name().replace(".tmp", "x.tmp")
        os.close(create_file(trial, 0o600))
        try:
            return _is_one_file(trial)
        finally:
            trial.unlink()
    return False


def longest_name(root: Path) -> int:
    """How many bytes a name may have where `root` lies or will lie (eCryptfs: 143)."""
    with suppress(OSError, AttributeError):
        most = os.statvfs(existing_folder(root)).f_namemax
        if 0 < most < MAX_COMPONENT_BYTES:
            return most
    return MAX_COMPONENT_BYTES


def unfit_at(root: Path, wanted: Sequence[RemoteFile]) -> dict[str, str]:
    """By path, why the disk of `root` cannot hold a file."""
    return unfit_paths(
        (file.path for file in wanted),
        windows=os.name == "nt",
        case_insensitive=folds_case(root),
        longest=longest_name(root),
    )


def unfit_placement(root: Path, path: str, reason: str) -> Placement:
    """The placement of such a file. Its name is not looked for on the disk."""
    error = DiskError(
        texts.UNFIT(path=quoted(path), reason=reason),
        path=path,
        hint=advice.OTHER_DISK_OR_EXCLUDE,
    )
    return Placement.refused(root / path, error)._replace(unfit=True)


def _is_one_file(path: Path) -> bool:
    """Whether the same name in the other case leads to the same file. Raises OSError."""
    swapped = path.with_name(path.name.swapcase())
    with suppress(FileNotFoundError):
        return os.path.samestat(swapped.lstat(), path.lstat())
    return False
