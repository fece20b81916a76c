"""One entry of a tree listing → RemoteFile, by way of huggingface_hub's RepoFile."""

from __future__ import annotations

import re
from typing import Any

from hfget.model import RemoteFile

_SHA1 = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAX_SIZE = 1 << 62


def remote_file(entry: dict[str, Any]) -> RemoteFile:
    """The file that `entry` describes.

    An entry without a usable size or hash becomes a file with a `defect`: it fails by itself,
    later and alone, since nothing could be verified against it.
    """
    from huggingface_hub.hf_api import RepoFile

    path = entry.get("path")
    if not isinstance(path, str):
        return RemoteFile("", 0, "", defect="the listing gives no path")
    try:
        found = RepoFile(**entry)
    except (KeyError, TypeError, ValueError, AttributeError):
        return RemoteFile(path, 0, "", defect="the listing's entry is incomplete")
    sha256 = found.lfs.sha256 if found.lfs is not None else None
    size = found.lfs.size if found.lfs is not None else found.size
    if type(size) is not int or not 0 <= size < _MAX_SIZE or size != found.size:
        return RemoteFile(path, 0, "", defect="the listing gives no usable size")
    blob_id = _lower(found.blob_id)
    if sha256 is not None:
        sha256 = _lower(sha256)
        if not _SHA256.fullmatch(sha256):
            return RemoteFile(path, size, "", defect="the listing gives no usable hash")
    elif not _SHA1.fullmatch(blob_id):
        return RemoteFile(path, size, "", defect="the listing gives no usable hash")
    xet_hash = found.xet_hash if isinstance(found.xet_hash, str) else None
    return RemoteFile(path, size, blob_id, sha256, xet_hash)


def _lower(value: Any) -> str:
    return value.lower() if isinstance(value, str) else ""
