"""What an endpoint and an origin are, and which hosts are hubs, loopback or private.

An *endpoint* is the URL that a hub's routes stand below. An *origin* is scheme, host and port: a
token is bound to one. The tables of hosts are here alone.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal, NamedTuple
from urllib.parse import SplitResult, urlsplit, urlunsplit

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import system_texts as texts
from hfget.system import safe_text, safe_url

DEFAULT_ENDPOINT = "https://huggingface.co"
#: Short names of endpoints, for --endpoint and HFGET_MIRRORS.
ENDPOINT_NAMES = {"official": DEFAULT_ENDPOINT, "hf-mirror": "https://hf-mirror.com"}
#: The Hub under each of its names.
OFFICIAL_HOSTS = frozenset({"huggingface.co", "hf.co", "www.huggingface.co"})
#: The Hub's test site, and mirrors that everyone may use.
MIRROR_HOSTS = frozenset({"hf-mirror.com", "hub-ci.huggingface.co"})
MIRROR_DOMAINS = (".hf-mirror.com",)
#: Hosts of these domains deliver files, run Spaces or answer other APIs.
DOMAINS_WITHOUT_REPOS = (".huggingface.co", ".hf.co", ".hf.space", ".huggingface.tech")
#: Names that only a local network knows: RFC 6761, 6762, 8375 and common use.
LOCAL_DOMAINS = (".localhost", ".local", ".lan", ".internal", ".intranet", ".home.arpa")
DEFAULT_PORTS = {"http": 80, "https": 443}

#: Where an endpoint was named; `further` are all but the first.
EndpointSource = Literal["flag", "environment", "url", "record", "default", "further"]

_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")
#: A URL whose host needs no parser: one is asked for each request.
_PLAIN = re.compile(r"https?://([a-z0-9.-]+(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}))?)/")
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+(?:%[a-z0-9]+)?")


def hostname_of(url: str | SplitResult) -> str:
    """The host in lower case, without port and without the dot that may end it; may be empty."""
    parts = urlsplit(url) if isinstance(url, str) else url
    return (parts.hostname or "").rstrip(".")


def origin_of(url: str) -> str:
    """Scheme, lower-case host without trailing dot, and effective port of `url`.

    Raises ValueError for what is not an http(s) URL, and for what different parsers read
    differently: a token must not follow from a misunderstanding.
    """
    if _AMBIGUOUS.search(url):
        raise _not_http(url)
    plain = _PLAIN.match(url)
    return _origin(plain[0] if plain else url)


@lru_cache(maxsize=64)
def _origin(url: str) -> str:
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), hostname_of(parts)
    if scheme not in DEFAULT_PORTS or not _HOST.fullmatch(host):
        raise _not_http(url)
    return f"{scheme}://{netloc(host, parts.port or DEFAULT_PORTS[scheme])}"


def _not_http(url: str) -> ValueError:
    return ValueError(f"not an http(s) URL: {safe_url(url)}")


def place_named(origin: str) -> str:
    """The host of an origin as people write it, with a port where that is not the usual one."""
    scheme, _, place = origin.partition("://")
    return place.removesuffix(f":{DEFAULT_PORTS.get(scheme, 0)}")


def host_of(url: str) -> str:
    """The host (and port, where it is named) of `url`, for messages."""
    if plain := _PLAIN.match(url):
        return plain.group(1)
    parts = urlsplit(safe_url(url))
    return parts.netloc or safe_url(url)


def place_of(endpoint: str) -> str:
    """What an endpoint is called among several: its address without the scheme."""
    return endpoint.partition("://")[2]


def netloc(host: str, port: int | None) -> str:
    """Host and port as they stand in a URL."""
    literal = f"[{host}]" if ":" in host else host
    return literal if port is None else f"{literal}:{port}"


def without_login(url: str) -> str:
    """`url` without user and password."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def is_official(endpoint: str) -> bool:
    """Whether `endpoint` is the Hub itself, over https."""
    return origin_of(endpoint) in {f"https://{host}:443" for host in OFFICIAL_HOSTS}


def is_official_host(host: str) -> bool:
    """Whether this is the Hub under one of its names."""
    return host in OFFICIAL_HOSTS


def is_public_hub(host: str) -> bool:
    """Whether this is the Hub or a mirror of it that everyone may use."""
    bare = host.lower().removeprefix("www.")
    return bare in OFFICIAL_HOSTS | MIRROR_HOSTS or bare.endswith(MIRROR_DOMAINS)


def is_loopback(url: str) -> bool:
    """Whether `url` names this machine."""
    return is_loopback_host(hostname_of(url))


def is_loopback_host(host: str) -> bool:
    """Whether this is a name (RFC 6761) or an address of this machine itself."""
    return host == "localhost" or host.endswith(".localhost") or is_loopback_address(host)


def is_loopback_address(text: str) -> bool:
    """Whether this is an address of this machine itself."""
    address = plain_address(text.partition("%")[0])
    return address is not None and address.is_loopback


def is_private(url: str) -> bool:
    """Whether `url` names an address, or a host, that only a local network can mean."""
    host = hostname_of(url)
    address = address_of(host)
    if address is not None:
        return _is_inside(address)
    return is_loopback_host(host) or is_local_name(host)


def is_local_name(host: str) -> bool:
    """Whether this is a name that only a local network knows."""
    return "." not in host or host.endswith(LOCAL_DOMAINS)


def is_private_address(text: str) -> bool:
    """Whether this is an address of a local network."""
    address = address_of(text.partition("%")[0])
    return address is not None and _is_inside(address)


@lru_cache(maxsize=256)
def plain_address(host: str) -> IPv4Address | IPv6Address | None:
    """The address that `host` is; None for a name. An IPv4 address in an IPv6 one is itself."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def address_of(host: str) -> IPv4Address | IPv6Address | None:
    """The address that `host` writes out, also in forms like 127.1 and 0x7f000001."""
    if address := plain_address(host):
        return address
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


class NamedEndpoint(NamedTuple):
    """An endpoint, normalised, and where it was named. It may still hold user and password."""

    url: str
    source: EndpointSource


def named_endpoints(flags: Sequence[str], env: Mapping[str, str]) -> tuple[NamedEndpoint, ...]:
    """The endpoints the user chose: by `--endpoint`, else by HF_ENDPOINT; may be none.

    Raises UsageError for what is not an http(s) URL.
    """
    if flags:
        urls = [_normal_endpoint(flag, "--endpoint", names=True) for flag in flags]
        return _in_order(NamedEndpoint(urls[0], "flag"), urls[1:])
    if value := env.get("HF_ENDPOINT", "").strip():
        return (NamedEndpoint(_normal_endpoint(value, "HF_ENDPOINT"), "environment"),)
    return ()


def with_mirrors(first: NamedEndpoint, env: Mapping[str, str]) -> tuple[NamedEndpoint, ...]:
    """`first` and then those of HFGET_MIRRORS, each once.

    Where `first` is the default and stands among them, their order counts. Raises UsageError.
    """
    mirrors = env.get("HFGET_MIRRORS", "").replace(",", " ").split()
    urls = [_normal_endpoint(mirror, "HFGET_MIRRORS", names=True) for mirror in mirrors]
    if first.source == "default" and first.url in urls:
        source: EndpointSource = "default" if urls[0] == first.url else "environment"
        return _in_order(NamedEndpoint(urls[0], source), urls[1:])
    return _in_order(first, urls)


def _in_order(first: NamedEndpoint, urls: Sequence[str]) -> tuple[NamedEndpoint, ...]:
    found = {without_login(first.url): first}
    for url in urls:
        found.setdefault(without_login(url), NamedEndpoint(url, "further"))
    return tuple(found.values())


def _normal_endpoint(value: str, where: str, *, names: bool = False) -> str:
    """A URL without a slash at its end; the Hub under its own name, always by https.

    With `names` a short name stands for one too.
    """
    text = value.strip().strip("\"'")
    if names and text.lower() in ENDPOINT_NAMES:
        return ENDPOINT_NAMES[text.lower()]
    if "," in text:
        raise UsageError(
            texts.SEVERAL_ADDRESSES(where=where, text=safe_text(safe_url(text), 200)),
            hint=advice.ONE_ENDPOINT_EACH,
        )
    try:
        if "://" not in text:
            text = ("http://" if is_loopback(f"http://{text}") else "https://") + text
        parts = urlsplit(text)
        origin_of(text)
    except ValueError as error:
        raise UsageError(
            texts.NOT_AN_ADDRESS(where=where, text=safe_text(safe_url(text), 200)),
            hint=advice.URL_LIKE,
        ) from error
    if parts.query or parts.fragment:
        raise UsageError(
            texts.QUERY_OR_FRAGMENT(where=where, text=safe_text(safe_url(text), 200)),
            hint=advice.URL_LIKE,
        )
    if hostname_of(parts) in OFFICIAL_HOSTS and parts.port in (None, 80, 443):
        text = DEFAULT_ENDPOINT + parts.path
    return text.rstrip("/")


def _is_inside(address: IPv4Address | IPv6Address) -> bool:
    return not address.is_global or address.is_multicast
