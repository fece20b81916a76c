"""What the Hub's API says of a repo: its commit, its tree, its refusals.

A *snapshot* is a commit hash and all files of it; its *holders* are the endpoints that have it. A
*tree entry* is one file as the listing has it. JSON is read in bounds, since a server may send
anything.
"""

from __future__ import annotations

from hfget.hub.api_client import Unreached
from hfget.hub.commit_holders import CommitHolders
from hfget.hub.error_codes import refusal
from hfget.hub.pin import Hub, KnownTree, no_tree
from hfget.hub.tree import Tree

__all__ = [
    "CommitHolders",
    "Hub",
    "KnownTree",
    "Tree",
    "Unreached",
    "no_tree",
    "refusal",
]
