"""What an earlier download left on disk about a folder: identity, commit, hashes.

The formats are huggingface_hub's (`_local_folder.py`, `_tree_cache.py` of 2.4.0) and
hfget's own `hfget.json`. Whatever cannot be read or does not parse counts as absent. They may be
another user's, as the files are that he serves: a client believes no hash that it has not made.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hfget.disk import read_text
from hfget.model import URL_PREFIXES, RepoType

RECORD_FOLDER = Path(".cache", "huggingface")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_ETAG = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REPO_ID = re.compile(r"[^/\s]+(/[^/\s]+)?")
_TREE_FORMAT = 1
_MOST_METADATA_BYTES = 4096
_MOST_JSON_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class FolderRecord:
    """The repo and the commit a folder was downloaded from."""

    repo_id: str
    repo_type: RepoType
    commit: str


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One `.metadata` file: `etag` is a sha256 (LFS) or a git sha1, `at` a unix time."""

    commit: str
    etag: str
    at: float


@dataclass(frozen=True, slots=True)
class TreeRecord:
    """One file of a recorded listing."""

    size: int
    blob_id: str
    sha256: str | None

    @property
    def etag(self) -> str:
        return self.sha256 or self.blob_id


def is_commit(text: str) -> bool:
    return _COMMIT.fullmatch(text) is not None


def record_path(folder: Path) -> Path:
    return folder / RECORD_FOLDER / "hfget.json"


def has_records(folder: Path) -> bool:
    return (folder / RECORD_FOLDER).is_dir()


def read_folder_record(folder: Path) -> FolderRecord | None:
    data = _read_json(record_path(folder))
    if not isinstance(data, dict):
        return None
    repo_id, repo_type, commit = (data.get(key) for key in ("repo_id", "repo_type", "commit"))
    if not (isinstance(repo_id, str) and isinstance(commit, str) and isinstance(repo_type, str)):
        return None
    if repo_type not in URL_PREFIXES or not _REPO_ID.fullmatch(repo_id) or not is_commit(commit):
        return None
    return FolderRecord(repo_id, repo_type, commit)


def read_file_record(folder: Path, path: str) -> FileRecord | None:
    place = folder / RECORD_FOLDER / "download" / f"{path}.metadata"
    try:
        text = read_text(place, _MOST_METADATA_BYTES, foreign=True)
        commit, etag, at = text.split("\n")[:3]
        record = FileRecord(commit.strip(), etag.strip(), float(at))
    except (OSError, ValueError):
        return None
    return record if is_commit(record.commit) and _ETAG.fullmatch(record.etag) else None


def read_tree_record(folder: Path, commit: str) -> dict[str, TreeRecord] | None:
    """The complete listing of `commit`, if huggingface_hub or hfget kept it."""
    data = _read_json(folder / RECORD_FOLDER / "trees" / f"{commit}.json")
    if not isinstance(data, dict) or data.get("format_version") != _TREE_FORMAT:
        return None
    try:
        return {path: _tree_record(entry) for path, entry in data["files"].items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _tree_record(entry: dict[str, Any]) -> TreeRecord:
    sha256 = entry.get("lfs_sha256")
    record = TreeRecord(int(entry["size"]), str(entry["blob_id"]), sha256 and str(sha256))
    if not _ETAG.fullmatch(record.etag):
        raise ValueError("not a hash")
    return record


def _read_json(path: Path) -> Any:
    try:
        return json.loads(read_text(path, _MOST_JSON_BYTES, foreign=True))
    except (OSError, ValueError, RecursionError):
        return None
