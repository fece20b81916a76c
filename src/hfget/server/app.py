"""The hub as an ASGI app: one entry for every path of the protocol, and how to run it."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hfget.server import api
from hfget.server.answers import RefusalError, gated, invalid_token, json_answer
from hfget.server.files import ChangedError, FileRequest, raw_answer, resolve_answer
from hfget.server.listing import Listing
from hfget.server.options import ServeOptions, Verdict
from hfget.server.resolving import Resolver
from hfget.server.store import Repo, Store
from hfget.server.targets import Target, candidates

if TYPE_CHECKING:
    import uvicorn

_MAX_BODY = 8 << 20


def create_app(store: Store, options: ServeOptions | None = None) -> Starlette:
    """The app that serves `store`. It only reads; no route changes anything."""
    hub = _Hub(store, options or ServeOptions())
    methods = ["GET", "HEAD", "POST"]
    return Starlette(routes=[Route("/{path:path}", hub.answer, methods=methods)])


@dataclass(frozen=True)
class _Hub:
    store: Store
    options: ServeOptions

    async def answer(self, request: Request) -> Response:
        try:
            try:
                return await self._answer(request)
            except ChangedError:
                self.store.forget()
                return await self._answer(request)
        except ChangedError:
            return RefusalError(
                503, "The file is changing", headers={"Retry-After": "1"}
            ).response()
        except RefusalError as refusal:
            return refusal.response()

    async def _answer(self, request: Request) -> Response:
        raw_path = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
        path = raw_path.decode("latin-1")
        if path.rstrip("/") == "/api/whoami-v2":
            return self._whoami(_token(request))
        targets = candidates(path)
        if not targets:
            raise RefusalError(404, "Not Found")
        if (request.method == "POST") != (targets[0].action == "paths-info"):
            raise RefusalError(405, "Method Not Allowed")
        resolver = Resolver(self.store, self.options)
        try:
            found = await resolver.repo(targets)
        except LookupError:
            found = None
        if isinstance(found, str):
            query = f"?{request.url.query}" if request.url.query else ""
            return PlainTextResponse(
                "Temporary Redirect", 307, {"Location": found + query, "Vary": "Authorization"}
            )
        visitor = resolver.visitor(found[1] if found else None, _token(request))
        assert found is not None, "the visitor of a missing repo is refused"
        target, repo = found
        if target.action == "refs":
            return json_answer(await self._refs(resolver, repo, request))
        listing, rest = await resolver.revision(repo, target.rest)
        if target.action in ("resolve", "raw"):
            if visitor.verdict is Verdict.GATED:
                raise gated(str(repo), visitor.token is not None)
            asked = FileRequest(request, repo, listing, rest)
            if target.action == "raw":
                return await raw_answer(asked)
            return await resolve_answer(asked, self.options.location)
        return await self._api(request, target, repo, listing, rest.strip("/"))

    async def _api(
        self, request: Request, target: Target, repo: Repo, listing: Listing, rest: str
    ) -> Response:
        query = request.query_params
        if target.action == "tree":
            expand = api.is_true(query.get("expand"))
            size = self.options.expanded_page_size if expand else self.options.page_size
            if query.get("limit", "").isdecimal():
                size = max(1, min(size, int(query["limit"])))
            entries, following = api.tree_page(listing, rest, query, size)
            headers = {}
            if following is not None:
                headers["Link"] = f'<{_origin(request)}{_raw(request)}?{following}>; rel="next"'
            return json_answer(entries, headers)
        if target.action == "treesize":
            return json_answer(api.tree_size(listing, rest))
        if rest:
            raise RefusalError(404, "Not Found")
        if target.action == "paths-info":
            body = await _body(request)
            return json_answer(
                api.paths_info(listing, body, request.headers.get("content-type", ""))
            )
        blobs = api.is_true(query.get("blobs"))
        return json_answer(api.info(repo, listing, self.options.access, blobs))

    async def _refs(self, resolver: Resolver, repo: Repo, request: Request) -> object:
        commits = {
            name: (await resolver.listing(folder)).commit for name, folder in repo.folders.items()
        }
        return api.refs(commits, api.is_true(request.query_params.get("include_prs")))

    def _whoami(self, token: str | None) -> Response:
        if token is None:
            raise RefusalError(401, "Invalid username or password.")
        name = self.options.access.user(token)
        if name is None:
            raise invalid_token()
        return json_answer(
            {
                "type": "user",
                "id": name,
                "name": name,
                "fullname": name,
                "orgs": [],
                "auth": {"type": "access_token", "accessToken": {"role": "read"}},
            }
        )


def _token(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _raw(request: Request) -> str:
    raw: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    return raw.decode("latin-1")


def _origin(request: Request) -> str:
    """The origin as the client sees it; empty (a relative link) if it does not say."""
    host = request.headers.get("host")
    return f"{request.url.scheme}://{host}" if host else ""


async def _body(request: Request) -> bytes:
    body = b""
    async for block in request.stream():
        body += block
        if len(body) > _MAX_BODY:
            raise RefusalError(413, "Request body too large")
    return body


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` (name, IPv4 or IPv6); port 0 picks one. Raises OSError."""
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(address[:2], family=family, backlog=2048)


def make_server(
    store: Store, options: ServeOptions | None, on_ready: Callable[[], None]
) -> uvicorn.Server:
    """A server for `Server.run(sockets=[bind(...)])`; `on_ready` is called once it accepts.

    Stopped by `should_exit`, it does not wait for transfers that are under way: a client
    resumes, and whoever stops a server wants it stopped.
    """
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            on_ready()

    config = uvicorn.Config(
        create_app(store, options),
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=0,
        backlog=2048,
    )
    return Server(config)


def run(
    store: Store,
    listener: socket.socket,
    options: ServeOptions | None = None,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGINT or SIGTERM, then return. To be called from the main thread."""
    server = make_server(store, options, on_ready)

    def stop(signal_number: int, frame: object) -> None:
        server.should_exit = True

    # uvicorn raises the signal again after its shutdown: it must find a harmless handler
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.run(sockets=[listener])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        store.close()
