"""The policy of the token: which of the user's secrets may be shown to which origin, and when."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import requests

from hfget.endpoints import (
    DEFAULT_ENDPOINT,
    EndpointSource,
    NamedEndpoint,
    host_of,
    is_loopback,
    is_official,
    origin_of,
)
from hfget.errors import UnsafeError, UsageError
from hfget.http import token_files
from hfget.messages import advice
from hfget.messages import http_texts as texts
from hfget.settings import ENCRYPTED_ONLY, Credential, TokenSource, Withheld
from hfget.system import Secret, is_true, login_file, remember, safe_text, safe_url, shell_word

#: What the Hub says in X-Error-Message and X-Error-Code (huggingface_hub, `hf_raise_for_status`).
_INVALID = "invalid credentials in authorization header"
_ERROR_CODES = frozenset({"GatedRepo", "RepoNotFound", "RevisionNotFound", "EntryNotFound"})
_TOKENS_PAGE = f"{DEFAULT_ENDPOINT}/settings/tokens"
#: In the order in which huggingface_hub reads them.
_VARIABLES: tuple[TokenSource, ...] = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
_LOG_IN = advice.LOG_IN


class Credentials(NamedTuple):
    """The secrets of a run and the tokens that stay here, by origin; and what to warn of."""

    credentials: Mapping[str, Credential]
    withheld: Mapping[str, Withheld]
    warnings: tuple[str, ...] = ()


class CredentialChoice(NamedTuple):
    """The secret for an endpoint, or the token that there is but stays here; what to warn of."""

    credential: Credential | None = None
    withheld: Withheld | None = None
    warnings: tuple[str, ...] = ()


def choose_credentials(
    endpoints: Sequence[NamedEndpoint],
    *,
    flag: str | None,
    use_ambient: bool = True,
    send_to: Iterable[str] = (),
    env: Mapping[str, str] = os.environ,
) -> Credentials:
    """Which secret may go to which of the endpoints, as `choose_credential` says for each.

    A token given on the command line goes to the first, and to those that `send_to` names.
    Raises as that does.
    """
    send_to = tuple(send_to)
    wanted = _origins(send_to, "--send-token-to")
    origins = [origin_of(one.url) for one in endpoints]
    credentials: dict[str, Credential] = {}
    withheld: dict[str, Withheld] = {}
    warnings: dict[str, None] = {}
    for number, (origin, named) in enumerate(zip(origins, endpoints, strict=True)):
        is_wanted = origin in wanted
        choice = choose_credential(
            named.url,
            named.source,
            flag=flag if number == 0 or is_wanted else None,
            use_ambient=use_ambient,
            send_to=send_to if is_wanted or (wanted.isdisjoint(origins) and number == 0) else (),
            env=env,
        )
        warnings.update(dict.fromkeys(choice.warnings))
        if choice.credential is not None:
            credentials.setdefault(origin, choice.credential)
        elif choice.withheld is not None:
            withheld.setdefault(origin, choice.withheld)
        elif flag is not None:
            remedy = texts.SEND_TOKEN_TO(endpoint=shell_word(host_of(named.url)))
            withheld[origin] = Withheld("--token", texts.FOR_FIRST_ENDPOINT_ALONE, remedy)
    return Credentials(credentials, withheld, tuple(warnings))


def choose_credential(
    endpoint: str,
    endpoint_source: EndpointSource,
    *,
    flag: str | None,
    use_ambient: bool = True,
    send_to: Iterable[str] = (),
    env: Mapping[str, str] = os.environ,
) -> CredentialChoice:
    """Which secret may go to `endpoint`, and when.

    A token given on the command line, or user and password in the endpoint's own address, go to
    that endpoint. HF_TOKEN goes to the Hub, and to an endpoint the user named once that has
    refused a request without it. The stored login goes to the Hub alone. Where `send_to` or
    HFGET_TOKEN_ORIGINS name the endpoint, either goes there at once. A stored login that cannot
    be used is warned of. Raises UsageError for a malformed token, UnsafeError for a secret that
    was given and would travel in the clear.
    """
    origin = origin_of(endpoint)
    encrypted = origin.startswith("https:") or is_loopback(endpoint)
    if (given := _given(endpoint, flag)) is not None:
        secret, source = given
        if not encrypted:
            what = "a password" if source == "endpoint" else "a token"
            raise UnsafeError(
                texts.SECRET_IN_THE_CLEAR(what=what, origin=origin),
                hint=advice.HTTPS_OR_NO_SECRET,
            )
        if source == "endpoint":
            return CredentialChoice(Credential(secret, source, origin, eager=True, scheme="Basic"))
        return CredentialChoice(Credential(secret, source, origin, eager=True))
    if not use_ambient or is_true(env.get("HF_HUB_DISABLE_IMPLICIT_TOKEN")):
        return CredentialChoice(withheld=_switched_off(env, use_ambient=use_ambient))
    named, warnings = _named(origin, endpoint, tuple(send_to), env)
    choice = _ambient(
        endpoint,
        endpoint_source,
        encrypted=encrypted,
        allowed=named or is_official(endpoint),
        env=env,
    )
    if choice.credential is None and env.get("HF_OIDC_RESOURCE", "").strip():
        why = texts.NO_OIDC
        remedy = advice.LET_HF_EXCHANGE
        warnings = (*warnings, texts.OIDC_NOT_USED(why=why, remedy=remedy))
        choice = choice._replace(withheld=Withheld("HF_OIDC_RESOURCE", why, remedy))
    return choice._replace(warnings=(*warnings, *choice.warnings))


def _given(endpoint: str, flag: str | None) -> tuple[Secret, TokenSource] | None:
    """What the user gave for this very endpoint."""
    login = _login_in(endpoint)
    if flag is None:
        return None if login is None else (login, "endpoint")
    if login is not None:
        raise UsageError(
            texts.TWO_CREDENTIALS,
            hint=advice.ONE_CREDENTIAL,
        )
    return _clean_token(flag, "--token"), "--token"


def _ambient(
    endpoint: str,
    endpoint_source: EndpointSource,
    *,
    encrypted: bool,
    allowed: bool,
    env: Mapping[str, str],
) -> CredentialChoice:
    """HF_TOKEN or its older name, else the stored login: sent, or held back and why."""
    send = texts.SEND_TOKEN_TO(endpoint=shell_word(host_of(endpoint)))
    for name in _VARIABLES:
        if value := env.get(name, "").strip():
            if not encrypted:
                return CredentialChoice(withheld=Withheld(name, *ENCRYPTED_ONLY))
            if allowed or endpoint_source in ("flag", "environment"):
                secret = _clean_token(value, name)
                return CredentialChoice(
                    Credential(secret, name, origin_of(endpoint), eager=allowed)
                )
            why: str = texts.ENDPOINT_OF_PASTED_URL
            if endpoint_source == "record":
                why = texts.ENDPOINT_OF_RECORD
            elif endpoint_source == "further":
                why = texts.FOR_THE_FIRST_ENDPOINT
            return CredentialChoice(withheld=Withheld(name, why, send))
    path = login_file(os.environ)
    if path is None or not os.path.lexists(path):
        return CredentialChoice()
    if not encrypted:
        return CredentialChoice(withheld=Withheld("stored login", *ENCRYPTED_ONLY))
    if not allowed:
        return CredentialChoice(withheld=Withheld("stored login", texts.FOR_HUGGINGFACE, send))
    return _stored_login(path, origin_of(endpoint))


def _switched_off(env: Mapping[str, str], *, use_ambient: bool) -> Withheld | None:
    """The token that the user does not want to be sent."""
    why, remedy = texts.NO_TOKEN_GIVEN, advice.LEAVE_NO_TOKEN_OUT
    if use_ambient:
        why, remedy = texts.IMPLICIT_TOKEN_DISABLED, advice.UNSET_IT
    for name in _VARIABLES:
        if env.get(name, "").strip():
            return Withheld(name, why, remedy)
    path = login_file(os.environ)
    return Withheld("stored login", why, remedy) if path and os.path.lexists(path) else None


def _login_in(endpoint: str) -> Secret | None:
    """User and password of an address, in the form of Basic authentication (RFC 7617)."""
    parts = urlsplit(endpoint)
    if parts.username is None and parts.password is None:
        return None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    for text in (parts.password or "", password):
        remember(text)
    return Secret(base64.b64encode(f"{user}:{password}".encode()).decode())


def _named(
    origin: str, endpoint: str, send_to: tuple[str, ...], env: Mapping[str, str]
) -> tuple[bool, tuple[str, ...]]:
    """Whether the user named this origin for tokens; what to warn of."""
    if origin in _origins(send_to, "--send-token-to"):
        return True, ()
    warnings: tuple[str, ...] = ()
    if send_to:
        hosts = safe_text(", ".join(map(safe_url, send_to)), 200)
        warnings = (texts.SEND_TOKEN_UNUSED(hosts=hosts, endpoint=host_of(endpoint)),)
    hosts_named = env.get("HFGET_TOKEN_ORIGINS", "").replace(",", " ").split()
    return origin in _origins(hosts_named, "HFGET_TOKEN_ORIGINS"), warnings


def _origins(named: Iterable[str], where: str) -> set[str]:
    """The origins that these URLs, or hosts with or without a port, are. Raises UsageError."""
    origins = set()
    for text in named:
        urls = [text] if "://" in text else [f"https://{text}", f"http://{text}"]
        try:
            origins |= {origin_of(url) for url in urls}
        except ValueError as error:
            raise UsageError(
                texts.NOT_A_HOST(where=where, urls=safe_text(safe_url(urls[0]), 80)),
                hint=advice.HOST_LIKE,
            ) from error
    return origins


def _stored_login(path: Path, origin: str) -> CredentialChoice:
    """The login that `hf auth login` left. What cannot be used does not end the run."""
    source: TokenSource = "stored login"
    try:
        found = token_files.read(path)
        text = found.text.replace("\r", "").replace("\n", "").strip()  # as huggingface_hub does
        if not text:
            return CredentialChoice()
        secret = _clean_token(text, source)
    except FileNotFoundError:  # a link that leads nowhere
        return CredentialChoice()
    except token_files.DistrustedError as error:
        return _unusable(path, str(error))
    except UsageError:
        return _unusable(path, texts.NOT_A_TOKEN)
    if token_files.has_expired(path, secret.reveal()):
        return _unusable(path, texts.EXPIRED)
    warnings: tuple[str, ...] = ()
    if found.exposed:
        name = shell_word(os.fspath(path))
        warnings = (texts.LOGIN_READABLE(name=name),)
    return CredentialChoice(Credential(secret, source, origin, eager=True), None, warnings)


def _unusable(path: Path, why: str) -> CredentialChoice:
    warning = texts.LOGIN_NOT_USED(path=path, why=why, log_in=_LOG_IN)
    return CredentialChoice(
        None, Withheld("stored login", texts.IT_IS(why=why), _LOG_IN), (warning,)
    )


def _clean_token(text: str, source: TokenSource) -> Secret:
    value = text.strip().strip("\ufeff\"'").strip()
    value = re.sub(r"(?i)^bearer(?:\s+|$)", "", value)
    if not re.fullmatch(r"[\x21-\x7e]{1,8192}", value):
        raise UsageError(
            texts.TOKEN_UNUSABLE(source=source),
            hint=advice.COPY_TOKEN_AGAIN(page=_TOKENS_PAGE),
        )
    return Secret(value)


def header_value(credential: Credential) -> str:
    """The secret as the Authorization header of a request to its origin has it."""
    return f"{credential.scheme} {credential.secret.reveal()}"


def is_token_refused(response: requests.Response) -> bool:
    """Whether the token itself is not accepted, by what huggingface_hub's errors go by.

    A valid token that may not see a repo is answered by a 401 or 403 with a code of its own.
    """
    said = response.headers.get("X-Error-Message", "").lower()
    code = response.headers.get("X-Error-Code", "")
    return _INVALID in said or (response.status_code == 401 and code not in _ERROR_CODES)
