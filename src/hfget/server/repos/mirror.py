"""Upstream's repos as this hub serves them: asked for when a client asks, then kept.

Used from the server's event loop alone; what waits for upstream or the disk does so in threads of
its own, so that nothing else waits with it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from hfget.errors import HfgetError, NetworkError
from hfget.model import RemoteFile, RepoRef, RepoType, Snapshot, is_commit
from hfget.operations import KeptContents, Pull, Puller, Upstream
from hfget.server.repos.listing import Listing, ServedFile
from hfget.server.repos.store import Store
from hfget.server.repos.upstream_file import UpstreamFile, card_of

_ASKING_THREADS = 16
#: How often what has come is written down, in seconds.
_KEEP_SECONDS = 1.0
#: So long a content stays after a client has asked for it, even where it is too much.
_UNUSED_SECONDS = 60.0
#: Listings that are kept in memory, and how many files they may have together.
_MOST_LISTINGS, _MOST_FILES = 256, 1_000_000
#: So long an answer without a listing counts, in seconds.
_REFUSED_SECONDS = 10.0


class MirroredRevision(NamedTuple):
    """A listing, `stale` if upstream could not be asked whether it is still the one."""

    listing: Listing
    stale: bool


@dataclass(slots=True)
class _Known:
    """What a revision was when upstream was last asked, or why it is none."""

    until: float
    found: MirroredRevision | None = None
    error: HfgetError | None = None


class Mirror:
    """The repos of `upstream`, at most `max_size` bytes of which are kept.

    What a branch is counts for `fresh` seconds.
    """

    def __init__(
        self, upstream: Upstream, store: Store, *, fresh: float, max_size: int | None = None
    ) -> None:
        self.upstream = upstream
        self.store = store
        self.contents = KeptContents(upstream.cache, max_size)
        self.puller = Puller(upstream, self._arrived)
        self.is_down = False
        self._fresh = fresh
        self._known: OrderedDict[RepoRef, _Known] = OrderedDict()
        self._asking: dict[RepoRef, asyncio.Future[MirroredRevision]] = {}
        self._listings: OrderedDict[tuple[RepoType, str, str], Listing] = OrderedDict()
        self._threads = ThreadPoolExecutor(_ASKING_THREADS, "hfget-ask")
        self._closed = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="hfget-keep", daemon=True)
        self._keeper.start()

    @property
    def endpoints(self) -> tuple[str, ...]:
        return self.upstream.settings.endpoints

    @property
    def credentials(self) -> bool:
        """Whether a token goes to any upstream."""
        return bool(self.upstream.settings.credentials)

    async def revision(self, repo_type: RepoType, repo_id: str, revision: str) -> MirroredRevision:
        """What a revision is. Raises HfgetError.

        However many ask for it at once, upstream is asked once, and none of them is lost if the
        first hangs up.
        """
        ref = RepoRef(repo_id, repo_type, revision=revision)
        known = self._known.get(ref)
        if known is not None and time.monotonic() < known.until:
            self._known.move_to_end(ref)
            if known.error is not None:
                raise known.error.with_traceback(None)
            assert known.found is not None
            return known.found
        work = self._asking.get(ref)
        if work is None:
            loop = asyncio.get_running_loop()
            work = loop.run_in_executor(self._threads, self._ask, ref, known)
            self._asking[ref] = work
            work.add_done_callback(lambda done: self._answered(ref, done))
        return await asyncio.shield(work)

    async def refs(self, repo_type: RepoType, repo_id: str) -> Any:
        """Branches and tags, as upstream tells them. Raises HfgetError."""
        ref = RepoRef(repo_id, repo_type)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.upstream.refs, ref)

    def pull(self, snapshot: Snapshot, file: RemoteFile) -> Pull:
        """The transfer of a file; what was not asked for for longest makes room for it."""
        coming = sum(pull.file.size for pull in self.puller.active)
        self.contents.make_room(coming + file.size, self._busy())
        return self.puller.pull(snapshot, file)

    def close(self) -> None:
        """End all transfers; what has come of them is kept."""
        self._closed.set()
        self._keeper.join()
        self.puller.close()
        self.contents.save()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _arrived(self, pull: Pull) -> None:
        if pull.place is not None:
            self.contents.arrived(pull.place, pull.file.size)

    def _busy(self) -> list[Path]:
        return [pull.place for pull in self.puller.active if pull.place]

    def _keep(self) -> None:
        while not self._closed.wait(_KEEP_SECONDS):
            self.puller.tidy()
            # what is too large to be kept was fetched all the same
            self.contents.make_room(0, self._busy(), _UNUSED_SECONDS)
            self.contents.save()

    def _answered(self, ref: RepoRef, done: asyncio.Future[MirroredRevision]) -> None:
        del self._asking[ref]
        if done.cancelled():
            return
        now, error = time.monotonic(), done.exception()
        if error is None:
            found = done.result()
            lasts = min(self._fresh, _REFUSED_SECONDS) if found.stale else self._fresh
            known = _Known(now + lasts, found)
            if is_commit(ref.revision or "") and not found.stale:
                known.until = float("inf")
            self._known[ref] = known
        elif isinstance(error, HfgetError):
            self._known[ref] = _Known(now + min(self._fresh, _REFUSED_SECONDS), error=error)
        self._known.move_to_end(ref) if ref in self._known else None
        while len(self._known) > _MOST_LISTINGS:
            self._known.popitem(last=False)

    def _ask(self, ref: RepoRef, known: _Known | None) -> MirroredRevision:
        try:
            snapshot = self.upstream.snapshot(ref)
            self.is_down = False
        except NetworkError:
            self.is_down = True
            kept = self.upstream.kept(ref)
            if kept is None:
                raise
            return MirroredRevision(self._listing(ref, kept), stale=True)
        return MirroredRevision(self._listing(ref, snapshot), stale=False)

    def _listing(self, ref: RepoRef, snapshot: Snapshot) -> Listing:
        key = ref.repo_type, ref.repo_id, snapshot.commit
        if known := self._listings.get(key):
            with suppress(KeyError):
                self._listings.move_to_end(key)
            return known
        snapshot = replace(snapshot, ref=replace(snapshot.ref, repo_id=ref.repo_id))
        files = {
            file.path: ServedFile(file, Path(), None, UpstreamFile(self, snapshot, file))
            for file in sorted(snapshot.files, key=lambda file: file.path)
        }
        made = Listing(
            commit=snapshot.commit, files=files, modified=time.time(), card=card_of(files)
        )
        self._listings[key] = made
        while len(self._listings) > _MOST_LISTINGS or (
            len(self._listings) > 1
            and sum(len(one.files) for one in list(self._listings.values())) > _MOST_FILES
        ):
            with suppress(KeyError):
                self._listings.popitem(last=False)
        return made
