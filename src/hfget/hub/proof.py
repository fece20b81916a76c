"""What a listing proves by itself: git's ids, computed again from what is listed.

The git id of an LFS entry is that of its pointer, a text made of sha256 and size
(git-lfs, docs/spec.md); the id of a folder is that of a list of its entries' ids (git, "tree
objects"). Both hold without a further request. Modes are not listed: 100644 and 40000 are
tried, so that a folder with an executable, a link or a submodule stays unproven.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from hfget.model import Proof, RemoteFile

_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"


class Proved(NamedTuple):
    """The counts; `unfit` are LFS files whose ids contradict each other, `unproven` folders."""

    counts: Proof
    unfit: tuple[str, ...]
    unproven: tuple[str, ...]


def pointer_size(size: int) -> int:
    """The length of the pointer to a content of `size` bytes, in bytes."""
    return len(_POINTER) - len("%s%d") + 64 + len(str(size))


def prove(
    files: Iterable[RemoteFile], folders: Mapping[str, str], odd: Collection[str] = frozenset()
) -> Proved:
    """Hold `files` and `folders` (path → tree id, empty if unknown) against git's arithmetic.

    `odd` are LFS files whose pointer has another length than git-lfs gives it: it is a text of
    another form, which proves nothing and contradicts nothing.
    """
    inside: dict[str, list[tuple[bytes, bytes, str]]] = defaultdict(list)
    lfs_files = lfs_proved = 0
    unfit: list[str] = []
    for file in files:
        if file.sha256 is not None:
            lfs_files += 1
            if file.blob_id == _pointer_id(file.sha256, file.size):
                lfs_proved += 1
            elif file.path not in odd and file.blob_id:
                unfit.append(file.path)
        folder, _, name = file.path.rpartition("/")
        if folder in folders:
            key = _bytes(name)
            inside[folder].append((key, b"100644 " + key, file.blob_id))
    for path, tree_id in folders.items():
        folder, _, name = path.rpartition("/")
        if folder in folders:
            key = _bytes(name)
            inside[folder].append((key + b"/", b"40000 " + key, tree_id))
    unproven = [path for path, tree_id in folders.items() if _tree_id(inside[path]) != tree_id]
    counts = Proof(lfs_files, lfs_proved, len(folders), len(folders) - len(unproven))
    return Proved(counts, tuple(unfit), tuple(unproven))


def _pointer_id(sha256: str, size: int) -> str:
    pointer = (_POINTER % (sha256, size)).encode()
    return hashlib.sha1(b"blob %d\0" % len(pointer) + pointer).hexdigest()


def _tree_id(entries: list[tuple[bytes, bytes, str]]) -> str | None:
    """The id of a folder by its entries: sort key, mode and name, id. None if one has no id."""
    if not entries or not all(item[2] for item in entries):
        return None
    body = b"".join(name + b"\0" + bytes.fromhex(oid) for _, name, oid in sorted(entries))
    return hashlib.sha1(b"tree %d\0" % len(body) + body).hexdigest()


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")
