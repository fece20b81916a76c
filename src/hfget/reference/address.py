"""Addresses of the Hub's web server and of its API: which endpoint, which repo, which file."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from hfget.errors import UsageError
from hfget.model import PathKind, RepoRef
from hfget.reference.checks import FORMS, PREFIXES, shown
from hfget.reference.hosts import (
    host_of,
    is_local,
    is_no_hub,
    is_public,
    netloc,
    origin,
    split_endpoint,
)
from hfget.reference.repo import (
    ACTIONS,
    VIEWS,
    Named,
    refuse_singular,
    repo_of_page,
    segments_of,
)
from hfget.reference.trail import placed, with_trail
from hfget.text import shell_word

_NO_REPO = re.compile(
    "api|blog|brand|buckets|changelog|chat|collections|docs|enterprise|inference|jobs|join|kernels|"
    "languages|learn|login|logout|new|notifications|organizations|papers|posts|pricing|privacy|"
    "search|settings|storage|support|tasks|terms-of-service"
)


def from_url(scheme: str | None, rest: str, endpoint: str | None) -> Named:
    """`rest` is what follows `scheme://`; the scheme is None where none was typed."""
    base, segments = _below_hub(scheme, rest, endpoint)
    return from_page(segments, base)


def hub_at(address: str, endpoint: str | None) -> str:
    """The endpoint that `address` is. Raises UsageError if it is no hub that is known."""
    scheme, _, rest = address.rpartition("://")
    base, prefix = _below_hub(scheme.lower() or None, rest, endpoint)
    return "/".join([base, *prefix])


def from_page(segments: list[str], base: str | None) -> Named:
    """The path of a page or of an API address, in raw (percent-encoded) segments.

    `base` is the endpoint, None for a path that was typed without one.
    """
    if segments[:2] == ["api", "resolve-cache"]:  # where /resolve/ redirects for small files
        segments = [*segments[2:5], "resolve", *segments[5:]]
    elif segments[:1] == ["api"] and segments[1:2] and segments[1] in PREFIXES:
        segments = segments[1:]
    elif base is not None and segments and _NO_REPO.fullmatch(segments[0]):
        raise UsageError(f"/{shown('/'.join(segments))} is not the page of a repo", hint=FORMS)
    if len(segments) > 2 and segments[2] not in ACTIONS:
        refuse_singular(segments)
    found, rest = repo_of_page(segments)
    ref = replace(found.ref, endpoint=base)
    action, tail = (rest[0], rest[1:]) if rest else ("", [])
    if action in VIEWS:
        ref = with_trail(ref, tail, VIEWS[action])
    elif action in ("revision", "commit") and tail:
        ref = placed(ref, "/".join(unquote(part) for part in tail), "", PathKind.ANY)
    elif action:
        raise _nothing_to_download(ref, action, tail)
    return found._replace(ref=ref)


def _nothing_to_download(ref: RepoRef, action: str, tail: list[str]) -> UsageError:
    hint = f"paste the repo alone: {ref}"
    if action == "discussions" and tail and re.fullmatch("[0-9]{1,9}", tail[0]):
        hint += f"; if it is a pull request: {ref} --revision refs/pr/{tail[0]}"
    elif action in ("edit", "delete"):
        hint += ", or the page that shows the file (/blob/…)"
    return UsageError(f"the page /{shown(action)} of {ref} is nothing to download", hint=hint)


def _below_hub(scheme: str | None, rest: str, endpoint: str | None) -> tuple[str, list[str]]:
    """The endpoint a URL lies on, and the segments of its path there.

    Raises UsageError for a malformed URL, and for a host that nobody named as a hub.
    """
    try:
        parts = urlsplit(f"{scheme or 'https'}://{rest}")
        host, port = host_of(parts), parts.port
    except ValueError as error:
        raise UsageError("the URL is malformed", hint=FORMS) from error
    if not host:
        raise UsageError("the URL has no host", hint=FORMS)
    segments = segments_of(parts.path)
    ours = split_endpoint(endpoint)
    if ours is not None and host == host_of(ours):
        if scheme is None:
            scheme, port = ours.scheme, port or ours.port
        base, prefix = origin(scheme, host, port), segments_of(ours.path)
        if segments[: len(prefix)] == prefix:
            return "/".join([base, *prefix]), segments[len(prefix) :]
        return base, segments
    if is_public(host) or (scheme is not None and is_local(host, port)):
        return origin(scheme or "https", host, port), segments
    raise _strange_host(scheme, host, port)


def _strange_host(scheme: str | None, host: str, port: int | None) -> UsageError:
    if is_no_hub(host):
        return UsageError(
            f"{shown(host)} has no repos", hint="paste the address of the repo's own page"
        )
    address = f"{scheme if scheme and port else 'https'}://{netloc(host, port)}"
    return UsageError(
        f"{shown(host)} is not a hub that hfget knows",
        hint="paste org/name; if it is a hub or a mirror, say so: "
        f"--endpoint {shell_word(address)}",
    )
