"""A client that keeps what each request told of the way: how long, whose certificate, what time."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec
from urllib.parse import urlsplit

import requests

from hfget.endpoints import DEFAULT_PORTS, hostname_of, origin_of
from hfget.http import proxies
from hfget.http.certificates import issuer_of
from hfget.http.client import HttpClient
from hfget.http.failures import CertificateError, causes
from hfget.http.requested_wait import requested_wait
from hfget.http.transport import wire_of

_P = ParamSpec("_P")


class Exchange(NamedTuple):
    """One request and the head of its answer.

    `seconds` passed until the head was there; `ahead` are the seconds by which the clock of the
    server is ahead of this machine's, None where it sends no time; `wait` what it asks for. An
    `is_page` is one for browsers.
    """

    origin: str
    status: int
    seconds: float
    ahead: float | None
    wait: float | None = None
    is_page: bool = False


def _watched(
    get: Callable[Concatenate[HttpClient, str, _P], requests.Response],
) -> Callable[Concatenate[WatchedClient, str, _P], requests.Response]:
    """`get`, of which the client remembers what it told."""

    @wraps(get)
    def watched(
        client: WatchedClient, url: str, /, *args: _P.args, **options: _P.kwargs
    ) -> requests.Response:
        began = time.monotonic()
        try:
            response = get(client, url, *args, **options)
        except Exception as error:
            client._refused(url, error)
            raise
        client._answered(url, response, time.monotonic() - began)
        return response

    return watched


class WatchedClient(HttpClient):
    """An HttpClient that remembers its `exchanges`, and the last `failure` of a request."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.exchanges: list[Exchange] = []
        self.failure: Exception | None = None
        self._issued_by: dict[str, str] = {}

    get = _watched(HttpClient.get)

    def addresses(self, url: str) -> list[str]:
        """What the name server gave for the host of `url`, as far as it was asked."""
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme.lower()]
        return self._sockets.addresses((hostname_of(parts), port))

    def proxy_name(self, url: str) -> str:
        """Host and port of the proxy that leads to `url`; empty without. Raises UsageError."""
        proxy = proxies.proxy_for(origin_of(url))
        return proxies.shown(proxy) if proxy else ""

    def issuer(self, url: str) -> str:
        """Who issued the certificate of the host of `url`, accepted or not; empty if not known."""
        return self._issued_by.get(origin_of(url), "")

    def _refused(self, url: str, error: Exception) -> None:
        """A request has failed."""
        self.failure = error
        refused = next((one for one in causes(error) if isinstance(one, CertificateError)), None)
        if refused is not None and refused.issuer:
            self._issued_by[origin_of(url)] = refused.issuer

    def _answered(self, url: str, response: requests.Response, seconds: float) -> None:
        """The head of an answer has come after so many seconds."""
        self.failure = None
        origin = origin_of(url)
        status = response.status_code
        wait = requested_wait(response.headers, status)
        is_page = response.headers.get("Content-Type", "").lower().startswith("text/html")
        told = Exchange(origin, status, seconds, _ahead(response), wait, is_page)
        self.exchanges.append(told)
        if origin not in self._issued_by:
            self._issued_by[origin] = _issuer_on(response)


def _issuer_on(response: requests.Response) -> str:
    """The issuer for the connection that an answer comes over; empty without TLS."""
    sock = wire_of(response).sock
    if isinstance(sock, ssl.SSLSocket):
        return issuer_of(sock.getpeercert(binary_form=True) or b"")
    return ""


def _ahead(response: requests.Response) -> float | None:
    """By the Date of the answer, which a cache may have kept for its Age (RFC 9110, RFC 9111)."""
    now = time.time()
    with suppress(ValueError, TypeError, OverflowError, IndexError):
        sent = parsedate_to_datetime(response.headers.get("Date", ""))
        age = response.headers.get("Age", "0").strip()
        return sent.timestamp() + (int(age) if age.isdecimal() else 0) - now
    return None
