"""Plan → tasks: each file still to come, with where from, where to and what to do at its end."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from hfget import events
from hfget.destinations import Layout, Placement, unfit_placement
from hfget.errors import DiskError, HfgetError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import ItemState, Plan, PlanItem, RemoteFile, Snapshot, Span
from hfget.operations.planner import begun_of, partial_of, place
from hfget.partials import JOURNALED_BYTES, Identity, hash_file, is_beginning
from hfget.sources import ByteSource
from hfget.system import disk_error
from hfget.transfer import Copyable, Existing, LocalContent, another_file


class FileSources(Protocol):
    """Where the bytes of files come from."""

    def source_of(self, file: RemoteFile) -> ByteSource: ...


def make_tasks(
    plan: Plan,
    layout: Layout,
    sources: FileSources,
    *,
    link: bool = False,
    force: bool = False,
    turns: Turns | None = None,
) -> Iterator[FileTask]:
    """A task for every file that is not here; `sources` say where its bytes come from.

    With `link`, what is taken from the Hub cache may become a hard link; with `force` nothing
    counts that is there. `turns` are those of several plans. A task that has ended is no longer
    kept.
    """
    turns = turns or Turns()
    turns.have(item for item in plan.items if item.state is ItemState.COMPLETE)
    shared = TaskContext(plan.snapshot, layout, sources, turns, link, force)
    return (FileTask(item, shared) for item in plan.items if not item.is_here)


class TaskContext(NamedTuple):
    """What the tasks of a run have in common."""

    snapshot: Snapshot
    layout: Layout
    sources: FileSources
    turns: Turns
    link: bool
    force: bool


class Turns:
    """Files of a run that have the same content: one of them is fetched, the others copied.

    `items` says by etag where contents are. Thread-safe.
    """

    def __init__(
        self, items: dict[str, PlanItem] | None = None, observer: events.Observer = events.ignore
    ) -> None:
        self._lock = threading.Lock()
        self._items = items if items is not None else {}
        self._elsewhere: dict[str, Path] = {}
        self._taken: set[str] = set()
        self._observer = observer
        self._told = False

    def have(self, items: Iterable[PlanItem]) -> None:
        """These are complete."""
        with self._lock:
            for item in items:
                self._items.setdefault(item.file.etag, item)

    def place(self, file: RemoteFile) -> Path | None:
        """Where the content of `file` is, under whatever name."""
        with self._lock:
            item, place = self._items.get(file.etag), self._elsewhere.get(file.etag)
        return place or (item.destination if item else None)

    def take(self, file: RemoteFile) -> bool:
        """Whether it is for `file` to bring its content; then for no other task until `end`."""
        with self._lock:
            free = file.etag not in self._taken
            self._taken.add(file.etag)
            return free

    def end(
        self, file: RemoteFile, item: PlanItem | None = None, place: Path | None = None
    ) -> None:
        """The turn is over: the content is where `item` goes, at `place` if that is elsewhere, or
        did not come.
        """
        with self._lock:
            self._taken.discard(file.etag)
            if item is not None:
                self._items.setdefault(file.etag, item)
                if place is not None:
                    self._elsewhere.setdefault(file.etag, place)

    def waiting(self, file: RemoteFile) -> None:
        """Say once that another program is waited for."""
        with self._lock:
            told, self._told = self._told, True
        if not told:
            self._observer(events.Note(texts.WAITING_FOR_OTHER(path=file.path)))


class FileTask:
    """One file to bring: what is there, its final name, its end.

    What lies at its destination is looked at when its turn comes, not remembered from the plan.
    For a small file where nothing lay that is left to the moment when it gets its name.
    """

    __slots__ = ("_done", "_has_turn", "_item", "_placement", "_shared", "_waited")

    def __init__(self, item: PlanItem, shared: TaskContext) -> None:
        self._item = item
        self._placement: Placement | None = None
        self._shared = shared
        self._waited = item.state is ItemState.TWIN
        self._has_turn = self._done = False

    @property
    def file(self) -> RemoteFile:
        return self._item.file

    @property
    def span(self) -> Span | None:
        return self._item.span

    def source(self) -> ByteSource:
        """Where its bytes come from."""
        return self._shared.sources.source_of(self.file)

    def partial(self) -> tuple[Path, Identity]:
        """Where its partial rests, and what the journal must say."""
        return partial_of(self._shared.layout, self._shared.snapshot, self.file, self.span)

    def local(self) -> LocalContent | None:
        """What this disk has for the file; None as long as its content comes by another way."""
        if self._item.unfit:
            unfit = unfit_placement(self._item.root, self.file.path, self._item.unfit)
            return LocalContent(_existing(unfit))
        layout = self._shared.layout
        known = self._shared.turns.place(self.file)
        if known is None and not self._take_turn():
            self._waited = True
            return None
        came = self._waited or known is not None
        placement = self._placement
        if placement is None or came:
            if came or not self._is_free:
                placement = self._look(force=self._shared.force and not came)
            else:
                placement = Placement(self._item.destination, ItemState.MISSING)
            self._placement = placement
        copies = []
        if (elsewhere := placement.elsewhere) is not None:
            link = self._shared.link and elsewhere.state is ItemState.CACHED
            copies.append(Copyable(elsewhere.path, link))
        if known is not None and known != placement.destination:
            copies.append(Copyable(Path(os.path.realpath(known))))  # a link, in the Hub cache
        begun = None if self.span else begun_of(layout, placement, self.file)
        return LocalContent(_existing(placement), tuple(copies), begun)

    def adopt(self) -> None:
        """The file at its destination is right. Raises DiskError."""
        self._shared.layout.adopt(self._shared.snapshot, self.file)
        self._done = True

    def publish(self, data: Path) -> None:
        """Give the data its name; what has appeared or changed since is not overwritten.

        Another process may have published the same content (locks of some file systems do
        nothing): then that is the file. Raises DiskError.
        """
        placement = self._placement or self._look()
        destination = placement.destination
        replaceable = placement.state is not ItemState.MISSING
        if not self._may_replace(placement, data):
            raise another_file(destination, self.file.path)
        try:
            self._shared.layout.publish(self._shared.snapshot, self.file, data, replace=replaceable)
        except FileExistsError:
            # what is hashed now is what is seen
            self._shared.layout.place(self._shared.snapshot, self.file)
            if not _has_content(destination, self.file):
                raise DiskError(
                    texts.APPEARED(destination=destination),
                    path=self.file.path,
                    hint=advice.MOVE_AWAY_OR_FORCE,
                ) from None
            self._shared.layout.adopt(self._shared.snapshot, self.file)
            data.unlink(missing_ok=True)
        self._done = True

    def _may_replace(self, placement: Placement, data: Path) -> bool:
        """Whether a file that may be half a download is: its bytes are the first of the data."""
        half = placement.half
        if half is None or half.sure:
            return True
        try:
            return is_beginning(half.path, data) or _has_content(half.path, self.file)
        except FileNotFoundError:
            return True
        except OSError as error:
            raise disk_error(error, half.path, "reading") from error

    def ended(self, error: HfgetError | None = None) -> None:
        """The file is there or given up."""
        if self._has_turn:
            self._shared.layout.release(self.file)
            if self._done:
                self._shared.turns.end(self.file, self._item, self._blob())
            else:
                self._shared.turns.end(self.file)

    def _blob(self) -> Path | None:
        """Where a cache has the content: its name in the snapshot comes later."""
        if not self._shared.layout.shares_content:
            return None
        try:
            return self._shared.layout.place(self._shared.snapshot, self.file).present
        except HfgetError:
            return None

    @property
    def _is_free(self) -> bool:
        """Whether nothing lay at the destination, so that it is not looked at again.

        A cache holds what other programs bring meanwhile.
        """
        item, layout = self._item, self._shared.layout
        is_small = item.file.size <= JOURNALED_BYTES
        return item.state is ItemState.MISSING and is_small and not layout.shares_content

    def _look(self, *, force: bool = False) -> Placement:
        return place(self._shared.layout, self._shared.snapshot, self.file, force=force)

    def _take_turn(self) -> bool:
        if self._has_turn or not self._shared.turns.take(self.file):
            return self._has_turn
        self._has_turn = self.span is not None or self._shared.layout.reserve(self.file)
        if not self._has_turn:
            self._shared.turns.end(self.file)
            self._shared.turns.waiting(self.file)
        return self._has_turn


def _existing(placement: Placement) -> Existing | None:
    known = placement.state is ItemState.COMPLETE
    conflict = placement.state is ItemState.OUTDATED and not placement.replaceable
    if not known and placement.state is not ItemState.ADOPTABLE and not conflict:
        return None
    return Existing(
        placement.present or placement.destination,
        placement.replaceable,
        placement.earlier,
        placement.blocked,
        known,
        half=placement.half is not None,
    )


def _has_content(path: Path, file: RemoteFile) -> bool:
    try:
        regular = stat.S_ISREG(path.lstat().st_mode)
        return regular and hash_file(path, file.hash_kind) == file.etag
    except OSError:
        return False
