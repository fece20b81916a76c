"""Which endpoints have the commit of a snapshot: the one that listed it, and others, when asked.

The others are asked side by side, in threads of their own, and nothing waits for them: one that
is slow or dead costs nothing, and takes part as soon as it has answered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

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
        out: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`asked` is called when an endpoint has answered after so many seconds, or failed.

        Those that are `out` have said already, and why, that they do not have the repo.
        """
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
        #: Of each that has answered why it is out; empty for those that have the commit.
        self._why: dict[str, str] = {one: out[one] for one in others if one in out}
        self._why[first] = ""
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        """Have the others asked; returns at once. Without it the first is the only one."""
        for endpoint in self.candidates:
            if endpoint in self._why:
                continue
            thread = threading.Thread(
                target=self._decide, args=(endpoint,), name=f"asks {host_of(endpoint)}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Those that have the commit, as far as is known now, in the order of `candidates`."""
        with self._changed:
            return tuple(one for one in self.candidates if self._why.get(one) == "")

    @property
    def lacking(self) -> dict[str, str]:
        """Those that have said that they do not have it, or do not show it, and in which words."""
        with self._changed:
            return {one: why for one, why in self._why.items() if why}

    @property
    def is_decided(self) -> bool:
        """Whether all have answered, so that `endpoints` stays as it is."""
        with self._changed:
            return len(self._why) == len(self.candidates)

    def wait(self, known: int, seconds: float) -> tuple[str, ...]:
        """`endpoints`, once there are more than `known` or all have answered, or time is up."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self._closed.is_set()
                    or sum(not why for why in self._why.values()) > known
                    or len(self._why) == len(self.candidates)
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
                why = self._ask(endpoint)
            except Exception:  # it does not answer, or not like a hub
                attempt += 1
                self._asked(endpoint, None)
                self._closed.wait(backoff(attempt))
                continue
            with self._changed:
                self._why[endpoint] = why
                self._changed.notify_all()
            self._asked(endpoint, time.monotonic() - begun)
            if why and not self._closed.is_set():
                self._observer(events.Note(texts.NOT_USED(why=why)))
            return

    def _ask(self, endpoint: str) -> str:
        """Why it is out: empty if it answers for this very commit by itself. Raises HfgetError."""
        settings = replace(self._settings, endpoint=endpoint, retries=0)
        client = HubClient(self._http, settings, events.ignore, self._closed)
        own = self._snapshot.ref
        ref = RepoRef(own.repo_id, own.repo_type, revision=self._snapshot.commit)
        lacks: str = texts.LACKS_COMMIT(
            host=host_of(endpoint), commit=self._snapshot.commit[:12], ref=own
        )
        try:
            answer = client.ask(f"{client.api(ref)}/revision/{self._snapshot.commit}", ref)
        except NotFoundError:
            return lacks
        except AccessError as error:
            return error.message
        sha = answer.json.get("sha") if isinstance(answer.json, dict) else None
        at_home = origin_of(answer.response.url) == client.home
        has = at_home and isinstance(sha, str) and sha.lower() == self._snapshot.commit
        return "" if has else lacks
