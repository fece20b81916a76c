"""The ids that git gives to contents and folders, and the pointer to an LFS file (pure).

A pointer is a text made of sha256 and size (git-lfs, docs/spec.md); the id of a folder is that of
a list of its entries' ids (git, "tree objects").
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TypeAlias

#: What is sorted by, mode and name, and the id, which may be empty.
TreeEntry: TypeAlias = tuple[bytes, bytes, str]

_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"


def lfs_pointer(sha256: str, size: int) -> bytes:
    """The text that git stores in place of an LFS file."""
    return (_POINTER % (sha256, size)).encode()


def pointer_size(size: int) -> int:
    """The length of the pointer to a content of `size` bytes, in bytes."""
    return len(_POINTER) - len("%s%d") + 64 + len(str(size))


def git_blob_id(content: bytes) -> str:
    """The id of a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def file_entry(name: str, blob_id: str) -> TreeEntry:
    """A file of a folder, one that is not executable."""
    key = name.encode("utf-8", "surrogatepass")
    return key, b"100644 " + key, blob_id


def folder_entry(name: str, tree_id: str) -> TreeEntry:
    """A folder of a folder: git sorts it as if its name ended with a slash."""
    key = name.encode("utf-8", "surrogatepass")
    return key + b"/", b"40000 " + key, tree_id


def git_tree_id(entries: Iterable[TreeEntry]) -> str:
    """The id of a folder; empty where it has no entries, or one has no id."""
    ordered = sorted(entries)
    if not ordered or not all(oid for _, _, oid in ordered):
        return ""
    body = b"".join(name + b"\0" + bytes.fromhex(oid) for _, name, oid in ordered)
    return hashlib.sha1(b"tree %d\0" % len(body) + body).hexdigest()
