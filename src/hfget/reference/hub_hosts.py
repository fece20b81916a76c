"""Which hosts are hubs, and how the address of a hub is written (pure, raises nothing)."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from hfget.endpoints import (
    DEFAULT_ENDPOINT,
    DEFAULT_PORTS,
    DOMAINS_WITHOUT_REPOS,
    OFFICIAL_HOSTS,
    hostname_of,
    is_local_name,
    is_loopback_host,
    is_public_hub,
    netloc,
    plain_address,
)
from hfget.system import lazy_pattern

#: Sites whose addresses people paste, and that speak another protocol.
_OTHER_SITE = lazy_pattern(
    r"(?:.+\.)?(?:bitbucket\.org|civitai\.com|colab\.research\.google\.com|docker\.com|docker\.io|"
    r"drive\.google\.com|ghcr\.io|gitcode\.com|gitee\.com|github\.com|githubusercontent\.com|"
    r"gitlab\.com|kaggle\.com|modelscope\.ai|modelscope\.cn|ollama\.ai|ollama\.com|"
    r"openxlab\.org\.cn|pypi\.org|wisemodel\.cn|zenodo\.org)"
)
_NAME = lazy_pattern(r"[a-z0-9_.-]+")
_HUBS_PEOPLE_TYPE = ("huggingface.co", "hf-mirror.com")


def is_no_hub(host: str) -> bool:
    """Whether a host that is not public belongs to the Hub, but has no repos on it."""
    return host.endswith(DOMAINS_WITHOUT_REPOS)


def is_other_site(host: str) -> bool:
    """Whether this is a well-known site that is not a hub."""
    return _OTHER_SITE.fullmatch(host) is not None


def imitates_hub(host: str) -> bool:
    """Whether a host that is not a hub has the name of one in its own."""
    return any(hub.partition(".")[0] in host for hub in _HUBS_PEOPLE_TYPE)


def hub_like(host: str) -> str | None:
    """The hub whose name differs by its last part or a few letters only: huggingface.com."""
    from difflib import SequenceMatcher

    bare = host.removeprefix("www.")
    if len(bare) > 24:
        return None
    for hub in _HUBS_PEOPLE_TYPE:
        name, known = bare.rpartition(".")[0], hub.rpartition(".")[0]
        if name == known or SequenceMatcher(None, bare, hub).ratio() > 0.85:
            return hub
    return None


def is_local(host: str, port: int | None) -> bool:
    """Loopback, or with a port named a host that can only be in the local network."""
    if is_loopback_host(host) or port is None:
        return is_loopback_host(host)
    address = plain_address(host)
    if address is None:
        return _NAME.fullmatch(host) is not None and is_local_name(host)
    return address.is_private and not (address.is_link_local or address.is_unspecified)


def split_endpoint(endpoint: str | None) -> SplitResult | None:
    """The parts of `endpoint`, None if it is not an http(s) address with a valid port."""
    try:
        parts = urlsplit(
            endpoint if endpoint and "://" in endpoint else f"https://{endpoint or ''}"
        )
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname and parts.scheme in DEFAULT_PORTS else None


def begins_with_host(text: str, endpoint: str | None) -> bool:
    """Whether text without a scheme begins with the host of a hub.

    A bare LAN name counts with its port only: without, it may as well be an organisation.
    """
    host, _, port = re.split(r"[/?#]", text, maxsplit=1)[0].lower().partition(":")
    host = host.rstrip(".")
    ours = split_endpoint(endpoint)
    known = is_public_hub(host) or (ours is not None and host == hostname_of(ours))
    return known and ("." in host or bool(port))


def origin(scheme: str, host: str, port: int | None) -> str:
    """scheme://host[:port]; public hubs by https and under their own name."""
    if is_public_hub(host):
        host = hostname_of(DEFAULT_ENDPOINT) if host in OFFICIAL_HOSTS else host
        host = host.removeprefix("www.")
        scheme, port = "https", None if port == 80 else port
    return f"{scheme}://{netloc(host, None if port == DEFAULT_PORTS[scheme] else port)}"
