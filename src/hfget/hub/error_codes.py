"""What a final "no" of the hub means, and what the user can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import requests

from hfget.endpoints import DEFAULT_ENDPOINT, host_of, origin_of
from hfget.errors import (
    AccessError,
    EntryNotFoundError,
    GatedRepoError,
    HfgetError,
    InvalidTokenError,
    NetworkError,
    RepoNotFoundError,
    RevisionNotFoundError,
    UnreachableError,
)
from hfget.http import HttpClient, is_token_refused
from hfget.model import RepoRef
from hfget.settings import Credential, Withheld
from hfget.system import redact, safe_text, safe_url, shell_word

# What the Hub says in X-Error-Message (huggingface_hub, `hf_raise_for_status`).
_DISABLED = "access to this resource is disabled"


def refusal(
    response: requests.Response,
    ref: RepoRef,
    http: HttpClient,
    *,
    withheld_tokens: Mapping[str, Withheld] = MappingProxyType({}),
    path: str | None = None,
) -> HfgetError:
    """The error for a final status, by X-Error-Code and X-Error-Message where the hub sends them.

    The codes are RepoNotFound, RevisionNotFound, EntryNotFound and GatedRepo; a 401 without a
    code means private, gated or missing alike (huggingface_hub, `hf_raise_for_status`).
    """
    withheld = (
        http.keyring.withheld_from(response.url)
        or withheld_tokens.get(origin_of(response.url))
        or _not_asked_for(http, response)
    )
    return _Refusal(response, ref, http.keyring.of(response.url), withheld, path).error()


def _not_asked_for(http: HttpClient, response: requests.Response) -> Withheld | None:
    """The token that waits for a 401 or 403, where the answer is another (404, of a mirror)."""
    credential = http.keyring.of(response.url)
    if credential is None or "Authorization" in response.request.headers or credential.eager:
        return None
    host = host_of(response.url)
    why = f"{host} answers {response.status_code}, and did not ask for one (401)"
    return Withheld(
        credential.source, why, f"to send it at once: --send-token-to {shell_word(host)}"
    )


class _Refusal(NamedTuple):
    response: requests.Response
    ref: RepoRef
    credential: Credential | None
    withheld_token: Withheld | None
    path: str | None

    def error(self) -> HfgetError:
        status = self.response.status_code
        code = self.response.headers.get("X-Error-Code", "")
        known = {
            "GatedRepo": self._gated,
            "RevisionNotFound": self._no_revision,
            "EntryNotFound": self._no_entry,
            "RepoNotFound": self._no_repo,
        }
        said = self._said.lower()
        if _DISABLED in said:
            return self._error(AccessError, f"{self.ref} is disabled", f"its page is {self._page}")
        if self._sent and is_token_refused(self.response):
            return self._bad_token(self.credential.source if self.credential else "--token")
        if self.withheld_token and self.withheld_token.refused and status in (401, 403):
            return self._bad_token(self.withheld_token.source)
        if code == "GatedRepo":
            return self._gated()
        if self.withheld_token and status in (401, 403):
            return self._error(
                AccessError,
                f"{self._host} does not show {self.ref} without a token",
                f"it is private, gated or misspelt; {self._how_to_send()}",
            )
        if self.path is not None and code in ("RepoNotFound", "RevisionNotFound"):
            return self._out_of_step("commit" if code == "RevisionNotFound" else "repo")
        if code in known:
            return known[code]()
        if status == 404:
            return self._not_found()
        if status in (401, 403, 451):
            return self._error(
                AccessError,
                f"{self._host} refuses access to {self.ref} (HTTP {status}){self._in_its_words}",
                f"it is private, gated or missing{self._token_hint}; its page is {self._page}",
            )
        return self._error(
            UnreachableError if status >= 500 else NetworkError,
            f"{self._host} answers HTTP {status}{self._in_its_words}",
            "try again later, or another endpoint with --endpoint",
        )

    def _bad_token(self, source: str) -> HfgetError:
        if source == "endpoint":
            return self._error(
                InvalidTokenError,
                f"{self._host} does not accept the user and password in the endpoint's address",
                "check them in --endpoint or HF_ENDPOINT",
            )
        without = "leave --token out" if source == "--token" else "--no-token"
        return self._error(
            InvalidTokenError,
            f"{self._host} does not accept the token from {source}",
            f"make another one at {DEFAULT_ENDPOINT}/settings/tokens, or go without: {without}",
        )

    def _gated(self) -> HfgetError:
        if self._sent:
            hint = f"ask for access at {self._page}; your token's account does not have it yet"
        else:
            hint = f"ask for access at {self._page}; {self._how_to_send()}"
        return self._error(GatedRepoError, f"{self.ref} is gated{self._in_its_words}", hint)

    def _no_revision(self) -> HfgetError:
        return self._error(
            RevisionNotFoundError,
            f"{self.ref} has no revision {self._revision}",
            f"see its branches and tags at {self._page}/tree/main",
        )

    def _no_entry(self) -> HfgetError:
        return self._error(
            EntryNotFoundError,
            f"{self._host} lists this file of {self.ref}, but does not have it",
            "a mirror may not have it yet: try again later, or another --endpoint",
        )

    def _out_of_step(self, what: str) -> HfgetError:
        """The commit of this very repo was read a moment ago, from another backend perhaps."""
        return self._error(
            EntryNotFoundError,
            f"{self._host} has listed {self.ref}, and now says that there is no such {what}",
            "its servers may not be in step: try again later, or another --endpoint",
        )

    def _no_repo(self) -> HfgetError:
        return self._error(
            RepoNotFoundError,
            f"{self._host} knows no {self.ref.repo_type} {self.ref}",
            f"check the spelling{self._other_type}{self._token_hint}",
        )

    def _not_found(self) -> HfgetError:
        """A 404 without a code: a mirror that drops the Hub's headers, or no hub at all."""
        if self.path is not None:
            return self._no_entry()
        no_route = f"or {self._host} has no such route{self._token_hint}"
        if self.ref.revision is None:
            return self._error(
                RepoNotFoundError,
                f"{self._host} answers HTTP 404 for the {self.ref.repo_type} {self.ref}",
                f"check the spelling{self._other_type}: it does not have it, {no_route}",
            )
        return self._error(
            RevisionNotFoundError,
            f"{self._host} answers HTTP 404 for the {self.ref.repo_type} {self.ref} at revision "
            f"{self._revision}",
            f"check the spelling: it does not have one of them, {no_route}",
        )

    def _error(self, kind: type[HfgetError], message: str, hint: str) -> HfgetError:
        return kind(message, hint=hint, path=self.path, url=safe_url(self.response.url))

    def _how_to_send(self) -> str:
        """Why the token that there is was not sent, and what would send it."""
        held = self.withheld_token
        if held is None:
            return "give a token (HF_TOKEN or --token)"
        return f"your {held.source} was not sent to {self._host}: {held.why}; {held.remedy}"

    @property
    def _sent(self) -> bool:
        return "Authorization" in self.response.request.headers

    @property
    def _said(self) -> str:
        return safe_text(redact(self.response.headers.get("X-Error-Message", "")), 300)

    @property
    def _in_its_words(self) -> str:
        return f": {self._said}" if self._said else ""

    @property
    def _other_type(self) -> str:
        is_model = self.ref.repo_type == "model"
        return "; for a dataset or a space add --dataset or --space" if is_model else ""

    @property
    def _token_hint(self) -> str:
        if self._sent:
            return "; your token may lack the right to read it"
        return f"; if it is private: {self._how_to_send()}"

    @property
    def _host(self) -> str:
        return host_of(self.response.url)

    @property
    def _page(self) -> str:
        return f"{DEFAULT_ENDPOINT}/{self.ref}"

    @property
    def _revision(self) -> str:
        return safe_text(self.ref.revision or "main", 120)
