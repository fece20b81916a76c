"""Single files fetched from upstream when they are asked for, readable while they come.

One engine fetches them all; it ends when nothing has been asked for for a while, and begins anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hfget import events
from hfget.errors import HfgetError
from hfget.messages import operations_texts as texts
from hfget.model import ItemState, RemoteFile, Snapshot
from hfget.operations.composed_sources import ComposedSources
from hfget.operations.planner import make_plan
from hfget.operations.pulls.pull import Pull
from hfget.operations.pulls.upstream import Upstream
from hfget.operations.tasks import make_tasks
from hfget.sources import ByteSource, HostHealth
from hfget.system import naming_disk_errors
from hfget.transfer import Engine, Meter, Task, TransferOptions, WrappedTask

#: So long an engine with nothing to do keeps its connections, in seconds.
_IDLE_SECONDS = 15.0
#: So many files one engine fetches, since it keeps a note of each.
_MOST_FILES = 20_000


class Puller:
    """Fetches files of `upstream`, each once however many ask for it. Thread-safe.

    `arrived(pull)` is called for each that has come over the network.
    """

    def __init__(
        self, upstream: Upstream, arrived: Callable[[Pull], None] = lambda pull: None
    ) -> None:
        self._upstream = upstream
        self._arrived = arrived
        self._lock = threading.Lock()
        self._pulls: dict[tuple[str, str, str], Pull] = {}
        self._beginners = ThreadPoolExecutor(8, "hfget-pull")
        # an engine asks for a source while it holds a lock of its own: locks are parted
        self._session_lock = threading.Lock()
        self._session: _Session | None = None
        self._sources_lock = threading.Lock()
        self._hosts = self._new_hosts()
        self._sources: dict[tuple[str, str, str], ComposedSources] = {}

    @property
    def active(self) -> list[Pull]:
        with self._lock:
            return list(self._pulls.values())

    def pull(self, snapshot: Snapshot, file: RemoteFile) -> Pull:
        """The one transfer of `file`, begun now if there is none."""
        key = snapshot.ref.repo_type, snapshot.ref.repo_id, file.etag
        with self._lock:
            known = self._pulls.get(key)
            if known is None:
                known = self._pulls[key] = Pull(snapshot, file)
                self._beginners.submit(self._begin, known)
            return known

    def tidy(self) -> None:
        """Record what has come, and end an engine that has nothing to do. To be called often."""
        for pull in self.active:
            pull.measure()
        with suppress(HfgetError):  # told where it is missed: what is not recorded is hashed again
            self._upstream.flush()
        with self._session_lock:
            session = self._session
            if session is not None and session.is_over(busy=bool(self.active)):
                session.engine.close()
                self._session = None
                self._forget()

    def close(self) -> None:
        """Stop everything; what has come of unfinished files is kept."""
        self._upstream.close()
        self._beginners.shutdown(wait=True, cancel_futures=True)
        with self._session_lock:
            session = self._session
        if session is not None:
            session.thread.join()
        with suppress(HfgetError):
            self._upstream.flush()

    def _begin(self, pull: Pull) -> None:
        """Have the file brought."""
        try:
            with naming_disk_errors():
                self._send(pull)
        except HfgetError as error:
            self._end(pull, None, error)
        except Exception as error:
            self._end(
                pull, None, HfgetError(texts.UNEXPECTED(name=type(error).__name__, error=error))
            )

    def _send(self, pull: Pull) -> None:
        upstream, file = self._upstream, pull.file
        layout = upstream.layout(pull.snapshot.ref)
        made = make_plan(replace(pull.snapshot, files=(file,)), [file], layout)
        item = made.items[0]
        if item.state is ItemState.COMPLETE:
            if not item.recorded:
                layout.adopt(pull.snapshot, file)
            self._end(pull, upstream.located(pull.snapshot, file))
            return

        def ended(error: HfgetError | None) -> None:
            if error is None:
                self._end(pull, upstream.located(pull.snapshot, file, unproved=True))
                return
            self._forget()
            self._end(pull, None, error)

        (brought,) = make_tasks(made, layout, _Latest(self, pull.snapshot))
        task = _PullTask(brought, pull.published, ended)
        with self._session_lock:
            engine = self._engine()
            pull.under_way(lambda: engine.arrival(task))
            engine.add(task)

    def _end(self, pull: Pull, place: Path | None, error: HfgetError | None = None) -> None:
        if place is None and error is None:
            error = HfgetError(texts.VANISHED(path=pull.file.path))
        key = pull.snapshot.ref.repo_type, pull.snapshot.ref.repo_id, pull.file.etag
        with self._lock:
            self._pulls.pop(key, None)
        pull.end(place, error)
        if place is not None and pull.is_published:
            self._arrived(pull)

    def sources_of(self, snapshot: Snapshot) -> ComposedSources:
        """The sources of a snapshot, with what was seen of endpoints and hosts so far."""
        key = snapshot.ref.repo_type, snapshot.ref.repo_id, snapshot.commit
        with self._sources_lock:
            if key not in self._sources:
                self._sources[key] = self._upstream.sources(self._hosts, snapshot)
            return self._sources[key]

    def _forget(self) -> None:
        """What comes next is asked for as if nothing had been seen: it may be better by now."""
        with self._sources_lock:
            self._hosts = self._new_hosts()
            self._sources.clear()

    def _new_hosts(self) -> HostHealth:
        return HostHealth(self._upstream.settings.retries, self._upstream.stop)

    def _engine(self) -> Engine:
        """The engine that runs, or a new one."""
        if self._session is None or not self._session.thread.is_alive():
            self._session = _Session(self._upstream, self._lost)
        self._session.files += 1
        self._session.used = time.monotonic()
        return self._session.engine

    def _lost(self) -> None:
        """An engine has ended in disorder, or since everything is to end."""
        for pull in self.active:
            if self._upstream.stop.is_set():
                self._end(pull, None, HfgetError(texts.SERVER_ENDS))


class _Session:
    """One run of an engine."""

    def __init__(self, upstream: Upstream, ended: Callable[[], None]) -> None:
        settings = upstream.settings
        self.files = 0
        self.used = time.monotonic()
        self._upstream = upstream
        self._ended = ended
        self.engine = Engine(
            TransferOptions(settings.connections, settings.jobs, settings.retries, settings.fsync),
            Meter(files=0, bytes_total=0),
            observer=self._tell,
            stop=upstream.stop,
            network=upstream,
            lasting=True,
        )
        self.thread = threading.Thread(target=self._run, name="hfget-pulls", daemon=True)
        self.thread.start()

    def is_over(self, *, busy: bool) -> bool:
        if busy:
            return self.files >= _MOST_FILES
        return time.monotonic() - self.used > _IDLE_SECONDS

    def _run(self) -> None:
        try:
            self.engine.run(())
        finally:
            self._ended()

    def _tell(self, event: events.Event) -> None:
        if isinstance(event, (events.Note, events.Retrying)):
            self._upstream.observer(event)


class _Latest:
    """The sources of a snapshot that there are when a file's turn comes."""

    def __init__(self, puller: Puller, snapshot: Snapshot) -> None:
        self._puller = puller
        self._snapshot = snapshot

    def source_of(self, file: RemoteFile) -> ByteSource:
        return self._puller.sources_of(self._snapshot).source_of(file)


class _PullTask(WrappedTask):
    """A file's task, which tells what becomes of it."""

    __slots__ = ("_ended", "_published")

    def __init__(
        self,
        task: Task,
        published: Callable[[], None],
        ended: Callable[[HfgetError | None], None],
    ) -> None:
        super().__init__(task, task.file)
        self._published = published
        self._ended = ended

    def publish(self, data: Path) -> None:
        super().publish(data)
        self._published()

    def ended(self, error: HfgetError | None = None) -> None:
        super().ended(error)
        self._ended(error)
