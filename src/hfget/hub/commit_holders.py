"""Which endpoints have the commit of a snapshot: the one that listed it, and others, when asked.

The others are asked side by side, in threads of their own, and nothing waits for them: one that
is slow or dead costs nothing, and takes part as soon as it has answered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from hfget import events
from hfget.endpoints import host_of, origin_of
from hfget.errors import AccessError, NotFoundError
from hfget.http import HttpClient, backoff
from hfget.hub.api_client import HubClient
from hfget.messages import hub_texts as texts
from hfget.model import RepoRef, Snapshot
from hfget.settings import Settings


class CommitHolders:
    """The endpoints that take part in a run for one snapshot. Thread-safe.

    An endpoint that lacks the commit or the repo is out for this run, which is said once. One
    that cannot be reached is asked again, with growing pauses.
    """

    def __init__(
        self,
        http: HttpClient,
        settings: Settings,
        snapshot: Snapshot,
        observer: events.Observer = events.ignore,
        asked: Callable[[str, float | None], None] = lambda endpoint, seconds: None,
    ) -> None:
        """`asked` is called when an endpoint has answered after so many seconds, or failed."""
        first = snapshot.endpoint.rstrip("/")
        others = [one for one in settings.endpoints if one.rstrip("/") != first]
        #: All that may take part: the one that listed the snapshot, then the rest by preference.
        self.candidates = (first, *others)
        self._http = http
        self._settings = settings
        self._snapshot = snapshot
        self._observer = observer
        self._asked = asked
        self._closed = threading.Event()
        self._changed = threading.Condition()
        self._has: dict[str, bool] = {first: True}
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        """Have the others asked; returns at once. Without it the first is the only one."""
        for endpoint in self.candidates[1:]:
            thread = threading.Thread(
                target=self._decide, args=(endpoint,), name=f"asks {host_of(endpoint)}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Those that have the commit, as far as is known now, in the order of `candidates`."""
        with self._changed:
            return tuple(one for one in self.candidates if self._has.get(one))

    @property
    def lacking(self) -> tuple[str, ...]:
        """Those that have said that they do not have it, or do not show it."""
        with self._changed:
            return tuple(one for one in self.candidates if self._has.get(one) is False)

    @property
    def is_decided(self) -> bool:
        """Whether all have answered, so that `endpoints` stays as it is."""
        with self._changed:
            return len(self._has) == len(self.candidates)

    def wait(self, known: int, seconds: float) -> tuple[str, ...]:
        """`endpoints`, once there are more than `known` or all have answered, or time is up."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self._closed.is_set()
                    or sum(self._has.values()) > known
                    or len(self._has) == len(self.candidates)
                ),
                seconds,
            )
        return self.endpoints

    def close(self) -> None:
        """Ask no more. A request under way ends with the `HttpClient`."""
        self._closed.set()
        with self._changed:
            self._changed.notify_all()

    def join(self) -> None:
        """Wait for the threads, after `close` and after the `HttpClient` was shut."""
        for thread in self._threads:
            thread.join()

    def _decide(self, endpoint: str) -> None:
        attempt = 0
        while not self._closed.is_set():
            begun = time.monotonic()
            try:
                has = self._ask(endpoint)
            except Exception:  # it does not answer, or not like a hub
                attempt += 1
                self._asked(endpoint, None)
                self._closed.wait(backoff(attempt))
                continue
            with self._changed:
                self._has[endpoint] = has
                self._changed.notify_all()
            self._asked(endpoint, time.monotonic() - begun)
            if not has and not self._closed.is_set():
                text = texts.LACKS_COMMIT(
                    host=host_of(endpoint),
                    commit=self._snapshot.commit[:12],
                    ref=self._snapshot.ref,
                )
                self._observer(events.Note(text))
            return

    def _ask(self, endpoint: str) -> bool:
        """Whether it answers for this very commit by itself. Raises HfgetError."""
        settings = replace(self._settings, endpoint=endpoint, retries=0)
        client = HubClient(self._http, settings, events.ignore, self._closed)
        own = self._snapshot.ref
        ref = RepoRef(own.repo_id, own.repo_type, revision=self._snapshot.commit)
        try:
            answer = client.ask(f"{client.api(ref)}/revision/{self._snapshot.commit}", ref)
        except (NotFoundError, AccessError):
            return False
        sha = answer.json.get("sha") if isinstance(answer.json, dict) else None
        at_home = origin_of(answer.response.url) == client.home
        return at_home and isinstance(sha, str) and sha.lower() == self._snapshot.commit
