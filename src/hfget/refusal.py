"""What a final "no" of the hub means, and what the user can do about it."""

from __future__ import annotations

import requests

from hfget.errors import (
    AccessError,
    EntryNotFoundError,
    GatedRepoError,
    HfgetError,
    InvalidTokenError,
    NetworkError,
    RepoNotFoundError,
    RevisionNotFoundError,
)
from hfget.http import HttpClient
from hfget.model import RepoRef
from hfget.secret import redact, safe_url
from hfget.settings import DEFAULT_ENDPOINT, host_of
from hfget.text import safe_text

_INVALID_CREDENTIALS = "invalid credentials in authorization header"


def refusal(
    response: requests.Response,
    ref: RepoRef,
    http: HttpClient,
    *,
    withheld_token: str = "",
    path: str | None = None,
) -> HfgetError:
    """The error for a final status, by X-Error-Code and X-Error-Message where the hub sends them.

    The codes are RepoNotFound, RevisionNotFound, EntryNotFound and GatedRepo; a 401 without a
    code means private, gated or missing alike (huggingface_hub, `hf_raise_for_status`).
    """
    status = response.status_code
    code = response.headers.get("X-Error-Code", "")
    said = safe_text(redact(response.headers.get("X-Error-Message", "")), 300)
    host = host_of(response.url)
    url = safe_url(response.url)
    sent = "Authorization" in response.request.headers
    revision = ref.revision or "main"
    page = f"{DEFAULT_ENDPOINT}/{ref}"

    if sent and (_INVALID_CREDENTIALS in said.lower() or (status == 401 and not code)):
        source = http.credential.source if http.credential else "--token"
        return InvalidTokenError(
            f"{host} does not accept the token from {source}",
            url=url,
            path=path,
            hint="make another one at https://huggingface.co/settings/tokens, "
            "or go without: --no-token",
        )
    if code == "GatedRepo":
        return GatedRepoError(
            f"{ref} is gated" + (f": {said}" if said else ""),
            url=url,
            path=path,
            hint=f"ask for access at {page}, then give your token (HF_TOKEN or --token)"
            + _how_to_send(withheld_token, host),
        )
    if withheld_token and status in (401, 403):
        return AccessError(
            f"{host} wants a token for {ref}",
            url=url,
            path=path,
            hint=_how_to_send(withheld_token, host).lstrip("; "),
        )
    if code == "RevisionNotFound":
        return RevisionNotFoundError(
            f"{ref} has no revision {safe_text(revision, 120)}",
            url=url,
            path=path,
            hint=f"see its branches and tags at {page}/tree/main",
        )
    if code == "EntryNotFound":
        return EntryNotFoundError(
            f"{ref} has no such file at {safe_text(revision, 120)}", url=url, path=path
        )
    if code == "RepoNotFound" or status == 404:
        return RepoNotFoundError(
            f"{host} knows no {ref.repo_type} {ref}",
            url=url,
            path=path,
            hint="check the spelling"
            + (
                ""
                if ref.repo_type != "model"
                else "; for a dataset or a space add --dataset or --space"
            )
            + ("" if sent else "; if it is private, give a token (HF_TOKEN or --token)"),
        )
    if status in (401, 403):
        return AccessError(
            f"{host} refuses access to {ref} (HTTP {status})" + (f": {said}" if said else ""),
            url=url,
            path=path,
            hint="it is private, gated or missing"
            + ("" if sent else ": give a token (HF_TOKEN or --token)")
            + f"; its page is {page}",
        )
    return NetworkError(
        f"{host} answers HTTP {status}" + (f": {said}" if said else ""),
        url=url,
        path=path,
        hint="try again later, or another endpoint with --endpoint",
    )


def _how_to_send(withheld_token: str, host: str) -> str:
    if not withheld_token:
        return ""
    return (
        f"; your {withheld_token} was not sent to {host}: allow it with --token, "
        "or with HFGET_TOKEN_ORIGINS naming that origin"
    )
