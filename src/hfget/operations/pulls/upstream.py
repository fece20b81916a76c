"""Repos of other hubs, asked for as clients ask for them, and kept in a Hub cache.

What a commit holds never changes: once listed it is not asked for again. The listing comes from
the first endpoint that has the repo; one that was not reached is asked last until it has rested.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hfget import events
from hfget.destinations import Layout, choose_layout
from hfget.endpoints import named_endpoints, without_login
from hfget.http import CALM, Transient, given_up
from hfget.model import ItemState, RemoteFile, RepoRef, RepoType, Snapshot, is_commit
from hfget.operations.composed_sources import ComposedSources, rate_limit_of
from hfget.operations.failover import Failover
from hfget.operations.from_options import client_of, settings_of
from hfget.operations.pulls.api_health import ApiHealth
from hfget.operations.recorded_listing import Recall
from hfget.operations.run_context import RunContext
from hfget.options import DownloadOptions
from hfget.sources import HostHealth
from hfget.system import Stop

#: So long an endpoint is tried again, in seconds, if there is nothing else to answer with: clients
#: wait for ten (huggingface_hub, `HF_HUB_ETAG_TIMEOUT`).
_TRYING_SECONDS = 3.0


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
        # as long as one delivers, those behind it are not asked
        options = replace(options, cache_dir=cache, cache=True, stripe=False)
        each = (named_endpoints([given], {})[0] for given in endpoints)
        named = {without_login(one.url): one for one in each}
        # what a client may not see is told in the Hub's own words, not by what is kept back here
        self.settings = replace(settings_of(options, list(named.values())), withheld_tokens={})
        self._http = client_of(self.settings, observer)
        self._context = RunContext(options, self.settings, self._http, observer, self.stop)
        self._health = ApiHealth(self.settings.endpoints, self._context.tell)
        self._lock = threading.Lock()
        self._layouts: dict[tuple[RepoType, str], Layout] = {}
        self._begun: set[tuple[RepoType, str, str]] = set()
        self._limit = rate_limit_of(self._context)

    def snapshot(self, ref: RepoRef) -> Snapshot:
        """The snapshot as the first endpoint has it that answers; a known commit needs none.

        Raises as `Failover.ask` does.
        """
        known = self.kept(ref)
        if known is not None and not known.stale:
            return known
        layout = self.layout(ref)
        recall = Recall(layout, self.settings.endpoint, self.observer, force=False)
        snapshot = self._failover(known).ask(lambda hub: hub.snapshot(ref, recall.tree))
        layout.check(snapshot.files)
        recall.hold_against(snapshot)
        snapshot = replace(snapshot, ref=replace(snapshot.ref, repo_id=ref.repo_id))
        key = ref.repo_type, ref.repo_id, snapshot.commit
        if key not in self._begun:
            layout.begin(snapshot, ())
            self._begun.add(key)
        layout.complete(snapshot)
        return snapshot

    def kept(self, ref: RepoRef) -> Snapshot | None:
        """The snapshot as it was listed before; `stale` for a branch: it may have moved since."""
        layout = self.layout(ref)
        remembered = layout.remembered(ref)
        listing = layout.recorded(remembered.commit) if remembered else None
        if remembered is None or listing is None or not listing.files:
            return None
        mine = next((one for one in self.settings.endpoints if listing.is_from(one)), "")
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
        return self._failover(None).ask(lambda hub: hub.refs(ref))

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

    @property
    def joined(self) -> tuple[int, int]:
        """One place: which of several endpoints is asked is found out for each file."""
        return 1, 1

    def abort(self) -> None:
        """Wake all who wait for the network. Final."""
        self._http.abort()

    def relieve(self) -> None:
        """Free connections for those who wait for one."""
        self._http.relieve()

    def sources(self, hosts: HostHealth, snapshot: Snapshot) -> ComposedSources:
        """Where the bytes of the snapshot's files come from, at the rate that there is for all."""
        return ComposedSources(self._context, snapshot, self._limit, hosts)

    def _failover(self, known: Snapshot | None) -> Failover:
        begun = time.monotonic()
        in_vain = known is not None or self._health.is_down

        def unreached(failure: Transient, wait: float) -> None:
            """No long tries: there is something to serve, or a client that will not wait."""
            over = in_vain or time.monotonic() - begun > _TRYING_SECONDS
            if over and failure.status not in CALM:
                raise given_up(failure)

        return Failover(
            self._http, self.settings, self.observer, self.stop, unreached, self._health
        )
