"""Which of several endpoints answer for their API, and which rest because they did not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hfget.endpoints import place_of
from hfget.errors import AccessError, NotFoundError, UnreachableError
from hfget.http import Transient
from hfget.sources import MirrorHealth, RequestKind


@dataclass(eq=False)
class _Answer:
    """An answer that was read to its end; it says nothing about rates."""

    received: int = 0
    length: int = 0


class ApiHealth:
    """Outlives a run: for what asks the same endpoints again and again. Thread-safe.

    `tell` is called with a line when another endpoint takes over, and when one is back.
    """

    def __init__(self, endpoints: Iterable[str], tell: Callable[[str], None]) -> None:
        self._names = {endpoint: place_of(endpoint) for endpoint in endpoints}
        self._unreached: set[str] = set()
        self._health = MirrorHealth(list(self._names.values()), tell)

    @property
    def is_down(self) -> bool:
        """Whether none of them was reached when it was last asked."""
        return self._unreached == self._names.keys()

    def in_order(self, endpoints: Iterable[str]) -> list[str]:
        """The same endpoints, those last that rest, or are just being tried after a rest."""
        return sorted(endpoints, key=lambda one: self._health.delay(self._names[one]) > 0)

    @contextmanager
    def asking(self, endpoint: str) -> Iterator[None]:
        """For the time in which an endpoint is asked. One that is not reached rests, and as long
        as it asked for."""
        place, ask = self._health.take([self._names[endpoint]], 0, [RequestKind.API])
        began = time.monotonic()
        try:
            yield
        except UnreachableError as error:
            self._unreached.add(endpoint)
            self._health.dropped(place, ask)
            failure = Transient(
                error.message, url=error.url or "", wait=error.wait, whole_host=True
            )
            self._health.failed(place, RequestKind.API, failure, began, None)
            raise
        except (NotFoundError, AccessError):
            self._answered(endpoint, ask)
            raise
        except BaseException:
            self._health.dropped(place, ask)
            raise
        self._answered(endpoint, ask)

    def _answered(self, endpoint: str, ask: int) -> None:
        self._unreached.discard(endpoint)
        place, answer = self._names[endpoint], _Answer()
        self._health.answered(place, ask, RequestKind.API, answer)
        self._health.ended(place, answer)
