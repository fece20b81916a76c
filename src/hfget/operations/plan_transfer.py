"""A plan carried out: what is missing is fetched, and what came is recorded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from hfget import events
from hfget.destinations import Layout
from hfget.errors import DiskError, HfgetError
from hfget.http import HttpClient, proxy_for
from hfget.messages import operations_texts as texts
from hfget.model import ItemState, Plan
from hfget.operations.composed_sources import ComposedSources
from hfget.operations.tasks import make_tasks
from hfget.options import DownloadOptions
from hfget.settings import Settings
from hfget.system import Stop
from hfget.transfer import Backend, Engine, Meter, Outcome, TransferOptions


class PlanTransfer:
    """The transfer of a plan's files into a layout."""

    def __init__(
        self,
        options: DownloadOptions,
        settings: Settings,
        http: HttpClient,
        layout: Layout,
        observer: events.Observer,
        stop: Stop,
    ) -> None:
        self._options = options
        self._settings = settings
        self._http = http
        self._layout = layout
        self._observer = observer
        self._stop = stop

    def run(self, made: Plan) -> Outcome:
        """Fetch what is missing and record what came; signals wait until that is done."""
        self._stop.heeded = True
        try:
            for item in made.items:
                if not item.recorded:
                    self._layout.adopt(made.snapshot, item.file)
            try:
                outcome = self._fetch(made)
            except BaseException:
                with suppress(HfgetError):  # what came is not hashed again
                    self._layout.flush()
                raise
            self._record(outcome)
        finally:
            self._stop.heeded = False
        if outcome.durable and not self._layout.durable:
            outcome.durable = False
            self._warn(texts.NO_FOLDER_SYNC)
        if self._layout.unrecorded:
            self._warn(texts.CACHE_READ_ONLY)
        return outcome

    def _record(self, outcome: Outcome) -> None:
        """Write the last records. Where files are missing anyway, that is what is to be told."""
        try:
            self._layout.flush()
        except DiskError as error:
            if not outcome.failures:
                raise
            self._warn(texts.HASHED_AGAIN(message=error.message))

    def _fetch(self, made: Plan) -> Outcome:
        rest = [item for item in made.items if item.state is not ItemState.COMPLETE]
        if not rest:
            return Outcome(durable=self._settings.fsync)
        settings = self._settings
        done = [item.file.size for item in made.items if item.state is ItemState.COMPLETE]
        meter = Meter(
            files=len(made.items),
            bytes_total=made.total_bytes,
            files_done=len(done),
            bytes_done=sum(done),
        )
        sources = ComposedSources(
            self._options, settings, self._http, made.snapshot, self._observer, self._stop
        )
        tasks = make_tasks(
            made,
            self._layout,
            sources.source_of,
            observer=self._observer,
            link=self._options.hardlink,
            force=self._options.force,
        )
        try:
            outcome = self._backend(sources, meter).run(tasks)
        finally:
            sources.close()
        outcome.mirrors = sources.report()
        return outcome

    def _backend(self, sources: ComposedSources, meter: Meter) -> Backend:
        """What carries the tasks out: hfget's own engine, or aria2c beside it."""
        settings = self._settings
        options = TransferOptions(
            settings.connections, settings.jobs, settings.retries, settings.fsync, sources.places
        )

        def engine(options: TransferOptions, meter: Meter, observer: events.Observer) -> Engine:
            return Engine(options, meter, observer=observer, stop=self._stop, network=sources)

        if self._options.tool != "aria2c":
            if self._options.aria2c_path is not None:
                self._warn(texts.ARIA2C_PATH_UNUSED)
            return engine(options, meter, self._observe)
        from hfget.external import Aria2c, Tools, find_program

        limit = sources.limit
        tools = Tools(
            find_program("aria2c", self._options.aria2c_path),
            sources.plain,
            (settings.api_timeout, settings.download_timeout),
            proxy_for,
            lambda: limit.rate if limit else None,
        )
        alone = replace(options, jobs=1)
        return Aria2c(
            tools,
            options,
            meter,
            lambda meter, observer: engine(alone, meter, observer),
            observer=self._observe,
            stop=self._stop,
            patience=self._stop.patience,
        )

    def _warn(self, text: str) -> None:
        self._observer(events.Note(text, "warning"))

    def _observe(self, event: events.Event) -> None:
        self._observer(event)
        if self._options.fail_fast and isinstance(event, events.FileFailed):
            self._stop.failed = True
            self._stop.set()


def heard(observer: events.Observer, alive: Callable[[], None]) -> events.Observer:
    """An observer whose events also show who waits for the folder's lock that there is progress."""

    def observe(event: events.Event, /) -> None:
        alive()
        observer(event)

    return observe
