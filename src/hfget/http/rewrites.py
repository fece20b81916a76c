"""Hosts of redirects under another name, and which hosts may be asked at all.

A mirror may lead to a host that its users cannot reach. `--rewrite-host A=B` always replaces A;
what `KNOWN` has of a mirror is tried only once the host itself could not be connected to. With
`--strict-endpoint` no host is asked but the endpoints and what stands for B.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit, urlunsplit

from hfget.endpoints import DEFAULT_PORTS, host_of, hostname_of, netloc
from hfget.errors import OutsideError, UsageError
from hfget.messages import advice
from hfget.messages import http_texts as texts
from hfget.system import lazy_pattern, safe_text, safe_url

Pair = tuple[str, str]

#: By the domain of a mirror: hosts that it leads to, and its own hosts for the same content.
#: cdn-lfs: its published Caddyfile (padeoe/hf-mirror-site, 2024-03), which names them under
#: huggingface.co, from which they moved to hf.co. cas-bridge: seen in redirects of 2025-05
#: (hf-mirror-site 50 and 51).
KNOWN: Mapping[str, tuple[Pair, ...]] = {
    "hf-mirror.com": (
        ("cas-bridge.xethub.hf.co", "cas-bridge.xethub.hf-mirror.com"),
        ("cdn-lfs*.huggingface.co", "cdn-lfs*.hf-mirror.com"),
        ("cdn-lfs*.hf.co", "cdn-lfs*.hf-mirror.com"),
    ),
}
#: `host`, `host:port`, `scheme://host:port`; a star is any text without a dot.
_PLACE = lazy_pattern(r"(?:(https?)://)?([a-z0-9*._-]+)(?::([0-9]{1,5}))?")


def parse_rewrites(given: Iterable[str], env: Mapping[str, str]) -> tuple[Pair, ...]:
    """Pairs of hosts from `A=B`, those of `given` before those of HFGET_REWRITE_HOSTS.

    Raises UsageError for anything else.
    """
    named = [("--rewrite-host", text) for one in given for text in one.split(",")]
    further = env.get("HFGET_REWRITE_HOSTS", "").replace(",", " ").split()
    named += [("HFGET_REWRITE_HOSTS", text) for text in further]
    pairs = []
    for where, text in named:
        host, _, other = text.strip().lower().rstrip("/").partition("=")
        stars = host.count("*"), other.count("*")
        fits = _PLACE.fullmatch(host) and _PLACE.fullmatch(other)
        if not fits or stars not in ((0, 0), (1, 0), (1, 1)):
            raise UsageError(
                texts.NOT_A_PAIR(where=where, text=safe_text(safe_url(text), 120)),
                hint=advice.REWRITE_LIKE,
            )
        pairs.append((host, other))
    return tuple(pairs)


class HostRules:
    """What a run knows of hosts that others lead to. Thread-safe."""

    def __init__(
        self,
        pairs: Sequence[Pair] = (),
        endpoints: Iterable[str] = (),
        *,
        strict: bool = False,
        allow_private: bool = False,
        allow_http_data: bool = False,
    ) -> None:
        """With `strict` no host is asked but those of `endpoints` and of `pairs`.

        Where it is allowed, redirects may lead to private addresses, and to http for what a hash is
        known of.
        """
        self.allow_private = allow_private
        self.allow_http_data = allow_http_data
        self._pairs = pairs
        self._strict = strict
        self._endpoints = {_host_and_port(one) for one in endpoints}
        self._lock = threading.Lock()
        self._unreached: set[tuple[str, str]] = set()

    def check(self, url: str, led_by: str = "") -> None:
        """Raise OutsideError where only named hosts are asked and that of `url` is none.

        `led_by` is the URL of the server that leads there.
        """
        if not self._strict or _host_and_port(url) in self._endpoints:
            return
        if any(_matched(other, url) is not None for _, other in self._pairs):
            return
        host = host_of(url)
        raise OutsideError(
            texts.LEADS_OUTSIDE(by=host_of(led_by), host=host)
            if led_by
            else texts.NOT_A_NAMED_HOST(host=host),
            url=safe_url(url),
            hint=advice.ADD_ENDPOINT_OR_REWRITE(host=host),
        )

    def renamed(self, url: str) -> str | None:
        """`url` at the host that the user wants to be asked instead; None if at its own."""
        return _rewritten(url, self._pairs)

    def rerouted(self, url: str, endpoint: str) -> str:
        """`url`, at the mirror's own host where its own could not be connected to before."""
        if (hostname_of(endpoint), host_of(url)) not in self._unreached:
            return url
        return _rewritten(url, known_of(endpoint)) or url

    def other_way(self, url: str, endpoint: str) -> str | None:
        """After the host of `url` could not be connected to: the same at the mirror's own host.

        None where none is known. One that fails too is not taken again before the plain host.
        """
        mirror = hostname_of(endpoint)
        other = _rewritten(url, known_of(endpoint))
        with self._lock:
            if other is None:
                self._unreached = {
                    one
                    for one in self._unreached
                    if one[0] != mirror or not _leads_to(one[1], url, endpoint)
                }
                return None
            self._unreached.add((mirror, host_of(url)))
        return other


def known_of(endpoint: str) -> tuple[Pair, ...]:
    """What is known of the mirror at `endpoint`."""
    host = hostname_of(endpoint)
    for domain, pairs in KNOWN.items():
        if host == domain or host.endswith(f".{domain}"):
            return pairs
    return ()


def _leads_to(host: str, url: str, endpoint: str) -> bool:
    other = _rewritten(f"https://{host}/", known_of(endpoint))
    return other is not None and hostname_of(other) == hostname_of(url)


def _rewritten(url: str, pairs: Iterable[Pair]) -> str | None:
    for host, other in pairs:
        star = _matched(host, url)
        if star is None:
            continue
        place = _PLACE.fullmatch(other.replace("*", star))
        if place is None:
            continue
        parts = urlsplit(url)
        port = int(place[3]) if place[3] else None if place[1] else parts.port
        return urlunsplit(
            parts._replace(scheme=place[1] or parts.scheme, netloc=netloc(place[2], port))
        )
    return None


def _matched(pattern: str, url: str) -> str | None:
    """What the star of `pattern` stands for, empty if it has none; None if it is not for `url`."""
    place = _PLACE.fullmatch(pattern)
    if place is None:
        return None
    scheme, host, port = place.groups()
    parts = urlsplit(url)
    own = parts.port or DEFAULT_PORTS.get(parts.scheme.lower())
    wanted = int(port) if port else DEFAULT_PORTS[scheme] if scheme else own
    if wanted != own or scheme not in (None, parts.scheme.lower()):
        return None
    before, star, behind = host.partition("*")
    found = re.fullmatch(
        re.escape(before) + ("([^.]*)" if star else "()") + re.escape(behind), hostname_of(parts)
    )
    return found[1] if found else None


def _host_and_port(url: str) -> tuple[str, int | None]:
    parts = urlsplit(url)
    return hostname_of(parts), parts.port or DEFAULT_PORTS.get(parts.scheme.lower())
