"""Which commit and which files: as the hub says, or as they are here already."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from hfget.destinations import Layout, cache_beside
from hfget.endpoints import host_of
from hfget.errors import HfgetError, UnreachableError
from hfget.http import CALM, HttpClient, Transient, given_up
from hfget.hub import Hub, KnownTree, no_tree
from hfget.limits import TURNS
from hfget.messages import advice, operations_texts
from hfget.messages import http_texts as texts
from hfget.model import ItemState, Plan, RemoteFile, RepoRef, Report, Snapshot, Span, is_commit
from hfget.operations.asking_limit import AskingLimit
from hfget.operations.failover import Failover
from hfget.operations.from_options import layout_of, selection_of
from hfget.operations.planner import Companions, make_plan
from hfget.operations.recorded_listing import against_listing
from hfget.operations.run_context import RunContext
from hfget.operations.shards.sharding import part_of, shard_of, spans_of
from hfget.operations.without_hub import Found, is_here, pinned, remembered
from hfget.partials import hash_file
from hfget.selection import select


class SnapshotResolver:
    """The snapshot of what was asked for, and the plan for it.

    No endpoint is asked for one that is `given`, nor can options change it.
    `complete_plan` is set where all that is asked for was found here, under its name and hashed.
    With a `shard` only its part is asked for.
    """

    def __init__(
        self,
        context: RunContext,
        ref: RepoRef,
        layout: Layout,
        given: Snapshot | None = None,
    ) -> None:
        self._context = context
        self._options, self._settings, self._http, self._observer, self._stop = context
        self._ref = ref
        self._layout = layout
        if given is not None and not given.whole:  # no endpoint has listed it
            given = replace(given, endpoint=self._settings.endpoint)
        self._given = given
        self.is_given = given is not None
        self.shard = shard_of(self._options.shard, os.environ)
        self._endpoints = Failover(
            self._http, self._settings, self._observer, self._stop, self._unreached
        )
        self.complete_plan: Plan | None = None
        self._usable: Callable[[Snapshot], bool] = self._is_here
        self._found: Found | None = None
        self._finding = threading.Lock()
        turns = 1 + TURNS * (len(self._settings.endpoints) - 1)
        limit = self._settings.api_timeout * turns
        self._limit = AskingLimit(limit, self._need_not_ask, self._http.abort)

    def listing(self) -> Snapshot:
        """The snapshot for `ls`: it is always asked for, and stale where the hub is silent."""
        self._usable = self._can_be_listed
        return self._given or self.snapshot(always=True)

    def commit(self) -> str:
        """The commit that the revision is now, by a single request. Raises HfgetError."""
        return self._endpoints.ask(lambda hub: hub.pin(self._ref)[1])

    def recorded(self) -> Snapshot | None:
        """The snapshot as the records here have it, whichever endpoint gave it."""
        found = remembered(
            self._memories(), self._ref, self._settings.endpoints, lambda found: True, anyones=True
        )
        return found.snapshot if found else None

    @property
    def hub(self) -> Hub:
        """The endpoint that gave the snapshot; the first, as long as none has."""
        return self._endpoints.hub

    @property
    def lacking(self) -> dict[str, str]:
        """Endpoints that have said that they do not have the repo or do not show it, and how."""
        return self._endpoints.lacking

    def snapshot(self, recorded: KnownTree = no_tree, *, always: bool = False) -> Snapshot:
        """The snapshot, from an endpoint or, as far as that is right, from the records here.

        With `always` an endpoint is asked even for a commit that is complete here.
        """
        if not always and (known := self._known()) is not None:
            return known
        try:
            with self._limit:
                snapshot = self._endpoints.ask(lambda hub: hub.snapshot(self._ref, recorded))
        except UnreachableError as error:
            found = self._find()
            if found is None:
                raise
            if self._endpoints.has_answered:  # it may have named a newer commit
                older = operations_texts.TAKE_WHAT_IS_HERE(commit=found.snapshot.commit)
                error.hint = advice.EITHER(one=error.hint, other=older) if error.hint else older
                raise
            return self._taken(found, self._too_slow() if self._limit.reached else error)
        if self._limit.reached and self._found is not None:  # it answered that very moment
            return self._taken(self._found, self._too_slow())
        self.complete_plan = None  # what was found is not what it named
        return snapshot

    def selected(self, snapshot: Snapshot) -> tuple[RemoteFile, ...]:
        """The files wanted. Raises UsageError or EntryNotFoundError where nothing matches."""
        files = self.of_all_shards(snapshot)
        return files if self.shard is None else part_of(files, self.shard)

    def of_all_shards(self, snapshot: Snapshot) -> tuple[RemoteFile, ...]:
        """The files wanted by all shards together. Raises as `selected` does."""
        return select(snapshot.files, selection_of(self._options, snapshot.ref))

    def found_now(self, snapshot: Snapshot) -> Plan:
        """What is here by now of the files wanted by all shards, whichever has fetched it."""
        layout = layout_of(self._ref, self._options)
        return make_plan(snapshot, self.of_all_shards(snapshot), layout)

    def may_move(self, snapshot: Snapshot) -> bool:
        """Whether the same words may mean another commit in another process."""
        return self._given is None and not is_commit(snapshot.ref.revision or "")

    def make_plan(
        self,
        snapshot: Snapshot,
        files: Sequence[RemoteFile],
        companions: Companions | None = None,
    ) -> Plan:
        """What is to be done for `files` of `snapshot`, as the planner says; writes nothing.

        Of a file that is divided among shards, that is the range of this one. With `--delete`
        what the commit has no more is removed.
        """
        made = make_plan(
            snapshot,
            files,
            self._layout,
            force=self._options.force,
            companions=companions,
            spans=self.spans(snapshot),
        )
        if not self._options.delete:
            return made
        return replace(made, removals=self._layout.obsolete(snapshot, hash_file))

    def spans(self, snapshot: Snapshot) -> dict[str, Span]:
        """By path, the range that this shard brings of a file that is divided."""
        if self.shard is None or not self.shard.ranges:
            return {}
        return spans_of(self.of_all_shards(snapshot), self.shard)

    def explained(self, report: Report, connect: Callable[[], HttpClient]) -> Report:
        """The report, with what the hub lists otherwise than the snapshot that was given.

        `connect` gives what can still connect.
        """
        if self._given is None or self._given.whole:
            return report
        try:
            hub = Hub(connect(), self._settings, self._observer, self._stop)
            listed = hub.snapshot(self._given.ref)
        except HfgetError:
            return report
        return against_listing(report, self._given, listed)

    def _taken(self, found: Found, error: UnreachableError) -> Snapshot:
        """What was found, since no endpoint could be asked because of `error`."""
        self._http.close_off(error)
        if found.snapshot.stale:
            offline = bool(self._settings.offline)
            say = self._context.tell if offline else self._context.warn
            say(found.told(error.message))
        return found.snapshot

    def _too_slow(self) -> UnreachableError:
        host = host_of(self._settings.endpoint)
        return UnreachableError(texts.HOST_FAILED(host=host, reason=texts.ANSWER_TIMEOUT))

    def _need_not_ask(self) -> bool:
        """Whether no endpoint has answered yet, and none has to."""
        return not self._endpoints.has_answered and self._find() is not None

    def _known(self) -> Snapshot | None:
        """What needs no request: what is given, a commit that is complete here."""
        if self._options.force:
            return self._given
        if self._given is not None:
            self._is_complete(self._given)
            return self._given
        return pinned(self._layout, self._ref, self._settings.endpoints, self._is_complete)

    def _unreached(self, failure: Transient, wait: float) -> None:
        """No endpoint has answered yet: no further try where all is here.

        One that asks for calm is there, and is asked again, if that is in time.
        """
        in_time = failure.status in CALM and wait < self._limit.left
        if not in_time and self._find() is not None:
            raise given_up(failure)

    def _find(self) -> Found | None:
        """What is here of what is asked for, if that may be taken unasked."""
        if self._options.force:
            return None
        with self._finding:
            if self._found is None:
                self._found = remembered(
                    self._memories(),
                    self._ref,
                    self._settings.endpoints,
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
