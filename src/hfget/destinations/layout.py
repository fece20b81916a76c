"""What a layout is: the one place that knows where files go and what is recorded of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from hfget.destinations.asked_revisions import Remembered
from hfget.destinations.listing_origins import RecordedListing
from hfget.destinations.local_dir.occupants import Occupants
from hfget.errors import DiskError
from hfget.model import ItemState, RemoteFile, Removal, RepoRef, Snapshot, Span

#: The hash of a file's content, of kind `sha256` or `git-sha1`. Raises OSError.
ContentHash: TypeAlias = "Callable[[Path, str], str | None]"


#: Folders are synced and records written for so many small files at once.
BATCH = 64
_LARGE_BYTES = 16 << 20


def is_due(pending: int, file: RemoteFile) -> bool:
    """Whether so many files, the last of which is `file`, are to be recorded now."""
    return pending >= BATCH or file.size > _LARGE_BYTES


class Elsewhere(NamedTuple):
    """The same content under another name on this disk: its size is right, its hash unknown.

    `state` is CACHED or TWIN.
    """

    path: Path
    state: ItemState


class HalfFile(NamedTuple):
    """What another program has fetched of a file, under its final name: the ranges `spans`.

    `sure` where that program's notes say so: then the file belongs to no one. Else it may be
    replaced only if its bytes are the beginning of the content. `control` are the notes.
    """

    path: Path
    spans: tuple[Span, ...]
    sure: bool = False
    control: Path | None = None


class Placement(NamedTuple):
    """Where a file goes, what is there, and whether that may be replaced if it is wrong.

    `needs_record` marks a complete file whose record names an older commit. A file that may
    not be replaced still may if its hash is one of `earlier`: that is what a run before this
    one fetched, or was to fetch. `blocked` says why nothing can be put there at all.
    `present` is what is to be hashed where that does not lie at the destination itself,
    `half` what another program has begun. `unfit` marks a name that this disk cannot hold.
    """

    destination: Path
    state: ItemState
    replaceable: bool = True
    needs_record: bool = False
    earlier: frozenset[str] = frozenset()
    blocked: DiskError | None = None
    present: Path | None = None
    elsewhere: Elsewhere | None = None
    half: HalfFile | None = None
    unfit: bool = False

    @classmethod
    def refused(cls, target: Path, error: DiskError) -> Placement:
        """Nothing can be put there, because of `error`."""
        return cls(target, ItemState.OUTDATED, replaceable=False, blocked=error)


class Layout(Protocol):
    """An output layout: a plain folder, or the Hub cache."""

    #: Whether files with the same content take the space of one.
    shares_content: bool
    #: Whether files were found right and that could not be written down.
    unrecorded: bool

    def root(self, snapshot: Snapshot) -> Path:
        """The folder that the user gets."""

    @property
    def lock_path(self) -> Path:
        """What two processes on the same target lock on."""

    def remembered(self, ref: RepoRef, *, anyones: bool = False) -> Remembered | None:
        """The commit that `ref` was when it was last complete here. Only reads.

        What another user has recorded counts only with `anyones`, here and for `recorded`.
        """

    def recorded(self, commit: str, *, anyones: bool = False) -> RecordedListing | None:
        """The listing of a commit, if it was recorded here, and whose it is."""

    def forget_tree(self, commit: str) -> None:
        """The listing of a commit may be wrong: the next run asks for it again."""

    def check(self, files: Sequence[RemoteFile]) -> None:
        """Refuse the whole listing if one path is hostile. Raises UnsafeError."""

    def unfit(self, wanted: Sequence[RemoteFile]) -> dict[str, str]:
        """By path, why this disk cannot hold a file of that name. Of the paths `check` let pass."""

    def cautions(self) -> list[str]:
        """A line for each kind of thing that is another user's, or could not be looked at."""

    def others(self, snapshot: Snapshot) -> Occupants:
        """What is recorded here that may be of another repo than the snapshot's. Only reads."""

    def take(self, snapshot: Snapshot, known: Occupants) -> None:
        """Of what `others` found, this is the snapshot's repo too; `begin` records that."""

    def place(self, snapshot: Snapshot, file: RemoteFile) -> Placement:
        """Where `file` goes and what is there. Reads, never writes. Raises UnsafeError."""

    def partial_directory(self, file: RemoteFile) -> Path:
        """Where the file's partial lies: on the same file system as its destination."""

    def partial_name(self, file: RemoteFile) -> str:
        """What names the file's partial there, in this run and the next."""

    def prefix_name(self, file: RemoteFile) -> str:
        """How the names of huggingface_hub's own partials of the file begin, in that directory."""

    def reserve(self, file: RemoteFile) -> bool:
        """Have other programs not fetch the same; false as long as one of them does."""

    def release(self, file: RemoteFile) -> None:
        """Give back what `reserve` took."""

    def note_absent(self, snapshot: Snapshot, paths: Sequence[str]) -> None:
        """Files that were asked for are not in the commit. Never raises: it is only a note."""

    def begin(self, snapshot: Snapshot, wanted: Sequence[RemoteFile]) -> None:
        """Record what is about to be downloaded. Raises DiskError."""

    def publish(self, snapshot: Snapshot, file: RemoteFile, data: Path, *, replace: bool) -> None:
        """Give verified data its final name, atomically, and see to its record.

        Raises DiskError and UnsafeError; FileExistsError if the name is taken and `replace` is
        false, or if what `place` saw there has changed since.
        """

    def adopt(self, snapshot: Snapshot, file: RemoteFile) -> None:
        """See to the record of a verified file that is at its destination. Raises DiskError."""

    def flush(self) -> None:
        """Bring to disk what `publish` and `adopt` have put off. Raises DiskError."""

    def complete(self, snapshot: Snapshot) -> None:
        """All files that were asked for are here, verified and flushed. Raises DiskError."""

    def obsolete(
        self, snapshot: Snapshot, content: ContentHash | None = None
    ) -> tuple[Removal, ...]:
        """What was downloaded here for the same repo, is unmodified, and not in the commit.

        `content` hashes what no record vouches for any more; without it, that is kept.
        """

    def remove(self, removals: Sequence[Removal]) -> int:
        """Remove files with their records; how many that were. Raises DiskError."""

    def close(self) -> None:
        """Give back what is open; nothing is published afterwards."""

    @property
    def durable(self) -> bool:
        """Whether the system could be told to bring names to the disk."""
