"""What a layout is: the one place that knows where files go and what is recorded of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hfget.model import ItemState, RemoteFile, Snapshot


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a file goes, what is there, and whether that may be replaced if it is wrong.

    `needs_record` marks a complete file whose record names an older commit.
    """

    destination: Path
    state: ItemState
    replaceable: bool = True
    needs_record: bool = False


class Layout(Protocol):
    """An output layout: a plain folder, or the Hub cache."""

    @property
    def root(self) -> Path:
        """The folder that the user gets."""

    @property
    def lock_path(self) -> Path:
        """What two processes on the same target lock on."""

    def known_tree(self, commit: str) -> tuple[RemoteFile, ...] | None:
        """The listing of a commit, if it was recorded here."""

    def check(self, files: Sequence[RemoteFile]) -> None:
        """Refuse the whole listing if one path is unsafe here. Raises UnsafeError."""

    def place(self, snapshot: Snapshot, file: RemoteFile) -> Placement:
        """Where `file` goes and what is there. Reads, never writes. Raises UnsafeError."""

    def partial_directory(self, file: RemoteFile) -> Path:
        """Where the file's partial lies: on the same file system as its destination."""

    def begin(self, snapshot: Snapshot, wanted: Sequence[RemoteFile]) -> None:
        """Record what is about to be downloaded. Raises DiskError."""

    def publish(self, snapshot: Snapshot, file: RemoteFile, data: Path) -> None:
        """Give verified data its final name, atomically, and record it. Raises DiskError."""

    def adopt(self, snapshot: Snapshot, file: RemoteFile) -> None:
        """Record a file that was at its destination already and is verified."""
