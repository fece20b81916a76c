"""Requests to the API of one endpoint: JSON after retries and redirects, or the error it means.

Not through HfApi: that waits for ever on a silent server, does not retry a 429 or 5xx on
repo info, and follows a `Link: rel="next"` to a foreign origin with the token.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

import requests

from hfget import events
from hfget.endpoints import host_of, origin_of
from hfget.errors import HfgetError, NetworkError, UnreachableError
from hfget.http import (
    HttpClient,
    Retries,
    Transient,
    circle,
    from_exception,
    from_status,
    given_up,
    is_redirect,
    stays_home,
)
from hfget.hub.bounded_json import Budget, read_json
from hfget.hub.error_codes import refusal
from hfget.limits import (
    API_RETRIES,
    FIRST_WAIT,
    HURRIED_CONNECT,
    HURRIED_RETRIES,
    HURRIED_WINDOW_SECONDS,
    MAX_REDIRECTS,
    SLOW_WINDOW_SECONDS,
)
from hfget.messages import advice
from hfget.messages import hub_texts as texts
from hfget.model import API_NAMES, URL_PREFIXES, RepoRef
from hfget.settings import Settings
from hfget.system import redact, safe_text, safe_url

T = TypeVar("T")

#: Gets a failure, and the seconds that would pass before the next try.
Unreached = Callable[[Transient, float], None]
_SAME_METHOD = frozenset({307, 308})


class ApiAnswer(NamedTuple):
    """JSON, and where it came from; `at_home` as long as no address has led to another origin.

    `json` is None where a status was to be tolerated, and after a HEAD.
    """

    json: Any
    response: requests.Response
    at_home: bool

    @property
    def ok(self) -> bool:
        return 200 <= self.response.status_code < 300

    @property
    def error_code(self) -> str:
        return self.response.headers.get("X-Error-Code", "")

    @property
    def commit(self) -> str:
        """The commit that the answer says it is of; empty if it does not say."""
        return self.response.headers.get("X-Repo-Commit", "").strip().strip('"').lower()


class HubClient:
    """The API plane of one endpoint.

    `answered` tells that it has named a commit. As long as it has not, `unreached` is called
    with each failure, before the next try; what it raises ends the tries. In a `hurry` there is
    another endpoint: whatever takes long is given up.
    """

    def __init__(
        self,
        http: HttpClient,
        settings: Settings,
        observer: events.Observer,
        stop: threading.Event,
        unreached: Unreached = lambda failure, wait: None,
        *,
        hurry: bool = False,
    ) -> None:
        self.answered = False
        self._unreached = unreached
        self._hurry = hurry
        self._http = http
        self._settings = settings
        self.endpoint = settings.endpoint.rstrip("/")
        self.home = origin_of(self.endpoint)
        self._observer = observer
        self._stop = stop
        self.retries = Retries(min(API_RETRIES, settings.retries), stop, self._tell)
        self.budget = Budget(stop)
        #: Whether X-Repo-Commit, where it is sent, tells of which commit an answer is.
        self.names_commits = True

    def begin(self) -> None:
        """A new listing, with a budget of its own."""
        self.budget = Budget(self._stop)

    @property
    def host(self) -> str:
        return host_of(self.endpoint)

    def api(self, ref: RepoRef) -> str:
        """The address of a repo in the API."""
        return f"{self.endpoint}/api/{API_NAMES[ref.repo_type]}/{quote(ref.repo_id)}"

    def content(self, ref: RepoRef, commit: str, path: str) -> str:
        """The address of a file's content."""
        prefix = URL_PREFIXES[ref.repo_type] + quote(ref.repo_id)
        return f"{self.endpoint}/{prefix}/resolve/{commit}/{quote(path)}"

    def note(self, text: str, *, warning: bool = False) -> None:
        self._observer(events.Note(text, "warning" if warning else "info"))

    def _tell(self, failure: Transient, wait: float, number: int) -> None:
        if not self.answered:
            self._unreached(failure, wait)
        if self._hurry and (failure.timed_out or number > HURRIED_RETRIES or wait > FIRST_WAIT * 2):
            raise given_up(failure)
        self._observer(
            events.Retrying(
                "", failure.host, failure.reason, wait, number, failure.wait is not None
            )
        )

    def ask(
        self,
        url: str,
        ref: RepoRef,
        *,
        at_home: bool = True,
        method: str = "GET",
        form: bytes | None = None,
        tolerated: frozenset[int] = frozenset(),
    ) -> ApiAnswer:
        """The answer to a request, after retries. Raises HfgetError."""

        def attempt() -> ApiAnswer:
            try:
                with self.budget.waiting():
                    response, still_at_home = self._follow(
                        url, at_home=at_home, method=method, form=form
                    )
                    with closing(response):
                        json = self._read(response, ref, method, tolerated)
                        return ApiAnswer(json, response, still_at_home)
            except (HfgetError, Transient):
                raise
            except Exception as error:
                raise from_exception(error, url) from error

        return self.retries.run(attempt)

    def next_address(self, response: requests.Response, link: str) -> str:
        """The checked absolute form of an address in `response`. Raises HfgetError."""
        return self._http.next_address(response, link, self.endpoint)

    def refusal(self, response: requests.Response, ref: RepoRef) -> HfgetError:
        held = self._settings.withheld_tokens
        endpoint = self.endpoint + "/"
        return refusal(response, ref, self._http, withheld_tokens=held, endpoint=endpoint)

    def not_a_hub(self, response: requests.Response) -> NetworkError:
        return UnreachableError(
            texts.NOT_A_HUB(url=host_of(response.url)),
            url=safe_url(response.url),
            hint=advice.CHECK_ENDPOINT_AND_LOGIN_PAGE,
        )

    def _read(
        self, response: requests.Response, ref: RepoRef, method: str, tolerated: frozenset[int]
    ) -> Any:
        status = response.status_code
        if status in tolerated or (method == "HEAD" and is_redirect(response)):
            return None
        if failure := from_status(response):
            raise failure
        if not 200 <= status < 300:
            raise self.refusal(response, ref)
        if method == "HEAD":
            return None
        window = HURRIED_WINDOW_SECONDS if self._hurry else SLOW_WINDOW_SECONDS
        found = read_json(response, self.budget, window)
        if isinstance(found, dict) and isinstance(found.get("error"), str) and len(found) <= 3:
            said = safe_text(redact(found["error"]), 200)
            raise Transient(texts.ERROR_IN_200(said=said), url=response.url, lie=True)
        if found == {} or not isinstance(found, dict | list):  # a backend that is not there yet
            raise Transient(texts.EMPTY_ANSWER, url=response.url, lie=True)
        return found

    def _follow(
        self, url: str, *, at_home: bool, method: str, form: bytes | None
    ) -> tuple[requests.Response, bool]:
        """Send the request through redirects; whether that never left the endpoint's origin.

        Once it was left, the token is not sent again, even if the way leads back. A HEAD stays
        at home: what it asks for stands in the redirect itself. A form is sent nowhere else.
        """
        for _ in range(MAX_REDIRECTS + 1):
            try:
                response = self._http.get(
                    url,
                    read_timeout=self._settings.api_timeout,
                    connect_timeout=HURRIED_CONNECT if self._hurry else None,
                    with_token=at_home,
                    method=method,
                    form=form,
                )
            except (HfgetError, Transient):
                raise
            except Exception as error:
                failure = from_exception(error, url)
                if isinstance(failure, Transient) and not at_home:
                    failure.lead_here(self.host)
                raise failure from error
            if at_home and self._http.keyring.unlock(response):
                response.close()
                continue
            if not is_redirect(response):
                return response, at_home
            if method == "HEAD" and "X-Linked-Etag" in response.headers:
                return response, at_home
            response.close()
            last, url = response, self._http.next_hop(response, self.endpoint)
            at_home = stays_home(at_home, url, self.home)
            if method != "GET" and not at_home:
                return response, at_home
            if form is not None and response.status_code not in _SAME_METHOD:
                return response, at_home
        raise circle(last, self.endpoint)
