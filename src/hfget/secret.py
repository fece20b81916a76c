"""Secrets as a type, and the last filter before anything is shown (pure).

A habit of care leaks sooner or later: exception texts of HTTP libraries carry whole signed
URLs, a `repr` of headers carries the token. Therefore a token is a `Secret`, which shows
itself as `***`, and every sink passes its text through `redact`.
"""

from __future__ import annotations

import base64
import re
from urllib.parse import quote, urlsplit, urlunsplit

_KNOWN: set[str] = set()
#: What looks like a secret; where only a part is one, that part is the group.
_PATTERNS = (
    re.compile(r"(\bhf_[A-Za-z0-9]{20,})"),
    re.compile(r"(?i)authorization['\"]?\s*[:=]\s*['\"]?(?:bearer|basic)\s+([^\s'\",]+)"),
    re.compile(
        r"(?i)(?:X-Amz-[A-Za-z-]+|X-Goog-[A-Za-z-]+|Signature|Key-Pair-Id|Policy|Expires|"
        r"AWSAccessKeyId|sig|se|sp|sv)=([^&\s'\"<>]+)"
    ),
    re.compile(r"(?i)\b[a-z][a-z0-9+.-]{0,30}://([^/\s'\"<>]+)@"),
)


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


def redact(text: str) -> str:
    """`text` without known secrets and without what looks like a token or a signature."""
    # All are looked for in the text as it came: what one removes must not hide another.
    spans = [found.span(1) for pattern in _PATTERNS for found in pattern.finditer(text)]
    spans += [found.span() for known in _KNOWN for found in re.finditer(re.escape(known), text)]
    shown, end = [], 0
    for start, stop in sorted(spans):
        if start >= end:
            shown += [text[end:start], "***"]
        end = max(end, stop)
    return "".join([*shown, text[end:]])


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
