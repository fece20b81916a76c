"""A shard as a task of Dask: what a worker runs, and what it tells the client meanwhile.

It tells by a Queue of distributed, and learns from an Event of the same name that it is to stop.
"""

from __future__ import annotations

import pickle
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import distributed

from hfget import events
from hfget.errors import HfgetError
from hfget.http import SealedCredentials
from hfget.model import Failure, Report, Snapshot
from hfget.options import DownloadOptions
from hfget.settings import Credential
from hfget.system import Stop, naming_disk_errors

#: How often a shard says how far it is.
TELLING_SECONDS = 1.0
#: A client that takes nothing out of a full queue for so long has died.
_PATIENCE_SECONDS = 30
_MOST_WAITING = 1_000


class ShardDownload(Protocol):
    """A run of its own, as a worker has one for each shard."""

    def __init__(
        self,
        repo: Snapshot,
        options: DownloadOptions,
        observer: events.Observer,
        stop: Stop,
        *,
        credentials: Mapping[str, Credential],
    ) -> None: ...

    def download(self) -> Report: ...


class ShardOrder(NamedTuple):
    """What one task is to do: download the shard that `options` name."""

    number: int
    options: DownloadOptions
    credentials: SealedCredentials
    channel: str


class ShardEnd(NamedTuple):
    """How a shard ended: with a report, or before its transfer with a failure."""

    report: Report | None
    failure: Failure | None = None


class Told(NamedTuple):
    """What a shard has told since the last time. A task that is repeated is another `attempt`."""

    number: int
    attempt: str
    progress: events.Progress | None
    events: tuple[events.Event, ...]


def same(snapshot: Snapshot) -> Snapshot:
    """The listing as a task: all shards use one, and a worker that had it may die."""
    return snapshot


def fetch_shard(snapshot: Snapshot, order: ShardOrder, run_of: type[ShardDownload]) -> ShardEnd:
    """Download one shard. Raises only what is unexpected, which the engine tries again."""
    stop = Stop()
    with _telling(order, stop) as watcher:
        try:
            with naming_disk_errors():
                run = run_of(
                    snapshot, order.options, watcher, stop, credentials=order.credentials.opened()
                )
            return ShardEnd(run.download())
        except HfgetError as error:
            return ShardEnd(None, Failure.of(error))


def read_told(message: bytes) -> Told:
    """What a shard has told. It comes from a worker, whose results are pickles too."""
    told = pickle.loads(message)  # noqa: S301
    assert isinstance(told, Told)
    return told


class _Watcher:
    """Keeps what happens until it is told."""

    def __init__(self, order: ShardOrder) -> None:
        self._number = order.number
        self._attempt = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._progress: events.Progress | None = None
        self._events: list[events.Event] = []

    def __call__(self, event: events.Event, /) -> None:
        with self._lock:
            if isinstance(event, events.Progress):
                self._progress = event
            elif _is_worth_telling(event) and len(self._events) < _MOST_WAITING:
                self._events.append(event)

    def told(self) -> bytes:
        with self._lock:
            told = Told(self._number, self._attempt, self._progress, tuple(self._events))
            self._progress, self._events = None, []
        return pickle.dumps(told)


def _is_worth_telling(event: events.Event) -> bool:
    if isinstance(event, events.Note):
        return event.level == "warning"
    return isinstance(event, events.FileDone | events.FileFailed | events.Retrying)


@contextmanager
def _telling(order: ShardOrder, stop: Stop) -> Iterator[_Watcher]:
    watcher, over = _Watcher(order), threading.Event()
    client = distributed.get_client()
    queue = distributed.Queue(order.channel, client=client)
    ending = distributed.Event(order.channel, client=client)

    def tell() -> None:
        queue.put(watcher.told(), timeout=_PATIENCE_SECONDS)
        if ending.is_set():
            stop.set()

    def tell_on() -> None:
        while not over.wait(TELLING_SECONDS):
            try:
                tell()
            except Exception:  # the scheduler is gone, or the client has died
                stop.set()
                return

    tell()
    thread = threading.Thread(target=tell_on, name="hfget-shard", daemon=True)
    thread.start()
    try:
        yield watcher
    finally:
        over.set()
        thread.join()
        if not stop.is_set():
            tell()
