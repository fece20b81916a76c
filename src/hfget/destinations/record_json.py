"""The JSON of records. A piece a file is written: all at once would take much memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hfget.destinations.record_files import read_record
from hfget.model import RemoteFile, is_sha1, is_sha256

FORMAT_VERSION = 1
#: Larger listings (a million files) are not read back; what is not read is asked for again.
_MOST_JSON_BYTES = 256 << 20
_MOST_SIZE = 1 << 62


def listing_text(files: Iterable[RemoteFile]) -> Iterator[str]:
    """A listing as huggingface_hub writes it, which is JSON with an indent of 1."""
    yield f'{{\n "format_version": {FORMAT_VERSION},\n "files": {{'
    before, end = "", "}\n}"
    for file in files:
        entry = json.dumps(_tree_entry(file), separators=(",\n   ", ": "))[1:-1]
        yield f"{before}\n  {json.dumps(file.path)}: {{\n   {entry}\n  }}"
        before, end = ",", "\n }\n}"
    yield end


def wanted_text(
    head: dict[str, Any], files: Mapping[str, tuple[RemoteFile, Mapping[str, str] | None]]
) -> Iterator[str]:
    """The JSON of `head`, with the files, a piece each."""
    yield json.dumps(head)[:-1] + ', "files": {'
    before = ""
    for path in sorted(files):
        yield f"{before}{json.dumps(path)}: {json.dumps(wanted_entry(*files[path]))}"
        before = ", "
    yield "}}"


def wanted_entry(file: RemoteFile, home: Mapping[str, str] | None) -> dict[str, Any]:
    """What is written of a file that was asked for; `home` says where, unless in the last run."""
    entry = _tree_entry(file)
    if home is not None:
        entry["home"] = home
    return entry


def _tree_entry(file: RemoteFile) -> dict[str, Any]:
    entry: dict[str, Any] = {"size": file.size, "blob_id": file.blob_id}
    if file.sha256 is not None:
        entry["lfs_sha256"], entry["lfs_size"] = file.sha256, file.size
    if file.xet_hash is not None and is_sha256(file.xet_hash):
        entry["xet_hash"] = file.xet_hash
    return entry


def tree_file(path: str, info: dict[str, Any]) -> RemoteFile:
    """The file of an entry. Raises KeyError, TypeError or ValueError for any other value."""
    size, blob_id, sha256 = info["size"], info["blob_id"], info.get("lfs_sha256")
    xet_hash = info.get("xet_hash")
    sound = type(size) is int and 0 <= size < _MOST_SIZE and isinstance(blob_id, str)
    known = is_sha1(blob_id) if sha256 is None else is_sha256(sha256)
    if not sound or not known:
        raise ValueError("not a listing")
    return RemoteFile(path, size, blob_id, sha256, xet_hash if isinstance(xet_hash, str) else None)


def read_json(path: Path, *, anyones: bool = False) -> dict[str, Any] | None:
    """A record that is one object, or None if there is none that can be read."""
    try:
        found = read_record(path, _MOST_JSON_BYTES)
        data = json.loads(found.text) if found.is_mine or anyones else None
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
