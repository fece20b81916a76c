"""What a probe of an endpoint has found, in plain words, and the one thing to do about it."""

from __future__ import annotations

from typing import NamedTuple

from hfget.endpoints import host_of, is_private_address, is_public_hub
from hfget.errors import AccessError, HfgetError, NotFoundError, UnseenError
from hfget.http import Transient, WatchedClient, describe, kind_of
from hfget.messages import http_texts, remedies
from hfget.messages import operations_texts as texts
from hfget.system import duration_text, safe_text, size_text

#: A connection that brings less than that, in bytes a second, is worth a word.
SLOW_BYTES_PER_SECOND = 200_000.0
#: So many seconds a clock may be wrong before certificates and signed addresses suffer.
WRONG_CLOCK_SECONDS = 300.0
_GB = 1e9

_REMEDIES = {
    "dns": remedies.OTHER_NAME_SERVER,
    "refused": remedies.WAY_REFUSED,
    "timeout": remedies.WAY_BLOCKED,
    "connection": remedies.WAY_CUT,
    "tls": remedies.WAY_TLS,
    "proxy": remedies.CHECK_PROXY_OR_NO_PROXY,
}


class Finding(NamedTuple):
    """One thing that is wrong. `kind` is a stable name, `exit_code` that of a download for it."""

    kind: str
    text: str
    remedy: str
    exit_code: int = 0


def of_error(
    error: HfgetError | Transient, client: WatchedClient, endpoint: str, *, withheld: bool = False
) -> Finding:
    """Why a probe of `endpoint` came to its end, where a token that there is may be `withheld`."""
    url = error.url or endpoint
    host, home = host_of(url), host_of(f"{endpoint}/")
    failure, code = client.failure, getattr(error, "exit_code", 5)
    if failure is None or isinstance(failure, HfgetError):
        return _of_answer(error, client, host, code, withheld=withheld)
    kind = kind_of(failure)
    if kind == "certificate" and isinstance(error, HfgetError):
        return Finding(kind, error.message, error.hint, code)
    reason = describe(failure)
    if host != home:
        return Finding(
            "data-unreachable",
            texts.PROBE_DATA_UNREACHED(host=home, other=host, reason=reason),
            remedies.OTHER_ENDPOINT_DATA,
            code,
        )
    misspelt = kind == "dns" and not is_public_hub(host.partition(":")[0])
    text = texts.PROBE_FAILED(host=host, reason=reason)
    return Finding(kind, text, remedies.CHECK_ENDPOINT_NAME if misspelt else _REMEDIES[kind], code)


def _of_answer(
    error: HfgetError | Transient, client: WatchedClient, host: str, code: int, *, withheld: bool
) -> Finding:
    """What is wrong where the host did answer."""
    last = client.exchanges[-1] if client.exchanges else None
    status = last.status if last else 0
    reason = error.reason if isinstance(error, Transient) else ""
    if last is not None and status == 429:
        remedy: str = remedies.WAIT_MINUTES
        if last.wait:
            remedy = remedies.WAIT_AND_SLOW_DOWN(wait=duration_text(last.wait))
        return Finding("rate-limit", texts.PROBE_TOO_MANY(host=host), remedy, code)
    if status >= 500:
        text = texts.PROBE_SERVER(host=host, status=status)
        return Finding("server", text, remedies.SERVER_LATER, code)
    if last is not None and last.is_page and status == 200:
        text = texts.PROBE_LOGIN_PAGE(host=host)
        return Finding("login-page", text, remedies.NETWORK_LOGIN, code)
    if status in (401, 403) and client.failure is None and not isinstance(error, NotFoundError):
        told = withheld or client.keyring.of(error.url or "") or not isinstance(error, UnseenError)
        if isinstance(error, AccessError) and told:
            said = error.message
            named = said if host in said else http_texts.HOST_FAILED(host=host, reason=said)
            return Finding("not-allowed", named, error.hint, code)
        text = texts.PROBE_NEEDS_TOKEN(host=host, status=status)
        return Finding("not-allowed", text, remedies.GIVE_TOKEN_OR_PUBLIC_REPO, code)
    if isinstance(error, HfgetError):
        return Finding(error.kind, error.message, error.hint, code)
    if error.lie:
        text = texts.PROBE_FAILED(host=host, reason=reason)
        return Finding("not-the-file", text, remedies.OTHER_ENDPOINT_BROKEN, code)
    text = texts.PROBE_BREAKS_OFF(host=host, reason=reason)
    return Finding("connection", text, _REMEDIES["connection"], code)


def not_done(endpoint: str, seconds: float) -> Finding:
    """The time for the probe was over."""
    text = texts.PROBE_LATE(host=host_of(endpoint), seconds=seconds)
    return Finding("timeout", text, _REMEDIES["timeout"], 5)


def of_bytes(host: str, path: str) -> Finding:
    """A file whose hash is not that of the listing."""
    return Finding(
        "verification",
        texts.PROBE_OTHER_BYTES(host=host, path=safe_text(path, 80)),
        remedies.OTHER_ENDPOINT_BYTES,
        6,
    )


def of_ranges(host: str) -> Finding:
    return Finding("no-ranges", texts.PROBE_NO_RANGES(host=host), remedies.OTHER_ENDPOINT_RANGES)


def of_speed(host: str, speed: float) -> Finding | None:
    if speed >= SLOW_BYTES_PER_SECOND:
        return None
    spent = duration_text(_GB / max(speed, 1.0))
    text = texts.PROBE_SLOW(host=host, speed=size_text(speed), spent=spent)
    return Finding("slow", text, remedies.FASTER_ENDPOINT)


def of_addresses(host: str, addresses: list[str]) -> Finding | None:
    """A public name for which the name server gives an address of a local network."""
    inside = [address for address in addresses if is_private_address(address)]
    if not inside or not is_public_hub(host.partition(":")[0]):
        return None
    text = texts.PROBE_PRIVATE(host=host, address=inside[0])
    return Finding("private-address", text, _REMEDIES["dns"])


def of_clock(host: str, ahead: float, *, agreed: bool) -> Finding | None:
    """A clock that is wrong; it is this machine's where several hosts have `agreed`."""
    if abs(ahead) < WRONG_CLOCK_SECONDS:
        return None
    off = duration_text(abs(ahead))
    if agreed:
        said = texts.PROBE_CLOCK_SLOW if ahead > 0 else texts.PROBE_CLOCK_FAST
        return Finding("clock", said(off=off), remedies.SET_CLOCK)
    said = texts.PROBE_CLOCK_OR_SLOW if ahead > 0 else texts.PROBE_CLOCK_OR_FAST
    return Finding("clock", said(off=off, host=host), remedies.COMPARE_CLOCK)


def of_commit(host: str, commit: str, other: str, newest: str) -> Finding:
    """An endpoint that has another commit than the Hub itself."""
    return Finding(
        "behind",
        texts.PROBE_BEHIND(host=host, commit=commit[:7], other=other, newest=newest[:7]),
        remedies.AUTHORITATIVE_COMMIT(commit=newest),
    )
