"""Which endpoints a run may ask, in which order, and what is to be said about that."""

from __future__ import annotations

import os
from collections.abc import Sequence

from hfget import events
from hfget.endpoints import (
    DEFAULT_ENDPOINT,
    NamedEndpoint,
    host_of,
    is_official,
    named_endpoints,
    place_named,
    with_mirrors,
)
from hfget.model import RepoRef
from hfget.options import DownloadOptions
from hfget.reference import parse
from hfget.settings import Settings

_HUB = NamedEndpoint(DEFAULT_ENDPOINT, "default")


def read_reference(
    repo: str, options: DownloadOptions, recorded: str | None
) -> tuple[RepoRef, tuple[NamedEndpoint, ...]]:
    """What `repo` means, and the endpoints to ask, by preference. Raises UsageError.

    `--endpoint` names them all. Otherwise the first is HF_ENDPOINT, else that of a pasted URL,
    else the one `recorded`, else the Hub; those of HFGET_MIRRORS follow.
    """
    named = named_endpoints(tuple(options.endpoint), os.environ)
    mirrors = () if options.endpoint else with_mirrors(_HUB, os.environ)
    ref = parse(
        repo,
        repo_type=options.repo_type,
        revision=options.revision,
        endpoint=_meant(repo, named, mirrors),
    )
    if not options.endpoint:
        named = with_mirrors(named[0] if named else _otherwise(ref, recorded), os.environ)
    return ref, named


def remarks(ref: RepoRef, settings: Settings) -> list[events.Note]:
    """What is to be said of the endpoints, and of the tokens for them."""
    notes = []
    pasted, used = ref.endpoint, settings.endpoint
    if pasted is not None and host_of(pasted) not in map(host_of, settings.endpoints):
        named = "--endpoint" if settings.endpoint_source == "flag" else "HF_ENDPOINT"
        notes.append(events.Note(f"the URL names {host_of(pasted)}; fetched from {used} ({named})"))
    notes += [events.Note(text, "warning") for text in settings.token_warnings]
    for origin, credential in settings.credentials.items():
        if credential.source == "--token" and not is_official(origin):
            notes.append(events.Note(f"the token from --token goes to {place_named(origin)}"))
    return notes


def _otherwise(ref: RepoRef, recorded: str | None) -> NamedEndpoint:
    """A recorded endpoint is trusted with a token as far as one in a pasted URL."""
    given = ref.endpoint or recorded
    return NamedEndpoint(given, "url") if given else _HUB


def _meant(
    repo: str, named: Sequence[NamedEndpoint], mirrors: Sequence[NamedEndpoint]
) -> str | None:
    """The endpoint of which `repo` may be a URL: one that it names, else the first."""
    hosts = (one.url for one in (*named, *mirrors) if host_of(one.url + "/") in repo)
    return next(hosts, named[0].url if named else None)
