"""`DownloadOptions`: what may be asked of a download, a field an option."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, fields
from typing import TYPE_CHECKING, Any

from hfget.limits import DEFAULT_CONNECTIONS, DEFAULT_JOBS, DEFAULT_RETRIES, MAX_CONNECTIONS
from hfget.options.field import (
    METADATA,
    Option,
    Shorthand,
    as_cluster,
    as_connections,
    as_folder,
    as_program,
    as_repo_type,
    as_retries,
    as_shard,
    as_texts,
    as_tool,
    option,
)

if TYPE_CHECKING:
    from hfget.model import RepoType

CHOICE = "What to fetch"
PLACE = "Where from and where to"
ACCESS = "Your token"
MANNER = "How"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DownloadOptions:
    """What may be asked of a download. Values are checked and normalised as they come in:
    a string is taken for a list of one, `~` is expanded. Raises UsageError for a value that
    makes no sense, TypeError for one of another type. It has no repr: it may hold a token.
    """

    files: str | Iterable[str] = option(
        (),
        CHOICE,
        "Only these files or folders of it.",
        metavar="FILES",
        positional=True,
        check=as_texts,
        lists=True,
    )
    include: str | Iterable[str] = option(
        (),
        CHOICE,
        "Only what matches; repeatable.",
        metavar="GLOB",
        check=as_texts,
        lists=True,
    )
    exclude: str | Iterable[str] = option(
        (), CHOICE, "Not what matches; repeatable.", metavar="GLOB", check=as_texts, lists=True
    )
    weights: str | Iterable[str] = option(
        (),
        CHOICE,
        "One kind of weights: safetensors, bin, gguf, ...",
        metavar="KIND",
        check=as_texts,
        lists=True,
    )
    quant: str | Iterable[str] = option(
        (),
        CHOICE,
        "One GGUF quantisation, as with REPO:Q4_K_M.",
        metavar="LABEL",
        check=as_texts,
        lists=True,
    )
    all_variants: bool = option(
        False, CHOICE, "With --weights or --quant: every precision and layout.", lists=True
    )
    safe_only: bool = option(
        False, CHOICE, "No pickles: they can run code when loaded.", lists=True
    )
    revision: str | None = option(
        None,
        CHOICE,
        "Branch, tag, commit or refs/pr/N (default main).",
        metavar="REV",
        lists=True,
    )
    repo_type: RepoType | None = option(
        None,
        CHOICE,
        "model (default), dataset or space.",
        metavar="TYPE",
        check=as_repo_type,
        lists=True,
        shorthands=(
            Shorthand("--dataset", "dataset", "The same as --repo-type dataset."),
            Shorthand("--space", "space", "The same as --repo-type space."),
        ),
    )
    shard: str | tuple[int, int] | None = option(
        None,
        CHOICE,
        "Part I of N, from 1; auto: as a scheduler says; I/N:ranges divides large files.",
        metavar="I/N",
        check=as_shard,
    )
    force: bool = option(False, CHOICE, "Fetch again; replace files that are in the way.")
    delete: bool = option(False, CHOICE, "Remove downloads that REV does not have.")
    local_dir: str | os.PathLike[str] | None = option(
        None,
        PLACE,
        "Download into DIR (default: ./NAME of the repo).",
        metavar="DIR",
        check=as_folder,
    )
    cache: bool = option(False, PLACE, "Into the Hub cache, where transformers looks.")
    cache_dir: str | os.PathLike[str] | None = option(
        None,
        PLACE,
        "The Hub cache is DIR (default HF_HUB_CACHE).",
        metavar="DIR",
        check=as_folder,
    )
    hardlink: bool = option(False, PLACE, "Let the folder share files with the Hub cache.")
    endpoint: str | Iterable[str] = option(
        (),
        PLACE,
        "The hub or mirror (default HF_ENDPOINT); repeatable.",
        metavar="URL",
        check=as_texts,
        lists=True,
    )
    stripe: bool = option(True, PLACE, "Each file from one endpoint at a time.")
    strict_endpoint: bool = option(
        False, PLACE, "No byte from hosts that you did not name.", lists=True
    )
    rewrite_host: str | Iterable[str] = option(
        (),
        PLACE,
        "Where redirects name host A, ask B; repeatable.",
        metavar="A=B",
        check=as_texts,
        lists=True,
    )
    stale: bool = option(
        True,
        PLACE,
        "Do not take what is here if the hub cannot be asked.",
        lists=True,
    )
    allow_private: bool = option(False, PLACE, "Follow redirects to private addresses.")
    allow_http_data: bool = option(
        False, PLACE, "Files may come over http, if their hashes came over https."
    )
    token: str | None = option(
        None,
        ACCESS,
        "Sent to the first endpoint; - reads it from stdin.",
        metavar="TOKEN",
        flags=("--token", "--hf-token"),
        lists=True,
    )
    ambient_token: bool = option(
        True,
        ACCESS,
        "Send neither HF_TOKEN nor the stored login.",
        flags=("--no-token",),
        lists=True,
    )
    send_token_to: str | Iterable[str] = option(
        (),
        ACCESS,
        "HF_TOKEN or the stored login may go there.",
        metavar="HOST",
        check=as_texts,
        lists=True,
    )
    connections: int = option(
        DEFAULT_CONNECTIONS,
        MANNER,
        f"At most N a file, up to {MAX_CONNECTIONS} (default {DEFAULT_CONNECTIONS}).",
        metavar="N",
        flags=("-x", "--connections"),
        check=as_connections,
    )
    jobs: int = option(
        DEFAULT_JOBS,
        MANNER,
        f"At most N files at a time (default {DEFAULT_JOBS}).",
        metavar="N",
        flags=("-j", "--jobs"),
        check=as_connections,
    )
    retries: int = option(
        DEFAULT_RETRIES,
        MANNER,
        f"Tries without a new byte (default {DEFAULT_RETRIES}).",
        metavar="N",
        check=as_retries,
    )
    limit_rate: str | None = option(
        None,
        MANNER,
        "Bytes a second: 20M, 1.5G, or @FILE that holds it.",
        metavar="RATE",
    )
    dask: str | None = option(
        None,
        MANNER,
        "Shards as tasks of a Dask cluster: tcp://HOST:8786, or local:4.",
        metavar="ADDRESS",
        check=as_cluster,
    )
    per_worker: int = option(
        1,
        MANNER,
        "With --dask: at most N shards at a time a worker (default 1).",
        metavar="N",
        check=as_connections,
    )
    fail_fast: bool = option(False, MANNER, "Stop at the first file or repo that fails.")
    tool: str = option(
        "hfget",
        MANNER,
        "hfget (1.1-4x as fast as aria2c, but for tiny files near by); "
        "aria2c, wget or curl where only those get through.",
        metavar="TOOL",
        check=as_tool,
    )
    aria2c_path: str | os.PathLike[str] | None = option(
        None, MANNER, "The aria2c for --tool aria2c.", metavar="FILE", check=as_program
    )
    wait_for_lock: bool = option(
        True, MANNER, "Do not wait for another hfget on the same folder.", flags=("--no-wait",)
    )
    fsync: bool = option(True, MANNER, "Do not wait until data has reached the disk.")

    @property
    def into_cache(self) -> bool:
        """Whether files go into the Hub cache: by `cache`, or by a `cache_dir` alone."""
        return self.cache or (self.cache_dir is not None and self.local_dir is None)

    def __post_init__(self) -> None:
        for name, known in OPTIONS.items():
            flag = next((flag for flag in known.flags if flag.startswith("--")), name)
            try:
                value = known.check(getattr(self, name), flag)
            except TypeError as error:
                raise TypeError(f"{name} {error}") from None
            object.__setattr__(self, name, value)


def _described(one: Field[Any]) -> Option:
    known: Option = one.metadata[METADATA]
    if known.flags or known.positional:
        return known
    prefix = "--no-" if one.default is True else "--"
    return known._replace(flags=(prefix + one.name.replace("_", "-"),))


#: By name of the field, in the order of `--help`.
OPTIONS: Mapping[str, Option] = {one.name: _described(one) for one in fields(DownloadOptions)}
DEFAULTS: Mapping[str, Any] = {one.name: one.default for one in fields(DownloadOptions)}
#: Those that say which files of a repo are wanted.
SELECTING = tuple(
    name
    for name, known in OPTIONS.items()
    if known.group == CHOICE and known.lists and name not in ("revision", "repo_type")
)
