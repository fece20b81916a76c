"""What a bug report should say of the machine: versions, settings, cache, disk, locale.

Made to be pasted where all can read it: no token, no password, no signature, and `~` in place
of the home folder.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import ssl
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hfget import __version__
from hfget.destinations import can_link
from hfget.endpoints import DEFAULT_ENDPOINT, NamedEndpoint, named_endpoints, with_mirrors
from hfget.errors import HfgetError
from hfget.http import choose_credentials
from hfget.messages import operations_texts as texts
from hfget.settings import ENV_NAMES
from hfget.system import (
    existing_folder,
    free_bytes,
    home_folder,
    hub_cache,
    safe_url,
    size_text,
)

_PACKAGES = (
    *("huggingface_hub", "hf_xet", "requests", "urllib3", "certifi", "typer", "rich"),
    *("filelock", "python-dotenv", "isal", "PySocks", "starlette", "uvicorn"),
)
_SECRETS = frozenset({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE"})
#: What other programs read, or the display.
_ALSO = re.compile(r"HF_.*|HFGET_.*|HUGGING.*|CI|TERM|COLUMNS")
_PROXIES = re.compile(r"(?i)[a-z]+_proxy")
_LOCALE = ("LC_ALL", "LC_CTYPE", "LANG", "PYTHONUTF8", "PYTHONIOENCODING")
_SECRET_ENDINGS = ("_TOKEN", "_KEY", "_SECRET", "_PASSWORD")
#: A line of /proc/self/mountinfo (proc_pid_mountinfo(5)): where, and of which kind.
_MOUNT = re.compile(r"(?:\S+ ){4}(?P<where>\S+) .* - (?P<kind>\S+) ")


class Fact(NamedTuple):
    """One line of the report. `source` says where a setting comes from."""

    about: str
    name: str
    value: str
    source: str = ""


def all_facts(before: Mapping[str, str]) -> list[Fact]:
    """All facts. `before` is the environment as it was before an env file was read."""
    groups = (_versions(), _settings(before), _places(), _locale())
    return [fact._replace(value=_without_home(fact.value)) for group in groups for fact in group]


def _versions() -> list[Fact]:
    found = [
        Fact("version", "hfget", __version__),
        Fact("version", "Python", f"{platform.python_implementation()} {sys.version.split()[0]}"),
        Fact("version", "system", platform.platform()),
        Fact("version", "TLS", ssl.OPENSSL_VERSION),
        Fact("version", texts.FACT_INSTALLED, sys.prefix),
    ]
    for name in _PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found.append(Fact("version", name, importlib.metadata.version(name)))
    return found


def _settings(before: Mapping[str, str]) -> list[Fact]:
    env = os.environ
    found = []
    for name, value in sorted(env.items()):
        if name in ENV_NAMES or _ALSO.fullmatch(name) or _PROXIES.fullmatch(name):
            source: str = "environment" if name in before else texts.FACT_ENV_FILE
            found.append(Fact("setting", name, _shown(name, value), source))
    try:
        first = next(iter(named_endpoints((), env)), NamedEndpoint(DEFAULT_ENDPOINT, "default"))
        named = with_mirrors(first, env)
        for each in named:
            found.append(Fact("setting", "endpoint", safe_url(each.url), each.source))
        chosen = choose_credentials(named, flag=None)
        for origin, credential in chosen.credentials.items():
            found.append(Fact("setting", "token", credential.source, texts.FACT_FOR(origin=origin)))
        for origin, held in chosen.withheld.items():
            found.append(
                Fact(
                    "setting", "token", held.source, texts.FACT_NOT_FOR(origin=origin, why=held.why)
                )
            )
        if not chosen.credentials and not chosen.withheld:
            found.append(Fact("setting", "token", "none"))
    except HfgetError as error:
        found.append(Fact("setting", "unusable", error.message))
    return found


def _shown(name: str, value: str) -> str:
    """A value without what is secret in it."""
    if name in _SECRETS or name.endswith(_SECRET_ENDINGS):
        return texts.FACT_NOT_SHOWN if value.strip() else texts.FACT_EMPTY
    if "@" in value.removeprefix("@"):
        scheme, colon, rest = value.rpartition("://")
        return f"{scheme}{colon}***@{rest.rpartition('@')[2]}"
    return safe_url(value) if "://" in value else value


def _places() -> list[Fact]:
    found = []
    cache = hub_cache(os.environ)
    if cache is None:
        found.append(Fact("place", texts.FACT_CACHE, texts.FACT_NO_HOME))
    else:
        found += _place(texts.FACT_CACHE, cache)
        if os.path.isdir(cache):
            links = texts.FACT_LINKS if can_link(cache) else texts.FACT_NO_LINKS
            found.append(Fact("place", texts.FACT_SYMLINKS, links))
    with suppress(OSError):
        found += _place(texts.FACT_FOLDER, Path.cwd())
    return found


def _place(name: str, folder: Path) -> list[Fact]:
    parent = existing_folder(folder)
    free = free_bytes(parent)
    parts: list[str] = [
        texts.FACT_FREE_UNKNOWN if free is None else texts.FACT_FREE(size=size_text(free)),
        texts.FACT_WRITABLE if os.access(parent, os.W_OK) else texts.FACT_NOT_WRITABLE,
    ]
    if kind := file_system(parent):
        parts.append(kind)
    if parent != folder:
        parts.append(texts.FACT_NOT_YET)
    return [Fact("place", name, str(folder), ", ".join(parts))]


def file_system(folder: Path) -> str:
    """The kind of file system, where /proc tells it."""
    best, found = "", ""
    with suppress(OSError):
        place = os.path.realpath(folder) + os.sep
        for line in Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines():
            if match := _MOUNT.match(line):
                where = match["where"].replace("\\040", " ").rstrip("/") + "/"
                if place.startswith(where) and len(where) >= len(best):
                    best, found = where, match["kind"]
    return found


def _locale() -> list[Fact]:
    found = [
        Fact("locale", name, os.environ[name], "environment")
        for name in _LOCALE
        if name in os.environ
    ]
    out = getattr(sys.stdout, "encoding", None) or "none"
    names = f"{sys.getfilesystemencoding()}, {sys.getfilesystemencodeerrors()}"
    return [*found, Fact("locale", texts.FACT_FILE_NAMES, names), Fact("locale", "output", out)]


def _without_home(text: str) -> str:
    home = home_folder()
    if home is None or len(str(home)) < 2:
        return text
    return re.sub(rf"{re.escape(str(home))}(?=$|[/\\])", "~", text)
