"""requests and urllib3 from the adapter down to the connection, their private parts included.

Every connection knows the `Sockets` it belongs to, so that those who wait on one can be woken.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import url as urllib3_url
from urllib3.util.ssl_ import create_urllib3_context

from hfget.endpoints import is_loopback_address
from hfget.http.connect import Sockets, SteadyTimeout
from hfget.http.idle import IdleConnections
from hfget.http.response import Response, with_names
from hfget.http.trust import Authorities
from hfget.messages import http_texts as texts
from hfget.system import lazy_pattern

#: The handshake message with a certificate (RFC 8446, 4).
_CERTIFICATE = 11

#: A path and a query that urllib3 would leave as they are.
_ENCODED = lazy_pattern(
    r"/(?:[A-Za-z0-9_.~!$&'()*+,;=:@/-]|%[0-9A-F]{2})*"
    r"(?:\?(?:[A-Za-z0-9_.~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})*)?"
)

#: A hub, and the host that it redirects to.
_RECENT_POOLS = 2


class _Tracked(HTTPConnection):
    """A connection whose answers are `Response`s and whose socket can be shut from outside."""

    response_class = Response

    def __init__(self, *args: Any, sockets: Sockets, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sockets = sockets
        self._is_new = True

    def connect(self) -> None:
        self._is_new = True
        super().connect()
        self._sockets.add(self.sock)

    def request(
        self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any
    ) -> None:
        if headers is not None and "Authorization" in headers:
            self._check_peer()
        self._sockets.sending.reused = self.sock is not None and not self._is_new
        super().request(method, url, body, headers, **options)
        self._is_new = False

    def _check_peer(self) -> None:
        """Raise InTheClearError where the peer is not to see a secret. TLS shows it to no other."""


class _Connection(_Tracked):
    def _new_conn(self) -> socket.socket:
        """As urllib3's own, with the same exceptions, by way of `Sockets.connect`."""
        timeout: Any = self.timeout
        options = self.socket_options or ()
        try:
            return self._sockets.connect(self._dns_host, self.port, timeout, options)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, texts.NO_CONNECTION(host=self.host)) from error
        except OSError as error:
            raise NewConnectionError(
                self, texts.NO_CONNECTION_WHY(host=self.host, error=error)
            ) from error


class InTheClearError(Exception):
    """A secret was about to go over plain http to another machine than this one."""

    def __init__(self, peer: str) -> None:
        super().__init__(texts.SECRET_TO_PEER(peer=peer))
        self.peer = peer


class _PlainConnection(_Connection):
    """A secret goes over it only if the peer is this machine: names and DNS prove nothing."""

    def _check_peer(self) -> None:
        if self.sock is None:
            self.connect()
        peer = str(self.sock.getpeername()[0])
        if not is_loopback_address(peer):
            raise InTheClearError(peer)


class _TLSConnection(_Connection, HTTPSConnection):
    pass


def encode_target(target: str) -> str:
    """As urllib3's own, which takes as long as the rest of a request for a long signed address."""
    return target if _ENCODED.fullmatch(target) else urllib3_url._encode_target(target)


class _Keeping(HTTPConnectionPool):
    """A pool whose connections may be closed by others while they rest."""

    urlopen = with_names(HTTPConnectionPool.urlopen, _encode_target=encode_target)

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        self._idle.claim(connection)
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            self._idle.rest(conn)
        super()._put_conn(conn)

    @property
    def _idle(self) -> IdleConnections:
        sockets: Sockets = self.conn_kw["sockets"]
        return sockets.idle


class _Pool(_Keeping):
    ConnectionCls = _PlainConnection


class _TLSPool(_Keeping, HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


@cache
def _tracked(pool: Any) -> Any:
    """A pool that connects in its own way, through SOCKS, with connections that can be shut."""
    connection = type("_SocksConnection", (_Tracked, pool.ConnectionCls), {})
    return type("_SocksPool", (pool,), {"ConnectionCls": connection})


def tls_context(trusted: Authorities, sockets: Sockets) -> ssl.SSLContext:
    """A context that verifies against `trusted`. Raises UsageError if that cannot be read."""

    class Socket(SteadyTimeout, ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001 (ssl's own)
            sockets.add(self)
            super().do_handshake(block)

    context = create_urllib3_context()
    trusted.load(context)
    context.sslsocket_class = Socket
    return context


def report_certificates(context: ssl.SSLContext, report: Callable[[bytes], None]) -> None:
    """Have `report` called with each message in which a host shows its certificates."""

    def received(
        connection: Any, direction: Any, version: Any, content: Any, kind: Any, data: bytes
    ) -> None:
        if direction == "read" and kind == _CERTIFICATE and data[:1] == bytes([_CERTIFICATE]):
            report(data)

    vars_of: Any = context
    vars_of._msg_callback = received


class Adapter(HTTPAdapter):
    """Keeps one connection a host; `tls` gives the context when the first one is needed."""

    def __init__(self, sockets: Sockets, tls: Callable[[], ssl.SSLContext]) -> None:
        self._sockets = sockets
        self._pools: dict[str, Any] = {
            "http": partial(_Pool, sockets=sockets),
            "https": partial(_TLSPool, sockets=sockets),
        }
        self._tls = tls
        self._recent: dict[tuple[str, str], Any] = {}
        super().__init__(pool_connections=4, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> urllib3.ProxyManager:
        scheme = str(proxy).partition(":")[0].lower()
        if scheme == "https":
            kwargs["proxy_ssl_context"] = self._tls()
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        pools = self._pools
        if scheme.startswith("socks"):
            kind: Any = type(manager)
            pools = {
                name: partial(_tracked(pool), sockets=self._sockets)
                for name, pool in kind.pool_classes_by_scheme.items()
            }
        manager.pool_classes_by_scheme = pools
        return manager

    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """The pool of the request's host: mostly that of one of the last two requests."""
        place = (
            request.url[: request.url.index("/", len("https://"))],
            (proxies or {}).get("all", ""),
        )
        pool = self._recent.pop(place, None)
        # urllib3 closes a pool when others have been asked for since.
        if pool is None or pool.pool is None:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
        self._recent[place] = pool
        if len(self._recent) > _RECENT_POOLS:
            del self._recent[next(iter(self._recent))]
        return pool

    def request_url(self, request: Any, proxies: Any) -> Any:
        if proxies or "#" in request.url:
            return super().request_url(request, proxies)
        return request.url[request.url.index("/", len("https://")) :]

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        """As requests' own, but no cookie is looked for, nor what would decode a text."""
        response = requests.Response()
        response.status_code = resp.status
        response.reason = resp.reason
        response.headers = resp.headers
        response.raw = resp
        response.url = req.url
        response.request = req
        response.connection = self
        return response

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        host, tls = super().build_connection_pool_key_attributes(request, True)
        if host["scheme"] != "https":
            return host, tls
        return host, {"cert_reqs": "CERT_REQUIRED", "ssl_context": self._tls()}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to do: requests would load the bundle anew for each connection here."""


def wire_of(response: requests.Response) -> Any:
    """What the body of `response` is read from: a `Response` of ours."""
    wire: Any = response.raw._fp
    return wire


def hand_back(response: requests.Response) -> None:
    """Be done with an answer: back into the pool if the body was read to its end, else closed."""
    if wire_of(response).isclosed():
        response.raw.release_conn()
    else:
        response.close()
