"""Settings of a run: flags over environment over a named env file over defaults.

Also what an endpoint and an origin are, since most settings hang on one.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import system_texts as texts
from hfget.system import Secret, safe_text, safe_url

DEFAULT_ENDPOINT = "https://huggingface.co"
OFFICIAL_HOSTS = frozenset({"huggingface.co", "hf.co", "www.huggingface.co"})
DEFAULT_CONNECTIONS = 16
DEFAULT_JOBS = 32
MAX_CONNECTIONS = 64
DEFAULT_RETRIES = 8

#: Every variable that hfget itself reads, and those an env file may set (see .env.example).
ENV_NAMES = (
    "HF_ENDPOINT",
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

_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")
#: A URL whose host needs no parser: one is asked for each request.
_PLAIN = re.compile(r"https?://([a-z0-9.-]+(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}))?)/")
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+(?:%[a-z0-9]+)?")

EndpointSource = Literal["flag", "environment", "url", "default"]
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

    `offline` names the variable that forbids all requests, if one does.
    """

    endpoint: str = DEFAULT_ENDPOINT
    endpoint_source: EndpointSource = "default"
    credential: Credential | None = None
    withheld_token: Withheld | None = None
    token_warnings: tuple[str, ...] = ()
    api_timeout: float = 10.0
    download_timeout: float = 10.0
    connections: int = DEFAULT_CONNECTIONS
    jobs: int = DEFAULT_JOBS
    retries: int = DEFAULT_RETRIES
    offline: str = ""
    fsync: bool = True
    wait_for_lock: bool = True
    allow_private: bool = False
    allow_http_data: bool = False


def origin_of(url: str) -> str:
    """Scheme, lower-case host without trailing dot, and effective port of `url`.

    Raises ValueError for what is not an http(s) URL, and for what different parsers read
    differently: a token must not follow from a misunderstanding.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").rstrip(".")
    if scheme not in ("http", "https") or _AMBIGUOUS.search(url) or not _HOST.fullmatch(host):
        raise ValueError(f"not an http(s) URL: {safe_url(url)}")
    port = parts.port or (443 if scheme == "https" else 80)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def host_of(url: str) -> str:
    """The host (and port, where it is named) of `url`, for messages."""
    if plain := _PLAIN.match(url):
        return plain.group(1)
    parts = urlsplit(safe_url(url))
    return parts.netloc or safe_url(url)


def is_official(endpoint: str) -> bool:
    """Whether `endpoint` is the Hub itself, over https."""
    return origin_of(endpoint) in {f"https://{host}:443" for host in OFFICIAL_HOSTS}


def is_loopback(url: str) -> bool:
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return is_loopback_address(host)


def is_loopback_address(text: str) -> bool:
    """Whether this is an address of this machine itself."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def named_endpoint(flag: str | None, env: Mapping[str, str]) -> tuple[str, EndpointSource] | None:
    """The endpoint the user chose by `--endpoint` or HF_ENDPOINT, normalised; None if neither.

    It may still hold user and password. Raises UsageError for what is not an http(s) URL.
    """
    if flag:
        return _normal_endpoint(flag, "--endpoint"), "flag"
    if value := env.get("HF_ENDPOINT", "").strip():
        return _normal_endpoint(value, "HF_ENDPOINT"), "environment"
    return None


def without_login(url: str) -> str:
    """`url` without user and password."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _normal_endpoint(value: str, where: str) -> str:
    """A URL without a slash at its end; the Hub under its own name, always by https."""
    text = value.strip().strip("\"'")
    try:
        if "://" not in text:
            text = ("http://" if is_loopback(f"http://{text}") else "https://") + text
        parts = urlsplit(text)
        origin_of(text)
    except ValueError as error:
        raise UsageError(
            texts.NOT_AN_ADDRESS(where=where, text=safe_text(safe_url(text), 200)),
            hint=advice.URL_LIKE,
        ) from error
    if parts.query or parts.fragment:
        raise UsageError(
            texts.QUERY_OR_FRAGMENT(where=where, text=safe_text(safe_url(text), 200)),
            hint=advice.URL_LIKE,
        )
    if (parts.hostname or "").rstrip(".") in OFFICIAL_HOSTS and parts.port in (None, 80, 443):
        text = DEFAULT_ENDPOINT + parts.path
    return text.rstrip("/")


#: A longer wait is none that anybody sees the end of, and more than some systems take.
_LONGEST_TIME_OUT = 86_400.0
_NUMBER = re.compile(r"[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20}")


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


def is_true(value: str | None) -> bool:
    """How huggingface_hub reads a switch: 1, ON, YES or TRUE in any case."""
    return (value or "").strip().upper() in {"1", "ON", "YES", "TRUE"}


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
            texts.ENV_FILE_UNREADABLE(
                path=path, error=getattr(error, "strerror", None) or "not text"
            ),
            hint=advice.CHECK_ENV_FILE,
        ) from error
    from io import StringIO

    for name, value in dotenv_values(stream=StringIO(text), interpolate=False).items():
        if name in ENV_NAMES and value is not None:
            os.environ.setdefault(name, value)
