"""Where a mirror's bytes come from: the endpoint that listed a snapshot, others where that fails.

As long as it delivers, no other endpoint is asked, not even whether it has the repo.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from hfget import events
from hfget.http import HttpClient
from hfget.model import RemoteFile, Snapshot
from hfget.settings import Settings
from hfget.sources import ByteSource, HostHealth, HttpSource, MirroredInOrder, MirrorHealth


class SourcesInOrder:
    """The sources of one snapshot's files. Thread-safe."""

    def __init__(
        self,
        http: HttpClient,
        settings: Settings,
        hosts: HostHealth,
        snapshot: Snapshot,
        observer: events.Observer,
    ) -> None:
        first = snapshot.endpoint or settings.endpoint
        urls = sorted(settings.endpoints, key=lambda url: url != first)
        self._http = http
        self._settings = settings
        self._hosts = hosts
        self._snapshot = snapshot
        self._urls = {url.partition("://")[2]: url for url in urls}
        self._health = MirrorHealth(
            list(self._urls), lambda text: observer(events.Note(text)), stripe=False
        )

    def source_of(self, file: RemoteFile) -> ByteSource:
        """Where the bytes of one file come from."""
        at = {place: partial(self._at, url, file) for place, url in self._urls.items()}
        if len(at) == 1:
            return at.popitem()[1]()
        connections = self._settings.connections
        return MirroredInOrder(file, at, self._health, self._hosts, connections)

    def _at(self, endpoint: str, file: RemoteFile) -> HttpSource:
        there = replace(self._snapshot, endpoint=endpoint)
        return HttpSource(self._http, self._settings, self._hosts, there, file)
