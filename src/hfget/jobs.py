"""Plan → jobs: each file still to come, with where from, where to and what to do at its end."""

from __future__ import annotations

import stat
import threading
from collections.abc import Mapping
from pathlib import Path

from hfget import events
from hfget.errors import DiskError
from hfget.http import HttpClient
from hfget.layout.base import Layout, Placement
from hfget.model import ItemState, Plan, PlanItem, RemoteFile, Snapshot
from hfget.planning import partial_of, places_of
from hfget.settings import Settings
from hfget.transfer.digest import hash_file
from hfget.transfer.job import FileJob
from hfget.transfer.offer import Copyable, Existing, Offer
from hfget.transfer.prefix import find_prefix
from hfget.transfer.source import Source


def make_jobs(
    plan: Plan,
    placements: Mapping[str, Placement],
    layout: Layout,
    http: HttpClient,
    settings: Settings,
    *,
    observer: events.Observer = events.ignore,
    link: bool = False,
) -> list[FileJob]:
    """A job for every file that is not complete.

    With `link`, what is taken from the Hub cache may become a hard link.
    """
    files = [item.file for item in plan.items]
    turns = Turns(places_of(files, placements), observer)
    return [
        make_job(
            plan.snapshot,
            item,
            placements[item.file.path],
            layout,
            http,
            settings,
            turns=turns,
            link=link,
        )
        for item in plan.items
        if item.state is not ItemState.COMPLETE
    ]


def make_job(
    snapshot: Snapshot,
    item: PlanItem,
    placement: Placement,
    layout: Layout,
    http: HttpClient,
    settings: Settings,
    *,
    turns: Turns | None = None,
    link: bool = False,
) -> FileJob:
    """The job for one file that is not complete."""
    stem, identity = partial_of(layout, snapshot, item.file)
    task = _Task(snapshot, item, placement, layout, turns or Turns(), link)
    source = Source(http, settings, snapshot, item.file)
    return FileJob(item.file, identity, stem, source, task.publish, task.look, task.ended)


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
        """Whether it is for `file` to bring its content; then for nobody else until `end`."""
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
            self._observer(events.Note(f"waiting for another program that fetches {file.path}"))


class _Task:
    """What concerns the disk in one file's way: what is there, its final name, its end."""

    def __init__(
        self,
        snapshot: Snapshot,
        item: PlanItem,
        placement: Placement,
        layout: Layout,
        turns: Turns,
        link: bool,
    ) -> None:
        self._snapshot = snapshot
        self._file = item.file
        self._placement = placement
        self._layout = layout
        self._turns = turns
        self._link = link
        self._waited = item.state is ItemState.TWIN
        self._has_turn = self._done = False

    def look(self) -> Offer | None:
        """What this disk has for the file; None as long as its content comes by another way."""
        place = self._turns.place(self._file)
        if place is None and not self._take_turn():
            self._waited = True
            return None
        if self._waited or place is not None:
            self._placement = self._layout.place(self._snapshot, self._file)
        placement = self._placement
        copies = []
        if (elsewhere := placement.elsewhere) is not None:
            link = self._link and elsewhere.state is ItemState.CACHED
            copies.append(Copyable(elsewhere.path, link))
        if place is not None and place != placement.destination:
            copies.append(Copyable(place))
        prefix = find_prefix(
            self._layout.partial_directory(self._file),
            self._layout.prefix_name(self._file),
            self._file.size,
        )
        return Offer(self._existing(placement), tuple(copies), prefix)

    def publish(self, data: Path) -> None:
        """Give the data its name; what has appeared or changed since is not overwritten.

        Another process may have published the same content (locks of some file systems do
        nothing): then that is the file. Raises DiskError.
        """
        destination = self._placement.destination
        replaceable = self._placement.state is not ItemState.MISSING
        try:
            self._layout.publish(self._snapshot, self._file, data, replace=replaceable)
        except FileExistsError:
            self._layout.place(self._snapshot, self._file)  # what is hashed now is what is seen
            if not _has_content(destination, self._file):
                raise DiskError(
                    f"{destination} has appeared or changed during the download, and is "
                    "another file than the one wanted",
                    path=self._file.path,
                    hint="move it away, or replace it with --force",
                ) from None
            self._layout.adopt(self._snapshot, self._file)
            data.unlink(missing_ok=True)
        self._done = True

    def ended(self) -> None:
        """The job is done or failed."""
        if self._has_turn:
            self._layout.release(self._file)
            self._turns.end(self._file, self._placement.destination if self._done else None)

    def _take_turn(self) -> bool:
        if self._has_turn or not self._turns.take(self._file):
            return self._has_turn
        self._has_turn = self._layout.reserve(self._file)
        if not self._has_turn:
            self._turns.end(self._file)
            self._turns.waiting(self._file)
        return self._has_turn

    def _existing(self, placement: Placement) -> Existing | None:
        known = placement.state is ItemState.COMPLETE
        conflict = placement.state is ItemState.OUTDATED and not placement.replaceable
        if not known and placement.state is not ItemState.ADOPTABLE and not conflict:
            return None
        return Existing(
            placement.present or placement.destination,
            self._adopt,
            placement.replaceable,
            placement.earlier,
            placement.blocked,
            known,
        )

    def _adopt(self) -> None:
        self._layout.adopt(self._snapshot, self._file)
        self._done = True


def _has_content(path: Path, file: RemoteFile) -> bool:
    try:
        regular = stat.S_ISREG(path.lstat().st_mode)
        return regular and hash_file(path, file.hash_kind) == file.etag
    except OSError:
        return False
