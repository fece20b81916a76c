"""A plan carried out: what is missing is fetched, and what came is recorded."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cached_property

from hfget import events
from hfget.destinations import Layout
from hfget.endpoints import host_of
from hfget.errors import DiskError, HfgetError
from hfget.http import HttpClient, proxy_for
from hfget.model import ItemState, Plan, RemoteFile, Snapshot
from hfget.operations.tasks import make_tasks
from hfget.options import DownloadOptions
from hfget.settings import Settings
from hfget.sources import ByteSource, HostHealth, HttpSource, RateLimit, RateLimited
from hfget.system import Stop
from hfget.transfer import Backend, Engine, Meter, Outcome, TransferOptions


class PlanTransfer:
    """The transfer of a plan's files into a layout. `alive` is called at every event of it."""

    def __init__(
        self,
        options: DownloadOptions,
        settings: Settings,
        http: HttpClient,
        layout: Layout,
        observer: events.Observer,
        stop: Stop,
        alive: Callable[[], None],
    ) -> None:
        self._options = options
        self._settings = settings
        self._http = http
        self._layout = layout
        self._observer = observer
        self._stop = stop
        self._alive = alive

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
            self._warn("this file system cannot sync its folders")
        if self._layout.unrecorded:
            self._warn("the cache is read-only: what was hashed now is hashed again next time")
        return outcome

    def _record(self, outcome: Outcome) -> None:
        """Write the last records. Where files are missing anyway, that is what is to be told."""
        try:
            self._layout.flush()
        except DiskError as error:
            if not outcome.failures:
                raise
            self._warn(f"{error.message}; hashed again next time")

    def _fetch(self, made: Plan) -> Outcome:
        rest = [item for item in made.items if item.state is not ItemState.COMPLETE]
        if not rest:
            return Outcome(durable=self._settings.fsync)
        done = [item.file.size for item in made.items if item.state is ItemState.COMPLETE]
        meter = Meter(
            files=len(made.items),
            bytes_total=made.total_bytes,
            files_done=len(done),
            bytes_done=sum(done),
        )
        tasks = make_tasks(
            made,
            self._layout,
            self._sources(made.snapshot),
            observer=self._observer,
            link=self._options.hardlink,
            force=self._options.force,
        )
        return self._backend(made.snapshot, meter).run(tasks)

    def _backend(self, snapshot: Snapshot, meter: Meter) -> Backend:
        """What carries the tasks out: hfget's own engine, or aria2c beside it."""
        if self._options.tool != "aria2c":
            if self._options.aria2c_path is not None:
                self._warn("--aria2c-path is without effect: it is for --tool aria2c")
            return self._engine(self._transfer_options, meter, self._observe)
        from hfget.external import Aria2c, Tools, find_program

        settings, limit = self._settings, self._limit
        hosts = self._hosts()
        tools = Tools(
            find_program("aria2c", self._options.aria2c_path),
            lambda file: HttpSource(self._http, settings, hosts, snapshot, file),
            (settings.api_timeout, settings.download_timeout),
            proxy_for,
            lambda: limit.rate if limit else None,
        )
        alone = replace(self._transfer_options, jobs=1)
        return Aria2c(
            tools,
            self._transfer_options,
            meter,
            lambda meter, observer: self._engine(alone, meter, observer),
            observer=self._observe,
            stop=self._stop,
            patience=self._stop.patience,
        )

    def _engine(self, options: TransferOptions, meter: Meter, observer: events.Observer) -> Engine:
        return Engine(
            options,
            meter,
            observer=observer,
            stop=self._stop,
            abort=self._http.abort,
            patience=self._stop.patience,
            relieve=self._http.relieve,
        )

    @property
    def _transfer_options(self) -> TransferOptions:
        settings = self._settings
        return TransferOptions(
            settings.connections, settings.jobs, settings.retries, settings.fsync
        )

    def _sources(self, snapshot: Snapshot) -> Callable[[RemoteFile], ByteSource]:
        """Where the bytes of each file come from: what is wrapped round what."""
        hosts, limit = self._hosts(), self._limit
        carrier = None
        if self._options.tool in ("curl", "wget"):
            from hfget.external import carrier_of, find_program

            carrier = carrier_of(self._options.tool, find_program(self._options.tool))

        def source_of(file: RemoteFile) -> ByteSource:
            source = HttpSource(self._http, self._settings, hosts, snapshot, file, carrier)
            return RateLimited(source, limit) if limit else source

        return source_of

    def _hosts(self) -> HostHealth:
        hosts = HostHealth(self._settings.retries, self._stop)
        hosts.answered(host_of(self._settings.endpoint))
        return hosts

    @cached_property
    def _limit(self) -> RateLimit | None:
        rate = self._options.limit_rate or os.environ.get("HFGET_LIMIT_RATE", "").strip()
        return RateLimit(rate, self._stop, self._warn) if rate else None

    def _warn(self, text: str) -> None:
        self._observer(events.Note(text, "warning"))

    def _observe(self, event: events.Event) -> None:
        """Who waits for the folder's lock sees that there is progress, too."""
        self._alive()
        self._observer(event)
