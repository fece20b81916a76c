"""One plan among several processes: which lock is whose, and what the last of them does.

A range of a file lies at rest in a partial until all are there. Each process looks for that when
its own part is here; so does one that is started again. One of them puts the ranges together,
verifies the whole and publishes it, as any run does with a partial in which nothing is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from hfget import events
from hfget.destinations import Layout
from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import Plan, RemoteFile, Snapshot, Span
from hfget.operations.from_options import client_of
from hfget.operations.observers import with_sign_of_life, with_totals
from hfget.operations.plan_transfer import PlanTransfer
from hfget.operations.planner import check_space, make_plan, partial_of
from hfget.operations.run_context import RunContext
from hfget.operations.shards.sharding import Shard, lock_of, said_of_others, uneven_file
from hfget.operations.snapshot_resolver import SnapshotResolver
from hfget.partials import bytes_here
from hfget.system import folder_lock, writes_in_order_only
from hfget.transfer import Outcome

#: Who holds it puts ranges together.
_LOCK_NAME = "hfget-ranges.lock"


class SharedPlan:
    """What a run has to do with other shards; without a shard, next to nothing."""

    def __init__(self, context: RunContext, layout: Layout, resolver: SnapshotResolver) -> None:
        self._context = context
        self._options, self._settings, _, self._observer, self._stop = context
        self._layout = layout
        self._resolver = resolver
        self._at_rest: set[str] = set()

    @property
    def _shard(self) -> Shard | None:
        return self._resolver.shard

    @contextmanager
    def locked(self, snapshot: Snapshot) -> Iterator[Callable[[], None]]:
        """Hold the lock of this shard, or of the folder. See `folder_lock`.

        Raises UsageError where files are to be divided and this file system cannot have that.
        """
        if self._shard is not None:
            self._remark(snapshot, self._shard)
        path = lock_of(self._shard, self._layout.lock_path)
        wait = self._settings.wait_for_lock
        with folder_lock(path, wait=wait, stop=self._stop, observer=self._observer) as alive:
            if self._resolver.spans(snapshot):
                if writes_in_order_only(path.parent):
                    raise UsageError(texts.NO_RANGES_HERE, hint=advice.LEAVE_RANGES_OUT)
                with self._joining():  # what is put together just now is not fetched again
                    pass
            yield alive

    def join(
        self, made: Plan, outcome: Outcome | None, alive: Callable[[], None] = lambda: None
    ) -> Outcome | None:
        """Publish the files of which all ranges are here by now. `outcome` with what that gave.

        Raises DiskError, the error of the stop.
        """
        if outcome is None:
            return None
        outcome.rested |= {item.file.path for item in made.items if item.span and item.is_here}
        if not outcome.rested:
            return outcome
        snapshot = made.snapshot
        files = [item.file for item in made.items if item.file.path in outcome.rested]
        named: set[str] = set()
        if not self._stop.is_set():
            with self._joining() as joining:  # another shard may be at it: then all is here soon
                ready = self._ready(snapshot, files)
                named = {item.file.path for item in ready.items if item.is_here}
                if ready.items:
                    observer = with_sign_of_life(self._observer, alive)
                    self._publish(ready, made, outcome, with_sign_of_life(observer, joining))
        self._at_rest = outcome.rested - named - {file.path for file in outcome.done}
        return outcome

    def named(self, made: Plan) -> list[RemoteFile]:
        """The files that have their names: no partial of them is needed any more."""
        return [item.file for item in made.items if item.file.path not in self._at_rest]

    def are_here(self, snapshot: Snapshot) -> bool:
        """Whether the files of all shards are here, as their records say by now; that is told."""
        if self._shard is None:
            return True

        def lacks(file: RemoteFile, span: Span) -> bool:
            here = bytes_here(*partial_of(self._layout, snapshot, file))
            return here.reach(span[0]) < span[1]

        text, are_here = said_of_others(self._resolver.found_now(snapshot), self._shard, lacks)
        self._context.tell(text)
        return are_here

    def _remark(self, snapshot: Snapshot, shard: Shard) -> None:
        if self._resolver.may_move(snapshot):
            self._context.warn(texts.SHARD_OF_BRANCH(commit=snapshot.commit))
        if path := uneven_file(self._resolver.of_all_shards(snapshot), shard):
            option = shard._replace(ranges=True).option
            self._context.tell(texts.COULD_BE_DIVIDED(path=path, option=option))

    @contextmanager
    def _joining(self) -> Iterator[Callable[[], None]]:
        path = self._layout.lock_path.with_name(_LOCK_NAME)
        with folder_lock(path, wait=True, stop=self._stop, observer=self._observer) as alive:
            yield alive

    def _ready(self, snapshot: Snapshot, files: list[RemoteFile]) -> Plan:
        """The plan for those of which nothing has to be fetched."""
        plan = make_plan(snapshot, files, self._layout, force=self._options.force)
        return replace(plan, items=tuple(item for item in plan.items if not item.need))

    def _publish(
        self, ready: Plan, made: Plan, outcome: Outcome, observer: events.Observer
    ) -> None:
        check_space(ready, self._layout, self._observer, link=False)
        context = self._context._replace(
            http=client_of(self._settings, self._observer),  # the first may be shut
            observer=with_totals(observer, made, outcome),
        )
        came = PlanTransfer(context, self._layout).run(ready)
        tried = {item.file.path for item in ready.items if not item.is_here}
        outcome.rested -= tried - {file.path for file in came.done}
        outcome.done += came.done
        outcome.failures += came.failures
        outcome.unfinished |= came.unfinished
        outcome.received += came.received
        outcome.durable &= came.durable
