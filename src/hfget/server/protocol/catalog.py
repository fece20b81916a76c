"""Lists of repos: what `/api/models`, `/api/datasets` and `/api/spaces` answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from hfget.model import RepoType
from hfget.server.protocol import api
from hfget.server.protocol.access import Access, Permission
from hfget.server.repos.listing import Listing
from hfget.server.repos.repo import MAIN, Repo
from hfget.server.repos.store import Store
from hfget.system import is_true

_MOST = 1000


class CatalogPage(NamedTuple):
    """One page of a list, and the query of the next, None after the last."""

    entries: list[dict[str, Any]]
    following: str | None


def repo_list(
    store: Store,
    access: Access,
    repo_type: RepoType,
    query: Sequence[tuple[str, str]],
    token: str | None,
) -> CatalogPage:
    """The repos of one type that `token` may know of.

    Understood are `author`, `search`, `filter` (tags), `pipeline_tag`, `limit` and `full`; what
    else the Hub knows would not leave out anything here.
    """
    asked = dict(query)
    tags = [tag for key, text in query if key == "filter" for tag in text.split(",") if tag]
    tags += [text for key, text in query if key == "pipeline_tag" and text]
    found = [
        (repo, listing)
        for repo in store.repos()
        if repo.repo_type == repo_type and _is_meant(repo, asked)
        if access.may_read(repo, token) is not Permission.PRIVATE
        for listing in [_main(store, repo)]
        if _has(listing, tags)
    ]
    start, limit = api.number(asked.get("skip"), 0), api.number(asked.get("limit"), _MOST)
    limit = max(1, min(limit, _MOST))
    shown = found[start : start + limit]
    entries = [_entry(repo, listing, access, asked) for repo, listing in shown]
    if "limit" in asked or start + limit >= len(found):
        return CatalogPage(entries, None)
    others = [(key, text) for key, text in query if key != "skip"]
    return CatalogPage(entries, urlencode([*others, ("skip", str(start + limit))]))


def _is_meant(repo: Repo, asked: Mapping[str, str]) -> bool:
    owner = repo.repo_id.rpartition("/")[0]
    author = asked.get("author", "").lower()
    words: Iterable[str] = asked.get("search", "").lower().split()
    return (not author or owner.lower() == author) and all(
        word in repo.repo_id.lower() for word in words
    )


def _main(store: Store, repo: Repo) -> Listing | None:
    """Its listing, if there is one by now: a list of repos does not wait for hashes."""
    folder = repo.folders.get(MAIN) or next(iter(repo.folders.values()))
    listing = store.last_listing(folder)
    if listing is None:
        store.listing(folder)
    return listing


def _has(listing: Listing | None, tags: Sequence[str]) -> bool:
    if not tags:
        return True
    known = {tag.lower() for tag in listing.card.tags} if listing else set()
    return all(tag.lower() in known for tag in tags)


def _entry(
    repo: Repo, listing: Listing | None, access: Access, asked: Mapping[str, str]
) -> dict[str, Any]:
    data = api.summary(repo, listing, access)
    if listing and is_true(asked.get("full")):
        data["siblings"] = [{"rfilename": path} for path in listing.files]
    if listing and is_true(asked.get("cardData")):
        data["cardData"] = listing.card.data or None
    return data
