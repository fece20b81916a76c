"""The names in a snapshot of the Hub cache: relative links to the blobs that hold the content.

Where links cannot be made (Windows without developer mode, exFAT, HF_HUB_DISABLE_SYMLINKS) the
content itself lies there instead, as huggingface_hub does it (`_create_symlink`).
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from hfget.destinations.safe_directories import Directories, Seen
from hfget.system import temporary_name


class Kind(Enum):
    """What a name in a snapshot is."""

    MISSING = "missing"
    LINKED = "a link to its blob"
    FILE = "a file of its own"
    FOLDER = "a folder"
    OTHER = "a link elsewhere, or no file"


class Pointer(NamedTuple):
    """What lies under a name in a snapshot; `seen` for a file of its own."""

    kind: Kind
    seen: Seen | None = None


def look(target: Path, blob: Path) -> Pointer:
    """What lies at `target`, which should be a link to `blob`. Raises OSError."""
    try:
        found = target.lstat()
    except FileNotFoundError:
        return Pointer(Kind.MISSING)
    if stat.S_ISREG(found.st_mode):
        return Pointer(Kind.FILE, Seen.of(found))
    if stat.S_ISDIR(found.st_mode):
        return Pointer(Kind.FOLDER)
    if stat.S_ISLNK(found.st_mode):
        with suppress(OSError):
            if os.path.normpath(target.parent / target.readlink()) == os.path.normpath(blob):
                return Pointer(Kind.LINKED)
    return Pointer(Kind.OTHER)


def possible(folder: Path) -> bool:
    """Whether links can be made in a folder that can be written to. Tries it; leaves nothing."""
    trial = folder / temporary_name()
    try:
        trial.symlink_to("trial")
        trial.unlink()
    except (NotImplementedError, OSError):
        return not os.access(folder, os.W_OK)
    return True


def make(target: Path, blob: Path, directories: Directories) -> None:
    """Make `target` a relative link to `blob`, atomically; what was there is replaced.

    Raises OSError, UnsafeError. The link is made beside the blob and then moved: a name that a
    killed process leaves in a snapshot would count as a file of the repo.
    """
    temporary = blob.with_name(temporary_name())
    temporary.symlink_to(os.path.relpath(blob, target.parent))
    try:
        directories.move_in(temporary, target, replace=True)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
