"""What a repo has: a reference to it, a commit and its files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple

from hfget.model.showing import files, megabytes

RepoType = Literal["model", "dataset", "space"]

URL_PREFIXES: dict[RepoType, str] = {"model": "", "dataset": "datasets/", "space": "spaces/"}
API_NAMES: dict[RepoType, str] = {"model": "models", "dataset": "datasets", "space": "spaces"}


def repo_type_named(name: str) -> RepoType | None:
    """The type of repo that has this name, None for another word."""
    return next((known for known in API_NAMES if known == name), None)


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


@dataclass(frozen=True, slots=True, repr=False)
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

    def __repr__(self) -> str:
        """One line; the fields have the rest."""
        size = megabytes(sum(file.size for file in self.files))
        return f"<Snapshot {self.ref} @ {self.commit[:7]}: {files(len(self.files))}, {size}>"


class FileChange(NamedTuple):
    """A file that two listings have differently: its size in each, None where it is not."""

    path: str
    before: int | None
    after: int | None


class RepoChange(NamedTuple):
    """What a repo was in a lock file or a download, and what it is now.

    `before` and `after` are commits, `before` is empty for a repo that is new. `total` is the size
    of all files now, `need` what of that is not on this disk.
    """

    ref: RepoRef
    folder: str
    before: str
    after: str
    files: tuple[FileChange, ...]
    total: int
    need: int
