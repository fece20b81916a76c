"""Sample repos on disk, with content that is the same in every run and differs everywhere."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from hfget.model import RepoType

KiB = 1024
MiB = 1024 * KiB

_BLOCK = MiB
_FOLDERS: dict[RepoType, str] = {"model": "", "dataset": "datasets", "space": "spaces"}

GITATTRIBUTES = b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"


def content(size: int, seed: str) -> bytes:
    """`size` pseudo-random bytes. Each MiB begins with its number, so no two ranges are alike."""
    return b"".join(_blocks(size, seed))


def write(path: Path, what: bytes | str | int, seed: str | None = None) -> None:
    """A file of the given bytes or text, or of so many pseudo-random bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(what, str):
        path.write_bytes(what.encode())
    elif isinstance(what, bytes):
        path.write_bytes(what)
    else:
        _write_noise(path, what, seed or path.name)


def make_repo(
    root: Path,
    repo_id: str,
    files: Mapping[str, bytes | str | int],
    *,
    repo_type: RepoType = "model",
    revision: str | None = None,
) -> Path:
    """A repo's folder under `root` with `files`: path → bytes, text, or a size in bytes."""
    suffix = "" if revision is None else "@" + quote(revision, safe="")
    folder = root / _FOLDERS[repo_type] / (repo_id + suffix)
    folder.mkdir(parents=True, exist_ok=True)
    for path, what in files.items():
        write(folder / path, what, f"{repo_id}{suffix}/{path}")
    return folder


def make_model(
    root: Path,
    repo_id: str,
    files: Mapping[str, bytes | str | int],
    *,
    revision: str | None = None,
) -> Path:
    return make_repo(root, repo_id, files, revision=revision)


def make_dataset(
    root: Path,
    repo_id: str,
    files: Mapping[str, bytes | str | int],
    *,
    revision: str | None = None,
) -> Path:
    return make_repo(root, repo_id, files, repo_type="dataset", revision=revision)


def make_many(root: Path, repo_id: str, count: int, size: int = 200) -> Path:
    """A repo of `count` small text files in ten folders."""
    files = {
        f"part-{number % 10}/file-{number:05d}.txt": f"{number} ".encode().ljust(size, b".")
        for number in range(count)
    }
    return make_repo(root, repo_id, files)


def tree_bytes(folder: Path) -> dict[str, str]:
    """Path → sha256 of every file under `folder`, records of downloads left out."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".cache" not in path.relative_to(folder).parts
    }


def _blocks(size: int, seed: str) -> Iterator[bytes]:
    # a NUL near the start makes the file binary, and thereby LFS, whatever its size
    noise = random.Random(seed).randbytes(min(size, _BLOCK))
    for number in range(-(-size // _BLOCK)):
        block = b"\0" + number.to_bytes(7, "big") + noise[8:]
        yield block[: min(_BLOCK, size - number * _BLOCK)]


def _write_noise(path: Path, size: int, seed: str) -> None:
    with path.open("wb") as out:
        out.writelines(_blocks(size, seed))
