"""Who watches a run: called by one thread at a time, and what it raises ends the run."""

from __future__ import annotations

import threading

from hfget import events


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
