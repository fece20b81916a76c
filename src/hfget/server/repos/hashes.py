"""Hashes of local files, computed once and remembered; git's ids of their folders."""

from __future__ import annotations

import errno
import json
import os
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hfget.hub import TreeEntry, file_entry, folder_entry, git_tree_id
from hfget.model import is_etag
from hfget.partials import hash_file
from hfget.system import Stamp, Stopped, cache_folder, read_text

_FORMAT = 3
_MOST_CACHE_BYTES = 256 << 20


def default_cache_file() -> Path | None:
    """None where the user's cache is not known: then hashes are kept in memory alone."""
    folder = cache_folder(os.environ)
    return folder and folder / "hfget" / "serve" / "hashes.json"


def git_tree_ids(blobs: Mapping[str, str]) -> dict[str, str]:
    """Folder path → git tree id for a listing of path → blob id; no file is executable."""
    children: dict[str, list[TreeEntry]] = {"": []}
    for path, blob_id in blobs.items():
        parent, _, name = path.rpartition("/")
        children.setdefault(parent, []).append(file_entry(name, blob_id))
        while parent:
            children.setdefault(parent, [])
            parent = parent.rpartition("/")[0]
    tree_ids: dict[str, str] = {}
    for folder in sorted(children, key=lambda path: -path.count("/") if path else 1):
        tree_ids[folder] = git_tree_id(children[folder])
        if folder:
            parent, _, name = folder.rpartition("/")
            children[parent].append(folder_entry(name, tree_ids[folder]))
    del tree_ids[""]
    return tree_ids


class HashCache:
    """Content hashes by path and stamp, kept in one JSON file if `file` is given.

    A cache that cannot be read or written costs time, never correctness: it is ignored.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._dirty = False
        self._known: dict[str, list[Any]] = _load(file) if file else {}

    def hash(self, path: Path, stamp: Stamp, kind: str, stop: threading.Event) -> str:
        """The `kind` ("sha256" or "git-sha1") of `path`.

        Raises OSError, also if the file changes meanwhile, and Stopped.
        """
        key = f"{kind}:{path}"
        with self._lock:
            known = self._known.get(key)
        if known is not None and known[:4] == list(stamp):
            return str(known[4])
        digest = hash_file(path, kind, stop=stop)
        if digest is None:
            raise Stopped
        if Stamp.of(os.stat(path)) != stamp:
            raise OSError(errno.EAGAIN, "changed while it was read", str(path))
        with self._lock:
            self._known[key] = [*stamp, digest]
            self._dirty = True
        return digest

    def save(self) -> None:
        with self._lock:
            if self._file is None or not self._dirty:
                return
            text = json.dumps({"format": _FORMAT, "files": self._known})
            self._dirty = False
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._file.parent, suffix=".tmp")
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(text)
            Path(name).replace(self._file)
        except OSError:
            return


def _load(file: Path) -> dict[str, list[Any]]:
    try:
        data = json.loads(read_text(file, _MOST_CACHE_BYTES))
        files = data["files"] if data["format"] == _FORMAT else {}
        return {key: entry for key, entry in files.items() if _is_entry(entry)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, list)
        and len(entry) == 5
        and all(isinstance(number, int) for number in entry[:4])
        and isinstance(entry[4], str)
        and is_etag(entry[4])
    )
