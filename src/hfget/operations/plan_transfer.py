"""A plan carried out: what is missing is fetched, and what came is recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from hfget import events
from hfget.destinations import Layout
from hfget.errors import DiskError, HfgetError
from hfget.messages import operations_texts as texts
from hfget.model import Plan
from hfget.operations.composed_sources import ComposedSources, JoinedSources
from hfget.operations.observers import with_places, with_sign_of_life
from hfget.operations.recorded_listing import Recall
from hfget.operations.run_context import RunContext
from hfget.operations.tasks import FileTask, Turns, make_tasks
from hfget.sources import RateLimit
from hfget.system import remember_speed
from hfget.transfer import Backend, Engine, Meter, Outcome, TransferOptions


class PlanTransfer:
    """The transfer of a plan's files into a layout.

    `alive` shows those who wait for the folder's lock that there is progress. `lacking` are
    endpoints that have said already that they do not have the repo, and why.
    """

    def __init__(
        self,
        context: RunContext,
        layout: Layout,
        alive: Callable[[], None] = lambda: None,
        lacking: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.alive = alive
        self._lacking = lacking
        self._context = context
        self._options, self._settings, _, self._observer, self._stop = context
        self._layout = layout

    def run(self, made: Plan) -> Outcome:
        """Fetch what is missing and record what came; signals wait until that is done."""
        self._stop.heeded = True
        try:
            self.adopt(made)
            try:
                outcome = self._fetch(made)
            except BaseException:
                self.keep()
                raise
            self.record(outcome)
        finally:
            self._stop.heeded = False
        return outcome

    @property
    def durable(self) -> bool:
        return self._settings.fsync

    def adopt(self, made: Plan) -> None:
        """See to the records of what is complete already. Raises DiskError."""
        for item in made.items:
            if not item.recorded:
                self._layout.adopt(made.snapshot, item.file)

    def keep(self) -> None:
        """The transfer broke: what came is not hashed again."""
        with suppress(HfgetError):
            self._layout.flush()

    def record(self, outcome: Outcome) -> None:
        """Write the last records, and say what is not sure. Raises DiskError."""
        self._flush(outcome)
        if outcome.durable and not self._layout.durable:
            outcome.durable = False
            self._context.warn(texts.NO_FOLDER_SYNC)
        if self._layout.unrecorded:
            self._context.warn(texts.ALL_READ_ONLY)

    def sources(self, made: Plan, limit: RateLimit | None = None) -> ComposedSources:
        """Where the bytes come from; several plans share the `limit` of the first."""
        return ComposedSources(self._context, made.snapshot, limit, lacking=self._lacking)

    def tasks(
        self, made: Plan, sources: ComposedSources, turns: Turns | None = None
    ) -> Iterator[FileTask]:
        """A task for each file that is not complete; several plans share `turns`."""
        return make_tasks(
            made,
            self._layout,
            sources,
            link=self._options.hardlink,
            force=self._options.force,
            turns=turns or Turns(observer=self._observer),
        )

    def _flush(self, outcome: Outcome) -> None:
        """Write the last records. Where files are missing anyway, that is what is to be told."""
        try:
            self._layout.flush()
        except DiskError as error:
            if not outcome.failures:
                raise
            self._context.warn(texts.HASHED_AGAIN(message=error.message))

    def _fetch(self, made: Plan) -> Outcome:
        if all(item.is_here for item in made.items):
            return Outcome(durable=self.durable)
        sources, began = self.sources(made), time.monotonic()
        try:
            outcome = self.backend(sources, meter_of([made])).run(self.tasks(made, sources))
        finally:
            sources.close()
        remember_speed(outcome.received, time.monotonic() - began)
        outcome.mirrors = sources.report()
        return outcome

    def backend(
        self,
        sources: ComposedSources | JoinedSources,
        meter: Meter,
        alive: Callable[[], None] | None = None,
    ) -> Backend:
        """What carries the tasks out: hfget's own engine, or aria2c beside it.

        With each event `alive` is called, or those of several plans.
        """
        settings = self._settings
        observe = with_places(with_sign_of_life(self._observe, alive or self.alive), sources)
        options = TransferOptions(
            settings.connections, settings.jobs, settings.retries, settings.fsync, sources.places
        )

        def engine(options: TransferOptions, meter: Meter, observer: events.Observer) -> Engine:
            return Engine(options, meter, observer=observer, stop=self._stop, network=sources)

        if self._options.tool != "aria2c":
            if self._options.aria2c_path is not None:
                self._context.warn(texts.ARIA2C_PATH_UNUSED)
            return engine(options, meter, observe)
        from hfget.external import Aria2c, Tools, find_program

        tools = Tools(
            find_program("aria2c", self._options.aria2c_path),
            sources,
            (settings.api_timeout, settings.download_timeout),
        )
        alone = replace(options, jobs=1)
        return Aria2c(
            tools,
            options,
            meter,
            lambda meter, observer: engine(alone, meter, observer),
            observer=observe,
            stop=self._stop,
        )

    def _observe(self, event: events.Event) -> None:
        self._observer(event)
        if self._options.fail_fast and isinstance(event, events.FileFailed):
            self._stop.fail()


class PreparedRun(NamedTuple):
    """A run that stands before its transfer.

    Without a `transfer` the workers of a cluster bring what lacks; without `recall`, what earlier
    runs have recorded, all was here before the hub was asked.
    """

    plan: Plan
    transfer: PlanTransfer | None = None
    recall: Recall | None = None


def meter_of(plans: Sequence[Plan]) -> Meter:
    """Counts the files of all plans; what is complete is done."""
    items = [item for made in plans for item in made.items]
    done = [item.size for item in items if item.is_here]
    return Meter(
        files=len(items),
        bytes_total=sum(item.size for item in items),
        files_done=len(done),
        bytes_done=sum(done),
    )
