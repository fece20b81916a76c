"""What follows from the options: which files are wanted and where to, and the run's settings."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib.util import find_spec

from hfget import events
from hfget.destinations import Layout, choose_layout
from hfget.endpoints import NamedEndpoint, without_login
from hfget.errors import UsageError
from hfget.http import Credentials, HostRules, HttpClient, choose_credentials, parse_rewrites
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import RepoRef
from hfget.options import OPTIONS, DownloadOptions
from hfget.selection import Choice, Selection, split_words
from hfget.settings import Credential, Settings, offline_by, positive_seconds


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


def settings_of(
    options: DownloadOptions,
    endpoints: Sequence[NamedEndpoint],
    credentials: Mapping[str, Credential] | None = None,
) -> Settings:
    """The settings of a run from its options and the environment. Raises UsageError.

    What both have under one name is taken over. `endpoints` are in the order of preference. A
    program that is to be used must be there. Where `credentials` are given, those that the options
    and the environment name do not count.
    """
    if options.tool != "hfget":
        from hfget.external import find_program

        find_program(options.tool, options.aria2c_path)
    _check_together(options)
    _check_rate(options)
    if credentials is None:
        chosen = choose_credentials(
            endpoints,
            flag=options.token,
            use_ambient=options.ambient_token,
            send_to=split_words(options.send_token_to),
        )
    else:
        chosen = Credentials(credentials, {})
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


def rate_of(options: DownloadOptions) -> str:
    """The rate that all connections together keep to, as it was given; empty without one."""
    return options.limit_rate or os.environ.get("HFGET_LIMIT_RATE", "").strip()


def _check_rate(options: DownloadOptions) -> None:
    """Raise UsageError for what is not a rate, before anything is asked for."""
    if rate := rate_of(options):
        from hfget.sources import RateLimit

        RateLimit(rate, threading.Event())


def _check_together(options: DownloadOptions) -> None:
    """Raise UsageError for options that exclude each other, or need what is not there."""
    if options.send_token_to and not options.ambient_token:
        raise UsageError(texts.SEND_AND_NO_TOKEN, hint=advice.GIVE_ONE)
    if options.shard and options.delete:
        raise UsageError(texts.SHARD_AND_DELETE, hint=advice.GIVE_ONE)
    if options.dask and (options.shard or options.delete):
        other = "--shard" if options.shard else "--delete"
        raise UsageError(texts.DASK_AND(other=other), hint=advice.GIVE_ONE)
    if options.dask and find_spec("distributed") is None:
        raise UsageError(texts.DASK_MISSING, hint=advice.INSTALL_DASK)


def client_of(settings: Settings, observer: events.Observer) -> HttpClient:
    """The connections of a run with these settings."""
    return HttpClient(
        settings.credentials.values(),
        connect_timeout=settings.api_timeout,
        offline=settings.offline,
        rules=HostRules(
            settings.rewrites,
            settings.endpoints,
            strict=settings.strict_endpoint,
            allow_private=settings.allow_private,
            allow_http_data=settings.allow_http_data,
        ),
        observer=observer,
    )


def layout_of(ref: RepoRef, options: DownloadOptions) -> Layout:
    """Where the files of the repo go. Raises UsageError for what a Hub cache does not have."""
    layout = choose_layout(
        ref,
        local_dir=options.local_dir,
        cache=options.into_cache,
        cache_dir=options.cache_dir,
        force=options.force,
        fsync=options.fsync,
    )
    if layout.shares_content and options.hardlink:
        raise UsageError(texts.HARDLINK_FROM_CACHE, hint=advice.FOLDER_FOR_HARDLINK)
    if layout.shares_content and options.delete:
        raise UsageError(texts.DELETE_IN_FOLDERS, hint=advice.PRUNE_CACHE)
    return layout
