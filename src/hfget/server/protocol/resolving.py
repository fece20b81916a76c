"""From a request's path to a repo, a revision and its listing, or a refusal."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from hfget.errors import HfgetError, NetworkError, NotFoundError
from hfget.messages import server_texts as texts
from hfget.model import is_commit
from hfget.server.protocol.access import Permission, ServeOptions
from hfget.server.protocol.answers import (
    RefusalError,
    invalid_token,
    preparing,
    repo_not_found,
    revision_not_found,
    upstream_refusal,
)
from hfget.server.protocol.targets import PathReading
from hfget.server.repos.cached import CachedRepo
from hfget.server.repos.listing import Listing
from hfget.server.repos.repo import MAIN, Repo, unfit
from hfget.server.repos.store import Store
from hfget.system import Stopped

if TYPE_CHECKING:
    from hfget.server.repos.mirror import Mirror

_TAGS = "refs/tags/"
#: Says that upstream could not be asked whether a branch is still the commit that is served.
STALE = "X-Hfget-Stale"


def split_revision(rest: tuple[str, ...]) -> tuple[str, str]:
    """A revision and the path behind it, where the repo's revisions are not known.

    One with slashes is taken for such if they are encoded, or if it begins with `refs/`.
    """
    if not rest:
        return MAIN, ""
    length = 3 if rest[0] == "refs" and len(rest) > 2 else 1
    revision = "/".join(rest[:length])
    return MAIN if revision == "HEAD" else revision, "/".join(rest[length:])


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks for which repo, and what the access policy says."""

    token: str | None
    verdict: Permission


@dataclass(frozen=True, slots=True)
class Resolver:
    store: Store
    options: ServeOptions
    mirror: Mirror | None = None
    with_token: bool = False
    #: What the answer is to say besides.
    headers: dict[str, str] = field(default_factory=dict)

    async def repo(self, targets: tuple[PathReading, ...]) -> tuple[PathReading, Repo] | str:
        """The reading of the path that names a repo, or where a renamed repo's path moved to.

        Raises LookupError if no reading names one. One that is not here may be upstream's.
        """
        for target in targets:
            moved = self.store.alias(target.repo_type, target.repo_id)
            if moved is not None:
                return target.moved(moved)
            repo = await run_in_threadpool(self.store.find, target.repo_type, target.repo_id)
            if repo is not None:
                return target, repo
        for target in targets if self.mirror else ():
            if unfit(target.repo_type, target.repo_id) is None:
                return target, Repo(target.repo_id, target.repo_type, {})
        raise LookupError

    def visitor(self, repo: Repo | None, token: str | None) -> Visitor:
        """Raises RefusalError for a bad token, a missing repo and one that must not be seen."""
        access = self.options.access
        if token is not None and access.user(token) is None:
            raise invalid_token()
        if repo is None:
            raise repo_not_found(with_token=token is not None)
        verdict = access.may_read(repo, token)
        if verdict is Permission.PRIVATE:
            raise repo_not_found(with_token=token is not None)
        return Visitor(token, verdict)

    async def listing(self, folder: Path) -> Listing:
        """Raises RefusalError (503, come back later) while a large folder is hashed."""
        work = asyncio.wrap_future(self.store.listing(folder))
        try:
            return await asyncio.wait_for(asyncio.shield(work), self.options.prepare_wait)
        except (TimeoutError, asyncio.TimeoutError) as error:
            raise preparing(folder.name) from error
        except Stopped as error:
            raise RefusalError(503, texts.SHUTTING_DOWN) from error
        except OSError as error:
            raise RefusalError(
                503, texts.UNREADABLE(name=folder.name), headers={"Retry-After": "5"}
            ) from error

    async def revision(self, repo: Repo, rest: tuple[str, ...]) -> tuple[Listing, str]:
        """The listing of a revision that `rest` begins with, and the path behind it.

        A folder that is served is taken as it is, all else is upstream's, if there is one. What
        upstream does not know, or cannot be asked for, may be in a cache that is served.
        """
        if self.mirror is None:
            return await self._local(repo, rest)
        own = {
            name: folder
            for name, folder in repo.folders.items()
            if CachedRepo.of_snapshot(folder) is None
        }
        if own:
            try:
                return await self._local(replace(repo, folders=own), rest)
            except RefusalError as refusal:
                if refusal.status != 404:
                    raise
        revision, path = split_revision(rest)
        try:
            found = await self.mirror.revision(repo.repo_type, repo.repo_id, revision)
        except HfgetError as error:
            if repo.folders and isinstance(error, (NetworkError, NotFoundError)):
                with suppress(RefusalError):
                    local = await self._local(repo, rest)
                    self._mark(stale=isinstance(error, NetworkError))
                    return local
            raise upstream_refusal(error, with_token=self.with_token) from error
        self._mark(stale=found.stale)
        return found.listing, path

    async def refs(self, repo: Repo) -> object | None:
        """Branches and tags as upstream tells them; None where those that are here count."""
        if self.mirror is None or any(not CachedRepo.of_snapshot(f) for f in repo.folders.values()):
            return None
        try:
            told: object = await self.mirror.refs(repo.repo_type, repo.repo_id)
            return told
        except HfgetError as error:
            if repo.folders and isinstance(error, (NetworkError, NotFoundError)):
                self._mark(stale=isinstance(error, NetworkError))
                return None
            raise upstream_refusal(error, with_token=self.with_token) from error

    def _mark(self, *, stale: bool) -> None:
        if stale:
            self.headers[STALE] = "true"

    async def _local(self, repo: Repo, rest: tuple[str, ...]) -> tuple[Listing, str]:
        """The listing of the longest known revision `rest` begins with, and the path behind it.

        Clients write a revision with slashes percent-encoded or plain; joined, both look the
        same. No `rest` means the main branch.
        """
        text = "/".join(rest) if rest else MAIN
        names = dict(repo.folders)
        for name, folder in repo.folders.items():
            names.setdefault(name.removeprefix(_TAGS), folder)
            if CachedRepo.of_snapshot(folder):
                names.setdefault(folder.name, folder)
        if MAIN in names:
            names.setdefault("HEAD", names[MAIN])
        for name in sorted(names, key=len, reverse=True):
            if text == name or text.startswith(name + "/"):
                return await self.listing(names[name]), text[len(name) + 1 :]
        commit, _, path = text.partition("/")
        if is_commit(commit):
            # main first: it is what nearly every client has pinned
            for name in sorted(repo.folders, key=lambda name: name != MAIN):
                listing = await self.listing(repo.folders[name])
                if listing.commit == commit:
                    return listing, path
        raise revision_not_found(rest[0] if rest else MAIN)
