"""`DownloadOptions`: a field is a flag, a keyword of `download` and `plan`, a row of the docs.

Nothing else has to be written for an option but the place where it takes effect. The flag of a
field is its name with dashes; a yes/no field that is true by default has the flag that turns it
off.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from hfget.errors import UsageError
from hfget.settings import (
    DEFAULT_CONNECTIONS,
    DEFAULT_JOBS,
    DEFAULT_RETRIES,
    MAX_CONNECTIONS,
    EndpointSource,
    Settings,
    is_true,
    positive_seconds,
    user_path,
    without_login,
)

if TYPE_CHECKING:
    from hfget.model import RepoRef, RepoType
    from hfget.selection import Selection

CHOICE = "What to fetch"
PLACE = "Where from and where to"
ACCESS = "Your token"
MANNER = "How"

_OPTION = "option"
_REPO_TYPES = ("model", "dataset", "space")


class Shorthand(NamedTuple):
    """A flag that stands for one value of an option."""

    flag: str
    value: str
    help: str


class Option(NamedTuple):
    """What `--help` and the docs say of a field, and how its value is read.

    `check` normalises a value and raises UsageError or TypeError; it gets the flag, for its
    message. `lists` says that the option concerns listing too, `positional` that its values
    stand behind the repo on the command line.
    """

    help: str
    group: str
    flags: tuple[str, ...]
    metavar: str
    check: Callable[[Any, str], Any]
    lists: bool
    positional: bool
    shorthands: tuple[Shorthand, ...]


def option(
    default: Any,
    group: str,
    help: str,
    *,
    metavar: str = "",
    flags: tuple[str, ...] = (),
    check: Callable[[Any, str], Any] | None = None,
    lists: bool = False,
    positional: bool = False,
    shorthands: tuple[Shorthand, ...] = (),
) -> Any:
    """A field of `DownloadOptions`. Without `flags` its name gives the flag."""
    check = check or (_as_bool if isinstance(default, bool) else _as_text)
    known = Option(help, group, flags, metavar, check, lists, positional, shorthands)
    return field(default=default, metadata={_OPTION: known})


def _as_bool(value: Any, flag: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"must be True or False, not {value!r}")
    return value


def _as_text(value: Any, flag: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"must be a string, not {type(value).__name__}")
    return value


def _as_texts(value: Any, flag: str) -> tuple[str, ...]:
    """A string is one pattern or name; None is none."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    try:
        texts = tuple(value)
    except TypeError:
        texts = (value,)
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"must hold strings, not {type(text).__name__}")
    return texts


def _as_folder(value: Any, flag: str) -> str | None:
    """A path in which `~` is expanded: the shell does not do that in `--local-dir=~/models`."""
    if value is None:
        return None
    if value in ("", "-"):
        raise UsageError(f"{flag} {value!r} is no folder", hint=f"{flag} DIR")
    return str(user_path(value, flag))


def _as_connections(value: Any, flag: str) -> int:
    number = _as_number(value, flag)
    if not 1 <= number <= MAX_CONNECTIONS:
        raise UsageError(
            f"{flag} must be from 1 to {MAX_CONNECTIONS}, not {number}",
            hint="leave it out for the default",
        )
    return number


def _as_retries(value: Any, flag: str) -> int:
    number = _as_number(value, flag)
    if number < 0:
        raise UsageError(f"{flag} must not be negative", hint="leave it out for the default")
    return number


def _as_number(value: Any, flag: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"must be a whole number, not {value!r}")
    return value


def _as_repo_type(value: Any, flag: str) -> str | None:
    """`dataset`, also as `datasets` or `Dataset`."""
    text = _as_text(value, flag)
    if text is None:
        return None
    singular = text.strip().lower().removesuffix("s")
    if singular not in _REPO_TYPES:
        raise UsageError(
            f"{flag} {text[:40]!r} is none of model, dataset, space",
            hint="for instance: --repo-type dataset",
        )
    return singular


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
        check=_as_texts,
        lists=True,
    )
    include: str | Iterable[str] = option(
        (),
        CHOICE,
        "Only what matches; repeatable.",
        metavar="GLOB",
        check=_as_texts,
        lists=True,
    )
    exclude: str | Iterable[str] = option(
        (), CHOICE, "Not what matches; repeatable.", metavar="GLOB", check=_as_texts, lists=True
    )
    weights: str | Iterable[str] = option(
        (),
        CHOICE,
        "One kind of weights: safetensors, bin, gguf, ...",
        metavar="KIND",
        check=_as_texts,
        lists=True,
    )
    quant: str | Iterable[str] = option(
        (),
        CHOICE,
        "One GGUF quantisation, as with REPO:Q4_K_M.",
        metavar="LABEL",
        check=_as_texts,
        lists=True,
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
        check=_as_repo_type,
        lists=True,
        shorthands=(
            Shorthand("--dataset", "dataset", "The same as --repo-type dataset."),
            Shorthand("--space", "space", "The same as --repo-type space."),
        ),
    )
    force: bool = option(False, CHOICE, "Fetch again; replace files that are in the way.")
    delete: bool = option(False, CHOICE, "Remove downloads that REV does not have.")
    local_dir: str | os.PathLike[str] | None = option(
        None,
        PLACE,
        "Download into DIR (default: ./NAME of the repo).",
        metavar="DIR",
        check=_as_folder,
    )
    cache: bool = option(False, PLACE, "Into the Hub cache, where transformers looks.")
    cache_dir: str | os.PathLike[str] | None = option(
        None,
        PLACE,
        "The Hub cache is DIR (default HF_HUB_CACHE).",
        metavar="DIR",
        check=_as_folder,
    )
    hardlink: bool = option(False, PLACE, "Let the folder share files with the Hub cache.")
    endpoint: str | None = option(
        None, PLACE, "The hub or mirror (default HF_ENDPOINT).", metavar="URL", lists=True
    )
    allow_private: bool = option(False, PLACE, "Follow redirects to private addresses.")
    token: str | None = option(
        None,
        ACCESS,
        "Sent to the endpoint; - reads it from stdin.",
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
    connections: int = option(
        DEFAULT_CONNECTIONS,
        MANNER,
        f"At most N a file, up to {MAX_CONNECTIONS} (default {DEFAULT_CONNECTIONS}).",
        metavar="N",
        flags=("-x", "--connections"),
        check=_as_connections,
    )
    jobs: int = option(
        DEFAULT_JOBS,
        MANNER,
        f"At most N files at a time (default {DEFAULT_JOBS}).",
        metavar="N",
        flags=("-j", "--jobs"),
        check=_as_connections,
    )
    retries: int = option(
        DEFAULT_RETRIES,
        MANNER,
        f"Tries without a new byte (default {DEFAULT_RETRIES}).",
        metavar="N",
        check=_as_retries,
    )
    wait_for_lock: bool = option(
        True, MANNER, "Do not wait for another hfget on the same folder.", flags=("--no-wait",)
    )
    fsync: bool = option(True, MANNER, "Do not wait until data has reached the disk.")

    def __post_init__(self) -> None:
        for name, known in OPTIONS.items():
            flag = next((flag for flag in known.flags if flag.startswith("--")), name)
            try:
                value = known.check(getattr(self, name), flag)
            except TypeError as error:
                raise TypeError(f"{name} {error}") from None
            object.__setattr__(self, name, value)


def _described(one: Field[Any]) -> Option:
    known: Option = one.metadata[_OPTION]
    if known.flags or known.positional:
        return known
    prefix = "--no-" if one.default is True else "--"
    return known._replace(flags=(prefix + one.name.replace("_", "-"),))


#: By name of the field, in the order of `--help`.
OPTIONS: Mapping[str, Option] = {one.name: _described(one) for one in fields(DownloadOptions)}
DEFAULTS: Mapping[str, Any] = {one.name: one.default for one in fields(DownloadOptions)}

#: Names that other programs and huggingface_hub have for an option, with underscores.
OTHER_NAMES: Mapping[str, str] = {
    "allow_patterns": "include",
    "ignore_patterns": "exclude",
    "filename": "files",
    "type": "repo_type",
    "branch": "revision",
    "commit": "revision",
    "tag": "revision",
    "force_download": "force",
    "dir": "local_dir",
    "directory": "local_dir",
    "directory_prefix": "local_dir",
    "output_dir": "local_dir",
    "output": "local_dir",
    "out_dir": "local_dir",
    "target": "local_dir",
    "prefix": "local_dir",
    "save_dir": "local_dir",
    "mirror": "endpoint",
    "index_url": "endpoint",
    "hf_endpoint": "endpoint",
    "base_url": "endpoint",
    "access_token": "token",
    "auth_token": "token",
    "use_auth_token": "token",
    "max_workers": "jobs",
    "max_concurrent_downloads": "jobs",
    "max_concurrent_files": "jobs",
    "threads": "connections",
    "split": "connections",
    "max_connection_per_server": "connections",
    "retry": "retries",
    "tries": "retries",
    "max_tries": "retries",
}


def keyword_meant(name: str, also: Iterable[str] = ()) -> str:
    """The keyword that a wrong `name` is nearest to (`force`, `ambient_token=False`), or "".

    `also` are keywords that are no options.
    """
    from difflib import get_close_matches

    name = name.lower().replace("-", "_")
    meant = {one: one for one in (*OPTIONS, *also)} | dict(OTHER_NAMES)
    for one, known in OPTIONS.items():
        for flag in known.flags:
            off = DEFAULTS[one] is True and flag.startswith("--no-")
            meant.setdefault(_keyword(flag), f"{one}=False" if off else one)
        for short in known.shorthands:
            meant.setdefault(_keyword(short.flag), f'{one}="{short.value}"')
    near = get_close_matches(name, meant, n=1, cutoff=0.6)
    return meant[near[0]] if near else ""


def _keyword(flag: str) -> str:
    return flag.lstrip("-").replace("-", "_")


def selection_of(options: DownloadOptions, ref: RepoRef) -> Selection:
    """Which files of the repo are wanted, by the options and by what `ref` names."""
    from hfget.selection import Selection
    from hfget.weights import Choice, split_words

    return Selection(
        include=tuple(options.include),
        exclude=tuple(options.exclude),
        names=tuple(options.files),
        path=ref.path,
        path_kind=ref.path_kind,
        choice=Choice(
            weights=split_words(options.weights),
            quants=(*ref.quants, *split_words(options.quant)),
        ),
        safe_only=options.safe_only,
    )


def settings_of(options: DownloadOptions, endpoint: str, source: EndpointSource) -> Settings:
    """The settings of a run from its options and the environment. Raises UsageError.

    What both have under one name is taken over.
    """
    from hfget.credentials import choose_credential

    credential, withheld = choose_credential(
        endpoint, source, flag=options.token, use_ambient=options.ambient_token
    )
    env = os.environ
    shared = {one.name for one in fields(Settings)} & OPTIONS.keys() - {"endpoint"}
    return Settings(
        endpoint=without_login(endpoint),
        endpoint_source=source,
        credential=credential,
        withheld_token=withheld,
        api_timeout=positive_seconds(env, "HF_HUB_ETAG_TIMEOUT", 10.0),
        download_timeout=positive_seconds(env, "HF_HUB_DOWNLOAD_TIMEOUT", 10.0),
        offline=is_true(env.get("HF_HUB_OFFLINE")),
        **{name: getattr(options, name) for name in shared},
    )
