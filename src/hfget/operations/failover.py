"""The commit and the listing, from the first endpoint that answers and whose listing is whole.

Which failure leads to the next endpoint: no way to it, a time-out, 429, 5xx, no such route, a
listing that is not whole, a redirect that is refused, a repo or revision that it does not have, a
401 to a request without a token. Which does not: a gated repo, a 403, a token that is not accepted.
What one endpoint says about rights is not asked of another, unless a token is bound to that one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import TypeVar

from hfget import events
from hfget.endpoints import host_of, origin_of
from hfget.errors import (
    AccessError,
    ExposedTokenError,
    GatedRepoError,
    HfgetError,
    NetworkError,
    NotFoundError,
    ProxyRefusalError,
    UnreachableError,
    UnsafeError,
    UnseenError,
)
from hfget.http import HttpClient, Transient
from hfget.hub import Hub, Unreached
from hfget.messages import joined
from hfget.messages import operations_texts as texts
from hfget.operations.pulls.api_health import ApiHealth
from hfget.settings import Settings
from hfget.system import Stop

_LEADS_ON = (
    NetworkError,
    NotFoundError,
    UnseenError,
    GatedRepoError,
    ProxyRefusalError,
    UnsafeError,
)
_T = TypeVar("_T")


class Failover:
    """The API of several endpoints. `hub` is the one that answered last, at first the first.

    With several, each is asked in a hurry first, then those that could not be reached with all
    patience. `unreached` gets each failure of one that has not answered yet, where no other one
    is left; it may raise to end the tries. With `health`, those that rest are asked last.
    """

    def __init__(
        self,
        http: HttpClient,
        settings: Settings,
        observer: events.Observer,
        stop: Stop,
        unreached: Unreached,
        health: ApiHealth | None = None,
    ) -> None:
        self._http = http
        self._settings = settings
        self._observer = observer
        self._stop = stop
        self._unreached = unreached
        self._health = health
        self._errors: dict[str, HfgetError] = {}
        self.hub = self._asked = self._hub(settings.endpoint, hurry=False)
        self._has_answered = False

    @property
    def has_answered(self) -> bool:
        """Whether one of them has named a commit, perhaps just now."""
        return self._has_answered or self._asked.has_answered

    @property
    def lacking(self) -> dict[str, str]:
        """Those that have said that they do not have the repo or do not show it, and how."""
        return {
            endpoint: error.message
            for endpoint, error in self._errors.items()
            if isinstance(error, NotFoundError | AccessError)
        }

    def ask(self, question: Callable[[Hub], _T]) -> _T:
        """The first answer there is. Raises the gravest of what the endpoints answered."""
        self._errors = {}
        for hub in self._hubs():
            try:
                with nullcontext() if self._health is None else self._health.asking(hub.endpoint):
                    found = question(hub)
            except ExposedTokenError:
                raise
            except _LEADS_ON as error:
                self._errors[hub.endpoint] = error
            else:
                self.hub, self._has_answered = hub, True
                return found
        raise self._gravest()

    def _hubs(self) -> Iterator[Hub]:
        """Those to be asked, one after the other; of several, some twice."""
        endpoints = self._settings.endpoints
        if self._settings.offline:
            endpoints = endpoints[:1]
        if len(endpoints) > 1:
            yield from self._turns(endpoints, hurry=True)
            endpoints = tuple(
                one for one in endpoints if isinstance(self._errors.get(one), UnreachableError)
            )
        yield from self._turns(endpoints, hurry=False)

    def _turns(self, endpoints: Iterable[str], *, hurry: bool) -> Iterator[Hub]:
        """Each of them that may be asked once its turn comes."""
        health = self._health
        waiting = [one for one in endpoints if self._may_be_asked(one)]
        while waiting:
            waiting = health.in_order(waiting) if health is not None else waiting
            endpoint = waiting.pop(0)
            self._has_answered = self.has_answered
            self._asked = self._hub(endpoint, hurry=hurry)
            yield self._asked
            waiting = [one for one in waiting if self._may_be_asked(one)]
            if waiting and hurry and health is None:  # else it tells of those that rest
                self._tell(self._errors[endpoint], waiting[0])

    def _may_be_asked(self, endpoint: str) -> bool:
        """Once a repo is gated, only an endpoint that a token is bound to can answer otherwise."""
        gated = [one for one, error in self._errors.items() if isinstance(error, GatedRepoError)]
        if not gated:
            return True
        with_token = self._settings.credentials.keys()
        return origin_of(endpoint) in with_token and with_token.isdisjoint(map(origin_of, gated))

    def _hub(self, endpoint: str, *, hurry: bool) -> Hub:
        settings = replace(self._settings, endpoint=endpoint)
        last = endpoint == self._settings.endpoints[-1]
        unreached = _ignore if hurry and not last else self._unreached
        return Hub(self._http, settings, self._observer, self._stop, unreached, hurry=hurry)

    def _tell(self, error: HfgetError, following: str) -> None:
        text = texts.ASKING_INSTEAD(failure=error.message, host=host_of(following))
        self._observer(events.Note(text, "warning"))

    def _gravest(self) -> HfgetError:
        """What ends the run, and behind it what the others said."""
        order = (GatedRepoError, UnsafeError, NetworkError, AccessError, NotFoundError)
        errors = sorted(
            self._errors.values(),
            key=lambda error: next(n for n, kind in enumerate(order) if isinstance(error, kind)),
        )
        gravest = errors[0]
        others = dict.fromkeys(error.message for error in errors[1:])
        others.pop(gravest.message, None)
        if others:
            gravest.message = joined([gravest.message, *others], "; ")
            gravest.args = (gravest.message,)
        return gravest


def _ignore(failure: Transient, wait: float) -> None:
    """Another endpoint is asked instead."""
