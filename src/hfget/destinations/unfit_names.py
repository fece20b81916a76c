"""Files that this disk cannot hold under their names: each fails by itself, the rest comes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from hfget.destinations.disk_names import folds_case, longest_name
from hfget.destinations.layout import Placement
from hfget.destinations.safe_paths import quoted, unfit_paths
from hfget.errors import DiskError
from hfget.messages import advice
from hfget.messages import destination_texts as texts
from hfget.model import ItemState, RemoteFile


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
    target = root / path
    return Placement(target, ItemState.OUTDATED, replaceable=False, blocked=error, unfit=True)
