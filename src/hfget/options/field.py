"""What is said of an option, and how the value of each kind of option is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any, NamedTuple

from hfget.errors import UsageError
from hfget.limits import MAX_CONNECTIONS
from hfget.messages import advice
from hfget.messages import system_texts as texts
from hfget.system import lazy_pattern, safe_text

METADATA = "option"
#: What brings the bytes: hfget itself, or a program that it drives.
TOOLS = ("hfget", "aria2c", "wget", "curl")
_CLUSTER = lazy_pattern(r"local:([0-9]{1,4})|(?:[a-z]{2,10}://)?[^/\s]{1,255}:[0-9]{1,5}")
_MOST_WORKERS = 1_000


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
    check = check or (as_bool if isinstance(default, bool) else as_text)
    known = Option(help, group, flags, metavar, check, lists, positional, shorthands)
    return field(default=default, metadata={METADATA: known})


def as_bool(value: Any, flag: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"must be True or False, not {value!r}")
    return value


def as_text(value: Any, flag: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"must be a string, not {type(value).__name__}")
    return value


def as_texts(value: Any, flag: str) -> tuple[str, ...]:
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


def as_folder(value: Any, flag: str) -> str | None:
    """A path in which `~` is expanded: the shell does not do that in `--local-dir=~/models`."""
    if value is None:
        return None
    if value in ("", "-"):
        raise UsageError(texts.NOT_A_FOLDER(flag=flag, value=value), hint=f"{flag} DIR")
    return _user_path(value, flag)


def as_program(value: Any, flag: str) -> str | None:
    """A path in which `~` is expanded, or a name that is looked for in PATH."""
    return None if value is None else _user_path(value, flag)


def _user_path(value: Any, flag: str) -> str:
    from hfget.settings import user_path  # help shows options, and needs no settings

    return str(user_path(value, flag))


def as_connections(value: Any, flag: str) -> int:
    number = as_number(value, flag)
    if not 1 <= number <= MAX_CONNECTIONS:
        raise UsageError(
            texts.OUT_OF_RANGE(flag=flag, most=MAX_CONNECTIONS, number=number),
            hint=advice.LEAVE_OUT,
        )
    return number


def as_retries(value: Any, flag: str) -> int:
    number = as_number(value, flag)
    if number < 0:
        raise UsageError(texts.NEGATIVE(flag=flag), hint=advice.LEAVE_OUT)
    return number


def as_number(value: Any, flag: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"must be a whole number, not {value!r}")
    return value


def as_shard(value: Any, flag: str) -> str | None:
    """`2/8`, also as the pair (2, 8)."""
    if isinstance(value, tuple | list) and len(value) == 2:
        number, count = (as_number(one, flag) for one in value)
        return f"{number}/{count}"
    return as_text(value, flag)


def as_cluster(value: Any, flag: str) -> str | None:
    """The address of a Dask scheduler, or `local:N`; without a scheme it is tcp."""
    text = as_text(value, flag)
    if text is None:
        return None
    text = text.strip()
    match = _CLUSTER.fullmatch(text)
    if match is None or (match[1] and not 1 <= int(match[1]) <= _MOST_WORKERS):
        raise UsageError(
            texts.NOT_A_CLUSTER(flag=flag, text=safe_text(text, 60)), hint=advice.CLUSTER_LIKE
        )
    return text if match[1] or "://" in text else f"tcp://{text}"


def as_repo_type(value: Any, flag: str) -> str | None:
    """`dataset`, also as `datasets` or `Dataset`."""
    text = as_text(value, flag)
    if text is None:
        return None
    from hfget.model import repo_type_named  # as above

    singular = text.strip().lower().removesuffix("s")
    if repo_type_named(singular) is None:
        raise UsageError(
            texts.NOT_A_REPO_TYPE(flag=flag, text=text[:40]),
            hint=advice.REPO_TYPE_LIKE,
        )
    return singular


def as_tool(value: Any, flag: str) -> str:
    """`aria2` is aria2c."""
    text = (as_text(value, flag) or "hfget").strip().lower()
    tool = {"aria2": "aria2c"}.get(text, text)
    if tool not in TOOLS:
        raise UsageError(
            texts.NOT_A_TOOL(flag=flag, text=safe_text(text, 40), tools=", ".join(TOOLS)),
            hint=advice.LEAVE_TOOL_OUT(option=flag),
        )
    return tool
