"""The policy of the token: which of the user's secrets may be shown to which origin, and when."""

from __future__ import annotations

import base64
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hfget.errors import UnsafeError, UsageError
from hfget.secret import Secret, redact, remember, safe_url
from hfget.settings import (
    Credential,
    EndpointSource,
    TokenSource,
    is_loopback,
    is_official,
    is_true,
    origin_of,
)
from hfget.text import safe_text

_TOKENS_PAGE = "https://huggingface.co/settings/tokens"


def choose_credential(
    endpoint: str,
    endpoint_source: EndpointSource,
    *,
    flag: str | None,
    use_ambient: bool = True,
    env: Mapping[str, str] = os.environ,
) -> tuple[Credential | None, str]:
    """Which secret may go to `endpoint`, and when; and the name of a token that is held back.

    A token given on the command line, or user and password in the endpoint's own address, go to
    that endpoint. HF_TOKEN goes to the Hub, and to an endpoint the user named once that has
    refused a request without it. The stored login goes to the Hub alone, unless
    HFGET_TOKEN_ORIGINS names the endpoint's origin. Raises UsageError for a malformed token or
    a login that cannot be trusted, UnsafeError for a secret that would travel in the clear.
    """
    origin = origin_of(endpoint)
    encrypted = origin.startswith("https:") or is_loopback(endpoint)
    login = _login_in(endpoint)
    if flag is not None and login is not None:
        raise UsageError(
            "a token and an endpoint with user and password are too much for one request",
            hint="leave out --token, or the user and password in the endpoint's address",
        )
    given = login if flag is None else _clean_token(flag, "--token")
    if given is not None:
        if not encrypted:
            raise UnsafeError(
                f"{'a token' if login is None else 'a password'} would go in the clear to {origin}",
                hint="use an https endpoint, or leave the secret out",
            )
        if login is not None:
            return Credential(login, "endpoint", origin, eager=True, scheme="Basic"), ""
        return Credential(given, "--token", origin, eager=True), ""
    if not use_ambient or is_true(env.get("HF_HUB_DISABLE_IMPLICIT_TOKEN")):
        return None, ""
    allowed = is_official(endpoint) or origin in _extra_origins(env)
    if (value := env.get("HF_TOKEN", "")).strip():
        if encrypted and (allowed or endpoint_source in ("flag", "environment")):
            secret = _clean_token(value, "HF_TOKEN")
            return Credential(secret, "HF_TOKEN", origin, eager=allowed), ""
        return None, "HF_TOKEN"
    if allowed and encrypted:
        return _stored_login(origin), ""
    return None, "stored login" if _login_file().is_file() else ""


def _login_in(endpoint: str) -> Secret | None:
    """User and password of an address, in the form of Basic authentication (RFC 7617)."""
    parts = urlsplit(endpoint)
    if parts.username is None and parts.password is None:
        return None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    for text in (parts.password or "", password):
        remember(text)
    return Secret(base64.b64encode(f"{user}:{password}".encode()).decode())


def _extra_origins(env: Mapping[str, str]) -> set[str]:
    origins = set()
    for item in env.get("HFGET_TOKEN_ORIGINS", "").replace(",", " ").split():
        try:
            origins.add(origin_of(item))
        except ValueError as error:
            raise UsageError(
                f"HFGET_TOKEN_ORIGINS names no http(s) origin: {safe_text(safe_url(item), 80)}",
                hint="separate them by blanks: https://hub.example.org https://other.example.org",
            ) from error
    return origins


def _stored_login(origin: str) -> Credential | None:
    """The login that `hf auth login` left, by way of huggingface_hub, which may renew it.

    Raises UsageError where its file belongs to somebody else or cannot be read.
    """
    from huggingface_hub import get_token

    warning = _distrust(_login_file())
    try:
        stored = get_token()
    except Exception as error:
        reason = getattr(error, "strerror", None) or redact(str(error)) or type(error).__name__
        raise UsageError(
            f"the stored login cannot be used: {safe_text(reason, 200)}",
            hint="log in again (hf auth login), or go without: --no-token",
        ) from error
    if not stored:
        return None
    secret = _clean_token(stored, "stored login")
    return Credential(secret, "stored login", origin, eager=True, warning=warning)


def _login_file() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_TOKEN_PATH)


def _distrust(path: Path) -> str:
    """What to warn of; raises UsageError for a file by which somebody else could log us in."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise UsageError(
            f"the stored login {path} cannot be read: {error.strerror}",
            hint="log in again (hf auth login), or go without: --no-token",
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise UsageError(
            f"the stored login {path} is no file",
            hint="log in again (hf auth login), or go without: --no-token",
        )
    if os.name != "posix":
        return ""
    me = os.getuid()
    if me != 0 and found.st_uid not in (0, me):
        raise UsageError(
            f"the stored login {path} belongs to another user",
            hint="log in yourself (hf auth login), or go without: --no-token",
        )
    if found.st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return f"other users can read your stored login: chmod 600 {path}"
    return ""


def _clean_token(text: str, source: TokenSource) -> Secret:
    value = text.strip().strip("\ufeff\"'").strip()
    value = re.sub(r"(?i)^bearer(?:\s+|$)", "", value)
    if not re.fullmatch(r"[\x21-\x7e]{1,8192}", value):
        raise UsageError(
            f"the token from {source} is empty or holds characters that no token has",
            hint=f"copy it again from {_TOKENS_PAGE}",
        )
    return Secret(value)
