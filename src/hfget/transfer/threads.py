"""The threads of a run: started where the system has room for one, each with its end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator


class Threads:
    """`broke` is told what a thread dies of. Those that come to run after `ended` do nothing."""

    def __init__(self, broke: Callable[[BaseException], None]) -> None:
        self.ended = threading.Event()
        self._broke = broke
        self._started: list[tuple[threading.Thread, threading.Event]] = []

    def __iter__(self) -> Iterator[tuple[threading.Thread, threading.Event]]:
        """Each with the event that is set when it has nothing more to do."""
        return iter(self._started)

    def start(self, name: str, target: Callable[[], None]) -> bool:
        """Start one; false if the system has no room for it."""
        ended = threading.Event()

        def work() -> None:
            try:
                if not self.ended.is_set():
                    target()
            except BaseException as error:
                self._broke(error)
            finally:
                ended.set()

        started = (threading.Thread(target=work, name=name, daemon=True), ended)
        self._started.append(started)  # first, since what strikes meanwhile must not hide it
        try:
            started[0].start()
        except RuntimeError:
            self._started.remove(started)
            return False
        return True
