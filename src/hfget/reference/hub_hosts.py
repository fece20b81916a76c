"""Which hosts are hubs, and how the address of a hub is written (pure, raises nothing)."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

_PUBLIC = frozenset({"huggingface.co", "hf.co", "hf-mirror.com", "hub-ci.huggingface.co"})
_MIRRORS = ".hf-mirror.com"
#: Hosts of these domains deliver files, run Spaces or answer other APIs.
_NO_HUBS = (".huggingface.co", ".hf.co", ".hf.space", ".huggingface.tech")
#: Sites whose addresses people paste, and that speak another protocol.
_OTHER_SITE = re.compile(
    r"(?:.+\.)?(?:bitbucket\.org|civitai\.com|colab\.research\.google\.com|docker\.com|docker\.io|"
    r"drive\.google\.com|ghcr\.io|gitcode\.com|gitee\.com|github\.com|githubusercontent\.com|"
    r"gitlab\.com|kaggle\.com|modelscope\.ai|modelscope\.cn|ollama\.ai|ollama\.com|"
    r"openxlab\.org\.cn|pypi\.org|wisemodel\.cn|zenodo\.org)"
)
_HUBS_PEOPLE_TYPE = ("huggingface.co", "hf-mirror.com")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_public(host: str) -> bool:
    """Whether this is the Hub or a mirror of it that everybody may use."""
    bare = host.lower().removeprefix("www.")
    return bare in _PUBLIC or bare.endswith(_MIRRORS)


def is_no_hub(host: str) -> bool:
    """Whether a host that is not public belongs to the Hub, but has no repos on it."""
    return host.endswith(_NO_HUBS)


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
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return port is not None and re.fullmatch(r"[a-z0-9_-]+(\.local|\.lan)?", host) is not None
    inside = address.is_private and not (address.is_link_local or address.is_unspecified)
    return address.is_loopback or (port is not None and inside)


def split_endpoint(endpoint: str | None) -> SplitResult | None:
    """The parts of `endpoint`, None if it is not an http(s) address with a valid port."""
    try:
        parts = urlsplit(
            endpoint if endpoint and "://" in endpoint else f"https://{endpoint or ''}"
        )
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname and parts.scheme in _DEFAULT_PORTS else None


def host_of(parts: SplitResult) -> str:
    """The host in lower case, without the dot that may end it."""
    return (parts.hostname or "").rstrip(".")


def begins_with_host(text: str, endpoint: str | None) -> bool:
    """Whether text without a scheme begins with the host of a hub.

    A bare LAN name counts with its port only: without, it may as well be an organisation.
    """
    host, _, port = re.split(r"[/?#]", text, maxsplit=1)[0].lower().partition(":")
    host = host.rstrip(".")
    ours = split_endpoint(endpoint)
    known = is_public(host) or (ours is not None and host == host_of(ours))
    return known and ("." in host or bool(port))


def origin(scheme: str, host: str, port: int | None) -> str:
    """scheme://host[:port]; public hubs by https and under their own name."""
    if is_public(host):
        host = host.removeprefix("www.")
        host = "huggingface.co" if host == "hf.co" else host
        scheme, port = "https", None if port == 80 else port
    return f"{scheme}://{netloc(host, None if port == _DEFAULT_PORTS[scheme] else port)}"


def netloc(host: str, port: int | None) -> str:
    literal = f"[{host}]" if ":" in host else host
    return literal if port is None else f"{literal}:{port}"
