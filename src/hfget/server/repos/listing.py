"""One folder as the Hub would list it: commit, files with hashes, folders with tree ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hfget.hub import lfs_pointer
from hfget.model import RemoteFile
from hfget.server.repos.card import Card
from hfget.server.repos.hashes import git_tree_ids
from hfget.system import Stamp

if TYPE_CHECKING:
    from hfget.operations import Pull


class Supply(Protocol):
    """Where the content of an upstream's file comes from."""

    def located(self) -> ServedFile | None:
        """The file as it lies here, verified; None if it must be fetched. Reads the disk."""

    def known(self) -> ServedFile | None:
        """As `located`, as far as that is known without looking; what is there now may differ."""

    def pull(self) -> Pull:
        """Its transfer from upstream, begun if there is none."""

    @property
    def patience(self) -> float:
        """For how many seconds a client may wait for the first byte of that."""


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file of the listing and where its bytes are; `stamp` pins the state that was hashed.

    Of a file that is upstream's, `supply` knows whether it is here, and brings it.
    """

    remote: RemoteFile
    real: Path
    stamp: Stamp | None
    supply: Supply | None = None

    @property
    def pointer(self) -> bytes:
        """The LFS pointer text (an LFS file only)."""
        return lfs_pointer(self.remote.etag, self.remote.size)


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder at one moment; what requests ask for is worked out once.

    `files` is sorted by path; `missing` counts files that the recorded commit has and the folder
    has not, `withheld` those that are here and not shown; `modified` is a unix time.
    """

    commit: str
    files: dict[str, ServedFile]
    modified: float
    missing: int = 0
    withheld: int = 0
    card: Card = field(default_factory=Card)
    folders: dict[str, str] = field(init=False)
    paths: tuple[str, ...] = field(init=False)
    children: dict[str, tuple[str, ...]] = field(init=False)
    sizes: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        folders = git_tree_ids({path: file.remote.blob_id for path, file in self.files.items()})
        paths = tuple(sorted([*self.files, *folders]))
        children: dict[str, list[str]] = {folder: [] for folder in ("", *folders)}
        for path in paths:
            children[path.rpartition("/")[0]].append(path)
        sizes = dict.fromkeys(children, 0)
        for path, file in self.files.items():
            folder = path
            while folder:
                folder = folder.rpartition("/")[0]
                sizes[folder] += file.remote.size
        object.__setattr__(self, "folders", folders)
        object.__setattr__(self, "paths", paths)
        object.__setattr__(self, "children", {f: tuple(c) for f, c in children.items()})
        object.__setattr__(self, "sizes", sizes)

    @property
    def total_size(self) -> int:
        return self.sizes[""]

    def find_digest(self, sha256: str) -> ServedFile | None:
        """The LFS file with this content, if one is here."""
        return next((f for f in self.files.values() if f.remote.sha256 == sha256), None)
