"""The JSON of records, a piece a file: all of it at once would take more memory than the files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hfget.model import RemoteFile, is_sha256

FORMAT_VERSION = 1


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
