"""Secrets as a type, and the last filter before anything is shown (pure).

A habit of care leaks sooner or later: exception texts of HTTP libraries carry whole signed
URLs, a `repr` of headers carries the token. Therefore a token is a `Secret`, which shows
itself as `***`, and every sink passes its text through `redact`.
"""

from __future__ import annotations

import base64
import re
from urllib.parse import quote, urlsplit, urlunsplit

from hfget.system.lazy_patterns import lazy_pattern

#: What is longer is cut before anything is looked for in it: no message needs more.
LONGEST_CHARACTERS = 1 << 16

_KNOWN: set[str] = set()
#: Names of parameters that hold signatures, wherever they stand: AWS, Google, Azure, Alibaba,
#: Tencent, CloudFront. And names that say little but in a query: a folder may be called `token=en`.
_SIGNED = (
    r"X-(?:Amz|Goog|Oss|Tos|Obs|Cos)-[A-Za-z-]{1,40}|q-(?:sign|ak|key|header|url)[a-z-]{0,40}|"
    r"[a-z]{0,16}signature|Key-Pair-Id|Policy|Expires|AWSAccessKeyId|OSSAccessKeyId|sig|se|sp|sv"
)
_CONFIDENTIAL = (
    r"(?:[a-z]{1,16}[_-]?)?(?:token|key|secret|password|sign)|GoogleAccessId|passwd|pwd|auth|code"
)
#: What looks like a secret; where only a part is one, that part is the group. Whatever stands in
#: front of a text, each takes time in proportion to its length: a run of characters is bounded,
#: or cannot begin within itself.
_PATTERNS = (
    lazy_pattern(r"(\bhf_(?:[A-Za-z0-9]{20,}|(?:oauth|jwt)_[\w.-]{8,}))", re.ASCII),
    lazy_pattern(r"(?i)authorization['\"]?\s*[:=]\s*['\"]?(?:bearer|basic)\s+([^\s'\",]+)"),
    lazy_pattern(rf"(?i)(?<![a-z0-9])(?:{_SIGNED})=([^&\s'\"<>]+)"),
    lazy_pattern(rf"(?i)[?&;](?:{_CONFIDENTIAL})=([^&\s'\"<>]+)"),
    # An advice shows the form of an address as http://USER:PASSWORD@HOST.
    lazy_pattern(r"(?i)\b[a-z][a-z0-9+.-]{0,30}://(?!(?-i:USER:PASSWORD@HOST))([^/\s'\"<>]+)@"),
)
#: So much of what is cut off is looked at, that no secret is shown by halves.
_AHEAD_CHARACTERS = 256
_WORD = lazy_pattern(r"[^\s'\"<>]+")
#: A query, and a fragment that holds values as OAuth sends them.
_QUERY = lazy_pattern(r"\?([^\s'\"<>]+)|#([^\s'\"<>=]{1,64}=[^\s'\"<>]+)")
_RELATIVE_QUERY = lazy_pattern(r"\?[^\s\"'?]+")


class Secret:
    """A string that does not show itself. `reveal()` is the only way to its value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        remember(value)

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return (Secret, ("***",))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))


def remember(value: str) -> None:
    """Have `redact` remove this value, URL-encoded and in base64 too, from all that is shown."""
    if len(value) < 4:
        return
    _KNOWN.add(value)
    _KNOWN.add(quote(value, safe=""))
    _KNOWN.add(base64.b64encode(value.encode()).decode().rstrip("="))


def redact(text: str, limit: int = LONGEST_CHARACTERS) -> str:
    """`text` without known secrets and without what looks like a token, a signature or a query.

    What is longer than `limit` characters is cut there, and never within a secret.
    """
    # All are looked for in the text as it came: what one removes must not hide another.
    ahead = max(map(len, _KNOWN), default=0) + _AHEAD_CHARACTERS
    window = text[: limit + ahead]
    spans = [found.span(1) for pattern in _PATTERNS for found in pattern.finditer(window)]
    spans += _queries(window)
    spans += [span for known in list(_KNOWN) for span in _places(known, window)]
    shown, end = [], 0
    for start, stop in sorted(spans):
        if start >= limit:
            break
        if start >= end:
            shown += [window[end:start], "***"]
        end = max(end, stop)
    shown.append(window[end:limit])
    if len(text) > limit:
        shown.append("…")
    return "".join(shown)


def without_queries(text: str) -> str:
    """`text`, of a log or a traceback, without the query of any address, a relative one too."""
    return _RELATIVE_QUERY.sub("?***", text)


def _queries(text: str) -> list[tuple[int, int]]:
    """Where the queries of absolute URLs stand: any of their values may be a signature."""
    spans = []
    for word in _WORD.finditer(text):
        scheme = text.find("://", word.start(), word.end())
        found = _QUERY.search(text, scheme, word.end()) if scheme >= 0 else None
        if found is not None:
            spans.append(found.span(found.lastindex or 0))
    return spans


def _places(known: str, text: str) -> list[tuple[int, int]]:
    spans, start = [], text.find(known)
    while start >= 0:
        spans.append((start, start + len(known)))
        start = text.find(known, start + len(known))
    return spans


def safe_url(url: str) -> str:
    """`url` without query, fragment, user and password: the form that may be shown."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(malformed URL)"
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    return urlunsplit((parts.scheme, host + port, parts.path, "", ""))
