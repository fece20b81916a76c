"""`LocalHub`: the embedded hub with a CDN, a foreign origin, faults, limits and a log."""

from __future__ import annotations

import asyncio
import contextlib
import fnmatch
import socket
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType

import uvicorn

from hfget.server.protocol.access import Permission, ServeOptions
from hfget.server.repos.listing import ServedFile
from hfget.server.repos.repo import Repo
from hfget.server.repos.store import Store
from hfget.server.running import bind, make_server
from tests.hub.cdn import Cdn
from tests.hub.faults import Faults, OriginName
from tests.hub.log import Log, Request
from tests.hub.origin import Origin, Places, Site
from tests.hub.relay import Relay
from tests.hub.throttle import Throttle

_START_SECONDS = 20.0
_STOP_SECONDS = 10.0


class TokenAccess:
    """Gated and private repos (as `str(repo)`), open to `tokens` but not to `strangers`.

    Any other token is invalid, for public repos too.
    """

    def __init__(
        self,
        gated: Iterable[str],
        private: Iterable[str],
        tokens: Iterable[str],
        strangers: Iterable[str],
    ) -> None:
        self._gated = frozenset(gated)
        self._private = frozenset(private)
        self._tokens = frozenset(tokens)
        self._strangers = frozenset(strangers)

    def user(self, token: str) -> str | None:
        return "tester" if token in self._tokens | self._strangers else None

    def may_read(self, repo: Repo, token: str | None) -> Permission:
        if token in self._tokens:
            return Permission.OK
        if self.is_private(repo):
            return Permission.PRIVATE
        return Permission.GATED if self.is_gated(repo) else Permission.OK

    def is_gated(self, repo: Repo) -> bool:
        return str(repo) in self._gated

    def is_private(self, repo: Repo) -> bool:
        return str(repo) in self._private


class LocalHub:
    """Three origins on 127.0.0.1 around one folder of repos, in threads of this process.

    `endpoint` is the hub. With `cdn`, LFS content is redirected to `cdn_url` under URLs that
    live `cdn_ttl` seconds; without, the hub sends it and `cdn` is None. `foreign` is another
    origin with the same content, to be led to by a fault. Rates are bytes a second. `places`
    limits the connections to all three. `tokens` see everything, `strangers` are valid but
    granted nothing.
    """

    def __init__(
        self,
        root: Path,
        *,
        aliases: Mapping[str, str] | None = None,
        gated: Iterable[str] = (),
        private: Iterable[str] = (),
        tokens: Iterable[str] = (),
        strangers: Iterable[str] = (),
        page_size: int = 1000,
        cdn: bool = True,
        cdn_ttl: float = 3600.0,
        latency: float = 0.0,
        rate_per_connection: float | None = None,
        rate_total: float | None = None,
        places: Places | None = None,
    ) -> None:
        tokens, strangers = frozenset(tokens), frozenset(strangers)
        self.store = Store(root, aliases=dict(aliases or {}), everything=True)
        self.store.rescan_seconds = 0.5
        self.faults = Faults()
        self._log = Log(tokens | strangers)
        self._cdn = Cdn(cdn_ttl)
        self._use_cdn = cdn
        self._site = Site(
            self.faults, self._log, latency, rate_per_connection, Throttle(rate_total), places
        )
        self._options = ServeOptions(
            page_size=page_size,
            expanded_page_size=min(page_size, 50),
            access=TokenAccess(gated, private, tokens, strangers),
            location=self._location if cdn else None,
            hosts=None,
            most_connections_each=1024,
        )

    def __enter__(self) -> LocalHub:
        ready = threading.Event()
        listener = bind("127.0.0.1", 0)
        port: int = listener.getsockname()[1]
        server = make_server(self.store, self._options, ready.set)
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(server, listener)), daemon=True
        )
        self._thread.start()
        if not ready.wait(_START_SECONDS):
            raise RuntimeError("the hub did not start")
        self._origins = [
            Origin("hub", self._site, lambda: Relay(port)),
            Origin("cdn", self._site, lambda: contextlib.nullcontext(self._cdn)),
            Origin("foreign", self._site, lambda: Relay(port)),
        ]
        for origin in self._origins:
            origin.accept()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._site.stopped.set()
        for origin in self._origins:
            origin.stop()
        with contextlib.suppress(RuntimeError):  # it has ended
            self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join(_STOP_SECONDS)
        self.store.close()

    @property
    def endpoint(self) -> str:
        return self._site.urls["hub"]

    @property
    def cdn(self) -> str | None:
        return self._site.urls["cdn"] if self._use_cdn else None

    @property
    def foreign(self) -> str:
        return self._site.urls["foreign"]

    @property
    def log(self) -> list[Request]:
        """All requests so far, in the order they came."""
        return self._log.requests

    def requests(
        self, origin: OriginName | None = None, method: str | None = None, path: str = "*"
    ) -> list[Request]:
        """The requests at an origin, with a method, to paths that match a glob."""
        return [
            request
            for request in self.log
            if origin in (None, request.origin)
            and method in (None, request.method)
            and fnmatch.fnmatchcase(request.path, path)
        ]

    def bytes_sent(self, origin: OriginName | None = None, path: str = "*") -> int:
        """Body bytes sent so far."""
        return sum(request.bytes_sent for request in self.requests(origin, path=path))

    @property
    def signatures(self) -> frozenset[str]:
        """Every signature that the CDN gave."""
        return frozenset(self._cdn.signatures)

    def clear_log(self) -> None:
        self._log.clear()

    def refuse(self, origin: OriginName) -> None:
        """Refuse connections at `origin` and reset the open ones, until `restore`."""
        self._site.origins[origin].refuse()

    def restore(self, origin: OriginName) -> None:
        self._site.origins[origin].accept()

    def set_latency(self, seconds: float) -> None:
        """How much later every answer comes."""
        self._site.latency = seconds

    def set_rate(self, total: float | None) -> None:
        """How many bytes a second all origins send together; None is no limit."""
        self._site.total.rate = total

    def rescan(self) -> None:
        """Have the next request see what has changed on disk."""
        self.store.forget()

    def commit(self, repo: str, revision: str = "main") -> str:
        """The commit hash of a repo named as `str(repo)`: `org/name`, `datasets/org/name`."""
        self.store.forget()
        found = next(known for known in self.store.repos() if str(known) == repo)
        return self.store.listing(found.folders[revision]).result(_START_SECONDS).commit

    def _location(self, repo: Repo, commit: str, file: ServedFile) -> str:
        return self._cdn.sign(self._site.urls["cdn"], repo, file)

    async def _serve(self, server: uvicorn.Server, listener: socket.socket) -> None:
        """Serve until cancelled, then end at once: uvicorn's own way takes 0.2 seconds."""
        serving = asyncio.ensure_future(server.serve([listener]))
        self._loop, self._cancel = asyncio.get_running_loop(), serving.cancel
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        for listening in server.servers:
            listening.close()
        for connection in list(server.server_state.connections):
            connection.transport.abort()
