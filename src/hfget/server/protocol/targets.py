"""The paths of the Hub's protocol taken apart (pure).

Only the raw path tells `refs%2Fpr%2F1/file` from `refs/pr/1/file`, and only the list of
known repos tells `/api/models/gpt2/tree` (a listing) from a repo `gpt2/tree`; therefore a
path is parsed into candidates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote

from hfget.model import API_NAMES, URL_PREFIXES, RepoType

Action = Literal[
    "info", "revision", "tree", "refs", "commits", "paths-info", "treesize", "auth-check",
    "resolve", "raw", "manifests", "blobs",
]  # fmt: skip

_API_TYPES: dict[str, RepoType] = {name: kind for kind, name in API_NAMES.items()}
_PREFIXED: dict[str, RepoType] = {
    prefix.rstrip("/"): kind for kind, prefix in URL_PREFIXES.items() if prefix
}
_API_ACTIONS: tuple[Action, ...] = (
    "revision", "tree", "refs", "commits", "paths-info", "treesize", "auth-check"
)  # fmt: skip
_FILE_ACTIONS: tuple[Action, ...] = ("resolve", "raw")
_REGISTRY_ACTIONS: tuple[Action, ...] = ("manifests", "blobs")
_GIT = re.compile(r"/(?:info/refs|info/lfs/.*|git-upload-pack|git-receive-pack)/?\Z")


@dataclass(frozen=True, slots=True)
class PathReading:
    """One way to read a path. `rest` are the decoded segments behind the action; `head` and
    `tail` are the raw path before and after the repo id."""

    repo_type: RepoType
    repo_id: str
    action: Action
    rest: tuple[str, ...]
    head: str
    tail: str

    def moved(self, repo_id: str) -> str:
        """The same path for another repo id."""
        return self.head + quote(repo_id) + self.tail


def list_of(raw_path: str) -> RepoType | None:
    """The type of the repos that a path lists: `/api/models`."""
    head, _, name = raw_path.strip("/").partition("/")
    return _API_TYPES.get(name) if head == "api" else None


def is_git(raw_path: str) -> bool:
    """Whether git asks, or git-lfs."""
    return not raw_path.startswith("/api/") and _GIT.search(raw_path) is not None


def candidates(raw_path: str) -> tuple[PathReading, ...]:
    """The readings of `raw_path`, likeliest first; none if it is not a path of the protocol."""
    raw = raw_path.lstrip("/").split("/")
    if raw[0] == "api" and len(raw) > 2 and raw[1] in _API_TYPES:
        return tuple(_read(_API_TYPES[raw[1]], raw, 2, _API_ACTIONS))
    if raw[0] == "v2":
        return tuple(_read("model", raw, 1, _REGISTRY_ACTIONS))
    if raw[0] in _PREFIXED:
        return tuple(_read(_PREFIXED[raw[0]], raw, 1, _FILE_ACTIONS))
    return tuple(_read("model", raw, 0, _FILE_ACTIONS))


def _read(
    repo_type: RepoType, raw: list[str], start: int, actions: tuple[Action, ...]
) -> Iterator[PathReading]:
    for length in (2, 1):
        stop = start + length
        if len(raw) < stop or "" in raw[start:stop]:
            continue
        name = unquote(raw[stop]) if len(raw) > stop else ""
        action = next((known for known in actions if known == name), None)
        if action is None and not (len(raw) == stop and actions is _API_ACTIONS):
            continue
        yield PathReading(
            repo_type=repo_type,
            repo_id="/".join(unquote(segment) for segment in raw[start:stop]),
            action=action or "info",
            rest=tuple(unquote(segment) for segment in raw[stop + 1 :]),
            head="".join(f"/{segment}" for segment in raw[:start]) + "/",
            tail="".join(f"/{segment}" for segment in raw[stop:]),
        )
