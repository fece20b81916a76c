"""The repos that are downloaded: sizes as data, bytes made once, hashes as a hub lists them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

KB, MB, GB = 10**3, 10**6, 10**9
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
#: The Hub wants files above this size in LFS.
LFS_THRESHOLD = 10 * MIB
OWNER = "bench"


@dataclass(frozen=True, slots=True)
class RepoSpec:
    """A repo to make: `sizes` is path → bytes."""

    name: str
    sizes: Mapping[str, int]

    @property
    def repo_id(self) -> str:
        return f"{OWNER}/{self.name}"


def one_file(name: str, size: int) -> RepoSpec:
    """A single LFS file, however small: it leads to the CDN."""
    return RepoSpec(name, {"model.safetensors": size})


def many_files(name: str, count: int, size: int) -> RepoSpec:
    return RepoSpec(name, dict(_small(count, size)))


def mixture(name: str, large: int, large_size: int, small: int, small_size: int) -> RepoSpec:
    shards = {f"model-{n:05d}-of-{large:05d}.safetensors": large_size for n in range(1, large + 1)}
    return RepoSpec(name, shards | dict(_small(small, small_size)))


def _small(count: int, size: int) -> Iterator[tuple[str, int]]:
    for number in range(count):
        yield f"data/part-{number // 500:02d}/record-{number:05d}.json", size


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as the hub lists it. `oid` is the git blob id: of the pointer if it is LFS."""

    path: str
    size: int
    oid: str
    sha256: str
    lfs: bool


@dataclass(frozen=True, slots=True)
class Repo:
    """A repo whose bytes lie in `files`, and whose LFS files lie in `cdn` under their hash."""

    repo_id: str
    commit: str
    files: Path
    cdn: Path
    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        return sum(entry.size for entry in self.entries)


def make(spec: RepoSpec, work: Path) -> Repo:
    """The repo of `spec` under `work`; made anew unless it is there already."""
    root = work / "repos" / spec.name
    listing = root / "listing.json"
    entries = _known(listing, root, spec)
    if entries is None:
        entries = tuple(_write(root, path, size) for path, size in spec.sizes.items())
        listing.write_text(json.dumps([asdict(entry) for entry in entries]))
    return Repo(spec.repo_id, _commit(entries), root / "files", root / "cdn", entries)


def differences(repo: Repo, folder: Path, *, by_hash: bool) -> list[str]:
    """The paths whose content in `folder` is not the repo's (their size, unless `by_hash`)."""
    return [entry.path for entry in repo.entries if not _same(folder / entry.path, entry, by_hash)]


def _same(path: Path, entry: Entry, by_hash: bool) -> bool:
    if not path.is_file() or path.stat().st_size != entry.size:
        return False
    return not by_hash or sha256_of(path) == entry.sha256


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(MIB))
    with open(path, "rb", buffering=0) as source:
        while count := source.readinto(buffer):
            digest.update(buffer[:count])
    return digest.hexdigest()


def _known(listing: Path, root: Path, spec: RepoSpec) -> tuple[Entry, ...] | None:
    """The listing of an earlier run if it is of this spec and its bytes are all there."""
    if not listing.is_file():
        return None
    entries = tuple(Entry(**item) for item in json.loads(listing.read_text()))
    if {entry.path: entry.size for entry in entries} != dict(spec.sizes):
        return None
    intact = all(_same(root / "files" / entry.path, entry, by_hash=False) for entry in entries)
    return entries if intact else None


def _write(root: Path, path: str, size: int) -> Entry:
    """A file of pseudo-random bytes: one random block, each MiB of it begins with its number."""
    target = root / "files" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    lfs = size > LFS_THRESHOLD or path.endswith(".safetensors")
    sha256, git = hashlib.sha256(), hashlib.sha1(f"blob {size}\0".encode())
    with open(target, "wb", buffering=0) as out:
        for block in _blocks(size):
            out.write(block)
            sha256.update(block)
            if not lfs:
                git.update(block)
    oid = sha256.hexdigest()
    if not lfs:
        return Entry(path, size, git.hexdigest(), oid, lfs)
    blob = root / "cdn" / oid
    blob.parent.mkdir(exist_ok=True)
    blob.unlink(missing_ok=True)
    os.link(target, blob)
    pointer = lfs_pointer(oid, size)
    git = hashlib.sha1(f"blob {len(pointer)}\0".encode() + pointer)
    return Entry(path, size, git.hexdigest(), oid, lfs)


def lfs_pointer(sha256: str, size: int) -> bytes:
    """The text that git holds in place of an LFS file (git-lfs, docs/spec.md)."""
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
    ).encode()


def _blocks(size: int) -> Iterator[memoryview]:
    block = bytearray(os.urandom(min(size, MIB)))
    for number in range(-(-size // MIB)):
        block[:8] = number.to_bytes(8, "big")[: len(block)]
        yield memoryview(block)[: min(MIB, size - number * MIB)]


def _commit(entries: tuple[Entry, ...]) -> str:
    """A commit hash that follows from the listing, as a real one does."""
    text = "".join(f"{entry.oid} {entry.path}\n" for entry in entries)
    return hashlib.sha1(text.encode()).hexdigest()
