"""Where the bytes of a run come from: what is wrapped round what, and over which endpoints."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from hfget import events
from hfget.endpoints import host_of, place_of
from hfget.http import Carrier
from hfget.hub import CommitHolders
from hfget.model import MirrorUse, RemoteFile, Snapshot
from hfget.operations.from_options import rate_of
from hfget.operations.run_context import RunContext
from hfget.sources import (
    ByteSource,
    HostHealth,
    HttpSource,
    Mirrored,
    MirroredInOrder,
    MirrorHealth,
    RateLimit,
    RateLimited,
)
from hfget.transfer import connections_of


class ComposedSources:
    """The sources of one snapshot's files. As an engine's network it wakes and relieves them."""

    def __init__(
        self,
        context: RunContext,
        snapshot: Snapshot,
        limit: RateLimit | None = None,
        hosts: HostHealth | None = None,
        lacking: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Several snapshots may share a `limit`, and what was seen of `hosts`.

        `lacking` are endpoints that have said already that they do not have the repo, and why.
        """
        options, settings, self._http, self._observer, stop = context
        self._settings = settings
        # Who listed the files need not be one of those that are asked for them.
        used = any(snapshot.endpoint == one.rstrip("/") for one in settings.endpoints)
        self._snapshot = snapshot if used else replace(snapshot, endpoint=settings.endpoint)
        if hosts is None:
            hosts = HostHealth(settings.retries, stop)
            hosts.answered(host_of(settings.endpoint))
        self._hosts = hosts
        self.limit = limit or rate_limit_of(context)
        self._carrier = _carrier_of(options.tool)
        self._holders: CommitHolders | None = None
        self._mirrors: MirrorHealth | None = None
        self._names: dict[str, str] = {}
        #: The snapshot at each of several endpoints.
        self._mirrored: dict[str, Snapshot] = {}
        self._begun = threading.Lock()
        if len(settings.endpoints) > 1:
            self._prepare_mirrors(lacking)

    @property
    def places(self) -> int:
        """How many endpoints may send."""
        return len(self._mirrors.places) if self._mirrors else 1

    @property
    def joined(self) -> tuple[int, int]:
        """How many of them may be asked side by side by now, and how many of those have answered;
        1 at least.
        """
        if self._holders is None or self._mirrors is None:
            return 1, 1
        joined = self._joined()
        return len(joined), max(1, sum(map(self._mirrors.has_sent, joined)))

    def source_of(self, file: RemoteFile) -> ByteSource:
        """Where the bytes of one file come from."""
        if self._mirrors is None:
            source: ByteSource = self.plain(file)
        else:
            if self._begun.acquire(blocking=False) and self._holders is not None:
                self._holders.begin()  # who has the commit, while the first bytes come already
            at = {name: partial(self._at, there, file) for name, there in self._mirrored.items()}
            over = Mirrored if self._settings.stripe else MirroredInOrder
            connections = connections_of(file.size, self._settings.connections)
            source = over(file, at, self._mirrors, self._hosts, connections)
        return RateLimited(source, self.limit) if self.limit else source

    def plain(self, file: RemoteFile) -> HttpSource:
        """The file at the snapshot's own endpoint, at any rate."""
        return self._at(self._snapshot, file)

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

    def sent(self) -> tuple[tuple[str, int], ...]:
        """The bytes that each of several endpoints has sent so far."""
        return self._mirrors.sent() if self._mirrors is not None else ()

    def report(self) -> tuple[MirrorUse, ...]:
        """What each of several endpoints did."""
        if self._mirrors is None:
            return ()
        holders = self._holders
        lacking = holders.lacking.items() if holders else ()
        why = {self._names[endpoint]: why for endpoint, why in lacking}
        return tuple(
            replace(use, state="out", why=why[use.place]) if use.place in why else use
            for use in self._mirrors.report()
        )

    def _at(self, there: Snapshot, file: RemoteFile) -> HttpSource:
        return HttpSource(self._http, self._settings, self._hosts, there, file, self._carrier)

    def _prepare_mirrors(self, lacking: Mapping[str, str]) -> None:
        first, settings = self._snapshot.endpoint.rstrip("/"), self._settings
        urls = (first, *(one for one in settings.endpoints if one.rstrip("/") != first))
        self._names = {url: place_of(url) for url in urls}
        self._mirrored = {
            name: replace(self._snapshot, endpoint=url) for url, name in self._names.items()
        }
        if settings.stripe:
            self._holders = CommitHolders(
                self._http, settings, self._snapshot, self._observer, self._told, lacking
            )
        self._mirrors = MirrorHealth(
            list(self._names.values()),
            lambda text: self._observer(events.Note(text)),
            self._joined,
            stripe=settings.stripe,
        )

    def _joined(self) -> list[str]:
        """Those that may be asked. In order, others are only where one is needed: a file that
        one lacks says so then."""
        urls = self._holders.endpoints if self._holders is not None else self._names
        return [self._names[url] for url in urls]

    def _told(self, endpoint: str, seconds: float | None) -> None:
        """An endpoint was asked for the commit: that says how soon its API answers."""
        if self._mirrors is not None:
            self._mirrors.told(self._names[endpoint], seconds)


def rate_limit_of(context: RunContext) -> RateLimit | None:
    """What all connections together keep to, as an option or the environment says."""
    rate = rate_of(context.options)
    return RateLimit(rate, context.stop, context.warn) if rate else None


class JoinedSources:
    """The sources of several snapshots' files, each file under a name of its own."""

    def __init__(self, parts: Sequence[ComposedSources]) -> None:
        self._parts = parts
        self._files: dict[str, tuple[ComposedSources, RemoteFile]] = {}
        self.limit = parts[0].limit

    @property
    def places(self) -> int:
        """How many endpoints may send a file."""
        return max(part.places for part in self._parts)

    @property
    def joined(self) -> tuple[int, int]:
        """As of the snapshot that has the most of them."""
        return max(part.joined for part in self._parts)

    def name(self, label: str, sources: ComposedSources, file: RemoteFile) -> None:
        """`file` is called `label` from now on."""
        self._files[label] = sources, file

    def plain(self, file: RemoteFile) -> HttpSource:
        """The named file at its snapshot's own endpoint, at any rate."""
        sources, own = self._files[file.path]
        return sources.plain(own)

    def abort(self) -> None:
        """Wake all who wait for the network."""
        for part in self._parts:
            part.abort()

    def relieve(self) -> None:
        """Free connections for those who wait for one."""
        for part in self._parts:
            part.relieve()

    def close(self) -> None:
        """End what is still asked of an endpoint that is not needed any more."""
        for part in self._parts:
            part.close()

    def sent(self) -> tuple[tuple[str, int], ...]:
        """The bytes of all snapshots that each of several endpoints has sent so far."""
        total: dict[str, int] = {}
        for place, count in (sent for part in self._parts for sent in part.sent()):
            total[place] = total.get(place, 0) + count
        return tuple(total.items())


def _carrier_of(tool: str) -> Carrier | None:
    """What sends the requests where that is another program."""
    if tool not in ("curl", "wget"):
        return None
    from hfget.external import carrier_of, find_program

    return carrier_of(tool, find_program(tool))
