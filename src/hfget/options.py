"""What a caller may ask of `download` and `plan`, and the settings of a run that follow."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TypedDict

from hfget.credentials import choose_credential
from hfget.errors import UsageError
from hfget.model import RepoRef, RepoType
from hfget.selection import Selection
from hfget.settings import (
    DEFAULT_CONNECTIONS,
    DEFAULT_JOBS,
    DEFAULT_RETRIES,
    MAX_CONNECTIONS,
    EndpointSource,
    Settings,
    is_true,
    positive_seconds,
    without_login,
)
from hfget.weights import Choice, split_words


class Options(TypedDict, total=False):
    """What `download` and `plan` take besides the repo. All may be left out.

    `files` are paths in the repo, `include` and `exclude` globs on the whole path, `weights`
    kinds of weights, `quant` labels of GGUF files; `safe_only` leaves pickles out
    (docs/weights.md). `local_dir` defaults to the repo's name in the working directory; `cache`
    fills the Hub cache instead, `cache_dir` one at another place; `hardlink` lets files that are
    taken from there share it (docs/cache.md). `delete` removes from the folder what was
    downloaded earlier and is not in the commit any more. `token` is sent to the endpoint;
    `ambient_token=False` keeps HF_TOKEN and the stored login out of it, `send_token_to` names
    hosts to which they may go at once (docs/token.md). `connections` are at
    most so many a file, `jobs` at most so many files at a time; the run as a whole has at most
    as many connections as the larger of the two.
    """

    files: Sequence[str]
    include: Sequence[str]
    exclude: Sequence[str]
    weights: str | Sequence[str]
    quant: str | Sequence[str]
    safe_only: bool
    revision: str | None
    repo_type: RepoType | None
    local_dir: str | os.PathLike[str] | None
    cache: bool
    cache_dir: str | os.PathLike[str] | None
    hardlink: bool
    delete: bool
    endpoint: str | None
    token: str | None
    ambient_token: bool
    send_token_to: str | Sequence[str]
    connections: int
    jobs: int
    retries: int
    force: bool
    fsync: bool
    wait_for_lock: bool
    allow_private: bool


def selection_of(options: Options, ref: RepoRef) -> Selection:
    """Which files of the repo are wanted, by the options and by what `ref` names."""
    return Selection(
        include=tuple(options.get("include", ())),
        exclude=tuple(options.get("exclude", ())),
        names=tuple(options.get("files", ())),
        path=ref.path,
        path_kind=ref.path_kind,
        choice=Choice(
            weights=split_words(options.get("weights")),
            quants=(*ref.quants, *split_words(options.get("quant"))),
        ),
        safe_only=options.get("safe_only", False),
    )


def settings_of(options: Options, endpoint: str, source: EndpointSource) -> Settings:
    """The settings of a run from its options and the environment. Raises UsageError."""
    env = os.environ
    settings = Settings(
        endpoint=without_login(endpoint),
        endpoint_source=source,
        api_timeout=positive_seconds(env, "HF_HUB_ETAG_TIMEOUT", 10.0),
        download_timeout=positive_seconds(env, "HF_HUB_DOWNLOAD_TIMEOUT", 10.0),
        connections=_count(options.get("connections", DEFAULT_CONNECTIONS), "--connections"),
        jobs=_count(options.get("jobs", DEFAULT_JOBS), "--jobs"),
        retries=options.get("retries", DEFAULT_RETRIES),
        offline=is_true(env.get("HF_HUB_OFFLINE")),
        fsync=options.get("fsync", True),
        wait_for_lock=options.get("wait_for_lock", True),
        allow_private=options.get("allow_private", False),
    )
    if settings.retries < 0:
        raise UsageError("--retries must not be negative", hint="leave it out for the default")
    use_ambient = options.get("ambient_token", True)
    send_to = split_words(options.get("send_token_to"))
    if send_to and not use_ambient:
        raise UsageError(
            "--send-token-to and --no-token contradict each other", hint="give one of them"
        )
    credential, withheld, warnings = choose_credential(
        endpoint, source, flag=options.get("token"), use_ambient=use_ambient, send_to=send_to
    )
    return replace(
        settings, credential=credential, withheld_token=withheld, token_warnings=warnings
    )


def _count(value: int, name: str) -> int:
    if not 1 <= value <= MAX_CONNECTIONS:
        raise UsageError(
            f"{name} must be from 1 to {MAX_CONNECTIONS}, not {value}",
            hint="leave it out for the default",
        )
    return value
