"""One file by aria2c: find out where it is, have it fetched, verify and publish it, try again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from hfget import events
from hfget.errors import HfgetError, VerificationError
from hfget.external.aria2c_data import Aria2cData
from hfget.external.aria2c_process import Order, run
from hfget.external.exit_codes import failure_of
from hfget.http import Transient, given_up, is_last, proxy_for, wait_after
from hfget.limits import MAX_REFETCHES
from hfget.messages import advice
from hfget.messages import external_texts as texts
from hfget.model import RemoteFile
from hfget.sources import Address, RateLimit
from hfget.system import Stopped, Superseded
from hfget.transfer import DoneFile, Task, TransferOptions

_SUPERSEDED_SECONDS, _PAUSED_SECONDS = 0.05, 0.2


class Located(Protocol):
    """A source that tells where the bytes are, and takes note of what failed."""

    @property
    def origin(self) -> str: ...

    def address(self) -> Address:
        """A URL that answers with the bytes. Raises as `ByteSource.open`."""

    def delay(self) -> float: ...

    def failed(self, failure: Transient, began: float) -> float: ...

    def fruitful(self) -> None: ...


class PlainSources(Protocol):
    """Where files are at the run's own endpoint, and at which rate they may come."""

    @property
    def limit(self) -> RateLimit | None: ...

    def plain(self, file: RemoteFile) -> Located: ...


class Tools(NamedTuple):
    """What all files of a run have in common, `at_a_time` of which share the rate.

    `timeouts`, in seconds, are for connecting and for each read.
    """

    program: str
    sources: PlainSources
    timeouts: tuple[float, float]
    at_a_time: int = 1

    @property
    def rate(self) -> float | None:
        """Bytes a second for one file, None without a limit."""
        limit = self.sources.limit
        total = limit.rate if limit else None
        return total / self.at_a_time if total else total


class Aria2cFile:
    """The way of one file.

    `received` counts bytes that came over the network, `unfinished` those that are on disk;
    `shown` is told of both.
    """

    def __init__(
        self,
        task: Task,
        tools: Tools,
        options: TransferOptions,
        stop: threading.Event,
        tell: events.Observer,
        begun: int,
    ) -> None:
        """`begun` bytes came in an earlier run."""
        self._task = task
        self._file = task.file
        self._tools = tools
        self._options = options
        self._stop = stop
        self._tell = tell
        self._data = Aria2cData(task.partial()[0], task.file, stop)
        self.received, self.unfinished = 0, begun
        self.durable = options.fsync
        self.shown: Callable[[events.ActiveFile, int], None] = lambda row, received: None

    def bring(self) -> DoneFile | None:
        """The published file; None if only a token leads to it.

        Raises HfgetError when it is given up, Stopped.
        """
        source = self._tools.sources.plain(self._file)
        strikes = lies = 0
        self._data.prepare()
        self._show(0)
        while not self._stop.is_set():
            began, before = time.monotonic(), self.received
            try:
                if not self._data.is_whole:
                    self._wait(source.delay())
                    address = source.address()
                    if address.authorized:
                        return None
                    self._fetch(address.url)
                if self._publish():
                    return DoneFile(self._file.path, self._file.size, self.received)
                lies += 1
                if lies > MAX_REFETCHES:
                    raise self._wrong(source.origin)
                text = texts.FETCHED_AGAIN(path=self._file.path)
                self._tell(events.Note(text, "warning"))
            except Superseded:
                self._wait(_SUPERSEDED_SECONDS)
            except Transient as failure:
                if self.received > before:
                    strikes = 0
                    source.fruitful()
                strikes += 1
                self._retry(source, failure, began, strikes)
        raise Stopped

    def _retry(self, source: Located, failure: Transient, began: float, strikes: int) -> None:
        """Wait for the next try. Raises HfgetError when there is none."""
        wait = source.failed(failure, began)
        if is_last(failure, strikes, self._options.retries):
            raise given_up(failure, self._file.path)
        wait = max(wait, wait_after(failure, strikes))
        asked = failure.wait is not None
        self._tell(
            events.Retrying(self._file.path, failure.host, failure.reason, wait, strikes, asked)
        )
        self._wait(wait)

    def _fetch(self, url: str) -> None:
        """Have aria2c bring the rest. Raises Transient and HfgetError, Stopped."""
        while (rate := self._tools.rate) == 0:
            self._wait(_PAUSED_SECONDS)
        order = Order(
            url,
            self._data.place,
            self._options.connections,
            self._tools.timeouts,
            proxy_for(url),
            max(1, int(rate)) if rate else 0,
        )
        code = run(self._tools.program, order, self._stop.is_set, self._progress)
        if self._stop.is_set():
            raise Stopped
        if code:
            failure = failure_of("aria2c", code, url)
            if isinstance(failure, HfgetError):
                failure.path = self._file.path
            raise failure
        if not self._data.is_whole:
            self._data.discard()
            raise Transient(texts.OTHER_LENGTH, url=url, lie=True)
        self._progress(self._file.size, 0)

    def _publish(self) -> bool:
        """Give the file its name; false if its bytes are wrong: then they go."""
        actual = self._data.content(lambda position: self._show(0, position))
        if actual != self._file.etag:
            self._data.discard()
            self.unfinished = 0
            return False
        if self._stop.is_set():
            raise Stopped
        data, self.durable = self._data.take(fsync=self._options.fsync)
        try:
            self._task.publish(data)
        except BaseException:
            self._data.give_back(data)
            raise
        return True

    def _progress(self, done: int, connections: int) -> None:
        """So many bytes of the file are there now."""
        self.received += max(0, done - self.unfinished)
        self.unfinished = max(self.unfinished, done)
        self._show(connections)

    def _show(self, connections: int, hashed: int = 0) -> None:
        done = max(self.unfinished, hashed)
        row = events.ActiveFile(self._file.path, self._file.size, done, hashed, connections)
        self.shown(row, self.received)

    def _wrong(self, origin: str) -> VerificationError:
        return VerificationError(
            texts.WRONG_BYTES(origin=origin),
            path=self._file.path,
            hint=advice.OTHER_MIRROR,
        )

    def _wait(self, seconds: float) -> None:
        if seconds > 0 and self._stop.wait(seconds):
            raise Stopped
