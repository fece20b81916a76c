"""What a listing proves by itself: git's ids, computed again from what is listed.

The id of an LFS entry is that of its pointer, the id of a folder follows from those in it. Both
hold without a further request. Modes are not listed: those of a plain file and of a folder are
tried, so that a folder with an executable, a link or a submodule stays unproven.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from hfget.hub.git_ids import (
    TreeEntry,
    file_entry,
    folder_entry,
    git_blob_id,
    git_tree_id,
    lfs_pointer,
)
from hfget.model import Proof, RemoteFile


class Proved(NamedTuple):
    """The counts; `unfit` are LFS files whose ids contradict each other, `unproven` folders."""

    counts: Proof
    unfit: tuple[str, ...]
    unproven: tuple[str, ...]


def prove(
    files: Iterable[RemoteFile], folders: Mapping[str, str], odd: Collection[str] = frozenset()
) -> Proved:
    """Hold `files` and `folders` (path → tree id, empty if unknown) against git's arithmetic.

    `odd` are LFS files whose pointer has another length than git-lfs gives it: it is a text of
    another form, which proves nothing and contradicts nothing.
    """
    inside: dict[str, list[TreeEntry]] = defaultdict(list)
    lfs_files = lfs_proved = 0
    unfit: list[str] = []
    for file in files:
        if file.sha256 is not None:
            lfs_files += 1
            if file.blob_id == git_blob_id(lfs_pointer(file.sha256, file.size)):
                lfs_proved += 1
            elif file.path not in odd and file.blob_id:
                unfit.append(file.path)
        folder, _, name = file.path.rpartition("/")
        if folder in folders:
            inside[folder].append(file_entry(name, file.blob_id))
    for path, tree_id in folders.items():
        folder, _, name = path.rpartition("/")
        if folder in folders:
            inside[folder].append(folder_entry(name, tree_id))
    unproven = [
        path
        for path, tree_id in folders.items()
        if not tree_id or git_tree_id(inside[path]) != tree_id
    ]
    counts = Proof(lfs_files, lfs_proved, len(folders), len(folders) - len(unproven))
    return Proved(counts, tuple(unfit), tuple(unproven))
