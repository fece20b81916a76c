"""Where the bytes of a run come from: what is wrapped round what, and over which endpoints."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial

from hfget import events
from hfget.endpoints import host_of
from hfget.http import Carrier, HttpClient
from hfget.hub import CommitHolders
from hfget.model import MirrorUse, RemoteFile, Snapshot
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


class ComposedSources:
    """The sources of one snapshot's files. As an engine's network it wakes and relieves them."""

    def __init__(
        self,
        options: DownloadOptions,
        settings: Settings,
        http: HttpClient,
        snapshot: Snapshot,
        observer: events.Observer,
        stop: Stop,
    ) -> None:
        self._options = options
        self._settings = settings
        self._http = http
        self._snapshot = snapshot
        self._observer = observer
        self.hosts = HostHealth(settings.retries, stop)
        self.hosts.answered(host_of(settings.endpoint))
        rate = options.limit_rate or os.environ.get("HFGET_LIMIT_RATE", "").strip()
        self.limit = RateLimit(rate, stop, self._warn) if rate else None
        self._carrier = self._chosen_carrier()
        self._holders: CommitHolders | None = None
        self._mirrors: MirrorHealth | None = None
        self._names: dict[str, str] = {}
        if len(settings.endpoints) > 1:
            self._begin_mirrors()

    @property
    def places(self) -> int:
        """How many endpoints may send."""
        return len(self._mirrors.places) if self._mirrors else 1

    def source_of(self, file: RemoteFile) -> ByteSource:
        """Where the bytes of one file come from."""
        if self._mirrors is None:
            source: ByteSource = self.plain(file)
        else:
            at = {name: partial(self._at, url, file) for url, name in self._names.items()}
            source = Mirrored(file, at, self._mirrors, self.hosts, self._settings.connections)
        return RateLimited(source, self.limit) if self.limit else source

    def plain(self, file: RemoteFile) -> HttpSource:
        """The file at the snapshot's own endpoint, at any rate."""
        return self._at(self._snapshot.endpoint, file)

    def abort(self) -> None:
        """Wake all who wait for the network."""
        if self._mirrors is not None:
            self._mirrors.close()
        self._http.abort()

    def relieve(self) -> None:
        """Free connections for those who wait for one."""
        self._http.relieve()

    def close(self) -> None:
        """End what is still asked of an endpoint that is not needed any more."""
        if self._holders is not None:
            self._holders.close()
            self.abort()

    def report(self) -> tuple[MirrorUse, ...]:
        """What each of several endpoints has sent."""
        return self._mirrors.report() if self._mirrors is not None else ()

    def _at(self, endpoint: str, file: RemoteFile) -> HttpSource:
        there = replace(self._snapshot, endpoint=endpoint)
        return HttpSource(self._http, self._settings, self.hosts, there, file, self._carrier)

    def _chosen_carrier(self) -> Carrier | None:
        if self._options.tool not in ("curl", "wget"):
            return None
        from hfget.external import carrier_of, find_program

        return carrier_of(self._options.tool, find_program(self._options.tool))

    def _begin_mirrors(self) -> None:
        """Ask which endpoints have the very commit, while the first bytes come already."""
        holders = CommitHolders(
            self._http, self._settings, self._snapshot, self._observer, self._told
        )
        self._names = {endpoint: endpoint.partition("://")[2] for endpoint in holders.candidates}
        self._holders = holders
        self._mirrors = MirrorHealth(
            list(self._names.values()),
            lambda text: self._observer(events.Note(text)),
            lambda: [self._names[endpoint] for endpoint in holders.endpoints],
            stripe=self._settings.stripe,
        )
        holders.begin()

    def _told(self, endpoint: str, seconds: float | None) -> None:
        """An endpoint was asked for the commit: that says how soon its API answers."""
        if self._mirrors is not None:
            self._mirrors.told(self._names[endpoint], seconds)

    def _warn(self, text: str) -> None:
        self._observer(events.Note(text, "warning"))
