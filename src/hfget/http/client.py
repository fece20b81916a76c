"""The one HTTP stack, for API calls and for content: time-outs, CA, proxies, token, redirects.

requests does the work, but not its Session, whose habits leak or lie: `trust_env` (a netrc
entry silently replaces the Bearer token), cookies, and redirects, whose Location is parsed and
whose body is read even if the redirect is not followed (credentials and policy are decided
here, hop by hop). Nothing is decoded either: a small gzip body can swell without bound.
"""

from __future__ import annotations

import os
import platform
import re
import ssl
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests

from hfget import __version__, events
from hfget.endpoints import DEFAULT_PORTS, host_of, hostname_of, is_private_address, origin_of
from hfget.errors import HfgetError, UnreachableError
from hfget.http import proxies, redirects
from hfget.http.certificates import first_certificate, issuer_of
from hfget.http.connect import Sockets
from hfget.http.failures import CertificateError, certificate_fault
from hfget.http.keyring import Keyring
from hfget.http.rewrites import HostRules
from hfget.http.sending import Carrier, send
from hfget.http.transport import Adapter, InTheClearError, report_certificates, tls_context
from hfget.http.trust import authorities
from hfget.limits import API_TIMEOUT
from hfget.messages import advice
from hfget.messages import http_texts as texts
from hfget.settings import Credential
from hfget.system import safe_url

#: A URL that requests would leave as it is, and its scheme, host and port.
_PLAIN_URL = re.compile(
    r"(https?://[a-z0-9][a-z0-9.-]*(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}))?)"
    r"(?:/[A-Za-z0-9_~=+,-][A-Za-z0-9_.~=+,-]*)+"
    # What is quoted stays so, but for letters, digits and `-._~`.
    r"(?:\?(?:[A-Za-z0-9_.~!$&'()*+,;=:/?-]|"
    r"%(?:[0189A-F][0-9A-F]|2[0-9A-CF]|3[A-F]|[46]0|5[B-E]|7[B-DF]))+)?"
)


class HttpClient:
    """Sends single requests; one adapter a thread, connections kept alive.

    `requests_sent` counts every request of the run. `keyring` has the secrets, `rules` which hosts
    may be asked, and where redirects may lead. `offline` names the variable that forbids all
    requests, if one does.
    """

    def __init__(
        self,
        credentials: Iterable[Credential] = (),
        *,
        connect_timeout: float = API_TIMEOUT,
        offline: str = "",
        rules: HostRules | None = None,
        observer: events.Observer = events.ignore,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self.keyring = Keyring(credentials, observer)
        self.rules = rules or HostRules()
        self.requests_sent = 0
        self._connect_timeout = connect_timeout
        self._closed: HfgetError | None = _offline_error(offline) if offline else None
        self._env = env
        self._tls: ssl.SSLContext | None = None
        self._sockets = Sockets()
        self._local = threading.local()
        self._lock = threading.Lock()
        self._issuers: dict[str, str] = {}
        self._proxies: dict[str, str | None] = {}
        self._headers = {"User-Agent": user_agent(), "Accept": "*/*", "Accept-Encoding": "identity"}

    def get(
        self,
        url: str,
        /,
        *,
        read_timeout: float,
        connect_timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        with_token: bool = True,
        method: str = "GET",
        form: bytes | None = None,
        carrier: Carrier | None = None,
    ) -> requests.Response:
        """One GET, one hop, body unread. The token goes along only to the origin it is bound to.

        `method` and `form` say so where a HEAD, or a POST of a form, must be sent.
        A `carrier` sends it in place of this process.

        `read_timeout` is for each read, in seconds; the answer's head must be complete within
        twice that. `connect_timeout` may make the client's own shorter.
        Raises requests.RequestException as requests does, NetworkError when
        offline, AccessError if a proxy refuses, UsageError if the CA bundle or the proxy's
        address is unusable, UnsafeError if a token that was given would go in the clear, and for a
        host that must not be asked.
        """
        if (closed := self._closed) is not None:
            raise type(closed)(closed.message, hint=closed.hint, url=safe_url(url))
        request, origin = self._prepare(url, headers or {})
        self.rules.check(origin + "/")
        request.method = method
        if form is not None:
            request.body = form
            request.headers["Content-Type"] = "application/x-www-form-urlencoded"
            request.headers["Content-Length"] = str(len(form))
        proxy = self._proxy_for(origin)
        connecting = min(self._connect_timeout, connect_timeout or self._connect_timeout)
        if with_token:
            request.headers.update(self.keyring.authorization(origin, proxy))
        with self._lock:
            self.requests_sent += 1
        timeouts = connecting, read_timeout
        try:
            try:
                response = send(self._adapter(), self._sockets, request, timeouts, proxy, carrier)
            except InTheClearError as seen:
                why = texts.NOT_THIS_MACHINE(host=host_of(url), peer=seen.peer)
                self.keyring.keep_here(origin, why)
                del request.headers["Authorization"]
                response = send(self._adapter(), self._sockets, request, timeouts, proxy, carrier)
        except requests.RequestException as error:
            self._fail(error, request, timeouts, proxy)
        if proxy and proxies.is_refusal(response):
            response.close()
            raise proxies.refusal(response.status_code, proxy, str(request.url))
        return response

    def close_off(self, error: HfgetError) -> None:
        """From now on every request fails like this: none is sent."""
        self._closed = error

    def next_hop(self, response: requests.Response, endpoint: str, *, is_data: bool = False) -> str:
        """The checked absolute URL to which `response`, a redirect, points.

        `is_data` tells that a hash says what must come, so that http may be allowed.

        Raises UnsafeError and NetworkError as `redirects.follow` does.
        """
        location = response.headers.get("Location", "")
        return self.next_address(response, location, endpoint, is_data=is_data)

    def next_address(
        self, response: requests.Response, address: str, endpoint: str, *, is_data: bool = False
    ) -> str:
        """The checked absolute form of an address that stands in `response`, a `Link` perhaps.

        A mirror with a public name that was reached at a private address may lead to another.
        """
        allowed = self.rules.allow_private or self._was_inside(response.url)
        http = self.rules.allow_http_data if is_data else None
        target = redirects.follow(
            response.url,
            address,
            endpoint,
            allow_private=allowed,
            allow_http=http,
            renamed=self.rules.renamed,
        )
        target = self.rules.rerouted(target, endpoint)
        self.rules.check(target, response.url)
        return target

    def abort(self) -> None:
        """Wake every thread that waits for the network. Final: this client cannot connect again."""
        self._sockets.shut()

    def _prepare(
        self, url: str, headers: Mapping[str, str]
    ) -> tuple[requests.PreparedRequest, str]:
        """The request, and the origin it will be connected to, whatever `url` looks like."""
        request: Any = requests.PreparedRequest()
        request.method = "GET"
        request.headers = {**self._headers, **headers}
        if plain := _PLAIN_URL.fullmatch(url):
            request.url = url
            return request, origin_of(plain[1])
        request.prepare_url(url, "")
        if "@" in url:
            request.prepare_auth(None)
        try:
            return request, origin_of(str(request.url))
        except ValueError as error:
            raise requests.exceptions.InvalidURL(str(error)) from None

    def _fail(
        self,
        error: requests.RequestException,
        request: requests.PreparedRequest,
        timeouts: tuple[float, float],
        proxy: str | None,
    ) -> NoReturn:
        """Raise `error`, or one that says more: who issued a certificate, what the proxy does."""
        if certificate_fault(error) and not isinstance(error, requests.exceptions.ProxyError):
            error = self._with_issuer(error, request, timeouts, proxy)
        if proxy and (failure := proxies.failure(error, proxy, str(request.url))):
            raise failure from error
        raise error

    def _with_issuer(
        self,
        error: requests.RequestException,
        request: requests.PreparedRequest,
        timeouts: tuple[float, float],
        proxy: str | None,
    ) -> requests.RequestException:
        """`error`, a certificate that was not accepted, with who issued it."""
        trusted = authorities(self._env)
        place = host_of(str(request.url))
        if place not in self._issuers:
            messages: list[bytes] = []
            context = tls_context(trusted, self._sockets)
            report_certificates(context, messages.append)
            bare: Any = requests.PreparedRequest()
            bare.method, bare.url, bare.headers = "HEAD", request.url, dict(self._headers)
            with suppress(requests.RequestException):
                adapter = Adapter(self._sockets, lambda: context)
                send(adapter, self._sockets, bare, timeouts, proxy).close()
            self._issuers[place] = issuer_of(first_certificate(messages[-1])) if messages else ""
        return CertificateError(self._issuers[place], trusted.named, error)

    def relieve(self) -> None:
        """Close connections that rest if a request waits for one. To be called now and then."""
        self._sockets.idle.relieve()

    def _was_inside(self, url: str) -> bool:
        """Whether the host was connected to at a private address, not by way of a proxy."""
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme.lower()]
        peer = self._sockets.peers.get((hostname_of(parts), port), "")
        return is_private_address(peer)

    def _adapter(self) -> Adapter:
        adapter: Adapter | None = getattr(self._local, "adapter", None)
        if adapter is None:
            adapter = self._local.adapter = Adapter(self._sockets, self._tls_context)
        return adapter

    def _tls_context(self) -> ssl.SSLContext:
        """One for all connections: reading the bundle takes longer than a handshake."""
        with self._lock:
            if self._tls is None:
                self._tls = tls_context(authorities(self._env), self._sockets)
            return self._tls

    def _proxy_for(self, origin: str) -> str | None:
        if origin not in self._proxies:
            self._proxies[origin] = proxies.proxy_for(origin)
        return self._proxies[origin]


def _offline_error(variable: str) -> UnreachableError:
    return UnreachableError(
        texts.OFFLINE(variable=variable), hint=advice.UNSET_OFFLINE(variable=variable)
    )


def user_agent() -> str:
    return f"hfget/{__version__}; python/{platform.python_version()}"
