"""A client that keeps what each request told of the way: how long, whose certificate, what time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests

from hfget.endpoints import DEFAULT_PORTS, hostname_of, origin_of
from hfget.http import proxies
from hfget.http.client import HttpClient
from hfget.http.issuers import issuer_on, issuer_seen
from hfget.http.retry import requested_wait


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
        self._issuers: dict[str, str] = {}

    def get(
        self,
        url: str,
        *,
        read_timeout: float,
        headers: Mapping[str, str] | None = None,
        with_token: bool = True,
        method: str = "GET",
        form: bytes | None = None,
    ) -> requests.Response:
        began = time.monotonic()
        try:
            response = super().get(
                url,
                read_timeout=read_timeout,
                headers=headers,
                with_token=with_token,
                method=method,
                form=form,
            )
        except Exception as error:
            self.failure = error
            raise
        self.failure = None
        origin = origin_of(url)
        seconds = time.monotonic() - began
        status = response.status_code
        wait = requested_wait(response.headers, status)
        is_page = response.headers.get("Content-Type", "").lower().startswith("text/html")
        told = Exchange(origin, status, seconds, _ahead(response), wait, is_page)
        self.exchanges.append(told)
        if origin not in self._issuers and (issuer := issuer_on(response)):
            self._issuers[origin] = issuer
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

    def issuer(self, url: str, seconds: float) -> str:
        """Who signed the certificate of the host of `url`, believed or not; empty if not known.

        May connect once more, for `seconds` at most.
        """
        origin = origin_of(url)
        if origin not in self._issuers and origin.startswith("https:"):
            proxy = proxies.proxy_for(origin)
            self._issuers[origin] = issuer_seen(url, self._sockets, proxy, seconds)
        return self._issuers.get(origin, "")


def _ahead(response: requests.Response) -> float | None:
    """By the Date of the answer, which a cache may have kept for its Age (RFC 9110, RFC 9111)."""
    now = time.time()
    with suppress(ValueError, TypeError, OverflowError, IndexError):
        sent = parsedate_to_datetime(response.headers.get("Date", ""))
        age = response.headers.get("Age", "0").strip()
        return sent.timestamp() + (int(age) if age.isdecimal() else 0) - now
    return None
