"""Settings of a run: flags over environment over a named env file over defaults.

Also the policy of the token: which of the user's tokens may be shown to which origin.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from hfget.errors import UnsafeError, UsageError
from hfget.secret import Secret, safe_url

DEFAULT_ENDPOINT = "https://huggingface.co"
OFFICIAL_HOSTS = frozenset({"huggingface.co", "hf.co", "www.huggingface.co"})
DEFAULT_CONNECTIONS = 16
DEFAULT_JOBS = 16
MAX_CONNECTIONS = 64
DEFAULT_RETRIES = 8

#: Every variable that hfget itself reads, and those an env file may set (see .env.example).
ENV_NAMES = (
    "HF_ENDPOINT",
    "HF_TOKEN",
    "HF_TOKEN_PATH",
    "HF_HOME",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN",
    "HF_HUB_OFFLINE",
    "HF_HUB_ETAG_TIMEOUT",
    "HF_HUB_DOWNLOAD_TIMEOUT",
    "HF_HUB_DISABLE_PROGRESS_BARS",
    "HFGET_TOKEN_ORIGINS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
    "NO_COLOR",
)

EndpointSource = Literal["flag", "environment", "url", "default"]
TokenSource = Literal["--token", "HF_TOKEN", "stored login"]


@dataclass(frozen=True, slots=True)
class Credential:
    """A token bound to one origin.

    `eager` tokens go with every request to that origin; the others only once the origin has
    answered 401 or 403 to a request without one.
    """

    secret: Secret
    source: TokenSource
    origin: str
    eager: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run needs to know from outside. Time-outs are in seconds."""

    endpoint: str = DEFAULT_ENDPOINT
    endpoint_source: EndpointSource = "default"
    credential: Credential | None = None
    withheld_token: str = ""
    api_timeout: float = 10.0
    download_timeout: float = 10.0
    connections: int = DEFAULT_CONNECTIONS
    jobs: int = DEFAULT_JOBS
    retries: int = DEFAULT_RETRIES
    offline: bool = False
    fsync: bool = True
    wait_for_lock: bool = True
    allow_private: bool = False


def origin_of(url: str) -> str:
    """Scheme, lower-case host without trailing dot, and effective port of `url`.

    Raises ValueError for what is no http(s) URL.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").rstrip(".")
    if scheme not in ("http", "https") or not host:
        raise ValueError(f"not an http(s) URL: {safe_url(url)}")
    port = parts.port or (443 if scheme == "https" else 80)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def host_of(url: str) -> str:
    """The host (and port, where it is named) of `url`, for messages."""
    parts = urlsplit(safe_url(url))
    return parts.netloc or safe_url(url)


def is_official(endpoint: str) -> bool:
    """Whether `endpoint` is the Hub itself, over https."""
    parts = urlsplit(endpoint)
    return parts.scheme == "https" and (parts.hostname or "") in OFFICIAL_HOSTS


def is_loopback(url: str) -> bool:
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def named_endpoint(flag: str | None, env: Mapping[str, str]) -> tuple[str, EndpointSource] | None:
    """The endpoint the user chose by `--endpoint` or HF_ENDPOINT, normalised; None if neither.

    Raises UsageError for what is no http(s) URL.
    """
    if flag:
        return _normal_endpoint(flag, "--endpoint"), "flag"
    if value := env.get("HF_ENDPOINT", "").strip():
        return _normal_endpoint(value, "HF_ENDPOINT"), "environment"
    return None


def _normal_endpoint(value: str, where: str) -> str:
    text = value.strip().rstrip("/")
    if "://" not in text:
        text = "https://" + text
    try:
        parts = urlsplit(text)
        origin_of(text)
    except ValueError as error:
        raise UsageError(
            f"{where} is not a usable address: {safe_url(text)}",
            hint="give it as a URL, for instance https://hf-mirror.com",
        ) from error
    if parts.query or parts.fragment:
        raise UsageError(f"{where} must not carry a query or a fragment: {safe_url(text)}")
    return text


def positive_seconds(env: Mapping[str, str], name: str, default: float) -> float:
    """A time-out from the environment. Raises UsageError for what is no positive number."""
    text = env.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 86_400:
        raise UsageError(f"{name} must be a number of seconds above 0, not {text[:40]!r}")
    return value


def is_true(value: str | None) -> bool:
    """How huggingface_hub reads a switch: 1, ON, YES or TRUE in any case."""
    return (value or "").strip().upper() in {"1", "ON", "YES", "TRUE"}


def choose_credential(
    endpoint: str,
    endpoint_source: EndpointSource,
    *,
    flag: str | None,
    use_ambient: bool = True,
    env: Mapping[str, str] = os.environ,
) -> tuple[Credential | None, str]:
    """Which token may go to `endpoint`, and when; and the name of one that is held back.

    A token given on the command line goes to the endpoint in use. HF_TOKEN goes to the Hub,
    and to an endpoint the user named once that has refused a request without it. The stored
    login goes to the Hub alone, unless HFGET_TOKEN_ORIGINS names the endpoint's origin.
    Raises UsageError for a malformed token, UnsafeError for a flag's token over plain http.
    """
    origin = origin_of(endpoint)
    encrypted = origin.startswith("https:") or is_loopback(endpoint)
    if flag is not None:
        secret = _clean_token(flag, "--token")
        if not encrypted:
            raise UnsafeError(
                f"a token would go in the clear to {origin}",
                hint="use an https endpoint, or leave --token out",
            )
        return Credential(secret, "--token", origin, eager=True), ""
    if not use_ambient or is_true(env.get("HF_HUB_DISABLE_IMPLICIT_TOKEN")):
        return None, ""
    official = is_official(endpoint)
    allowed = official or origin in _extra_origins(env)
    if (value := env.get("HF_TOKEN", "")).strip():
        if encrypted and (allowed or endpoint_source in ("flag", "environment")):
            secret = _clean_token(value, "HF_TOKEN")
            return Credential(secret, "HF_TOKEN", origin, eager=allowed), ""
        return None, "HF_TOKEN"
    if allowed and encrypted:
        from huggingface_hub import get_token

        if stored := get_token():
            return Credential(
                _clean_token(stored, "stored login"), "stored login", origin, eager=True
            ), ""
        return None, ""
    return None, "stored login" if _has_stored_login(env) else ""


def _extra_origins(env: Mapping[str, str]) -> set[str]:
    origins = set()
    for item in env.get("HFGET_TOKEN_ORIGINS", "").replace(",", " ").split():
        try:
            origins.add(origin_of(item))
        except ValueError as error:
            raise UsageError(f"HFGET_TOKEN_ORIGINS names no http(s) origin: {item[:80]}") from error
    return origins


def _has_stored_login(env: Mapping[str, str]) -> bool:
    from huggingface_hub import constants

    return Path(env.get("HF_TOKEN_PATH") or constants.HF_TOKEN_PATH).is_file()


def _clean_token(text: str, source: TokenSource) -> Secret:
    value = text.strip().strip("\ufeff\"'").strip()
    value = re.sub(r"(?i)^bearer\s+", "", value)
    if not re.fullmatch(r"[\x21-\x7e]{1,8192}", value):
        raise UsageError(
            f"the token from {source} is empty or holds characters that no token has",
            hint="copy it again from https://huggingface.co/settings/tokens",
        )
    return Secret(value)


def load_env_file(path: Path) -> None:
    """Take the documented variables of an env file into the environment, where unset there.

    Raises UsageError if the file cannot be read.
    """
    from dotenv import dotenv_values

    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot read the env file {path}: {getattr(error, 'strerror', None) or 'not text'}"
        ) from error
    from io import StringIO

    for name, value in dotenv_values(stream=StringIO(text), interpolate=False).items():
        if name in ENV_NAMES and value is not None:
            os.environ.setdefault(name, value)
