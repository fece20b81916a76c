"""What follows from the options: which files are wanted, and the settings of the run."""

from __future__ import annotations

import os
from dataclasses import fields

from hfget.endpoints import EndpointSource, without_login
from hfget.errors import UsageError
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

    What both have under one name is taken over. A program that is to be used must be there.
    """
    if options.tool != "hfget":
        from hfget.external import find_program

        find_program(options.tool, options.aria2c_path)
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
