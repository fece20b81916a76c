"""A Hub cache in a temporary folder, and what is put into it."""

from __future__ import annotations

from pathlib import Path

from hfget.destinations.hub_cache.cache import CacheLayout
from hfget.model import ItemState, RemoteFile, RepoRef, Snapshot
from tests.support.loopback import lfs_file, small_file, snapshot_of

CONFIG = small_file("sub/c.json", b"{}")
WEIGHTS = lfs_file("w.bin", b"weights")
CONTENT = {CONFIG.etag: b"{}", WEIGHTS.etag: b"weights"}
AT = snapshot_of(CONFIG, WEIGHTS)
LATER = snapshot_of(small_file("moved.json", b"{}"), commit="d" * 40)
REF = RepoRef("org/name")


def folder(cache: Path) -> Path:
    return cache / "models--org--name"


def blob(cache: Path, file: RemoteFile) -> Path:
    return folder(cache) / "blobs" / file.etag


def pointer(cache: Path, file: RemoteFile, snapshot: Snapshot = AT) -> Path:
    return folder(cache) / "snapshots" / snapshot.commit / file.path


def data_for(layout: CacheLayout, file: RemoteFile) -> Path:
    data = layout.partial_directory(file) / f"{file.etag[:8]}.mine"
    data.write_bytes(CONTENT[file.etag])
    return data


def filled(cache: Path, *files: RemoteFile, snapshot: Snapshot = AT, links: bool = True) -> None:
    layout = CacheLayout(cache, REF, links=links)
    layout.begin(snapshot, files)
    for file in files:
        layout.publish(snapshot, file, data_for(layout, file), replace=False)
    layout.flush()
    layout.complete(snapshot)
    layout.close()


def state(cache: Path, file: RemoteFile, snapshot: Snapshot = AT) -> ItemState:
    return CacheLayout(cache, REF).place(snapshot, file).state
