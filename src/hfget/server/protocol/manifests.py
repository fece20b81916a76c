"""GGUF models as a container registry has them: `GET /v2/REPO/manifests/TAG` and its blobs.

llama.cpp (until it read listings itself) and node-llama-cpp take from `ggufFile` and
`mmprojFile` which files a tag means; ollama pulls the layers. The form is the Hub's
(huggingface.co/docs/hub/ollama; llama.cpp `common/arg.cpp`, `common_get_hf_file`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from hfget.messages import server_texts as texts
from hfget.model import RemoteFile
from hfget.selection import files_meant, label_of, labels_of, projectors, whole_name
from hfget.server.protocol.answers import RefusalError
from hfget.server.protocol.api import sibling
from hfget.server.protocol.body import read_at
from hfget.server.repos.listing import Listing, ServedFile
from hfget.server.repos.scanning import open_checked

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.ollama.image."
#: Files by which a repo says how ollama is to run it.
_SETTINGS = ("template", "system", "params")
_MOST_SETTING = 64 << 10
_DEFAULT_TAGS = ("latest", "main")
_PREFERRED = ("q4_k_m", "q4_0", "q4_k_s", "q5_k_m", "q8_0")
_KNOWN_BY = "llama-cpp"  # the User-Agent of those that read `ggufFile`


class Blob(NamedTuple):
    """What a digest stands for: a file of the repo, or content made up here."""

    file: ServedFile | None
    data: bytes = b""


def manifest(listing: Listing, tag: str, agent: str) -> dict[str, Any]:
    """The manifest of what `tag` means: a quantisation, a file, or `latest`. Raises RefusalError.

    Reads the repo's settings for ollama from disk.
    """
    first, *others = _chosen(listing, tag)
    if others and _KNOWN_BY not in agent.lower():
        raise RefusalError(400, texts.ONE_PART(path=first.path))
    files = [file.remote for file in listing.files.values()]
    projector = next(iter(projectors([first], files)), None)
    config = _config(first)
    layers = [_layer("model", str(first.sha256), first.size)]
    if projector and projector.sha256:
        layers.append(_layer("projector", projector.sha256, projector.size))
    layers += [
        _layer(name, hashlib.sha256(data).hexdigest(), len(data))
        for name, data in _settings(listing)
    ]
    digest = hashlib.sha256(config).hexdigest()
    found: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": {"digest": f"sha256:{digest}", "mediaType": _CONFIG, "size": len(config)},
        "layers": layers,
        "ggufFile": sibling(listing.files[first.path], blobs=True),
    }
    if projector:
        found["mmprojFile"] = sibling(listing.files[projector.path], blobs=True)
    return found


def blob(listing: Listing, digest: str) -> Blob:
    """What the digest of a manifest stands for. Raises RefusalError. Reads from disk."""
    kind, _, sha256 = digest.partition(":")
    if kind == "sha256" and (file := listing.find_digest(sha256)):
        return Blob(file)
    for data in _made_up(listing):
        if kind == "sha256" and hashlib.sha256(data).hexdigest() == sha256:
            return Blob(None, data)
    raise RefusalError(404, texts.NO_DIGEST)


def _models(listing: Listing) -> list[RemoteFile]:
    found = [file.remote for path, file in listing.files.items() if path.lower().endswith(".gguf")]
    return [file for file in found if file.is_lfs and not label_of(file.path).role]


def _chosen(listing: Listing, tag: str) -> list[RemoteFile]:
    """The GGUF file that a tag means, and the other parts of it."""
    models = _models(listing)
    by_label: dict[str, list[RemoteFile]] = {}
    for file in models:
        by_label.setdefault(str(label_of(file.path)).lower(), []).append(file)
    if tag.lower() in _DEFAULT_TAGS:
        wanted = next((label for label in _PREFERRED if label in by_label), None)
        found = by_label[wanted] if wanted else models
    else:
        found = files_meant(tag, models, labels_of(models))
    if not found:
        known = ", ".join(sorted(filter(None, by_label))[:20]).upper()
        raise RefusalError(404, texts.NO_TAG(tag=tag[:80], known=known or "none"))
    # of several models the first counts, with all its parts
    first = whole_name(found[0].path)
    return [file for file in found if whole_name(file.path) == first]


def _config(file: RemoteFile) -> bytes:
    return json.dumps(
        {
            "model_format": "gguf",
            "file_type": label_of(file.path).quant or "unknown",
            "architecture": "amd64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{file.sha256}"]},
        }
    ).encode()


def _layer(kind: str, sha256: str, size: int) -> dict[str, Any]:
    return {"mediaType": _LAYER + kind, "digest": f"sha256:{sha256}", "size": size}


def _settings(listing: Listing) -> Iterator[tuple[str, bytes]]:
    for name in _SETTINGS:
        file = listing.files.get(name)
        if file is None or not 0 < file.remote.size <= _MOST_SETTING:
            continue
        handle = open_checked(file)
        if handle is None:
            continue
        try:
            yield name, read_at(handle, file.remote.size, 0)
        finally:
            os.close(handle)


def _made_up(listing: Listing) -> Iterator[bytes]:
    yield from map(_config, _models(listing))
    yield from (data for _, data in _settings(listing))
