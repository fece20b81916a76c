"""What the Hub's API says of a repo: its commit, its tree, its refusals.

A *snapshot* is a commit hash and all files of it; its *holders* are the endpoints that have it. A
*tree entry* is one file as the listing has it. JSON is read in bounds, since a server may send
anything. A *git id* says what a file or a folder is, as git reckons it.
"""

from __future__ import annotations

from hfget.hub.api_client import Unreached
from hfget.hub.commit_holders import CommitHolders
from hfget.hub.error_codes import refusal
from hfget.hub.git_ids import (
    TreeEntry,
    file_entry,
    folder_entry,
    git_blob_id,
    git_tree_id,
    lfs_pointer,
)
from hfget.hub.pin import Hub, KnownTree, no_tree
from hfget.hub.tree import Tree

__all__ = [
    "CommitHolders",
    "Hub",
    "KnownTree",
    "Tree",
    "TreeEntry",
    "Unreached",
    "file_entry",
    "folder_entry",
    "git_blob_id",
    "git_tree_id",
    "lfs_pointer",
    "no_tree",
    "refusal",
]
