"""Each path of the protocol and what answers it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hfget.messages import accepted_language
from hfget.model import RepoType
from hfget.server import page
from hfget.server.protocol import api, manifests
from hfget.server.protocol.access import Permission, ServeOptions
from hfget.server.protocol.answers import (
    RefusalError,
    gated,
    invalid_token,
    json_answer,
    repo_not_found,
)
from hfget.server.protocol.catalog import repo_list
from hfget.server.protocol.files import (
    FileRequest,
    bytes_answer,
    file_answer,
    raw_answer,
    resolve_answer,
)
from hfget.server.protocol.hostnames import forwarded_prefix, public_base
from hfget.server.protocol.resolving import Resolver, Visitor
from hfget.server.protocol.targets import PathReading, candidates, list_of
from hfget.server.repos.holdings import Holdings
from hfget.server.repos.listing import Listing
from hfget.server.repos.repo import MAIN, Repo
from hfget.server.repos.store import Store
from hfget.server.shortcuts import Shortcuts
from hfget.system import is_true

if TYPE_CHECKING:
    from hfget.server.admission import Admission
    from hfget.server.repos.mirror import Mirror

_MOST_BODY = 1 << 20
_BODY_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Routes:
    store: Store
    options: ServeOptions
    mirror: Mirror | None = None
    shortcuts: Shortcuts | None = None
    admission: Admission | None = None
    holdings: Holdings = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "holdings", Holdings(self.store))

    async def answer(self, request: Request, path: str) -> Response:
        """Raises RefusalError, ChangedError."""
        if path == "/" and request.method in ("GET", "HEAD"):
            return await self._page(request)
        plain = path.rstrip("/")
        if plain == "/api/whoami-v2":
            return self._whoami(_token(request))
        if plain == "/v2":
            return json_answer({}, {"Docker-Distribution-Api-Version": "registry/2.0"})
        if repo_type := list_of(path):
            return await self._list(request, path, repo_type)
        targets = candidates(path)
        if not targets:
            raise RefusalError(404, "Not Found")
        if (request.method == "POST") != (targets[0].action == "paths-info"):
            raise RefusalError(405, "Method Not Allowed", headers={"Allow": "GET, HEAD"})
        token = _token(request)
        resolver = Resolver(self.store, self.options, self.mirror, token is not None)
        try:
            found = await resolver.repo(targets)
        except LookupError:
            found = None
        if isinstance(found, str):
            return _moved(request, found)
        visitor = resolver.visitor(found[1] if found else None, token)
        if found is None:
            raise repo_not_found(with_token=visitor.token is not None)
        response = await self._of_repo(request, path, resolver, visitor, *found)
        response.headers.update(resolver.headers)
        return response

    async def look_up(self, path: str) -> None:
        """Have the shortcuts know what `path` is of, if it is of a revision that there is."""
        targets = candidates(path)
        resolver = Resolver(self.store, self.options, self.mirror)
        with suppress(LookupError, RefusalError):
            found = await resolver.repo(targets)
            if isinstance(found, str) or found[0].action != "resolve" or not self.shortcuts:
                return
            listing, rest = await resolver.revision(found[1], found[0].rest)
            file = listing.files.get(rest)
            if file is not None and file.supply is not None:
                await run_in_threadpool(file.supply.located)
            self.shortcuts.learn(path, rest, listing, resolver.headers, found[1].folders)

    async def _of_repo(
        self, request: Request, path: str, resolver: Resolver, visitor: Visitor,
        target: PathReading, repo: Repo,
    ) -> Response:  # fmt: skip
        if target.action == "refs":
            return json_answer(await self._refs(resolver, repo, request))
        if target.action == "auth-check":
            self._check_gate(repo, visitor)
            return json_answer({})
        if target.action in ("manifests", "blobs"):
            self._check_gate(repo, visitor)
            listing, _ = await resolver.revision(repo, (MAIN,))
            return await _registry(request, listing, target)
        listing, rest = await resolver.revision(repo, target.rest)
        if target.action in ("resolve", "raw"):
            self._check_gate(repo, visitor)
            asked = FileRequest(request, repo, listing, rest)
            if target.action == "raw":
                return await raw_answer(asked)
            return await resolve_answer(asked, self.options.location)
        return await self._api(request, path, target, repo, listing, rest.strip("/"))

    async def _api(
        self,
        request: Request,
        path: str,
        target: PathReading,
        repo: Repo,
        listing: Listing,
        rest: str,
    ) -> Response:
        query = request.query_params
        if target.action == "tree":
            expand = is_true(query.get("expand"))
            size = self.options.expanded_page_size if expand else self.options.page_size
            size = max(1, min(size, api.number(query.get("limit"), size)))
            entries, following = api.tree_page(listing, rest, query, size)
            return json_answer(entries, self._next(request, path, following))
        if target.action == "treesize":
            return json_answer(api.tree_size(listing, rest))
        if rest:
            raise RefusalError(404, "Not Found")
        if target.action == "commits":
            late = api.number(query.get("p"), 0) > 0
            return json_answer([] if late else api.commits(listing), {"X-Total-Count": "1"})
        if target.action == "paths-info":
            body = await _body(request)
            kind = request.headers.get("content-type", "")
            return json_answer(await run_in_threadpool(api.paths_info, listing, body, kind))
        blobs = is_true(query.get("blobs"))
        # a large repo takes a while to be written down
        return await run_in_threadpool(
            lambda: json_answer(api.info(repo, listing, self.options.access, blobs=blobs))
        )

    async def _page(self, request: Request) -> Response:
        """What people see. It shows what this client may know of."""
        token, access = _token(request), self.options.access
        found = await run_in_threadpool(self.holdings.now)
        seen = [one for one in found if access.may_read(one.repo, token) is Permission.OK]
        mirror = self.mirror
        shown = page.Activity(
            self._base(request) or "",
            seen,
            self.admission.connections() if self.admission else {},
            upstreams=mirror.endpoints if mirror else (),
            is_down=mirror is not None and mirror.is_down,
            pulls=mirror.puller.active if mirror else (),
            pulled=mirror.contents.total if mirror else 0,
            limit=mirror.contents.limit if mirror else None,
            asks_token=self.options.tokens is not None,
        )
        language = accepted_language(request.headers.get("accept-language", ""))
        html = await run_in_threadpool(page.render, shown, language)
        return Response(html, headers=page.HEADERS)

    def _base(self, request: Request) -> str | None:
        """The URL that this server was asked by."""
        version = str(request.scope.get("http_version", "1.1"))
        scheme = str(request.scope.get("scheme", "http"))
        return public_base(request.headers, scheme, version, self.options.hosts)

    async def _list(self, request: Request, path: str, repo_type: RepoType) -> Response:
        token = _token(request)
        if token is not None and self.options.access.user(token) is None:
            raise invalid_token()
        query = request.query_params.multi_items()
        entries, following = await run_in_threadpool(
            repo_list, self.store, self.options.access, repo_type, query, token
        )
        return json_answer(entries, self._next(request, path, following))

    async def _refs(self, resolver: Resolver, repo: Repo, request: Request) -> object:
        if (told := await resolver.refs(repo)) is not None:
            return told
        commits = {
            name: (await resolver.listing(folder)).commit for name, folder in repo.folders.items()
        }
        return api.refs(commits, include_prs=is_true(request.query_params.get("include_prs")))

    def _next(self, request: Request, path: str, following: str | None) -> dict[str, str]:
        """The link to the next page. Relative, it is the query alone: right below any path."""
        if following is None:
            return {}
        base = self._base(request)
        return {"Link": f'<{base + path if base is not None else ""}?{following}>; rel="next"'}

    def _check_gate(self, repo: Repo, visitor: Visitor) -> None:
        if visitor.verdict is Permission.GATED:
            raise gated(str(repo), with_token=visitor.token is not None)

    def _whoami(self, token: str | None) -> Response:
        if token is None:
            raise RefusalError(401, "Invalid username or password.")
        name = self.options.access.user(token)
        if name is None:
            raise invalid_token()
        data: dict[str, Any] = {"type": "user", "id": name, "name": name, "fullname": name}
        access = {"type": "access_token", "accessToken": {"role": "read"}}
        return json_answer({**data, "orgs": [], "auth": access})


async def _registry(request: Request, listing: Listing, target: PathReading) -> Response:
    name = "/".join(target.rest)
    if target.action == "manifests":
        agent = request.headers.get("user-agent", "")
        found = await run_in_threadpool(manifests.manifest, listing, name, agent)
        return json_answer(found, {"X-Repo-Commit": listing.commit})
    blob = await run_in_threadpool(manifests.blob, listing, name)
    identity = {"X-Repo-Commit": listing.commit, "Docker-Content-Digest": name}
    if blob.file is None:
        return bytes_answer(request, blob.data, name.partition(":")[2], name, identity)
    return await file_answer(request, blob.file, identity)


def _moved(request: Request, path: str) -> Response:
    query = request.scope.get("query_string", b"").decode("latin-1")
    prefix = forwarded_prefix(request.headers) or ""
    target = f"{prefix}{path}?{query}" if query else prefix + path
    return PlainTextResponse(
        "Temporary Redirect", 307, {"Location": target, "Vary": "Authorization"}
    )


def _token(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


async def _body(request: Request) -> bytes:
    # what is left of the body is not read: the connection is of no use any more
    closing = {"Connection": "close"}

    async def read() -> bytes:
        declared = request.headers.get("content-length", "0")
        body = bytearray()
        if int(declared) > _MOST_BODY:  # h11 lets only digits pass
            raise RefusalError(413, "Request body too large", headers=closing)
        async for block in request.stream():
            body += block
            if len(body) > _MOST_BODY:
                raise RefusalError(413, "Request body too large", headers=closing)
        return bytes(body)

    try:
        return await asyncio.wait_for(read(), _BODY_SECONDS)
    except (TimeoutError, asyncio.TimeoutError) as error:
        raise RefusalError(408, "the body did not come in time", headers=closing) from error
