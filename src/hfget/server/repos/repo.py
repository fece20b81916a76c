"""A repo as the store knows it, and the ids that a repo may have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hfget.messages import server_texts as texts
from hfget.model import URL_PREFIXES, RepoType

MAIN = "main"
#: Words of the protocol's paths: a repo of such a name would answer for another.
_FIRST_WORDS = frozenset({"api", "datasets", "spaces", "models", "kernels", "buckets", "v2"})
_ACTIONS = frozenset(
    {"resolve", "raw", "blob", "tree", "revision", "refs", "commits", "paths-info", "treesize",
     "auth-check", "info", "manifests", "blobs", "xet-read-token"}
)  # fmt: skip
_ID = re.compile(r"(?:[A-Za-z0-9_][\w.-]{0,95}/)?[A-Za-z0-9_][\w.-]{0,95}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Repo:
    """A repo and the folder of each of its revisions (`main`, `refs/pr/1`, a tag, ...)."""

    repo_id: str
    repo_type: RepoType
    folders: Mapping[str, Path]

    def __str__(self) -> str:
        return URL_PREFIXES[self.repo_type] + self.repo_id


def unfit(repo_type: RepoType, repo_id: str) -> str | None:
    """Why no repo may have this id, None if one may."""
    if not _ID.fullmatch(repo_id) or repo_id.lower().endswith((".git", ".ipynb")):
        return texts.NOT_A_REPO_ID
    owner, slash, name = repo_id.rpartition("/")
    reserved = _FIRST_WORDS | _ACTIONS
    # behind `datasets/` only the actions could be mistaken
    firsts = reserved if repo_type == "model" else _ACTIONS
    if (owner if slash else name) in firsts or name in _ACTIONS:
        return texts.RESERVED_ID
    return None
