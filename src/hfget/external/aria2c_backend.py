"""aria2c as a backend: it fetches files, hfget says where they are, verifies and publishes them.

Files for which aria2c is not needed, or may not be used, are brought by hfget's own backend: what
this disk has already, what hfget has begun, what comes only with a token. aria2c sends a header to
every host that it is redirected to (https://github.com/aria2/aria2/issues/1176), so that it never
gets one.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from hfget import events
from hfget.errors import HfgetError
from hfget.external.aria2c_file import Aria2cFile, Tools
from hfget.external.aria2c_process import MOST_CONNECTIONS
from hfget.limits import MAX_CONNECTIONS
from hfget.messages import external_texts as texts
from hfget.model import Failure, RemoteFile
from hfget.partials import aria2c_name, leftover_bytes
from hfget.system import Stop, Stopped, naming_disk_errors
from hfget.transfer import Backend, LocalContent, Meter, Outcome, Task, TransferOptions

_log = logging.getLogger("hfget")

_SAMPLE_SECONDS, _LOOK_AGAIN_SECONDS = 0.1, 0.2


class Aria2c:
    """A backend that runs aria2c for each file, several at a time.

    `native` makes hfget's own, for one file, with a watcher of its own. Once the run is to stop,
    threads that a disk keeps waiting are waited for as long as the stop has patience.
    """

    def __init__(
        self,
        tools: Tools,
        options: TransferOptions,
        meter: Meter,
        native: Callable[[Meter, events.Observer], Backend],
        *,
        observer: events.Observer = events.ignore,
        stop: Stop | None = None,
    ) -> None:
        self._tools = tools
        self._options = options
        self._meter = meter
        self._native = native
        self._observer = observer
        self._stop = stop or Stop()
        self._lock = threading.Lock()
        self._waiting: deque[tuple[float, Task]] = deque()
        self._unfinished = 0
        self._rows: dict[str, tuple[events.ActiveFile, ...]] = {}
        self._received: dict[str, int] = {}
        self._broken: BaseException | None = None
        self._noted = False
        self._outcome = Outcome(durable=options.fsync)

    def run(self, tasks: Iterable[Task]) -> Outcome:
        """See `Backend.run`. Called once. Raises what the observer raises: that stops the run."""
        for task in sorted(tasks, key=lambda task: -task.file.size):
            self._waiting.append((0.0, task))
        self._unfinished = len(self._waiting)
        share = MAX_CONNECTIONS // min(self._options.connections, MOST_CONNECTIONS)
        many = max(1, min(self._options.jobs, share, self._unfinished))
        threads: list[threading.Thread] = []
        try:
            self._hire(threads, many)
            while working := [thread for thread in threads if thread.is_alive()]:
                self._tell(self._sample())
                working[0].join(_SAMPLE_SECONDS)
                if self._stop.is_set():
                    break
        except BaseException as error:
            self._break(error)
        finally:
            until = time.monotonic() + self._stop.patience
            for thread in threads:
                thread.join(None if math.isinf(until) else max(0.0, until - time.monotonic()))
        self._tell(self._sample())
        if self._broken is not None:
            raise self._broken
        self._outcome.received = sum(self._received.values())
        return self._outcome

    def _hire(self, threads: list[threading.Thread], many: int) -> None:
        """Start so many workers, or as many as there is room for; this thread is one if none is."""
        for number in range(many):
            thread = threading.Thread(
                target=self._work, args=(many,), name=f"hfget-aria2c-{number}", daemon=True
            )
            try:
                thread.start()
            except RuntimeError:
                break
            threads.append(thread)
        if not threads:
            self._work(1)

    def _work(self, many: int) -> None:
        while not self._stop.is_set() and self._unfinished:
            task = self._next()
            if task is None:
                self._stop.wait(_LOOK_AGAIN_SECONDS)
                continue
            try:
                with naming_disk_errors():
                    self._bring(task, many)
            except Stopped:
                pass
            except HfgetError as error:
                self._failed(task, error)
            except Exception as error:
                _log.debug("unexpected", exc_info=error)
                self._failed(
                    task, HfgetError(texts.UNEXPECTED(name=type(error).__name__, error=error))
                )
            except BaseException as error:
                self._break(error)

    def _next(self) -> Task | None:
        with self._lock:
            for _ in range(len(self._waiting)):
                not_before, task = self._waiting.popleft()
                if not_before <= time.monotonic():
                    return task
                self._waiting.append((not_before, task))
        return None

    def _bring(self, task: Task, many: int) -> None:
        file = task.file
        local = None if file.defect else task.local()
        if local is None and not file.defect:
            with self._lock:
                self._waiting.append((time.monotonic() + _LOOK_AGAIN_SECONDS, task))
            return
        if local is None or not self._is_for_aria2c(task, local):
            self._natively(task)
            return
        begun = local.begun.size if local.begun else 0
        tools = self._tools._replace(at_a_time=many)
        job = Aria2cFile(task, tools, self._options, self._stop, self._tell, begun)
        job.shown = lambda row, received: self._show(file, (row,), received)
        try:
            done = job.bring()
        finally:
            self._show(file, (), job.received)
            if job.unfinished:
                self._outcome.unfinished[file.path] = job.unfinished
        if done is None:  # only a token leads there
            self._note_once()
            self._natively(task)
            return
        with self._lock:
            self._outcome.unfinished.pop(file.path, None)
            self._outcome.done.append(done)
            self._outcome.durable &= job.durable
            self._unfinished -= 1
        self._meter.done(file.size)
        task.ended()
        self._tell(events.FileDone(*done, file.hash_kind, file.etag))

    def _is_for_aria2c(self, task: Task, local: LocalContent) -> bool:
        """Whether there is something to fetch that neither hfget nor another program has begun."""
        stem, identity = task.partial()
        begun = local.begun
        ours = begun is None or begun.path == aria2c_name(stem)
        nothing = local.existing is None and not local.copies and ours and task.span is None
        return bool(task.file.size and nothing and not leftover_bytes(stem, identity))

    def _natively(self, task: Task) -> None:
        """By hfget's own backend, whose end this run's is told of."""
        file = task.file

        def watch(event: events.Event) -> None:
            if isinstance(event, events.Progress):
                self._show(file, event.active, event.received)
            else:
                self._tell(event)

        outcome = self._native(Meter(files=1, bytes_total=file.size), watch).run([task])
        self._show(file, (), outcome.received)
        with self._lock:
            self._outcome.done += outcome.done
            self._outcome.failures += outcome.failures
            self._outcome.unfinished.update(outcome.unfinished)
            self._outcome.durable &= outcome.durable
            self._outcome.rested |= outcome.rested
            ended = len(outcome.done) + len(outcome.failures) + len(outcome.rested)
            self._unfinished -= ended
        for done in outcome.done:
            self._meter.done(done.size)

    def _failed(self, task: Task, error: HfgetError) -> None:
        """The file is given up; after the run has been stopped nothing counts as a failure."""
        if self._stop.is_set():
            return
        path = task.file.path
        failure = Failure.of(error, path)
        with self._lock:
            self._outcome.failures.append(failure)
            self._unfinished -= 1
        task.ended()
        self._tell(events.FileFailed(failure))

    def _show(self, file: RemoteFile, rows: tuple[events.ActiveFile, ...], received: int) -> None:
        with self._lock:
            self._received[file.path] = max(received, self._received.get(file.path, 0))
            self._rows[file.path] = rows
            if not rows:
                del self._rows[file.path]

    def _sample(self) -> events.Progress:
        with self._lock:
            rows = [row for rows in self._rows.values() for row in rows]
            received = sum(self._received.values())
        return self._meter.sample(rows, received)

    def _note_once(self) -> None:
        with self._lock:
            known, self._noted = self._noted, True
        if not known:
            self._tell(events.Note(texts.TOKEN_FETCHED_BY_HFGET))

    def _tell(self, event: events.Event) -> None:
        try:
            self._observer(event)
        except BaseException as error:
            self._break(error)

    def _break(self, error: BaseException) -> None:
        """End the run because of `error`, which is raised when all is still."""
        self._broken = self._broken or error
        self._stop.set()
