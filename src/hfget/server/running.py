"""The app under uvicorn: where it listens, how many it lets in, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hfget.server.app import create_app
from hfget.server.protocol.access import ServeOptions
from hfget.server.repos.store import Store
from hfget.server.shortcuts import Shortcuts

if TYPE_CHECKING:
    import uvicorn

    from hfget.server.repos.mirror import Mirror

_KEEP_ALIVE_SECONDS = 75
_BACKLOG = 2048
#: Descriptors for all but connections, and how many each connection may need: its socket, the
#: file, and while that is sent the socket once more.
_OTHER_FILES, _FILES_EACH = 64, 3
#: Where few are allowed: those that the event loop and a look at the disk take.
_LOOP_FILES = 12


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` (name, IPv4 or IPv6); port 0 picks one. Raises OSError."""
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(address[:2], family=family, backlog=_BACKLOG)


def make_server(
    store: Store,
    options: ServeOptions | None,
    on_ready: Callable[[], None],
    mirror: Mirror | None = None,
) -> uvicorn.Server:
    """A server for `Server.run(sockets=[bind(...)])`; `on_ready` is called once it accepts.

    Stopped by `should_exit`, it does not wait for transfers that are under way: a client
    resumes, and a server that is stopped should stop.
    """
    import uvicorn

    from hfget.server.admission import Admission
    from hfget.server.direct import Direct
    from hfget.server.handshakes import TlsListener

    options = options or ServeOptions()
    most = _room(options.most_connections)
    limits = Admission(
        most=most,
        most_each=min(most, options.most_connections_each),
        head_seconds=options.head_seconds,
    )

    known = Shortcuts(options)

    class Connection(Direct):
        admission = limits
        shortcuts = known

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            context = self.config.ssl
            await super().startup(sockets=sockets if context is None else [])
            if context is not None:
                self.servers += [self._over_tls(one, context) for one in sockets or ()]
            on_ready()

        def _over_tls(self, sock: socket.socket, context: ssl.SSLContext) -> Any:
            return TlsListener(
                sock,
                context,
                limits,
                lambda: Connection(self.config, self.server_state, self.lifespan.state),
            )

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # `run` has handlers of its own, and none for what is to be ignored

    config = uvicorn.Config(
        create_app(store, options, mirror, known, limits),
        http=Connection,
        ws="none",
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=0,
        backlog=_BACKLOG,
        ssl_certfile=options.tls.cert if options.tls else None,
        ssl_keyfile=options.tls.key if options.tls else None,
    )
    return Server(config)


def run(
    store: Store,
    listener: socket.socket,
    options: ServeOptions | None = None,
    on_ready: Callable[[], None] = lambda: None,
    mirror: Mirror | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, then return. To be called from the main thread."""
    server = make_server(store, options, on_ready, mirror)

    def stop(signal_number: int, frame: object) -> None:
        server.should_exit = True

    # What was ignored when this process began stays so: `&` in a script asks for it.
    wanted = (signal.SIGINT, signal.SIGTERM)
    handled = [number for number in wanted if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in handled}
    try:
        server.run(sockets=[listener])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if mirror is not None:
            mirror.close()
        store.close()


def _open_now() -> int:
    """How many descriptors this process has, where the system tells."""
    try:
        return len(os.listdir("/dev/fd"))  # noqa: PTH208
    except OSError:
        return _OTHER_FILES


def _room(wanted: int) -> int:
    """How many connections the limit of open files has room for; raised where that may be."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = wanted * _FILES_EACH + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < need:
        soft = need if hard == resource.RLIM_INFINITY else min(need, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        except (OSError, ValueError):
            soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        others = min(_OTHER_FILES, _open_now() + _LOOP_FILES)
        return max(1, min(wanted, (soft - others) // _FILES_EACH))
    return wanted
