"""Observers that stand between a run and the one who watches it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from hfget import events
from hfget.model import Plan
from hfget.transfer import Outcome


class Watcher:
    """`observer` for all threads of a run, as an observer.

    What it raises, an exit or an interrupt too, sets `stop` and is kept in `raised`; in the
    thread that made this it is raised at once, and again at each later call. In others it is not:
    they would take it for a failure of their file, or die of it.
    """

    def __init__(self, observer: events.Observer, stop: threading.Event) -> None:
        self._observer = observer
        self._stop = stop
        self._home = threading.get_ident()
        self._lock = threading.Lock()
        self.raised: BaseException | None = None

    def __call__(self, event: events.Event, /) -> None:
        with self._lock:
            if self.raised is None:
                try:
                    self._observer(event)
                except BaseException as error:
                    self.raised = error
                    self._stop.set()
        if threading.get_ident() == self._home:
            self.check()

    def check(self) -> None:
        """Raise what the observer has raised in any thread."""
        if self.raised is not None:
            raise self.raised


def with_sign_of_life(observer: events.Observer, alive: Callable[[], None]) -> events.Observer:
    """With each event, show those who wait for the folder's lock that there is progress."""

    def observe(event: events.Event, /) -> None:
        alive()
        observer(event)

    return observe


class Places(Protocol):
    """Sources at one or several endpoints, `places` of them."""

    @property
    def places(self) -> int: ...

    def sent(self) -> tuple[tuple[str, int], ...]:
        """The bytes that each of several endpoints has sent so far."""


def with_places(observer: events.Observer, sources: Places) -> events.Observer:
    """Have samples also say what each endpoint has sent, where there are several."""

    def observe(event: events.Event, /) -> None:
        if isinstance(event, events.Progress):
            event = event._replace(places=sources.sent())
        observer(event)

    return observer if sources.places < 2 else observe


def with_totals(observer: events.Observer, made: Plan, outcome: Outcome) -> events.Observer:
    """Have samples of what is put together in the end tell how far the whole run is."""

    def observe(event: events.Event, /) -> None:
        if isinstance(event, events.Progress):
            event = event._replace(
                files_done=len(made.items),
                files_total=len(made.items),
                bytes_done=made.total_bytes,
                bytes_total=made.total_bytes,
                received=outcome.received + event.received,
            )
        observer(event)

    return observe
