"""What follows from the options: which files are wanted, and the settings of the run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields

from hfget.endpoints import NamedEndpoint, without_login
from hfget.errors import UsageError
from hfget.http import choose_credentials, parse_rewrites
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


def settings_of(options: DownloadOptions, endpoints: Sequence[NamedEndpoint]) -> Settings:
    """The settings of a run from its options and the environment. Raises UsageError.

    What both have under one name is taken over. `endpoints` are in the order of preference.
    """
    if options.send_token_to and not options.ambient_token:
        raise UsageError(
            "--send-token-to and --no-token contradict each other", hint="give one of them"
        )
    chosen = choose_credentials(
        endpoints,
        flag=options.token,
        use_ambient=options.ambient_token,
        send_to=split_words(options.send_token_to),
    )
    env = os.environ
    shared = {one.name for one in fields(Settings)} & OPTIONS.keys() - {"endpoint"}
    return Settings(
        endpoint=without_login(endpoints[0].url),
        endpoints=tuple(without_login(one.url) for one in endpoints),
        endpoint_source=endpoints[0].source,
        credentials=chosen.credentials,
        withheld_tokens=chosen.withheld,
        token_warnings=chosen.warnings,
        rewrites=parse_rewrites(options.rewrite_host, env),
        api_timeout=positive_seconds(env, "HF_HUB_ETAG_TIMEOUT", 10.0),
        download_timeout=positive_seconds(env, "HF_HUB_DOWNLOAD_TIMEOUT", 10.0),
        offline=offline_by(env),
        **{name: getattr(options, name) for name in shared},
    )
