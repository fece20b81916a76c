"""A client that keeps what each request told of the way: how long, whose certificate, what time."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests

from hfget.endpoints import DEFAULT_PORTS, hostname_of, origin_of
from hfget.http import proxies
from hfget.http.certificates import issuer_of
from hfget.http.client import HttpClient
from hfget.http.failures import CertificateError, causes
from hfget.http.requested_wait import requested_wait
from hfget.http.sending import Carrier
from hfget.http.transport import wire_of


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


class WatchedClient(HttpClient):
    """An HttpClient that remembers its `exchanges`, and the last `failure` of a request."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.exchanges: list[Exchange] = []
        self.failure: Exception | None = None
        self._issued_by: dict[str, str] = {}

    def get(
        self,
        url: str,
        *,
        read_timeout: float,
        connect_timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        with_token: bool = True,
        method: str = "GET",
        form: bytes | None = None,
        carrier: Carrier | None = None,
    ) -> requests.Response:
        began = time.monotonic()
        try:
            response = super().get(
                url,
                read_timeout=read_timeout,
                connect_timeout=connect_timeout,
                headers=headers,
                with_token=with_token,
                method=method,
                form=form,
                carrier=carrier,
            )
        except Exception as error:
            self.failure = error
            refused = next(
                (one for one in causes(error) if isinstance(one, CertificateError)), None
            )
            if refused is not None and refused.issuer:
                self._issued_by[origin_of(url)] = refused.issuer
            raise
        self.failure = None
        origin = origin_of(url)
        seconds = time.monotonic() - began
        status = response.status_code
        wait = requested_wait(response.headers, status)
        is_page = response.headers.get("Content-Type", "").lower().startswith("text/html")
        told = Exchange(origin, status, seconds, _ahead(response), wait, is_page)
        self.exchanges.append(told)
        if origin not in self._issued_by:
            self._issued_by[origin] = _issuer_on(response)
        return response

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
