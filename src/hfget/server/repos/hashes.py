"""Hashes of local files, computed once and remembered; git's pointer and tree hashes."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hfget.model import is_etag
from hfget.partials import hash_file
from hfget.system import Stamp, Stopped, cache_folder, read_text

_FORMAT = 3
_MOST_CACHE_BYTES = 256 << 20


def default_cache_file() -> Path | None:
    """None where the user's cache is not known: then hashes are kept in memory alone."""
    folder = cache_folder(os.environ)
    return folder and folder / "hfget" / "serve" / "hashes.json"


def lfs_pointer(sha256: str, size: int) -> bytes:
    """The text git stores in place of an LFS file (git-lfs specification v1)."""
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
    ).encode()


def git_blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def git_tree_ids(blobs: Mapping[str, str]) -> dict[str, str]:
    """Folder path → git tree id for a listing of path → blob id; every file has mode 100644."""
    children: dict[str, dict[str, tuple[bytes, str]]] = {"": {}}
    for path, blob_id in blobs.items():
        parent, _, name = path.rpartition("/")
        children.setdefault(parent, {})[name] = (b"100644", blob_id)
        while parent:
            children.setdefault(parent, {})
            parent = parent.rpartition("/")[0]
    tree_ids: dict[str, str] = {}
    for folder in sorted(children, key=lambda path: -path.count("/") if path else 1):
        tree_ids[folder] = _tree_id(children[folder])
        if folder:
            parent, _, name = folder.rpartition("/")
            children[parent][name] = (b"40000", tree_ids[folder])
    del tree_ids[""]
    return tree_ids


def _tree_id(entries: Mapping[str, tuple[bytes, str]]) -> str:
    def order(item: tuple[str, tuple[bytes, str]]) -> bytes:
        # git sorts a folder as if its name ended with a slash
        return item[0].encode() + (b"/" if item[1][0] == b"40000" else b"")

    body = b"".join(
        mode + b" " + name.encode() + b"\0" + bytes.fromhex(oid)
        for name, (mode, oid) in sorted(entries.items(), key=order)
    )
    return hashlib.sha1(b"tree %d\0" % len(body) + body).hexdigest()


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
