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
from hfget.messages import operations_texts as texts
from hfget.model import RepoRef, Snapshot
from hfget.options import DownloadOptions
from hfget.reference import parse
from hfget.settings import Settings

_HUB = NamedEndpoint(DEFAULT_ENDPOINT, "default")


def read_reference(
    repo: str | Snapshot, options: DownloadOptions, recorded: str | None
) -> tuple[RepoRef, tuple[NamedEndpoint, ...]]:
    """What `repo` means, and the endpoints to ask, by preference. Raises UsageError.

    `--endpoint` names them all. Otherwise the first is HF_ENDPOINT, else that of a pasted URL,
    else the one `recorded`, else the Hub; those of HFGET_MIRRORS follow. In a snapshot the
    repo type and the revision are settled; its endpoint counts as a recorded one.
    """
    flags = [one for one in options.endpoint if one.strip()]
    named = named_endpoints(flags, os.environ)
    mirrors = () if flags else with_mirrors(_HUB, os.environ)
    if isinstance(repo, Snapshot):
        ref, recorded = repo.ref, recorded or repo.endpoint
    else:
        ref = parse(
            repo,
            repo_type=options.repo_type,
            revision=options.revision,
            endpoint=_meant(repo, named, mirrors),
        )
    if not flags:
        named = with_mirrors(named[0] if named else _otherwise(ref, recorded), os.environ)
    return ref, named


def remarks(ref: RepoRef, settings: Settings) -> list[events.Note]:
    """What is to be said of the endpoints, and of the tokens for them."""
    notes = []
    pasted, used = ref.endpoint, settings.endpoint
    if pasted is not None and host_of(pasted) not in map(host_of, settings.endpoints):
        named = "--endpoint" if settings.endpoint_source == "flag" else "HF_ENDPOINT"
        text = texts.URL_NAMES_OTHER(pasted=host_of(pasted), used=used, named=named)
        notes.append(events.Note(text))
    notes += [events.Note(text, "warning") for text in settings.token_warnings]
    for origin, credential in settings.credentials.items():
        if credential.source == "--token" and not is_official(origin):
            notes.append(events.Note(texts.TOKEN_GOES_TO(used=place_named(origin))))
    return notes


def _otherwise(ref: RepoRef, recorded: str | None) -> NamedEndpoint:
    """A recorded endpoint is trusted with a token as far as one in a pasted URL."""
    if ref.endpoint:
        return NamedEndpoint(ref.endpoint, "url")
    return NamedEndpoint(recorded, "record") if recorded else _HUB


def _meant(
    repo: str, named: Sequence[NamedEndpoint], mirrors: Sequence[NamedEndpoint]
) -> str | None:
    """The endpoint of which `repo` may be a URL: one that it names, else the first."""
    hosts = (one.url for one in (*named, *mirrors) if host_of(one.url) in repo)
    return next(hosts, named[0].url if named else None)
