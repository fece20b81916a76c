"""The hub as an ASGI app: who may ask, which route answers, and how a refusal is said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hfget.messages import server_texts as texts
from hfget.server.cors import METHODS, cors_headers
from hfget.server.protocol.access import ServeOptions
from hfget.server.protocol.answers import RefusalError
from hfget.server.protocol.files import ChangedError
from hfget.server.protocol.targets import is_git
from hfget.server.repos.store import Store
from hfget.server.routes import Routes
from hfget.server.shortcuts import Shortcuts
from hfget.system import is_shortage

if TYPE_CHECKING:
    from hfget.server.admission import Admission
    from hfget.server.repos.mirror import Mirror

#: The form of a target that proxies are asked with; a server has to take it, too (RFC 9112, 3.2.2).
_ABSOLUTE = re.compile(r"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)


def create_app(
    store: Store,
    options: ServeOptions | None = None,
    mirror: Mirror | None = None,
    shortcuts: Shortcuts | None = None,
    admission: Admission | None = None,
) -> ASGIApp:
    """The app that serves `store`. It only reads; no route changes anything.

    What `admission` knows of connections is on the page.
    """
    options = options or ServeOptions()
    door = _Door(store, options, Routes(store, options, mirror, shortcuts, admission))
    if shortcuts is not None:
        shortcuts.look_up = door.routes.look_up

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            response = await door.answer(Request(scope, receive))
            await response(scope, receive, send)

    return app


@dataclass(frozen=True, slots=True)
class _Door:
    store: Store
    options: ServeOptions
    routes: Routes

    async def answer(self, request: Request) -> Response:
        try:
            host, path = _target(request)
            self._check_host(host)
            response = await self._checked(request, path)
        except RefusalError as refusal:
            response = refusal.response()
        except ClientDisconnect:
            response = Response(status_code=400)
        except OSError as error:
            if not is_shortage(error):
                raise
            busy = RefusalError(503, texts.NO_DESCRIPTOR, headers={"Retry-After": "1"})
            response = busy.response()
        extra = cors_headers(request.method, request.headers, self.options.origins)
        for name, value in extra.items():
            response.headers[name] = value
        return response

    def _check_host(self, host: str | None) -> None:
        hosts = self.options.hosts
        # clients that send no Host are no browsers: these always do
        if hosts is not None and host is not None and not hosts.knows(host):
            name = host.encode("ascii", "replace").decode()[:100]
            raise RefusalError(421, texts.OTHER_NAME(name=name))

    async def _checked(self, request: Request, path: str) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": METHODS})
        if self.options.tokens is not None:
            self.options.tokens.check(request.headers, is_page=path == "/")
        if is_git(path):
            # git shows a plain text, with `remote:` before it
            message = texts.NO_GIT
            return PlainTextResponse(message + "\n", 403, {"X-Error-Message": message})
        if request.method not in ("GET", "HEAD") and not (
            request.method == "POST" and "/paths-info/" in path
        ):
            raise RefusalError(405, texts.READ_ONLY, headers={"Allow": METHODS})
        try:
            try:
                return await self.routes.answer(request, path)
            except ChangedError:
                self.store.forget()
                return await self.routes.answer(request, path)
        except ChangedError as error:
            raise RefusalError(503, "The file is changing", headers={"Retry-After": "1"}) from error


def _target(request: Request) -> tuple[str | None, str]:
    """The host and the raw path that are asked for. Raises RefusalError for what HTTP forbids."""
    closing = {"Connection": "close"}
    if request.scope["http_version"] > "1.9":
        raise RefusalError(505, "HTTP Version Not Supported", headers=closing)
    if "content-length" in request.headers and "transfer-encoding" in request.headers:
        # a proxy may have taken the other one for the end of the body (RFC 9112, 6.1)
        raise RefusalError(400, "Content-Length and Transfer-Encoding", headers=closing)
    path = raw_path(request)
    absolute = _ABSOLUTE.fullmatch(path)
    if absolute is not None:
        return absolute[1], absolute[2] or "/"
    if not path.startswith("/") and (request.method, path) != ("OPTIONS", "*"):
        raise RefusalError(400, "Bad Request", headers=closing)
    return request.headers.get("host"), path


def raw_path(request: Request) -> str:
    raw: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    return raw.decode("latin-1")
