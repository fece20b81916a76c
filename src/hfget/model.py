"""The values that travel through hfget: a reference, a snapshot, a plan, a report.

All are frozen; sizes are in bytes, times in seconds, hashes in lower-case hex.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Literal

RepoType = Literal["model", "dataset", "space"]

URL_PREFIXES: dict[RepoType, str] = {"model": "", "dataset": "datasets/", "space": "spaces/"}
API_NAMES: dict[RepoType, str] = {"model": "models", "dataset": "datasets", "space": "spaces"}

_SHA1, _SHA256 = re.compile(r"[0-9a-f]{40}"), re.compile(r"[0-9a-f]{64}")


def is_sha1(text: str) -> bool:
    """Whether this is a SHA-1 in hex, as the id of a git blob."""
    return _SHA1.fullmatch(text) is not None


def is_sha256(text: str) -> bool:
    """Whether this is a SHA-256 in hex, as the content of an LFS file has."""
    return _SHA256.fullmatch(text) is not None


def is_etag(text: str) -> bool:
    """Whether this names content: the SHA-256 of an LFS file, or the id of a git blob."""
    return is_sha1(text) or is_sha256(text)


def is_commit(text: str) -> bool:
    """Whether this is a commit hash: SHA-1, or SHA-256 as newer repos of git have it."""
    return is_sha1(text) or is_sha256(text)


#: Bytes of a file, half-open: `(start, end)`, counted from its start.
Span = tuple[int, int]


class PathKind(Enum):
    """What the path of a reference must be in the repo."""

    ANY = "any"
    FILE = "file"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class RepoRef:
    """Which repo, at which revision, which part of it.

    `trail` holds the segments behind `/tree/`, `/blob/`, `/resolve/` or `/raw/` of a pasted
    URL until it is known where the revision ends and the path begins: a revision may
    contain slashes. Asking the hub replaces it by `revision` and `path`.
    `endpoint` is the origin of a pasted URL (`https://hf-mirror.com`), else None. `quants` are the
    labels of GGUF files behind a colon: `org/name:Q4_K_M`.
    """

    repo_id: str
    repo_type: RepoType = "model"
    revision: str | None = None
    path: str = ""
    path_kind: PathKind = PathKind.ANY
    trail: tuple[str, ...] = ()
    endpoint: str | None = None
    quants: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The repo's name without its owner: the folder a download goes to by default."""
        return self.repo_id.rpartition("/")[2]

    def __str__(self) -> str:
        return URL_PREFIXES[self.repo_type] + self.repo_id


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a repo as the tree listing describes it.

    `blob_id` is the git oid; for an LFS file that is the oid of the pointer, and `sha256`
    (the LFS oid) is the hash of the content. `defect` says why nothing can be verified
    against this entry, if so; such a file is never fetched.
    """

    path: str
    size: int
    blob_id: str
    sha256: str | None = None
    xet_hash: str | None = None
    defect: str = ""

    @property
    def etag(self) -> str:
        """The content hash by which huggingface_hub names this file: sha256 or git sha1."""
        return self.sha256 or self.blob_id

    @property
    def hash_kind(self) -> Literal["sha256", "git-sha1"]:
        return "sha256" if self.sha256 else "git-sha1"

    @property
    def is_lfs(self) -> bool:
        return self.sha256 is not None


@dataclass(frozen=True, slots=True)
class Proof:
    """How far a listing proves itself, by the ids that git computes.

    Of `lfs_files` entries `lfs_proved` have the git id of the pointer that their sha256 and size
    make; of `folders` the tree id of `folders_proved` follows from what is listed in them. What
    is not proved need not be wrong: a folder may hold executables or links, whose modes a
    listing does not tell.
    """

    lfs_files: int = 0
    lfs_proved: int = 0
    folders: int = 0
    folders_proved: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All files of a repo at one commit, as one endpoint lists them, and what proves that.

    `stale` tells that the endpoint was not asked which commit the revision is today. `endpoint`
    is empty for a recorded listing whose source is not known. Without `whole` the files are some
    of the commit's, or were not listed by an endpoint: nothing takes them for its listing.
    """

    ref: RepoRef
    endpoint: str
    commit: str
    files: tuple[RemoteFile, ...]
    proof: Proof = Proof()
    stale: bool = False
    whole: bool = True


class ItemState(Enum):
    """What is on disk for a planned file."""

    COMPLETE = "complete"
    ADOPTABLE = "present, to be hashed"
    PARTIAL = "partial"
    MISSING = "missing"
    OUTDATED = "outdated"
    CACHED = "in the Hub cache"
    TWIN = "the content of another file here"


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One file, where it goes, and how much of it must still be fetched.

    It goes to its path below `root`. `source` is where on this disk what it has is, or will be, if
    that is copied from there. A complete file is not `recorded` if its record names another commit.
    `unfit` says why this disk cannot hold a file of that name, if so.
    """

    file: RemoteFile
    root: Path
    state: ItemState
    have: int
    source: Path | None = None
    recorded: bool = True
    unfit: str = ""

    @property
    def destination(self) -> Path:
        """Made when it is asked for: a path takes more memory than all else of an item."""
        return self.root / self.file.path

    @property
    def need(self) -> int:
        return self.file.size - self.have


@dataclass(frozen=True, slots=True)
class Removal:
    """A file that was downloaded for an earlier commit and is to be removed."""

    path: str
    destination: Path
    size: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a download would do."""

    snapshot: Snapshot
    root: Path
    items: tuple[PlanItem, ...]
    removals: tuple[Removal, ...] = ()

    @property
    def total_bytes(self) -> int:
        return sum(item.file.size for item in self.items)

    @property
    def need_bytes(self) -> int:
        return sum(item.need for item in self.items)

    @property
    def cached_bytes(self) -> int:
        """What is taken from the Hub cache instead of being fetched."""
        return sum(item.have for item in self.items if item.state is ItemState.CACHED)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one file (or, with an empty path, the run) could not be completed."""

    path: str
    kind: str
    message: str
    hint: str = ""
    url: str | None = None
    exit_code: int = 1


@dataclass(frozen=True, slots=True)
class WrongRange:
    """Bytes `start` up to `end` of a file that an endpoint sent, and that were wrong."""

    path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class MirrorUse:
    """What one of several endpoints did in a run.

    `place` is its host, `received` the body bytes that came from it or from where it led.
    `refusals` counts files that it lacks or refuses. One that is `out` was not asked any more,
    because of `why`; `wrong` are the bytes that were wrong.
    """

    place: str
    received: int
    requests: int
    failures: int
    refusals: int
    state: Literal["in use", "resting", "out"]
    why: str = ""
    wrong: tuple[WrongRange, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """How a download ended.

    `bytes_done` counts those on disk, of unfinished files too. `received` counts body bytes that
    came over the network in this run, `reused` the bytes of wanted files that were on disk
    already, `from_cache` those of them that were taken from the Hub cache, `requests` every HTTP
    request sent, `deleted` the files removed. `mirrors` tells of each endpoint where there are
    several.
    """

    snapshot: Snapshot
    root: Path
    files_total: int
    files_done: int
    bytes_total: int
    bytes_done: int
    received: int
    reused: int
    requests: int
    seconds: float
    failures: tuple[Failure, ...] = ()
    interrupted_by: int | None = None
    durable: bool = True
    from_cache: int = 0
    deleted: int = 0
    mirrors: tuple[MirrorUse, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.failures and self.interrupted_by is None

    @property
    def stale(self) -> bool:
        """Whether this is what the revision was when the endpoint was last asked."""
        return self.snapshot.stale

    @property
    def exit_code(self) -> int:
        """0, 128 + signal, or the code of the gravest failure."""
        if self.interrupted_by is not None:
            return 128 + self.interrupted_by
        return max((failure.exit_code for failure in self.failures), default=0)
