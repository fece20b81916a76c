"""The one HTTP stack, for API calls and for content: sessions, time-outs, CA, proxies, token.

requests does the work, with three of its habits switched off because they leak or lie:
`trust_env` (a netrc entry silently replaces the Bearer token), automatic redirects
(credentials and policy are decided here, hop by hop) and decoding (a small gzip body can
swell without bound).
"""

from __future__ import annotations

import http.client
import os
import platform
import re
import socket
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from hfget import events
from hfget._version import __version__
from hfget.errors import NetworkError, UnsafeError
from hfget.secret import redact, safe_url
from hfget.settings import OFFICIAL_HOSTS, Credential, host_of, is_loopback, origin_of
from hfget.text import safe_text

MAX_REDIRECTS = 10
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})

# Control characters and blanks, or two addresses glued together (seen on a mirror).
_MALFORMED_LOCATION = re.compile(r"[\x00-\x20\x7f]|^https?://[^/?#]*https?:/")

_open_sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
_open_sockets_lock = threading.Lock()


class _Response(http.client.HTTPResponse):
    """A response whose `readinto1` makes at most one recv, straight into the caller's buffer.

    The inherited one allocates and copies; `readinto` returns only when the buffer is full,
    so that a server which drips could not be noticed.
    """

    def readinto1(self, buffer: Any, /) -> int:
        if self.fp is None:
            return 0
        if self.chunked:
            return super().readinto1(buffer)
        view = memoryview(buffer)
        if self.length is not None and len(view) > self.length:
            view = view[: self.length]
        count = self.fp.readinto1(view)
        if count == 0 and len(view) > 0:
            self.close()
        elif self.length is not None:
            self.length -= count
            if self.length == 0:
                self.close()
        return count


class _TrackedConnection(HTTPConnection):
    response_class = _Response

    def connect(self) -> None:
        super().connect()
        _track(self.sock)


class _TrackedTLSConnection(HTTPSConnection):
    response_class = _Response

    def connect(self) -> None:
        super().connect()
        _track(self.sock)


def _track(sock: socket.socket | None) -> None:
    if sock is not None:
        with _open_sockets_lock:
            _open_sockets.add(sock)


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _TrackedConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _TrackedTLSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> urllib3.ProxyManager:
        manager: urllib3.ProxyManager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        return manager


class HttpClient:
    """Sends single requests; one session a thread, connections kept alive.

    `requests_sent` counts every request of the run. `unlocked` is set once a token that is
    not eager may be used (the endpoint refused a request without it).
    """

    def __init__(
        self,
        credential: Credential | None = None,
        *,
        connect_timeout: float = 10.0,
        offline: bool = False,
        allow_private: bool = False,
        observer: events.Observer = events.ignore,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self._observer = observer
        self.credential = credential
        self.unlocked = credential is not None and credential.eager
        self.requests_sent = 0
        self._connect_timeout = connect_timeout
        self._offline = offline
        self._allow_private = allow_private
        self._verify: bool | str = (
            env.get("REQUESTS_CA_BUNDLE")
            or env.get("CURL_CA_BUNDLE")
            or env.get("SSL_CERT_FILE")
            or True
        )
        self._local = threading.local()
        self._lock = threading.Lock()
        self._proxies: dict[str, dict[str, str]] = {}

    def get(
        self,
        url: str,
        *,
        read_timeout: float,
        headers: Mapping[str, str] | None = None,
        with_token: bool = True,
    ) -> requests.Response:
        """One GET, one hop, body unread. The token goes along only to the origin it is bound to.

        Raises requests.RequestException as requests does, NetworkError when offline.
        """
        if self._offline:
            raise NetworkError(
                "offline mode is on (HF_HUB_OFFLINE), nothing can be fetched",
                hint="unset HF_HUB_OFFLINE",
                url=safe_url(url),
            )
        sent = {"Accept-Encoding": "identity", **(headers or {})}
        if with_token:
            sent.update(self._authorization(url))
        with self._lock:
            self.requests_sent += 1
        return self._session().get(
            url,
            headers=sent,
            stream=True,
            allow_redirects=False,
            timeout=(self._connect_timeout, read_timeout),
            verify=self._verify,
            proxies=self._proxies_for(url),
        )

    def next_hop(self, response: requests.Response, endpoint: str) -> str:
        """The checked absolute URL to which `response`, a redirect, points.

        The Hub's own origin is replaced by the endpoint's: mirrors pass such redirects on.
        Raises UnsafeError for another scheme, a downgrade to http, or a private address
        behind a public one; NetworkError for a Location that is no URL.
        """
        location = response.headers.get("Location", "")
        source = response.url
        if not location or _MALFORMED_LOCATION.search(location):
            raise NetworkError(
                f"{host_of(source)} sent a redirect that is no address",
                url=safe_url(source),
                hint="the mirror may be broken; try another one with --endpoint",
            )
        target = strip_user(rebase(urljoin(source, location), endpoint))
        self._check_target(source, target)
        return target

    def _check_target(self, source: str, target: str) -> None:
        scheme = urlsplit(target).scheme.lower()
        shown = safe_text(safe_url(target))
        if scheme not in ("http", "https"):
            raise UnsafeError(
                f"{host_of(source)} redirects to {scheme}:, which is refused", url=safe_url(source)
            )
        if source.startswith("https:") and scheme == "http":
            raise UnsafeError(
                f"{host_of(source)} redirects from https to http ({shown}), which is refused",
                url=safe_url(source),
            )
        if not self._allow_private and _is_private(target) and not _is_private(source):
            raise UnsafeError(
                f"{host_of(source)} redirects to a private address ({shown}), which is refused",
                url=safe_url(source),
                hint="if this mirror is yours, allow it with --allow-private",
            )

    def unlock(self, response: requests.Response) -> bool:
        """After a 401 or 403: whether a token that was held back so far may be sent to its host.

        Says so in a line, since the user did not ask for it in so many words.
        """
        credential = self.credential
        if credential is None or response.status_code not in (401, 403):
            return False
        if origin_of(response.url) != credential.origin:
            return False
        if "Authorization" in response.request.headers:
            return False
        with self._lock:
            first, self.unlocked = not self.unlocked, True
        if first:
            host = host_of(response.url)
            self._observer(
                events.Note(f"{host} asks for a token: {credential.source} is sent to it")
            )
        return True

    def abort(self) -> None:
        """Wake every thread that waits for the network, by shutting its socket down."""
        with _open_sockets_lock:
            sockets = list(_open_sockets)
        for sock in sockets:
            with suppress(OSError, ValueError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _authorization(self, url: str) -> dict[str, str]:
        credential = self.credential
        if credential is None or not self.unlocked or origin_of(url) != credential.origin:
            return {}
        return {"Authorization": f"Bearer {credential.secret.reveal()}"}

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.headers.clear()
            session.headers["User-Agent"] = user_agent()
            session.headers["Accept"] = "*/*"
            adapter = _Adapter(pool_connections=4, pool_maxsize=2, max_retries=0)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            self._local.session = session
        return session

    def _proxies_for(self, url: str) -> dict[str, str]:
        origin = origin_of(url)
        if origin not in self._proxies:
            self._proxies[origin] = dict(get_environ_proxies(url))
        return self._proxies[origin]


def user_agent() -> str:
    return f"hfget/{__version__}; python/{platform.python_version()}"


def rebase(url: str, endpoint: str) -> str:
    """`url` with the Hub's own origin replaced by the endpoint's (a mirror that did not)."""
    parts = urlsplit(url)
    own = urlsplit(endpoint)
    if (parts.hostname or "") in OFFICIAL_HOSTS and (own.hostname or "") not in OFFICIAL_HOSTS:
        return urlunsplit(
            (own.scheme, own.netloc, own.path.rstrip("/") + parts.path, parts.query, "")
        )
    return url


def strip_user(url: str) -> str:
    """`url` without user and password: a redirect must not make us log in anywhere."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _is_private(url: str) -> bool:
    if is_loopback(url):
        return True
    try:
        address = ip_address((urlsplit(url).hostname or "").rstrip("."))
    except ValueError:
        return False
    return address.is_private or address.is_link_local or address.is_unspecified


def describe(error: Exception) -> str:
    """What a failed request means, in words without addresses or secrets."""
    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, socket.gaierror):
            return "the host name is not known (DNS)"
        if isinstance(cause, urllib3.exceptions.NameResolutionError):
            return "the host name is not known (DNS)"
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        if isinstance(cause, ConnectionResetError):
            return "connection reset"
        if isinstance(cause, BrokenPipeError):
            return "connection broken"
        if isinstance(cause, urllib3.exceptions.ConnectTimeoutError):
            return "no connection within the time-out"
        if isinstance(cause, TimeoutError | urllib3.exceptions.ReadTimeoutError):
            return "no byte within the time-out"
        if isinstance(cause, http.client.RemoteDisconnected):
            return "connection closed without an answer"
        if isinstance(cause, http.client.IncompleteRead):
            return "connection closed too early"
    for cause in chain:
        if (
            isinstance(cause, OSError)
            and cause.strerror
            and not isinstance(cause, requests.RequestException)
        ):
            return safe_text(redact(str(cause.strerror)), 120).lower()
    return safe_text(redact(type(chain[-1]).__name__), 60)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and what lies beneath it, innermost last, each once."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending and len(seen) < 32:
        current = pending.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending += [current.__cause__, current.__context__, getattr(current, "reason", None)]
        pending += [arg for arg in current.args if isinstance(arg, BaseException)]
