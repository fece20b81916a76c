"""A plan carried out: what is missing is fetched, and what came is recorded."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from hfget import events
from hfget.destinations import Layout
from hfget.endpoints import host_of
from hfget.errors import DiskError, HfgetError
from hfget.http import HttpClient
from hfget.hub import CommitHolders
from hfget.model import ItemState, Plan, RemoteFile, Snapshot
from hfget.operations.tasks import make_tasks
from hfget.options import DownloadOptions
from hfget.settings import Settings
from hfget.sources import (
    ByteSource,
    HostHealth,
    HttpSource,
    Mirrored,
    MirrorHealth,
    RateLimit,
    RateLimited,
)
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
        self._mirrors: MirrorHealth | None = None
        self._holders: CommitHolders | None = None
        self._names: dict[str, str] = {}

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
            TransferOptions(
                settings.connections,
                settings.jobs,
                settings.retries,
                settings.fsync,
                len(self._mirrors.places) if self._mirrors else 1,
            ),
            meter,
            observer=self._observe,
            stop=self._stop,
            abort=self._abort,
            patience=self._stop.patience,
            relieve=self._http.relieve,
        )
        try:
            outcome = engine.run(tasks)
        finally:
            if self._holders is not None:
                self._holders.close()
                self._abort()  # what is asked of an endpoint that is not needed any more
        if self._mirrors is not None:
            outcome.mirrors = self._mirrors.report()
        return outcome

    def _abort(self) -> None:
        if self._mirrors is not None:
            self._mirrors.close()
        self._http.abort()

    def _sources(self, snapshot: Snapshot) -> Callable[[RemoteFile], ByteSource]:
        """Where the bytes of each file come from: what is wrapped round what."""
        hosts = HostHealth(self._settings.retries, self._stop)
        hosts.answered(host_of(self._settings.endpoint))
        rate = self._options.limit_rate or os.environ.get("HFGET_LIMIT_RATE", "").strip()
        limit = RateLimit(rate, self._stop, self._warn) if rate else None
        mirrors = self._health(snapshot)

        def source_at(endpoint: str, file: RemoteFile) -> ByteSource:
            there = replace(snapshot, endpoint=endpoint)
            return HttpSource(self._http, self._settings, hosts, there, file)

        def source_of(file: RemoteFile) -> ByteSource:
            if mirrors is None:
                source: ByteSource = HttpSource(self._http, self._settings, hosts, snapshot, file)
            else:
                at = {name: partial(source_at, url, file) for url, name in self._names.items()}
                source = Mirrored(file, at, mirrors, hosts, self._settings.connections)
            return RateLimited(source, limit) if limit else source

        return source_of

    def _health(self, snapshot: Snapshot) -> MirrorHealth | None:
        """The endpoints that a snapshot may come from, if there are several."""
        if len(self._settings.endpoints) < 2:
            return None
        holders = CommitHolders(self._http, self._settings, snapshot, self._observer, self._told)
        names = {endpoint: endpoint.partition("://")[2] for endpoint in holders.candidates}
        self._holders, self._names = holders, names
        self._mirrors = MirrorHealth(
            list(names.values()),
            lambda text: self._observer(events.Note(text)),
            lambda: [names[endpoint] for endpoint in holders.endpoints],
            stripe=self._settings.stripe,
        )
        holders.begin()
        return self._mirrors

    def _told(self, endpoint: str, seconds: float | None) -> None:
        """An endpoint was asked for the commit: that says how soon its API answers."""
        if self._mirrors is not None:
            self._mirrors.told(self._names[endpoint], seconds)

    def _warn(self, text: str) -> None:
        self._observer(events.Note(text, "warning"))

    def _observe(self, event: events.Event) -> None:
        """Who waits for the folder's lock sees that there is progress, too."""
        self._alive()
        self._observer(event)
