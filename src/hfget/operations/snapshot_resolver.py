"""Which commit and which files: as the hub says, or as they are here already."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hfget import events
from hfget.destinations import Layout, cache_beside
from hfget.errors import HfgetError, UnreachableError
from hfget.http import HttpClient, Transient, given_up
from hfget.hub import Hub, KnownTree
from hfget.model import ItemState, Plan, RemoteFile, RepoRef, Report, Snapshot
from hfget.operations.from_options import selection_of
from hfget.operations.planner import Companions, make_plan
from hfget.operations.recorded_listing import against_listing
from hfget.operations.without_hub import Found, is_here, pinned, remembered
from hfget.options import DownloadOptions
from hfget.selection import select
from hfget.settings import Settings
from hfget.system import Stop

_TOO_MANY_REQUESTS = 429


class SnapshotResolver:
    """The snapshot of what was asked for, and the plan for it.

    `hub` is how the endpoint is asked, which it is not for one that is `given`. `complete_plan` is
    set where all that is asked for was found here, under its name and hashed.
    """

    def __init__(
        self,
        ref: RepoRef,
        options: DownloadOptions,
        settings: Settings,
        http: HttpClient,
        layout: Layout,
        observer: events.Observer,
        stop: Stop,
        given: Snapshot | None = None,
    ) -> None:
        self._ref = ref
        self._given = given
        self._options = options
        self._settings = settings
        self._http = http
        self._layout = layout
        self._observer = observer
        self.hub = Hub(http, settings, observer, stop, self._unreached)
        self.complete_plan: Plan | None = None
        self._usable: Callable[[Snapshot], bool] = self._is_here
        self._found: Found | None = None

    def listing(self) -> Snapshot:
        """The snapshot for `ls`: it is always asked for, and stale where the hub is silent."""
        self._usable = self._can_be_listed
        return self._given or self._asked(lambda commit: None)

    def snapshot(self, known_tree: KnownTree = lambda commit: None) -> Snapshot:
        """The snapshot, from the endpoint or, as far as that is right, from the records here."""
        if self._given is not None:
            if not self._options.force:
                self._is_complete(self._given)
            return self._given
        return self._pinned() or self._asked(known_tree)

    def selected(self, snapshot: Snapshot) -> tuple[RemoteFile, ...]:
        """The files wanted. Raises UsageError or EntryNotFoundError where nothing matches."""
        return select(snapshot.files, selection_of(self._options, snapshot.ref))

    def make_plan(
        self,
        snapshot: Snapshot,
        files: Sequence[RemoteFile],
        companions: Companions | None = None,
    ) -> Plan:
        """What is to be done for `files` of `snapshot`, as the planner says; writes nothing."""
        return make_plan(
            snapshot,
            files,
            self._layout,
            force=self._options.force,
            delete=self._options.delete,
            companions=companions,
        )

    def explained(self, report: Report) -> Report:
        """The report, with what the endpoint lists otherwise than the snapshot that was given."""
        if self._given is None or self._given.whole:
            return report
        try:
            listed = self.hub.snapshot(self._given.ref)
        except HfgetError:
            return report
        return against_listing(report, self._given, listed)

    def _asked(self, known_tree: KnownTree) -> Snapshot:
        """The snapshot as the endpoint has it, else what is complete here without a request."""
        try:
            return self.hub.snapshot(self._ref, known_tree)
        except UnreachableError as error:
            found = None if self.hub.has_answered else self._find()
            if found is None:
                raise
            self._http.close_off(error)
            if found.snapshot.stale:
                offline = bool(self._settings.offline)
                self._observer(
                    events.Note(found.told(error.message), "info" if offline else "warning")
                )
            return found.snapshot

    def _pinned(self) -> Snapshot | None:
        """A commit that is complete here needs no request."""
        if self._options.force:
            return None
        return pinned(self._layout, self._ref, self._settings.endpoint, self._is_complete)

    def _unreached(self, failure: Transient) -> None:
        """The endpoint has not answered yet: no further try where all is here.

        One that asks for calm is there, and is asked again.
        """
        if failure.status != _TOO_MANY_REQUESTS and self._find() is not None:
            raise given_up(failure)

    def _find(self) -> Found | None:
        """What is here of what is asked for, if that may be taken unasked."""
        if self._options.force:
            return None
        if self._found is None:
            self._found = remembered(
                self._memories(),
                self._ref,
                self._settings.endpoint,
                self._may_be_taken,
                anyones=bool(self._settings.offline),
            )
        return self._found

    def _memories(self) -> list[Layout]:
        """The records of the destination, then those of the Hub cache that it takes files from."""
        if self._layout.shares_content:
            return [self._layout]
        beside = cache_beside(self._ref, self._options.cache_dir)
        return [self._layout, *([beside] if beside else [])]

    def _may_be_taken(self, snapshot: Snapshot) -> bool:
        return (self._options.stale or not snapshot.stale) and self._usable(snapshot)

    def _can_be_listed(self, snapshot: Snapshot) -> bool:
        try:
            return bool(self.selected(snapshot))
        except HfgetError:
            return False

    def _is_complete(self, snapshot: Snapshot) -> bool:
        """Whether all that is asked for of `snapshot` is here under its name, and was hashed."""
        return self._is_here(snapshot) and self.complete_plan is not None

    def _is_here(self, snapshot: Snapshot) -> bool:
        """Whether all that is asked for of `snapshot` is on this disk; writes nothing."""
        try:
            made = self.make_plan(snapshot, self.selected(snapshot))
        except HfgetError:
            return False
        if not is_here(made):
            return False
        if all(item.state is ItemState.COMPLETE and item.recorded for item in made.items):
            self.complete_plan = made
        return True
