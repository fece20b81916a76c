"""What a final "no" of the hub means, and what the user can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import requests

from hfget.endpoints import DEFAULT_ENDPOINT, host_of, hostname_of, is_public_hub, origin_of
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
    UnseenError,
)
from hfget.http import HttpClient, is_token_refused
from hfget.messages import advice
from hfget.messages import hub_texts as texts
from hfget.model import RepoRef
from hfget.settings import Credential, Withheld
from hfget.system import redact, safe_text, safe_url, shell_word

#: What servers answer to a route, a method or a query that they do not have.
NO_ROUTE = frozenset({400, 404, 405, 406, 410, 414, 422, 501})
#: Statuses with a meaning of their own: RFC 9110, 15.5.3; RFC 7725; nginx (client certificates).
_MEANT = {
    402: advice.PAYMENT,
    451: advice.LEGAL_REASONS,
    495: advice.CLIENT_CERTIFICATE,
    496: advice.CLIENT_CERTIFICATE,
}
#: In X-Error-Message (huggingface_hub, `hf_raise_for_status`).
_DISABLED = "access to this resource is disabled"


def refusal(
    response: requests.Response,
    ref: RepoRef,
    http: HttpClient,
    *,
    withheld_tokens: Mapping[str, Withheld] = MappingProxyType({}),
    path: str | None = None,
    endpoint: str = "",
) -> HfgetError:
    """The error for a final status, by X-Error-Code and X-Error-Message where the hub sends them.

    Where a host refuses to which `endpoint` has led and which is not a hub, no token would help.

    The codes are RepoNotFound, RevisionNotFound, EntryNotFound and GatedRepo; a 401 without a
    code means private, gated or missing alike (huggingface_hub, `hf_raise_for_status`).
    """
    withheld = (
        http.keyring.withheld_from(response.url)
        or withheld_tokens.get(origin_of(response.url))
        or _not_asked_for(http, response)
        or _of_another_origin(http, response)
    )
    led_by = host_of(endpoint) if endpoint and not _may_be_hub(response, endpoint) else ""
    return _Refusal(response, ref, http.keyring.of(response.url), withheld, path, led_by).error()


def _may_be_hub(response: requests.Response, endpoint: str) -> bool:
    """Whether it is the endpoint that answers, or another that refuses as the Hub does."""
    headers = response.headers
    return (
        origin_of(response.url) == origin_of(endpoint)
        or is_public_hub(hostname_of(response.url))
        or any(name in headers for name in ("X-Error-Code", "X-Error-Message"))
        or headers.get("Content-Type", "").lower().startswith("application/json")
    )


def _not_asked_for(http: HttpClient, response: requests.Response) -> Withheld | None:
    """The token that waits for a 401 or 403, where the answer is another (404, of a mirror)."""
    credential = http.keyring.of(response.url)
    if credential is None or "Authorization" in response.request.headers or credential.eager:
        return None
    host = host_of(response.url)
    why = texts.DID_NOT_ASK_FOR_TOKEN(host=host, status_code=response.status_code)
    return Withheld(credential.source, why, texts.SEND_AT_ONCE(host=shell_word(host)))


def _of_another_origin(http: HttpClient, response: requests.Response) -> Withheld | None:
    """The token that stays with its own origin, where an API redirects to a host without one."""
    credential = http.keyring.of_others(response.url)
    if credential is None:
        return None
    why = texts.TOKEN_OF_OTHER_HOST(host=host_of(credential.origin))
    remedy = texts.ASK_THERE(endpoint=shell_word(safe_url(origin_of(response.url))))
    return Withheld(credential.source, why, remedy)


class _Refusal(NamedTuple):
    response: requests.Response
    ref: RepoRef
    credential: Credential | None
    withheld_token: Withheld | None
    path: str | None
    led_by: str

    def error(self) -> HfgetError:
        status = self.response.status_code
        if self.led_by and status in (401, 403):
            return self._error(
                AccessError,
                texts.LED_TO_REFUSAL(
                    host=self._host, ref=self.ref, status=status, endpoint=self.led_by
                ),
                advice.CHECK_ENDPOINT_AND_LOGIN_PAGE,
            )
        code = self.response.headers.get("X-Error-Code", "")
        known = {
            "GatedRepo": self._gated,
            "RevisionNotFound": self._no_revision,
            "EntryNotFound": self._no_entry,
            "RepoNotFound": self._no_repo,
        }
        if _DISABLED in self._said.lower():
            return self._error(
                AccessError, texts.DISABLED(ref=self.ref), advice.SEE_PAGE(page=self._page)
            )
        if self._sent and is_token_refused(self.response):
            return self._bad_token(self.credential.source if self.credential else "--token")
        if self.withheld_token and self.withheld_token.refused and status in (401, 403):
            return self._bad_token(self.withheld_token.source)
        if code == "GatedRepo":
            return self._gated()
        if self.withheld_token and status in (401, 403):
            return self._error(
                UnseenError if status == 401 else AccessError,
                texts.HIDDEN_WITHOUT_TOKEN(host=self._host, ref=self.ref),
                texts.PRIVATE_OR_MISSPELT(advice=self._how_to_send()),
            )
        if self.path is not None and code in ("RepoNotFound", "RevisionNotFound"):
            return self._out_of_step("commit" if code == "RevisionNotFound" else "repo")
        if code in known:
            return known[code]()
        if status == 404:
            return self._not_found()
        if status in _MEANT:
            return self._error(
                AccessError,
                texts.ACCESS_REFUSED(
                    host=self._host, ref=self.ref, status=status, in_its_words=self._in_its_words
                ),
                _MEANT[status](page=self._page),
            )
        if status in (401, 403, 498):
            return self._error(
                UnseenError if status == 401 and not self._sent else AccessError,
                texts.ACCESS_REFUSED(
                    host=self._host, ref=self.ref, status=status, in_its_words=self._in_its_words
                ),
                self._perhaps_a_firewall(
                    texts.PRIVATE_OR_MISSING(token_hint=self._token_hint, page=self._page)
                ),
            )
        if status in NO_ROUTE and self.path is None:
            return self._error(
                UnreachableError if status >= 500 else NetworkError,
                texts.NO_SUCH_ROUTE(
                    host=self._host, status=status, in_its_words=self._in_its_words
                ),
                advice.EITHER(one=advice.CHECK_ENDPOINT, other=advice.OTHER_MIRROR),
            )
        return self._error(
            UnreachableError if status >= 500 else NetworkError,
            texts.ANSWERS_STATUS(host=self._host, status=status, in_its_words=self._in_its_words),
            advice.LATER_OR_OTHER_MIRROR,
        )

    def _perhaps_a_firewall(self, hint: str) -> str:
        """The Hub refuses in JSON, and in words of its own."""
        kind = self.response.headers.get("Content-Type", "").lower()
        is_page = kind.startswith("text/html") and not self._said
        return texts.A_PAGE_REFUSES(otherwise=hint) if is_page else hint

    def _bad_token(self, source: str) -> HfgetError:
        if source == "endpoint":
            said = texts.LOGIN_REFUSED(host=self._host)
            return self._error(InvalidTokenError, said, advice.CHECK_LOGIN)
        without = advice.LEAVE_TOKEN_OUT if source == "--token" else "--no-token"
        return self._error(
            InvalidTokenError,
            texts.TOKEN_REFUSED(host=self._host, source=source),
            advice.MAKE_TOKEN(endpoint=DEFAULT_ENDPOINT, without=without)
            if is_public_hub(hostname_of(self.response.url))
            else advice.TOKEN_OF_HOST(host=self._host, without=without),
        )

    def _gated(self) -> HfgetError:
        hint = texts.ASK_ACCESS(page=self._page, advice=self._how_to_send())
        if self._sent:
            hint = texts.ASK_ACCESS_ACCOUNT(page=self._page)
        return self._error(
            GatedRepoError, texts.GATED(ref=self.ref, in_its_words=self._in_its_words), hint
        )

    def _no_revision(self) -> HfgetError:
        return self._error(
            RevisionNotFoundError,
            texts.NO_REVISION(ref=self.ref, revision=self._revision),
            advice.SEE_BRANCHES(page=self._page),
        )

    def _no_entry(self) -> HfgetError:
        return self._error(
            EntryNotFoundError,
            texts.LISTED_NOT_THERE(host=self._host, ref=self.ref),
            advice.MAYBE_NOT_YET,
        )

    def _out_of_step(self, what: str) -> HfgetError:
        """The commit of this very repo was read a moment ago, from another backend perhaps."""
        return self._error(
            EntryNotFoundError,
            texts.OUT_OF_STEP(host=self._host, ref=self.ref, what=what),
            advice.OUT_OF_STEP,
        )

    def _no_repo(self) -> HfgetError:
        return self._error(
            RepoNotFoundError,
            texts.UNKNOWN_REPO(host=self._host, repo_type=self.ref.repo_type, ref=self.ref),
            advice.CHECK_SPELLING(other_type=self._other_type, token_hint=self._token_hint),
        )

    def _not_found(self) -> HfgetError:
        """A 404 without a code: a mirror that drops the Hub's headers, or no hub at all."""
        if self.path is not None:
            return self._no_entry()
        no_route = texts.OR_NO_ROUTE(host=self._host, token_hint=self._token_hint)
        if self.ref.revision is None:
            return self._error(
                RepoNotFoundError,
                texts.REPO_404(host=self._host, repo_type=self.ref.repo_type, ref=self.ref),
                texts.CHECK_SPELLING_REPO(other_type=self._other_type, no_route=no_route),
            )
        return self._error(
            RevisionNotFoundError,
            texts.REVISION_404(
                host=self._host, repo_type=self.ref.repo_type, ref=self.ref, revision=self._revision
            ),
            texts.CHECK_SPELLING_REVISION(no_route=no_route),
        )

    def _error(self, kind: type[HfgetError], message: str, hint: str) -> HfgetError:
        return kind(message, hint=hint, path=self.path, url=safe_url(self.response.url))

    def _how_to_send(self) -> str:
        """Why the token that there is was not sent, and what would send it."""
        held = self.withheld_token
        if held is None:
            return advice.GIVE_TOKEN
        return texts.TOKEN_WITHHELD(
            source=held.source, host=self._host, why=held.why, remedy=held.remedy
        )

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
        return texts.OTHER_TYPE if self.ref.repo_type == "model" else ""

    @property
    def _token_hint(self) -> str:
        way = self._how_to_send()
        return texts.TOKEN_MAY_LACK if self._sent else texts.IF_PRIVATE(advice=way)

    @property
    def _host(self) -> str:
        return host_of(self.response.url)

    @property
    def _page(self) -> str:
        return f"{DEFAULT_ENDPOINT}/{self.ref}"

    @property
    def _revision(self) -> str:
        return safe_text(self.ref.revision or "main", 120)
