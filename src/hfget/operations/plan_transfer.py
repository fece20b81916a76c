"""A plan carried out: what is missing is fetched, and what came is recorded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from hfget import events
from hfget.destinations import Layout
from hfget.endpoints import host_of
from hfget.errors import DiskError, HfgetError
from hfget.http import HttpClient
from hfget.model import ItemState, Plan, RemoteFile, Report, Snapshot
from hfget.operations.tasks import FileTask, Turns, make_tasks
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
        self.http = http
        self._layout = layout
        self._observer = observer
        self._stop = stop
        self.alive = alive

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
            self._warn("this file system cannot sync its folders")
        if self._layout.unrecorded:
            self._warn("the cache is read-only: what was hashed now is hashed again next time")

    def limit(self) -> RateLimit | None:
        """What keeps to the rate that was asked for, if one was."""
        rate = self._options.limit_rate or os.environ.get("HFGET_LIMIT_RATE", "").strip()
        return RateLimit(rate, self._stop, self._warn) if rate else None

    def tasks(
        self, made: Plan, limit: RateLimit | None, turns: Turns | None = None
    ) -> Iterator[FileTask]:
        """A task for each file that is not complete; several plans share `limit` and `turns`."""
        return make_tasks(
            made,
            self._layout,
            self._sources(made.snapshot, limit),
            observer=self._observer,
            link=self._options.hardlink,
            force=self._options.force,
            turns=turns,
        )

    def backend(
        self, meter: Meter, https: Sequence[HttpClient], alive: Callable[[], None]
    ) -> Backend:
        """What carries the tasks out, over connections of `https`."""

        def abort() -> None:
            for http in https:
                http.abort()

        def relieve() -> None:
            for http in https:
                http.relieve()

        def observe(event: events.Event) -> None:
            """Who waits for the folder's lock sees that there is progress, too."""
            alive()
            self._observer(event)

        settings = self._settings
        return Engine(
            TransferOptions(settings.connections, settings.jobs, settings.retries, settings.fsync),
            meter,
            observer=observe,
            stop=self._stop,
            abort=abort,
            patience=self._stop.patience,
            relieve=relieve,
        )

    @property
    def durable(self) -> bool:
        return self._settings.fsync

    def _flush(self, outcome: Outcome) -> None:
        """Write the last records. Where files are missing anyway, that is what is to be told."""
        try:
            self._layout.flush()
        except DiskError as error:
            if not outcome.failures:
                raise
            self._warn(f"{error.message}; hashed again next time")

    def _fetch(self, made: Plan) -> Outcome:
        if all(item.state is ItemState.COMPLETE for item in made.items):
            return Outcome(durable=self.durable)
        backend = self.backend(meter_of([made]), [self.http], self.alive)
        return backend.run(self.tasks(made, self.limit()))

    def _sources(
        self, snapshot: Snapshot, limit: RateLimit | None
    ) -> Callable[[RemoteFile], ByteSource]:
        """Where the bytes of each file come from: what is wrapped round what."""
        hosts = HostHealth(self._settings.retries, self._stop)
        hosts.answered(host_of(self._settings.endpoint))
        # who listed the files need not be who is asked for them
        snapshot = replace(snapshot, endpoint=self._settings.endpoint)

        def source_of(file: RemoteFile) -> ByteSource:
            source = HttpSource(self.http, self._settings, hosts, snapshot, file)
            return RateLimited(source, limit) if limit else source

        return source_of

    def _warn(self, text: str) -> None:
        self._observer(events.Note(text, "warning"))


class PreparedRun(NamedTuple):
    """A run that stands before its transfer; without one, all is here. `end` tells how it went."""

    plan: Plan
    transfer: PlanTransfer | None
    end: Callable[[Outcome | None], Report]


def meter_of(plans: Sequence[Plan]) -> Meter:
    """Counts the files of all plans; what is complete is done."""
    items = [item for made in plans for item in made.items]
    done = [item.file.size for item in items if item.state is ItemState.COMPLETE]
    return Meter(
        files=len(items),
        bytes_total=sum(item.file.size for item in items),
        files_done=len(done),
        bytes_done=sum(done),
    )
