"""What follows from the options: which files are wanted, and the settings of the run."""

from __future__ import annotations

import os
from dataclasses import fields

from hfget.endpoints import DEFAULT_ENDPOINT, EndpointSource, host_of, is_official, without_login
from hfget.errors import UsageError
from hfget.events import Note
from hfget.http import choose_credential
from hfget.model import RepoRef
from hfget.options import OPTIONS, DownloadOptions
from hfget.selection import Choice, Selection, split_words
from hfget.settings import Settings, offline_by, positive_seconds


def selection_of(options: DownloadOptions, ref: RepoRef) -> Selection:
    """Which files of the repo are wanted, by the options and by what `ref` names."""
    return Selection(
        include=tuple(options.include),
        exclude=tuple(options.exclude),
        names=tuple(options.files),
        path=ref.path,
        path_kind=ref.path_kind,
        choice=Choice(
            weights=split_words(options.weights),
            quants=(*ref.quants, *split_words(options.quant)),
            all_variants=options.all_variants,
        ),
        safe_only=options.safe_only,
    )


def settings_of(options: DownloadOptions, endpoint: str, source: EndpointSource) -> Settings:
    """The settings of a run from its options and the environment. Raises UsageError.

    What both have under one name is taken over.
    """
    if options.send_token_to and not options.ambient_token:
        raise UsageError(
            "--send-token-to and --no-token contradict each other", hint="give one of them"
        )
    credential, withheld, warnings = choose_credential(
        endpoint,
        source,
        flag=options.token,
        use_ambient=options.ambient_token,
        send_to=split_words(options.send_token_to),
    )
    env = os.environ
    shared = {one.name for one in fields(Settings)} & OPTIONS.keys() - {"endpoint"}
    return Settings(
        endpoint=without_login(endpoint),
        endpoint_source=source,
        credential=credential,
        withheld_token=withheld,
        token_warnings=warnings,
        api_timeout=positive_seconds(env, "HF_HUB_ETAG_TIMEOUT", 10.0),
        download_timeout=positive_seconds(env, "HF_HUB_DOWNLOAD_TIMEOUT", 10.0),
        offline=offline_by(env),
        **{name: getattr(options, name) for name in shared},
    )


def unnamed_endpoint(ref: RepoRef, recorded: str | None) -> tuple[str, EndpointSource]:
    """The endpoint where the user has named none.

    A recorded endpoint is trusted with a token as far as one in a pasted URL.
    """
    given = ref.endpoint or recorded
    return (given, "url") if given else (DEFAULT_ENDPOINT, "default")


def endpoint_notes(ref: RepoRef, settings: Settings) -> list[Note]:
    """What the user should know of the endpoint that is asked, and of the token it gets."""
    notes = []
    pasted, used = ref.endpoint, settings.endpoint
    if pasted is not None and host_of(pasted) != host_of(used):
        named = "--endpoint" if settings.endpoint_source == "flag" else "HF_ENDPOINT"
        notes.append(Note(f"the URL names {host_of(pasted)}; fetched from {used} ({named})"))
    notes += [Note(text, "warning") for text in settings.token_warnings]
    credential = settings.credential
    if credential is not None and credential.source == "--token" and not is_official(used):
        notes.append(Note(f"the token from --token goes to {host_of(used)}"))
    return notes
