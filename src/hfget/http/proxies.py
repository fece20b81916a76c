"""Proxies, as the environment names them, and what their refusals mean.

HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY are read as requests reads them; the names in the
last may be separated by blanks too, as curl has it, and `socks://`, which desktops set, is SOCKS5.
"""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

import requests
from requests.utils import get_environ_proxies, select_proxy

from hfget.endpoints import host_of
from hfget.errors import HfgetError, ProxyRefusalError, UsageError
from hfget.http.failures import ProxyError, tunnel_status
from hfget.system import remember, safe_text, safe_url, shell_word

_SCHEMES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})


def proxy_for(url: str) -> str | None:
    """The proxy through which `url` is to be asked for; its address may hold a password.

    Raises UsageError for a kind of proxy that is not supported.
    """
    proxy = select_proxy(url, dict(get_environ_proxies(url, no_proxy=_without_blanks())))
    if proxy and proxy.lower().startswith("socks://"):
        proxy = f"socks5h{proxy[5:]}"
    if proxy and "://" in proxy and proxy.partition("://")[0].lower() not in _SCHEMES:
        raise _no_address(proxy)
    if proxy and "@" in proxy:
        remember(unquote(proxy.rpartition("@")[0].rpartition("://")[2].partition(":")[2]))
    return proxy


def _without_blanks() -> str | None:
    """NO_PROXY with commas for the blanks that requests would take away; None if it has none."""
    names = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return ",".join(re.split(r"[\s,]+", names.strip())) if re.search(r"\s", names) else None


def shown(proxy: str) -> str:
    """Host and port of a proxy. All before the last @ counts as secret, however it is written."""
    scheme, _, rest = proxy.rpartition("://")
    return safe_text(host_of(f"{scheme or 'http'}://{rest.rpartition('@')[2]}"), 120)


def refusal(status: int, proxy: str, url: str) -> HfgetError:
    """The error for a status with which a proxy itself, not the host, says no."""
    name, host = shown(proxy), host_of(url)
    if status not in (401, 407):
        return ProxyRefusalError(
            f"the proxy {name} does not lead to {host} (HTTP {status})",
            url=safe_url(url),
            hint=f"ask those who run it, or go without: NO_PROXY={shell_word(host)}",
        )
    wish = "does not accept the" if "@" in proxy else "asks for a"
    return ProxyRefusalError(
        f"the proxy {name} {wish} user name and password (HTTP {status})",
        url=safe_url(url),
        hint="put them into HTTPS_PROXY or HTTP_PROXY, as http://USER:PASSWORD@HOST:PORT "
        "(special characters percent-encoded)",
    )


def is_refusal(response: requests.Response) -> bool:
    """Whether the proxy itself wants a login: by a 407, or as some do by a 401 in its own name."""
    status, headers = response.status_code, response.headers
    asks = "Proxy-Authenticate" in headers and "WWW-Authenticate" not in headers
    return status == 407 or (status == 401 and asks)


def failure(error: requests.RequestException, proxy: str, url: str) -> Exception | None:
    """What `error`, met on the way through `proxy`, is due to; None if not to the proxy.

    A proxy that does not want to (4xx) or whose address makes no sense will not change its mind;
    one that is down may come back.
    """
    if isinstance(error, requests.exceptions.InvalidSchema):
        return UsageError(
            f"the proxy {shown(proxy)} speaks SOCKS, for which PySocks is missing",
            hint="install it (pip install 'hfget[socks]'), or use an http:// proxy",
        )
    if isinstance(error, requests.exceptions.InvalidURL):
        return _no_address(proxy)
    status = tunnel_status(error)
    if status is not None and 400 <= status < 500 and status not in (408, 429):
        return refusal(status, proxy, url)
    about_us = isinstance(error, requests.exceptions.ProxyError)
    about_host = isinstance(error, requests.exceptions.SSLError | requests.exceptions.Timeout)
    if isinstance(error, requests.exceptions.ConnectionError) and (about_us or not about_host):
        return ProxyError(shown(proxy), error)
    return None


def _no_address(proxy: str) -> UsageError:
    return UsageError(
        f"the proxy {shown(proxy)} has no usable address",
        hint="check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY: http://HOST:PORT",
    )
