"""Repos of other hubs, asked for as clients ask for them, and kept in a Hub cache.

What a commit holds never changes: once listed it is not asked for again. The listing comes from
the first endpoint that has the repo, the bytes from there or, where that fails, from the others.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from hfget import events
from hfget.destinations import Layout, choose_layout
from hfget.endpoints import named_endpoints
from hfget.errors import (
    AccessError,
    GatedRepoError,
    HfgetError,
    InvalidTokenError,
    NetworkError,
    NotFoundError,
)
from hfget.http import HttpClient, Transient, given_up
from hfget.hub import Hub
from hfget.model import ItemState, RemoteFile, RepoRef, RepoType, Snapshot, is_commit
from hfget.operations.from_options import settings_of
from hfget.operations.recorded_listing import Recall
from hfget.options import DownloadOptions
from hfget.settings import Settings
from hfget.sources import ByteSource, HostHealth, HttpSource, RateLimit, RateLimited
from hfget.system import Stop

_TOO_MANY_REQUESTS = 429


class Endpoint(NamedTuple):
    """One hub to ask, with a token of its own if there is one."""

    settings: Settings
    http: HttpClient

    @property
    def url(self) -> str:
        return self.settings.endpoint


class Upstream:
    """Hubs in the order of preference, and the cache that keeps what came from them.

    Thread-safe. `options` are those of a download; of them the cache, the token, the number of
    connections and the rate count.
    """

    def __init__(
        self,
        endpoints: Sequence[str],
        cache: Path,
        options: DownloadOptions,
        observer: events.Observer = events.ignore,
    ) -> None:
        self.stop = Stop()
        self.cache = cache
        self.observer = observer
        self._options = replace(options, cache_dir=cache, cache=True)
        self.endpoints = tuple(self._endpoint(url) for url in endpoints)
        self._lock = threading.Lock()
        self._layouts: dict[tuple[RepoType, str], Layout] = {}
        self._begun: set[tuple[RepoType, str, str]] = set()
        self._limit = (
            RateLimit(options.limit_rate, self.stop, self._warn) if options.limit_rate else None
        )

    @property
    def settings(self) -> Settings:
        return self.endpoints[0].settings

    def snapshot(self, ref: RepoRef) -> Snapshot:
        """The snapshot as the first endpoint has it that answers; a known commit needs none.

        Raises the children of HfgetError that `refusal` names, of the first endpoint's. What it
        says about rights is not asked of another one.
        """
        known = self.kept(ref)
        if known is not None and not known.stale:
            return known
        first: HfgetError | None = None
        for endpoint in self.endpoints:
            try:
                return self._listed(endpoint, ref, known)
            except (GatedRepoError, InvalidTokenError):
                raise
            except (NetworkError, NotFoundError, AccessError) as error:
                first = first or error
        assert first is not None
        raise first

    def kept(self, ref: RepoRef) -> Snapshot | None:
        """The snapshot as it was listed before; `stale` for a branch: it may have moved since."""
        layout = self.layout(ref)
        remembered = layout.remembered(ref)
        listing = layout.recorded(remembered.commit) if remembered else None
        if remembered is None or listing is None or not listing.files:
            return None
        mine = next((one.url for one in self.endpoints if listing.is_from(one.url)), "")
        is_certain = bool(mine) and is_commit(ref.revision or "")
        return Snapshot(
            replace(ref, repo_id=remembered.repo_id),
            mine,
            remembered.commit,
            listing.files,
            listing.proof,
            stale=not is_certain,
        )

    def refs(self, ref: RepoRef) -> Any:
        """Branches and tags as the first endpoint tells them that answers. Raises HfgetError."""
        first: HfgetError | None = None
        for endpoint in self.endpoints:
            try:
                return self._hub(endpoint, None).refs(ref)
            except (NetworkError, NotFoundError) as error:
                first = first or error
        assert first is not None
        raise first

    def located(
        self, snapshot: Snapshot, file: RemoteFile, *, unproved: bool = False
    ) -> Path | None:
        """Where the content of a file lies that was hashed and found right.

        With `unproved` also one that was not recorded so: whose content is known otherwise.
        """
        if file.defect:
            return None
        placement = self.layout(snapshot.ref).place(snapshot, file)
        proved = placement.state is ItemState.COMPLETE
        return placement.present if proved or unproved else None

    def layout(self, ref: RepoRef) -> Layout:
        key = ref.repo_type, ref.repo_id
        with self._lock:
            if key not in self._layouts:
                self._layouts[key] = choose_layout(
                    ref, cache=True, cache_dir=self.cache, fsync=self.settings.fsync
                )
            return self._layouts[key]

    def flush(self) -> None:
        """Record what has come. Raises DiskError."""
        with self._lock:
            layouts = list(self._layouts.values())
        for layout in layouts:
            layout.flush()

    def close(self) -> None:
        """End everything that waits for the network. Final."""
        self.stop.set()
        self.abort()

    def abort(self) -> None:
        """Wake all who wait for the network. Final."""
        for endpoint in self.endpoints:
            endpoint.http.abort()

    def relieve(self) -> None:
        """Free connections for those who wait for one."""
        for endpoint in self.endpoints:
            endpoint.http.relieve()

    def source(
        self, endpoint: Endpoint, hosts: HostHealth, snapshot: Snapshot, file: RemoteFile
    ) -> ByteSource:
        """Where the bytes of a file come from."""
        listed = replace(snapshot, endpoint=endpoint.url)
        source = HttpSource(endpoint.http, endpoint.settings, hosts, listed, file)
        return RateLimited(source, self._limit) if self._limit else source

    def _listed(self, endpoint: Endpoint, ref: RepoRef, known: Snapshot | None) -> Snapshot:
        layout = self.layout(ref)
        recall = Recall(layout, endpoint.url, self.observer, force=False)
        snapshot = self._hub(endpoint, known).snapshot(
            ref, lambda commit: recall.tree(endpoint.url, commit)
        )
        layout.check(snapshot.files)
        recall.hold_against(snapshot)
        snapshot = replace(snapshot, ref=replace(snapshot.ref, repo_id=ref.repo_id))
        key = ref.repo_type, ref.repo_id, snapshot.commit
        if key not in self._begun:
            layout.begin(snapshot, ())
            self._begun.add(key)
        layout.complete(snapshot)
        return snapshot

    def _hub(self, endpoint: Endpoint, known: Snapshot | None) -> Hub:
        def unreached(failure: Transient) -> None:
            """Where there is something to serve, or another to ask, no further try."""
            others = len(self.endpoints) > 1
            if failure.status != _TOO_MANY_REQUESTS and (known is not None or others):
                raise given_up(failure)

        return Hub(endpoint.http, endpoint.settings, self.observer, self.stop, unreached)

    def _endpoint(self, given: str) -> Endpoint:
        named = named_endpoints([given], {})
        # what a client may not see is told in the Hub's own words, not by what is kept back here
        settings = replace(settings_of(self._options, named), withheld_tokens={})
        http = HttpClient(
            settings.credentials.values(),
            connect_timeout=settings.api_timeout,
            offline=settings.offline,
            allow_private=settings.allow_private,
            allow_http_data=settings.allow_http_data,
            observer=self.observer,
        )
        return Endpoint(settings, http)

    def _warn(self, text: str) -> None:
        self.observer(events.Note(text, "warning"))
