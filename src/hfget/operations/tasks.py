"""Plan → tasks: each file still to come, with where from, where to and what to do at its end."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from hfget import events
from hfget.destinations import Layout, Placement
from hfget.errors import DiskError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import ItemState, Plan, PlanItem, RemoteFile, Snapshot
from hfget.operations.planner import partial_of, places_of
from hfget.partials import Identity, find_prefix, hash_file
from hfget.sources import ByteSource
from hfget.transfer import Copyable, Existing, LocalContent


def make_tasks(
    plan: Plan,
    placements: Mapping[str, Placement],
    layout: Layout,
    source_of: Callable[[RemoteFile], ByteSource],
    *,
    observer: events.Observer = events.ignore,
    link: bool = False,
) -> list[FileTask]:
    """A task for every file that is not complete; `source_of` says where its bytes come from.

    With `link`, what is taken from the Hub cache may become a hard link.
    """
    files = [item.file for item in plan.items]
    turns = Turns(places_of(files, placements), observer)
    shared = Shared(plan.snapshot, layout, source_of, turns, link)
    return [
        FileTask(item, placements[item.file.path], shared)
        for item in plan.items
        if item.state is not ItemState.COMPLETE
    ]


class Shared(NamedTuple):
    """What the tasks of a run have in common."""

    snapshot: Snapshot
    layout: Layout
    source_of: Callable[[RemoteFile], ByteSource]
    turns: Turns
    link: bool


class Turns:
    """Files of a run that have the same content: one of them is fetched, the others copied.

    `places` says by etag where contents are. Thread-safe.
    """

    def __init__(
        self,
        places: Mapping[str, Path] | None = None,
        observer: events.Observer = events.ignore,
    ) -> None:
        self._lock = threading.Lock()
        self._places = dict(places or {})
        self._taken: set[str] = set()
        self._observer = observer
        self._told = False

    def place(self, file: RemoteFile) -> Path | None:
        """Where the content of `file` is, under whatever name."""
        with self._lock:
            return self._places.get(file.etag)

    def take(self, file: RemoteFile) -> bool:
        """Whether it is for `file` to bring its content; then for no one else until `end`."""
        with self._lock:
            free = file.etag not in self._taken
            self._taken.add(file.etag)
            return free

    def end(self, file: RemoteFile, place: Path | None = None) -> None:
        """The turn is over: the content is at `place`, or did not come."""
        with self._lock:
            self._taken.discard(file.etag)
            if place is not None:
                self._places.setdefault(file.etag, place)

    def waiting(self, file: RemoteFile) -> None:
        """Say once that another program is waited for."""
        with self._lock:
            told, self._told = self._told, True
        if not told:
            self._observer(events.Note(texts.WAITING_FOR_OTHER(path=file.path)))


class FileTask:
    """One file to bring: what is there, its final name, its end."""

    __slots__ = ("_done", "_has_turn", "_placement", "_shared", "_waited", "file")

    def __init__(self, item: PlanItem, placement: Placement, shared: Shared) -> None:
        self.file = item.file
        self._placement = placement
        self._shared = shared
        self._waited = item.state is ItemState.TWIN
        self._has_turn = self._done = False

    def source(self) -> ByteSource:
        """Where its bytes come from."""
        return self._shared.source_of(self.file)

    def partial(self) -> tuple[Path, Identity]:
        """Where its partial rests, and what the journal must say."""
        return partial_of(self._shared.layout, self._shared.snapshot, self.file)

    def local(self) -> LocalContent | None:
        """What this disk has for the file; None as long as its content comes by another way."""
        snapshot, layout, _, turns, may_link = self._shared
        place = turns.place(self.file)
        if place is None and not self._take_turn():
            self._waited = True
            return None
        if self._waited or place is not None:
            self._placement = layout.place(snapshot, self.file)
        placement = self._placement
        copies = []
        if (elsewhere := placement.elsewhere) is not None:
            link = may_link and elsewhere.state is ItemState.CACHED
            copies.append(Copyable(elsewhere.path, link))
        if place is not None and place != placement.destination:
            copies.append(Copyable(place))
        prefix = find_prefix(
            layout.partial_directory(self.file), layout.prefix_name(self.file), self.file.size
        )
        return LocalContent(_existing(placement), tuple(copies), prefix)

    def adopt(self) -> None:
        """The file at its destination is right. Raises DiskError."""
        self._shared.layout.adopt(self._shared.snapshot, self.file)
        self._done = True

    def publish(self, data: Path) -> None:
        """Give the data its name; what has appeared or changed since is not overwritten.

        Another process may have published the same content (locks of some file systems do
        nothing): then that is the file. Raises DiskError.
        """
        destination = self._placement.destination
        replaceable = self._placement.state is not ItemState.MISSING
        try:
            self._shared.layout.publish(self._shared.snapshot, self.file, data, replace=replaceable)
        except FileExistsError:
            self._shared.layout.place(
                self._shared.snapshot, self.file
            )  # what is hashed now is what is seen
            if not _has_content(destination, self.file):
                raise DiskError(
                    texts.APPEARED(destination=destination),
                    path=self.file.path,
                    hint=advice.MOVE_AWAY_OR_FORCE,
                ) from None
            self._shared.layout.adopt(self._shared.snapshot, self.file)
            data.unlink(missing_ok=True)
        self._done = True

    def ended(self) -> None:
        """The file is there or given up."""
        if self._has_turn:
            self._shared.layout.release(self.file)
            self._shared.turns.end(self.file, self._placement.destination if self._done else None)

    def _take_turn(self) -> bool:
        if self._has_turn or not self._shared.turns.take(self.file):
            return self._has_turn
        self._has_turn = self._shared.layout.reserve(self.file)
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
    )


def _has_content(path: Path, file: RemoteFile) -> bool:
    try:
        regular = stat.S_ISREG(path.lstat().st_mode)
        return regular and hash_file(path, file.hash_kind) == file.etag
    except OSError:
        return False
