"""Hosts of redirects under another name: what the user says, and what is known of mirrors.

A mirror may lead to a host that its users cannot reach. `--rewrite-host A=B` always replaces A;
what is known of a mirror is tried only once the host itself could not be connected to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from hfget.errors import UsageError
from hfget.system import safe_text

#: `host`, `host:port`, `scheme://host:port`; one star stands for any text without a dot.
_PLACE = re.compile(r"(?:https?://)?[a-z0-9*._-]+(?::[0-9]{1,5})?")


def parse_rewrites(given: Iterable[str], env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Pairs of hosts from `A=B`, those of `given` before those of HFGET_REWRITE_HOSTS.

    Raises UsageError for what is no such pair.
    """
    texts = [("--rewrite-host", text) for one in given for text in one.split(",")]
    further = env.get("HFGET_REWRITE_HOSTS", "").replace(",", " ").split()
    texts += [("HFGET_REWRITE_HOSTS", text) for text in further]
    pairs = []
    for where, text in texts:
        host, _, other = text.strip().lower().rstrip("/").partition("=")
        stars = host.count("*"), other.count("*")
        if not (_PLACE.fullmatch(host) and _PLACE.fullmatch(other)) or stars > (1, stars[0]):
            raise UsageError(
                f"{where} is not a pair of hosts: {safe_text(text, 120)}",
                hint="for instance cas-bridge.xethub.hf.co=cas-bridge.xethub.hf-mirror.com",
            )
        pairs.append((host, other))
    return tuple(pairs)
