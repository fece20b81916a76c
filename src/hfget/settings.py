"""Settings of a run: flags over environment over a named env file over defaults."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hfget.endpoints import DEFAULT_ENDPOINT, EndpointSource
from hfget.errors import UsageError
from hfget.limits import (
    API_TIMEOUT,
    DEFAULT_CONNECTIONS,
    DEFAULT_JOBS,
    DEFAULT_RETRIES,
    DOWNLOAD_TIMEOUT,
)
from hfget.messages import advice
from hfget.messages import system_texts as texts
from hfget.system import Secret, is_true, lazy_pattern, os_reason, safe_text

#: Every variable that hfget itself reads, and those an env file may set (see .env.example).
ENV_NAMES = (
    "HF_ENDPOINT",
    "HFGET_MIRRORS",
    "HFGET_REWRITE_HOSTS",
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "HF_OIDC_RESOURCE",
    "HF_TOKEN_PATH",
    "HF_HOME",
    "HF_HUB_CACHE",
    "HF_HUB_DISABLE_SYMLINKS",
    "XDG_CACHE_HOME",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN",
    "HF_HUB_OFFLINE",
    "TRANSFORMERS_OFFLINE",
    "HF_HUB_ETAG_TIMEOUT",
    "HF_HUB_DOWNLOAD_TIMEOUT",
    "HF_HUB_DISABLE_PROGRESS_BARS",
    "HFGET_TOKEN_ORIGINS",
    "HFGET_LIMIT_RATE",
    "HFGET_SERVE_TOKEN",
    "HFGET_LANG",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NO_COLOR",
)

TokenSource = Literal["--token", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "stored login", "endpoint"]

#: Why a token stays here, and what to do about it.
ENCRYPTED_ONLY = (
    texts.LOOPBACK_ONLY,
    advice.HTTPS_ENDPOINT,
)


@dataclass(frozen=True, slots=True)
class Credential:
    """A token bound to one origin.

    `eager` tokens go with every request to that origin; the others only once the origin has
    answered 401 or 403 to a request without one. `scheme` is that of the Authorization header.
    """

    secret: Secret
    source: TokenSource
    origin: str
    eager: bool
    scheme: Literal["Bearer", "Basic"] = "Bearer"

    @property
    def is_ambient(self) -> bool:
        """Whether it was found, and not given for this very endpoint."""
        return self.source not in ("--token", "endpoint")


@dataclass(frozen=True, slots=True)
class Withheld:
    """A token that there is but that is not sent: where it was found, why, what would change it.

    `refused` tells that it was sent, and not accepted.
    """

    source: str
    why: str
    remedy: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run needs to know from outside. Time-outs are in seconds.

    `endpoints` are all that may be asked, in the order of preference; `endpoint` is the first.
    `credentials` and `withheld_tokens` are by origin. `rewrites` are pairs of hosts: where a
    redirect names the first, the second is asked. `offline` names the variable that forbids all
    requests, if one does.
    """

    endpoint: str = DEFAULT_ENDPOINT
    endpoints: tuple[str, ...] = ()
    endpoint_source: EndpointSource = "default"
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    withheld_tokens: Mapping[str, Withheld] = field(default_factory=dict)
    token_warnings: tuple[str, ...] = ()
    rewrites: tuple[tuple[str, str], ...] = ()
    strict_endpoint: bool = False
    stripe: bool = True
    api_timeout: float = API_TIMEOUT
    download_timeout: float = DOWNLOAD_TIMEOUT
    connections: int = DEFAULT_CONNECTIONS
    jobs: int = DEFAULT_JOBS
    retries: int = DEFAULT_RETRIES
    offline: str = ""
    fsync: bool = True
    wait_for_lock: bool = True
    fail_fast: bool = False
    allow_private: bool = False
    allow_http_data: bool = False

    def __post_init__(self) -> None:
        if not self.endpoints:
            object.__setattr__(self, "endpoints", (self.endpoint,))


#: No user sees the end of a longer wait, and some systems do not take it.
_LONGEST_TIME_OUT = 86_400.0
_NUMBER = lazy_pattern(r"[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20}")


def check_time_outs(env: MutableMapping[str, str]) -> None:
    """Raises UsageError for a time-out that is none.

    One that is not whole becomes so: huggingface_hub would fail on its import (`constants.py`).
    """
    for name in ("HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT"):
        seconds = positive_seconds(env, name, 10.0)
        if name in env and not env[name].strip().isdecimal():
            env[name] = str(math.ceil(seconds))


def positive_seconds(env: Mapping[str, str], name: str, default: float) -> float:
    """A time-out from the environment, at most a day; 0 is the default, as huggingface_hub has it.

    Raises UsageError for what is not such a number.
    """
    text = env.get(name, "").strip()
    if not text:
        return default
    if not _NUMBER.fullmatch(text):
        raise UsageError(
            texts.NOT_SECONDS(name=name, text=safe_text(text, 40)),
            hint=advice.UNSET_FOR_DEFAULT(default=default),
        )
    return min(float(text), _LONGEST_TIME_OUT) or default


def offline_by(env: Mapping[str, str]) -> str:
    """The variable that switches the network off, as huggingface_hub reads it; empty if none.

    The first that is not empty counts (huggingface_hub, `constants.py`).
    """
    named = (name for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE") if env.get(name))
    name = next(named, "")
    return name if is_true(env.get(name)) else ""


def user_path(given: str | os.PathLike[str], name: str) -> Path:
    """`given` with a `~` at its beginning expanded, as a shell does it.

    The shell itself leaves it in `--local-dir=~/models`. `~name` of an unknown user stays as it
    is. Raises UsageError, which calls the path `name`, without a home folder and for what
    cannot be a path; TypeError for what is neither a string nor a path.
    """
    text = os.fspath(given)
    if not isinstance(text, str):
        raise TypeError("must be a string or a path, not bytes")
    if not text.strip() or "\0" in text:
        raise UsageError(
            texts.NOT_A_PATH(name=name, text=text[:80]), hint=advice.NAME_FILE_OR_FOLDER
        )
    expanded = os.path.expanduser(text)  # noqa: PTH111 (pathlib raises for an unknown user)
    if expanded == text and (text == "~" or text.startswith(("~/", f"~{os.sep}"))):
        raise UsageError(
            texts.NO_HOME(name=name, text=text),
            hint=advice.SET_HOME,
        )
    return Path(expanded)


#: What is read of an env file: it may be a pipe, and need not end.
_MOST_ENV_CHARACTERS = 1 << 20


def load_env_file(path: Path) -> None:
    """Take the documented variables of an env file into the environment, where unset there.

    Raises UsageError if the file cannot be read.
    """
    from dotenv import dotenv_values

    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read(_MOST_ENV_CHARACTERS)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            texts.ENV_FILE_UNREADABLE(path=path, error=os_reason(error)),
            hint=advice.CHECK_ENV_FILE,
        ) from error
    from io import StringIO

    for name, value in dotenv_values(stream=StringIO(text), interpolate=False).items():
        if name in ENV_NAMES and value is not None:
            os.environ.setdefault(name, value)
