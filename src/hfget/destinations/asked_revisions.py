"""What was complete in a folder, by what was asked for: the counterpart of the Hub cache's `refs`.

`hfget.asked` holds, for each repo as it was named and each revision, the commit that this was
when a download of it was last complete. With it a folder can be found complete without a hub.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from hfget.destinations.record_files import read_record
from hfget.model import RepoRef, Snapshot
from hfget.system import atomic_write

NAME = "hfget.asked"
_FORMAT_VERSION = 1
_MOST_ENTRIES = 64
_MOST_BYTES = 1 << 20
_DEFAULT_REVISION = "main"


class Remembered(NamedTuple):
    """A commit that was complete here: of which repo, and in unix seconds when it was pinned."""

    repo_id: str
    commit: str
    moment: float


def recall(records: Path, ref: RepoRef, *, anyones: bool = False) -> Remembered | None:
    """What `ref` was when it was last complete here. A commit may be named in any of its ways."""
    revision = ref.revision or _DEFAULT_REVISION
    for entry in reversed(_read(records, anyones=anyones)):
        named = ref.repo_id in (entry["asked"], entry["repo_id"])
        if entry["repo_type"] != ref.repo_type or not named:
            continue
        if revision in (entry["revision"], entry["commit"]):
            return Remembered(entry["repo_id"], entry["commit"], float(entry["moment"]))
    return None


def remember(records: Path, asked: str, snapshot: Snapshot) -> None:
    """All that was asked for of `snapshot` is here. Never raises: it is only a convenience."""
    if snapshot.stale:
        return
    entry = {
        "asked": asked,
        "repo_id": snapshot.ref.repo_id,
        "repo_type": snapshot.ref.repo_type,
        "revision": snapshot.ref.revision or _DEFAULT_REVISION,
        "commit": snapshot.commit,
        "moment": time.time(),
    }
    key = ("asked", "repo_type", "revision")
    others = [one for one in _read(records) if any(one[name] != entry[name] for name in key)]
    document = {"format_version": _FORMAT_VERSION, "asked": [*others, entry][-_MOST_ENTRIES:]}
    with suppress(OSError):
        atomic_write(records / NAME, json.dumps(document))


def _read(records: Path, *, anyones: bool = False) -> list[dict[str, Any]]:
    """The entries, oldest first; none without a record of this user, or of `anyones`."""
    try:
        found = read_record(records / NAME, _MOST_BYTES)
        document = json.loads(found.text) if found.is_mine or anyones else {}
        if document.get("format_version") != _FORMAT_VERSION:
            return []
        return [entry for entry in document["asked"] if _is_sound(entry)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []


def _is_sound(entry: Any) -> bool:
    names = ("asked", "repo_id", "repo_type", "revision", "commit")
    texts = all(isinstance(entry[name], str) for name in names)
    return texts and type(entry["moment"]) in (int, float) and 0 <= entry["moment"] < 1e11
