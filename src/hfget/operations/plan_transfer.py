"""A plan carried out: what is missing is fetched, and what came is recorded."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from hfget import events
from hfget.destinations import Layout
from hfget.endpoints import host_of
from hfget.errors import DiskError, HfgetError
from hfget.http import HttpClient
from hfget.model import ItemState, Plan, RemoteFile, Snapshot
from hfget.operations.tasks import make_tasks
from hfget.options import DownloadOptions
from hfget.settings import Settings
from hfget.sources import ByteSource, HostHealth, HttpSource, RateLimit, RateLimited
from hfget.system import Stop
from hfget.transfer import Engine, Meter, Outcome, TransferOptions


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
        settings = self._settings
        engine = Engine(
            TransferOptions(settings.connections, settings.jobs, settings.retries, settings.fsync),
            meter,
            observer=self._observe,
            stop=self._stop,
            abort=self._http.abort,
            patience=self._stop.patience,
            relieve=self._http.relieve,
        )
        return engine.run(tasks)

    def _sources(self, snapshot: Snapshot) -> Callable[[RemoteFile], ByteSource]:
        """Where the bytes of each file come from: what is wrapped round what."""
        hosts = HostHealth(self._settings.retries, self._stop)
        hosts.answered(host_of(self._settings.endpoint))
        rate = self._options.limit_rate or os.environ.get("HFGET_LIMIT_RATE", "").strip()
        limit = RateLimit(rate, self._stop, self._warn) if rate else None
        # who listed the files need not be who is asked for them
        snapshot = replace(snapshot, endpoint=self._settings.endpoint)

        def source_of(file: RemoteFile) -> ByteSource:
            source = HttpSource(self._http, self._settings, hosts, snapshot, file)
            return RateLimited(source, limit) if limit else source

        return source_of

    def _warn(self, text: str) -> None:
        self._observer(events.Note(text, "warning"))

    def _observe(self, event: events.Event) -> None:
        """Who waits for the folder's lock sees that there is progress, too."""
        self._alive()
        self._observer(event)
