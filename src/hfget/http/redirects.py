"""Where a server may send us: the rules for a redirect's Location and a page's `Link: next`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

import requests

from hfget.endpoints import (
    DEFAULT_ENDPOINT,
    OFFICIAL_HOSTS,
    host_of,
    hostname_of,
    is_private,
    origin_of,
    without_login,
)
from hfget.errors import NetworkError, UnsafeError
from hfget.messages import advice
from hfget.messages import http_texts as texts
from hfget.system import lazy_pattern, safe_text, safe_url

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Control characters and blanks, a backslash (which some parsers take for a slash), a scheme
# without a host, or two addresses glued together (seen on a mirror).
_MALFORMED = lazy_pattern(r"(?i)[\x00-\x20\x7f\\]|^https?:(?!//[^/?#])|^https?://[^/?#]*https?:/")
#: The host, if any, and what follows it: a blank there is what the browsers make %20 of.
_PLACE = lazy_pattern(r"(?is)\A((?:https?:)?//[^/?#]*|)(.*)\Z")


def follow(
    source: str,
    location: str,
    endpoint: str,
    *,
    allow_private: bool = False,
    allow_http: bool | None = None,
    renamed: Callable[[str], str | None] = lambda url: None,
) -> str:
    """The absolute URL to which `location`, sent by the server of URL `source`, leads.

    The Hub's own origin is replaced by the endpoint's: mirrors pass such addresses on. Not where
    that would lead back to `source`: such a mirror leaves this address to the Hub. User and
    password are dropped. Raises UnsafeError for another scheme, a downgrade to http, or a
    private address behind a public one; NetworkError for what is not an address. `allow_http` lets
    https lead to http; None tells that no option would. What `renamed` gives instead of an address
    the user named: it may be private.
    """
    target = without_login(_rebased(source, _absolute(source, location), endpoint))
    if other := renamed(target):
        target, allow_private = other, True
    scheme = urlsplit(target).scheme.lower()
    host = host_of(source)
    if scheme not in ("http", "https"):
        raise UnsafeError(
            texts.REDIRECT_SCHEME(host=host, scheme=safe_text(scheme, 40)),
            url=safe_url(source),
            hint=advice.OTHER_MIRROR,
        )
    try:
        origin_of(target)
    except ValueError:
        raise _malformed(source) from None
    if urlsplit(source).scheme.lower() == "https" and scheme == "http" and not allow_http:
        raise UnsafeError(
            texts.REDIRECT_TO_HTTP(host=host, shown=safe_text(safe_url(target))),
            url=safe_url(source),
            hint=advice.OTHER_MIRROR if allow_http is None else advice.OTHER_MIRROR_OR_HTTP_DATA,
        )
    if not allow_private and is_private(target) and not is_private(source):
        raise UnsafeError(
            texts.REDIRECT_PRIVATE(host=host, shown=safe_text(safe_url(target))),
            url=safe_url(source),
            hint=advice.ALLOW_PRIVATE,
        )
    return target


def is_redirect(response: requests.Response) -> bool:
    """Whether the answer leads elsewhere: as curl has it, any from 300 on that says where to.

    A 304 does not, whatever it says.
    """
    status = response.status_code
    if status in _REDIRECTS:
        return True
    return 300 <= status < 400 and status != 304 and "Location" in response.headers


def stays_home(at_home: bool, url: str, home: str) -> bool:  # noqa: FBT001 (the subject)
    """Whether a way that now leads to `url` has never left the origin of `home`.

    Once it was left no token goes along any more, even if the way leads back.
    """
    return at_home and origin_of(url) == origin_of(home)


def circle(response: requests.Response, endpoint: str, path: str | None = None) -> NetworkError:
    """The error for redirects without end, of which `response` is the last.

    A mirror that passes requests on to the Hub makes one where the Hub's address is replaced by
    its own: then the Hub itself is what can be asked.
    """
    host = host_of(response.url)
    target = urlsplit(urljoin(response.url, response.headers.get("Location", "")))
    if _is_hub(target) and not _is_hub(urlsplit(endpoint)):
        return NetworkError(
            texts.PASSES_ON(host=host, hub=hostname_of(target)),
            url=safe_url(response.url),
            path=path,
            hint=advice.ASK_THE_HUB(endpoint=DEFAULT_ENDPOINT),
        )
    return NetworkError(
        texts.CIRCLE(host=host),
        url=safe_url(response.url),
        path=path,
        hint=advice.OTHER_MIRROR,
    )


def rebase(url: str, endpoint: str) -> str:
    """`url` with the Hub's own origin replaced by the endpoint's (a mirror that did not)."""
    parts, own = urlsplit(url), urlsplit(endpoint)
    if parts.scheme.lower() not in ("http", "https") or not _is_hub(parts):
        return url
    if _is_hub(own):
        return url
    path = own.path.rstrip("/") + parts.path
    return urlunsplit((own.scheme, own.netloc, path, parts.query, ""))


def _is_hub(parts: SplitResult) -> bool:
    return hostname_of(parts) in OFFICIAL_HOSTS


def _rebased(source: str, target: str, endpoint: str) -> str:
    if _is_hub(urlsplit(source)):
        return target
    ours = rebase(target, endpoint)
    return target if _address_of(ours) == _address_of(source) else ours


def _address_of(url: str) -> tuple[str, str]:
    """What makes a request another one, apart from how its host is written."""
    parts = urlsplit(url)
    return unquote(parts.path).rstrip("/"), parts.query


def _absolute(source: str, location: str) -> str:
    with suppress(UnicodeError):  # http.client decodes headers as latin-1, servers send UTF-8
        location = location.encode("latin-1").decode("utf-8")
    place, rest = _PLACE.findall(location.strip(" \t"))[0]
    location = place + rest.replace(" ", "%20")
    if not location or _MALFORMED.search(location):
        raise _malformed(source)
    try:
        return urljoin(source, location)
    except ValueError:
        raise _malformed(source) from None


def _malformed(source: str) -> NetworkError:
    return NetworkError(
        texts.REDIRECT_MALFORMED(host=host_of(source)),
        url=safe_url(source),
        hint=advice.OTHER_MIRROR,
    )
