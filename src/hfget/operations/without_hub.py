"""What was asked for may be here, complete and recorded: then the hub need not be asked.

A commit never changes, so that one which is here is taken at once. A branch or tag is taken as
it was when the hub was last asked, where the hub cannot be: that is *stale*, and said.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from hfget.destinations import Layout, RecordedListing
from hfget.messages import operations_texts as texts
from hfget.model import ItemState, Plan, RepoRef, Snapshot, is_commit
from hfget.reference import trail_candidates
from hfget.system import safe_text

#: What the disk has, be it under another name or not hashed yet.
_HERE = (ItemState.COMPLETE, ItemState.ADOPTABLE, ItemState.CACHED, ItemState.TWIN)


class Found(NamedTuple):
    """A snapshot of which `usable` says that nothing has to be fetched.

    `moment` is when its commit was pinned, in unix seconds; 0 where that is not known.
    """

    snapshot: Snapshot
    moment: float

    def told(self, why: str) -> str:
        """A line: which commit is taken, of when, and that the hub was not asked."""
        snapshot = self.snapshot
        revision = safe_text(snapshot.ref.revision or "main", 120)
        when = ""
        if self.moment:
            minute = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.moment))
            when = texts.AS_OF(minute=minute)
        lister = "" if snapshot.endpoint else texts.OTHER_LISTER
        commit = snapshot.commit[:12]
        return texts.STALE(why=why, commit=commit, revision=revision, when=when, lister=lister)


def pinned(
    layout: Layout, ref: RepoRef, endpoints: Sequence[str], usable: Callable[[Snapshot], bool]
) -> Snapshot | None:
    """The snapshot, where `ref` names a commit that one of `endpoints` has listed before."""
    if ref.trail or not ref.revision or not is_commit(ref.revision):
        return None
    for found in _candidates([layout], ref, endpoints):
        snapshot = found.snapshot
        own = snapshot.endpoint in endpoints
        if snapshot.commit == ref.revision and own and usable(snapshot):
            return snapshot
    return None


def remembered(
    memories: Sequence[Layout],
    ref: RepoRef,
    endpoints: Sequence[str],
    usable: Callable[[Snapshot], bool],
    *,
    anyones: bool = False,
) -> Found | None:
    """What `ref` was when it was last complete here.

    A listing that none of `endpoints` gave, or that another user has recorded, counts only with
    `anyones`: where no endpoint is to be asked at all.
    """
    refs = [ref]
    if ref.trail:
        refs = [
            replace(ref, revision=revision, path=path, trail=())
            for revision, path in trail_candidates(ref)
        ]
    for candidate in refs:
        for found in _candidates(memories, candidate, endpoints, anyones=anyones):
            own = found.snapshot.endpoint in ("", *endpoints)
            if (own or anyones) and usable(found.snapshot):
                return found
    return None


def is_here(plan: Plan) -> bool:
    """Whether the plan can be carried out without a byte from the network."""
    return not plan.removals and all(
        item.state in _HERE and not item.file.defect for item in plan.items
    )


def _candidates(
    memories: Sequence[Layout],
    ref: RepoRef,
    endpoints: Sequence[str],
    *,
    anyones: bool = False,
) -> Iterator[Found]:
    """The recorded snapshots of `ref`, nearest first."""
    for layout in memories:
        known = layout.remembered(ref, anyones=anyones)
        listing = layout.recorded(known.commit, anyones=anyones) if known else None
        if known is None or listing is None or not listing.files:
            continue
        snapshot = Snapshot(
            replace(ref, repo_id=known.repo_id),
            _giver(listing, endpoints),
            known.commit,
            listing.files,
            listing.proof,
            stale=ref.revision != known.commit,
            whole=listing.own,
        )
        yield Found(snapshot, known.moment)


def _giver(listing: RecordedListing, endpoints: Sequence[str]) -> str:
    """The first of the endpoints in use that gave the listing, else another, else none."""
    for endpoint in endpoints:
        if listing.is_from(endpoint):
            return endpoint
    return listing.endpoints[-1].rstrip("/") if listing.endpoints else ""
