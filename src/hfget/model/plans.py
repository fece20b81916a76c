"""What is to be done with a snapshot's files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from hfget.model.showing import files, html_table, megabytes
from hfget.model.snapshots import RemoteFile, Snapshot, Span


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
    `unfit` says why this disk cannot hold a file of that name, if so. With a `span` only those
    bytes of it are to be brought, of which `have` counts what is here: the rest is for others. If
    its content `comes`, it is that of another file of the run, and copied once that is here.
    """

    file: RemoteFile
    root: Path
    state: ItemState
    have: int
    source: Path | None = None
    recorded: bool = True
    unfit: str = ""
    span: Span | None = None
    comes: bool = False

    @property
    def destination(self) -> Path:
        """Made when it is asked for: a path takes more memory than all else of an item."""
        return self.root / self.file.path

    @property
    def size(self) -> int:
        """How many bytes are to be here in the end."""
        return self.file.size if self.span is None else self.span[1] - self.span[0]

    @property
    def need(self) -> int:
        return self.size - self.have

    @property
    def is_here(self) -> bool:
        """Whether nothing is left to be done: all has its name, or a part of a file has come."""
        came = self.span is not None and self.state is ItemState.PARTIAL and not self.need
        return came or self.state is ItemState.COMPLETE


@dataclass(frozen=True, slots=True)
class Removal:
    """A file that was downloaded for an earlier commit and is to be removed."""

    path: str
    destination: Path
    size: int


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """What a download would do."""

    snapshot: Snapshot
    root: Path
    items: tuple[PlanItem, ...]
    removals: tuple[Removal, ...] = ()

    @property
    def total_bytes(self) -> int:
        return sum(item.size for item in self.items)

    @property
    def need_bytes(self) -> int:
        return sum(item.need for item in self.items)

    @property
    def copied_bytes(self) -> int:
        """What is copied from files that come in the same run."""
        return sum(item.have for item in self.items if item.comes)

    @property
    def cached_bytes(self) -> int:
        """What is taken from the Hub cache instead of being fetched."""
        return sum(item.have for item in self.items if item.state is ItemState.CACHED)

    def __repr__(self) -> str:
        """One line; the fields have the rest."""
        snapshot = self.snapshot
        return (
            f"<Plan {snapshot.ref} @ {snapshot.commit[:7]}: {files(len(self.items))},"
            f" {megabytes(self.need_bytes)} of {megabytes(self.total_bytes)} to fetch>"
        )

    def _repr_html_(self) -> str:
        """A table, as notebooks show it."""
        gone = [("to delete", files(len(self.removals)))] if self.removals else []
        rows = [
            ("repo", str(self.snapshot.ref)),
            ("commit", self.snapshot.commit),
            ("folder", str(self.root)),
            ("files", str(len(self.items))),
            ("size", megabytes(self.total_bytes)),
            ("to fetch", megabytes(self.need_bytes)),
        ]
        return html_table(rows + gone)
