"""The names under which this server may be asked for, and the URL that clients see it under.

A web page may have a name of its own resolve to this machine (DNS rebinding) and would then read
what is served here. It cannot choose the `Host` that browsers send: a request for an unknown name
is not answered.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Mapping

from hfget.endpoints import plain_address

_HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[\w.-]+)(?::[0-9]{1,5})?", re.ASCII)
_PREFIX = re.compile(r"(?:/[\w.~%-]+)*/?", re.ASCII)


class KnownHosts:
    """Addresses, `localhost`, the names of this machine, and `allowed` ones.

    An allowed name that begins with a dot stands for all names below it.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._names = {"localhost", *(_name(host) for host in allowed)}
        own = _name(socket.gethostname())
        self._names |= {own, own.partition(".")[0], own.partition(".")[0] + ".local"}

    def learn(self) -> None:
        """Ask the resolver for this machine's full name; it may take its time."""
        self._names.add(_name(socket.getfqdn()))

    def knows(self, host: str) -> bool:
        """Whether a `Host` header names this server."""
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = _name(found[1])
        if plain_address(name) is not None or name in self._names:
            return True
        return any(name.endswith(known) for known in self._names if known.startswith("."))


def public_base(
    headers: Mapping[str, str], scheme: str, version: str, hosts: KnownHosts | None
) -> str | None:
    """The URL that the path of a request stands below, as the client wrote it: scheme, host and
    prefix. None if that cannot be known: then only a relative link is right.

    Most clients can follow absolute links only. Behind a proxy what it forwards is used
    (`X-Forwarded-Host`, `-Proto`, `-Prefix`), if it names a host that is known here.
    """
    prefix = forwarded_prefix(headers)
    host = _first(headers, "x-forwarded-host")
    proto = _first(headers, "x-forwarded-proto").lower()
    passed_on = any(
        name in headers for name in ("via", "forwarded", "x-forwarded-for", "x-real-ip")
    )
    if not host and (passed_on or version == "1.0") and not proto:
        return None
    host = host or headers.get("host", "")
    if (proto and proto not in ("http", "https")) or prefix is None:
        return None
    if not _HOST.fullmatch(host) or (hosts is not None and not hosts.knows(host)):
        return None
    return f"{proto or scheme}://{host}{prefix}"


def forwarded_prefix(headers: Mapping[str, str]) -> str | None:
    """The path below which a proxy offers this server; None if it is none that can be used."""
    prefix = _first(headers, "x-forwarded-prefix")
    return prefix.rstrip("/") if _PREFIX.fullmatch(prefix) else None


def _first(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name, "").partition(",")[0].strip()


def _name(host: str) -> str:
    name = host.strip().lower()
    # a name may end in a dot, and an address may stand in brackets
    return name.strip("[]").partition("%")[0].rstrip(".")
