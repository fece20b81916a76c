"""What a probe of an endpoint has found, in plain words, and the one thing to do about it."""

from __future__ import annotations

from typing import NamedTuple

from hfget.endpoints import host_of, is_private_address, is_public_hub
from hfget.errors import HfgetError
from hfget.http import Transient, WatchedClient, describe, kind_of
from hfget.system import duration_text, safe_text, size_text

#: A connection that brings less than that, in bytes a second, is worth a word.
SLOW_BYTES_PER_SECOND = 200_000.0
#: So many seconds a clock may be wrong before certificates and signed addresses suffer.
WRONG_CLOCK_SECONDS = 300.0
_GB = 1e9

_REMEDIES = {
    "dns": "ask another name server, for instance 1.1.1.1 or 223.5.5.5, or use a proxy",
    "refused": "nothing listens there, or a firewall says no: use an endpoint that works, or a "
    "proxy (HTTPS_PROXY)",
    "timeout": "it is down, or blocked in this network: use an endpoint that works, or a proxy "
    "(HTTPS_PROXY)",
    "connection": "something cuts the connection: use an endpoint that works, or a proxy "
    "(HTTPS_PROXY)",
    "tls": "something disturbs TLS to this host: use an endpoint that works, or a proxy "
    "(HTTPS_PROXY)",
    "proxy": "check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, or name the host in NO_PROXY",
}
_LOG_IN = "open any page in a browser and log in; or check that this is the address of a hub"
_MISSPELT = "check how it is spelt in --endpoint, HF_ENDPOINT or HFGET_MIRRORS"


class Finding(NamedTuple):
    """One thing that is wrong. `kind` is a stable name, `exit_code` that of a download for it."""

    kind: str
    text: str
    remedy: str
    exit_code: int = 0


def of_error(error: HfgetError | Transient, client: WatchedClient, endpoint: str) -> Finding:
    """Why a probe of `endpoint` came to its end."""
    url = error.url or endpoint
    host, home = host_of(url), host_of(f"{endpoint}/")
    failure, code = client.failure, getattr(error, "exit_code", 5)
    if failure is None or isinstance(failure, HfgetError):
        return _of_answer(error, client, host, code)
    kind = kind_of(failure)
    if kind == "certificate" and isinstance(error, HfgetError):
        issuer = client.issuer(url, 1.0)
        signed = f" (signed by {issuer})" if issuer else ""
        return Finding(kind, error.message + signed, error.hint, code)
    reason = describe(failure)
    if host != home:
        return Finding(
            "data-unreachable",
            f"{home} leads to {host} for files, which cannot be reached: {reason}",
            "use an endpoint that brings the files too; this one cannot help from here",
            code,
        )
    misspelt = kind == "dns" and not is_public_hub(host.partition(":")[0])
    return Finding(kind, f"{host}: {reason}", _MISSPELT if misspelt else _REMEDIES[kind], code)


def _of_answer(
    error: HfgetError | Transient, client: WatchedClient, host: str, code: int
) -> Finding:
    """What is wrong where the host did answer."""
    last = client.exchanges[-1] if client.exchanges else None
    status = last.status if last else 0
    reason = error.reason if isinstance(error, Transient) else ""
    if last is not None and status == 429:
        wait = duration_text(last.wait) if last.wait else "some minutes"
        return Finding(
            "rate-limit",
            f"{host} wants fewer requests from this address (HTTP 429)",
            f"wait {wait}, then use fewer connections: -x 2 -j 2",
            code,
        )
    if status >= 500:
        text = f"{host} is in trouble (HTTP {status})"
        return Finding("server", text, "try again later; the fault is not on your side", code)
    if last is not None and last.is_page and status == 200:
        text = f"{host} answers with a web page, as networks do that want a login first"
        return Finding("login-page", text, _LOG_IN, code)
    if status in (401, 403) and client.failure is None:
        text = f"{host} does not show the repo without a token (HTTP {status}); none is sent here"
        return Finding("not-allowed", text, "name a public repo: hfget mirrors REPO", code)
    if isinstance(error, HfgetError):
        return Finding(error.kind, error.message, error.hint, code)
    if error.lie:
        remedy = "use another endpoint: this one, or something before it, does not keep to HTTP"
        return Finding("not-the-file", f"{host}: {reason}", remedy, code)
    text = f"{host} breaks off in the midst of a file: {reason}"
    return Finding("connection", text, _REMEDIES["connection"], code)


def not_done(endpoint: str, seconds: float) -> Finding:
    """The time for the probe was over."""
    text = f"{host_of(endpoint + '/')} has not answered everything within {seconds:g} s"
    return Finding("timeout", text, _REMEDIES["timeout"], 5)


def of_bytes(host: str, path: str) -> Finding:
    """A file whose hash is not that of the listing."""
    return Finding(
        "verification",
        f"{host} brings other bytes for {safe_text(path, 80)} than it lists",
        "use another endpoint; something changes files on the way, or there",
        6,
    )


def of_ranges(host: str) -> Finding:
    return Finding(
        "no-ranges",
        f"{host} does not serve parts of files",
        "use another endpoint for large files: here one that breaks off begins anew",
    )


def of_speed(host: str, speed: float) -> Finding | None:
    if speed >= SLOW_BYTES_PER_SECOND:
        return None
    spent = duration_text(_GB / max(speed, 1.0))
    text = f"{host} is slow: {size_text(speed)}/s a connection, {spent} for a gigabyte"
    return Finding("slow", text, "use a faster endpoint, or come back at another hour")


def of_addresses(host: str, addresses: list[str]) -> Finding | None:
    """A public name for which the name server gives an address of a local network."""
    inside = [address for address in addresses if is_private_address(address)]
    if not inside or not is_public_hub(host.partition(":")[0]):
        return None
    text = f"the name server says that {host} is {inside[0]}, an address of a local network"
    return Finding("private-address", text, _REMEDIES["dns"])


def of_clock(host: str, ahead: float, *, agreed: bool) -> Finding | None:
    """A clock that is wrong; it is this machine's where several hosts have `agreed`."""
    if abs(ahead) < WRONG_CLOCK_SECONDS:
        return None
    off = duration_text(abs(ahead))
    late = "slow" if ahead > 0 else "fast"
    if agreed:
        text = f"the clock of this machine is {off} {late}"
        return Finding("clock", text, "set it: certificates and signed addresses go by it")
    text = f"the clock of this machine is {off} {late}, or that of {host} is wrong"
    return Finding("clock", text, "compare it with another clock, and set it if it is wrong")


def of_commit(host: str, commit: str, other: str, newest: str) -> Finding:
    """An endpoint that has another commit than the Hub itself."""
    return Finding(
        "behind",
        f"{host} has commit {commit[:7]}, and {other} has {newest[:7]}: it is behind",
        "ask for the commit itself where it matters: --revision " + newest,
    )
