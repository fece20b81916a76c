"""`hfget.json` in a folder's records: which files were asked for, and of which repo.

It is hfget's own. What another user has written is not read, unless it is told to take `anyones`
word.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from hfget.destinations.record_json import (
    FORMAT_VERSION,
    read_json,
    tree_file,
    wanted_entry,
    wanted_text,
)
from hfget.model import RemoteFile, Snapshot
from hfget.system import atomic_write

RECORD_NAME = "hfget.json"


class Home(NamedTuple):
    """Where a file was asked for: a repo at a commit, and the endpoint that listed it."""

    repo_type: str
    repo_id: str
    commit: str
    endpoint: str

    @property
    def repo(self) -> tuple[str, str]:
        return self.repo_type, self.repo_id


class Wanted(NamedTuple):
    """What `hfget.json` says: for each file asked for the content it should have.

    The repo is the one of the last run; `homes` has the files that an earlier run asked for,
    of another repo or commit. `written` is when the last was asked for, in unix seconds by the
    clock of the file system, `revision` what it named: a branch, a tag or a commit.
    """

    repo_id: str
    repo_type: str
    commit: str
    endpoint: str
    files: dict[str, RemoteFile]
    homes: dict[str, Home]
    written: float
    revision: str = ""

    def home(self, path: str) -> Home:
        """Where the file at `path` was asked for."""
        last = Home(self.repo_type, self.repo_id, self.commit, self.endpoint)
        return self.homes.get(path, last)


def read_wanted(records: Path, *, anyones: bool = False) -> Wanted | None:
    """What was asked for here, or None if hfget has not downloaded into this folder."""
    return _wanted_in(read_json(records / RECORD_NAME, anyones=anyones), records)


def _wanted_in(data: dict[str, Any] | None, records: Path) -> Wanted | None:
    try:
        if data is None or data["format_version"] != FORMAT_VERSION:
            return None
        files = {path: tree_file(path, info) for path, info in data["files"].items()}
        homes = {
            path: Home(*(str(info["home"][name]) for name in Home._fields))
            for path, info in data["files"].items()
            if "home" in info
        }
        repo_id, repo_type, commit = (str(data[n]) for n in ("repo_id", "repo_type", "commit"))
        written = (records / RECORD_NAME).stat().st_mtime
        endpoint = str(data.get("endpoint", ""))
        revision = str(data.get("revision", ""))
        return Wanted(repo_id, repo_type, commit, endpoint, files, homes, written, revision)
    except (OSError, KeyError, TypeError, ValueError, AttributeError):
        return None


def write_wanted(records: Path, snapshot: Snapshot, wanted: Sequence[RemoteFile]) -> None:
    """Record what is being downloaded, beside what was before. Raises OSError."""
    target = records / RECORD_NAME
    there = read_json(target)
    last = Home(snapshot.ref.repo_type, snapshot.ref.repo_id, snapshot.commit, snapshot.endpoint)
    head = {
        "format_version": FORMAT_VERSION,
        "repo_id": snapshot.ref.repo_id,
        "repo_type": snapshot.ref.repo_type,
        "revision": snapshot.ref.revision or "main",
        "commit": snapshot.commit,
        "endpoint": snapshot.endpoint,
    }
    files: dict[str, tuple[RemoteFile, dict[str, str] | None]] = {
        file.path: (file, None) for file in wanted if not file.defect
    }
    # Most often the same is asked for again: what is there need not be made files of.
    if there and _says(there, head, files):
        _touch(target)
        return
    before = _wanted_in(there, records)
    for path, file in before.files.items() if before else ():
        if before and path not in files:
            home = before.home(path)
            files[path] = file, home._asdict() if home != last else None
    if there and _says(there, head, files):
        _touch(target)
    else:
        atomic_write(target, wanted_text(head, files), sync=True)


def _touch(path: Path) -> None:
    with suppress(OSError):
        os.utime(path)


def _says(
    document: dict[str, Any],
    head: dict[str, Any],
    files: dict[str, tuple[RemoteFile, dict[str, str] | None]],
) -> bool:
    """Whether the document is what would be written."""
    listed = document.get("files")
    if not isinstance(listed, dict) or {**head, "files": listed} != document:
        return False
    return len(listed) == len(files) and all(
        listed.get(path) == wanted_entry(*asked) for path, asked in files.items()
    )


def unwant(records: Path, paths: Iterable[str]) -> None:
    """These files are not to be there any more. Raises OSError."""
    document = read_json(records / RECORD_NAME)
    files = document.get("files") if document else None
    if document is None or not isinstance(files, dict):
        return
    for path in paths:
        files.pop(path, None)
    atomic_write(records / RECORD_NAME, json.dumps(document), sync=True)
