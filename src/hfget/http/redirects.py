"""Where a server may send us: the rules for a redirect's Location and a page's `Link: next`."""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import urljoin, urlsplit, urlunsplit

from hfget.endpoints import (
    OFFICIAL_HOSTS,
    host_of,
    hostname_of,
    is_private,
    origin_of,
    without_login,
)
from hfget.errors import NetworkError, UnsafeError
from hfget.system import safe_text, safe_url

# Control characters and blanks, a backslash (which some parsers take for a slash), a scheme
# without a host, or two addresses glued together (seen on a mirror).
_MALFORMED = re.compile(r"(?i)[\x00-\x20\x7f\\]|^https?:(?!//[^/?#])|^https?://[^/?#]*https?:/")


def follow(source: str, location: str, endpoint: str, *, allow_private: bool = False) -> str:
    """The absolute URL to which `location`, sent by the server of URL `source`, leads.

    The Hub's own origin is replaced by the endpoint's: mirrors pass such addresses on. User and
    password are dropped. Raises UnsafeError for another scheme, a downgrade to http, or a
    private address behind a public one; NetworkError for what is no address.
    """
    target = without_login(rebase(_absolute(source, location), endpoint))
    scheme = urlsplit(target).scheme.lower()
    host, shown = host_of(source), safe_text(safe_url(target))
    if scheme not in ("http", "https"):
        raise UnsafeError(
            f"{host} leads to {safe_text(scheme, 40)}:, which is refused",
            url=safe_url(source),
            hint="the mirror is broken or hostile; try another one with --endpoint",
        )
    try:
        origin_of(target)
    except ValueError:
        raise _malformed(source) from None
    if urlsplit(source).scheme.lower() == "https" and scheme == "http":
        raise UnsafeError(
            f"{host} leads from https to http ({shown}), which is refused",
            url=safe_url(source),
            hint="try another --endpoint",
        )
    if not allow_private and is_private(target) and not is_private(source):
        raise UnsafeError(
            f"{host} leads to a private address ({shown}), which is refused",
            url=safe_url(source),
            hint="if this mirror is yours, allow it with --allow-private",
        )
    return target


def stays_home(at_home: bool, url: str, home: str) -> bool:
    """Whether a way that now leads to `url` has never left the origin of `home`.

    Once it was left no token goes along any more, even if the way leads back.
    """
    return at_home and origin_of(url) == origin_of(home)


def circle(host: str, url: str, path: str | None = None) -> NetworkError:
    """What to raise after more than MAX_REDIRECTS hops."""
    return NetworkError(
        f"{host} redirects in a circle",
        url=safe_url(url),
        path=path,
        hint="the mirror is broken; try another one with --endpoint",
    )


def rebase(url: str, endpoint: str) -> str:
    """`url` with the Hub's own origin replaced by the endpoint's (a mirror that did not)."""
    parts, own = urlsplit(url), urlsplit(endpoint)
    if parts.scheme.lower() not in ("http", "https") or hostname_of(parts) not in OFFICIAL_HOSTS:
        return url
    if hostname_of(own) in OFFICIAL_HOSTS:
        return url
    path = own.path.rstrip("/") + parts.path
    return urlunsplit((own.scheme, own.netloc, path, parts.query, ""))


def _absolute(source: str, location: str) -> str:
    with suppress(UnicodeError):  # http.client decodes headers as latin-1, servers send UTF-8
        location = location.encode("latin-1").decode("utf-8")
    if not location or _MALFORMED.search(location):
        raise _malformed(source)
    try:
        return urljoin(source, location)
    except ValueError:
        raise _malformed(source) from None


def _malformed(source: str) -> NetworkError:
    return NetworkError(
        f"{host_of(source)} leads to what is no address",
        url=safe_url(source),
        hint="the mirror may be broken; try another one with --endpoint",
    )
