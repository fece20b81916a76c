"""For how long a server asks to be left alone: the fields of its answer, read (pure)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime

from hfget.system import lazy_pattern

#: More than this, in seconds, is a mistake and counts as not said.
ABSURD_WAIT = 7 * 86_400.0

_NUMBER = lazy_pattern(r"[0-9]+(?:\.[0-9]*)?(?:[eE]\+?[0-9]+)?")
_WINDOW = lazy_pattern(r";\s*r\s*=\s*0\s*;\s*t\s*=\s*([0-9]{1,9})(?![0-9])")


def requested_wait(
    headers: Mapping[str, str], status: int, now: Callable[[], float] = time.time
) -> float | None:
    """Seconds the server asks us to wait: `RateLimit` (with r=0 on a 429), else `Retry-After`.

    `Retry-After` is a number or an HTTP date (RFC 9110, 10.2.3), the latter held against the
    server's own `Date` where it sends one. What is neither, lies in the past or is absurd counts
    as not said. One second is added to `RateLimit`'s t, as its window ends within that second.
    """
    window = _exhausted(headers.get("RateLimit", "")) if status == 429 else None
    if window is not None and window <= ABSURD_WAIT:
        return window + 1.0
    text = headers.get("Retry-After", "").strip()
    if _NUMBER.fullmatch(text):
        seconds = float(text)
    else:
        until = _unix_time(text)
        if until is None:
            return None
        begun = _unix_time(headers.get("Date", ""))
        seconds = until - (now() if begun is None else begun)
    return seconds if 0 < seconds <= ABSURD_WAIT else None


def _exhausted(header: str) -> float | None:
    """Seconds until the last of the windows that have nothing left: `"api";r=0;t=55`."""
    matches = (_WINDOW.search(item) for item in header.split(","))
    return max((float(match[1]) for match in matches if match), default=None)


def _unix_time(http_date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(http_date)
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
