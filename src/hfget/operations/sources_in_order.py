"""Where a mirror's bytes come from: the endpoint that listed a snapshot, others where that fails.

As long as it delivers, no other endpoint is asked, not even whether it has the repo.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from hfget import events
from hfget.endpoints import place_of
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
        self._hosts = hosts
        self._connections = settings.connections
        self._at = {
            place_of(url): partial(
                HttpSource, http, settings, hosts, replace(snapshot, endpoint=url)
            )
            for url in urls
        }
        self._health = MirrorHealth(
            list(self._at), lambda text: observer(events.Note(text)), stripe=False
        )

    def source_of(self, file: RemoteFile) -> ByteSource:
        """Where the bytes of one file come from."""
        at = {place: partial(source, file) for place, source in self._at.items()}
        if len(at) == 1:
            return at.popitem()[1]()
        return MirroredInOrder(file, at, self._health, self._hosts, self._connections)
