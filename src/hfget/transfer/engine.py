"""hfget's own backend: workers that fetch, followers that hash, one thread that makes data durable.

`run` returns when every job has ended or the run was stopped; it never raises for a file. However
it ends, its threads have ended before.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from hfget import events
from hfget.errors import DiskError
from hfget.limits import MAX_CONNECTIONS, STOP_SECONDS
from hfget.messages import advice
from hfget.messages import transfer_texts as texts
from hfget.system import Stop
from hfget.transfer.arrival import Arrival
from hfget.transfer.backend import Network, Outcome, Task, TransferOptions
from hfget.transfer.concurrency import (
    FIRST_CONNECTIONS,
    ConnectionLimit,
    room_for_connections,
    usable_connections,
)
from hfget.transfer.durability import keep_synced
from hfget.transfer.file_job import FileJob
from hfget.transfer.finalize import Finisher
from hfget.transfer.progress import Meter
from hfget.transfer.results import Results
from hfget.transfer.reuse import Reuse
from hfget.transfer.scheduler import TINY_BYTES, Schedule
from hfget.transfer.stalls import Stragglers
from hfget.transfer.threads import Threads
from hfget.transfer.worker import Worker, WorkerTools

#: How often the number of connections is judged, and how often a sample is told, in seconds.
TICK_SECONDS, SAMPLE_SECONDS, LOOK_SECONDS = 0.02, 0.1, 0.5
#: A finished file counts as so many bytes of progress: small ones cost waiting, not bytes.
FILE_PROGRESS = 256 << 10


class Engine:
    """The backend that is hfget's own. `stop` may be set from anywhere, also from a signal handler.

    Once the run is to stop, all who wait for the `network` are woken, and threads that a disk keeps
    waiting are waited for as long as the stop has patience.
    """

    def __init__(
        self,
        options: TransferOptions,
        meter: Meter,
        *,
        observer: events.Observer = events.ignore,
        stop: Stop | None = None,
        network: Network | None = None,
        lasting: bool = False,
    ) -> None:
        """With `lasting` tasks may be added while it runs, until `close`."""
        self._options = options
        self._meter = meter
        self._observer = observer
        self._stop = stop or Stop()
        self._network = network
        self._broken: BaseException | None = None
        self._stragglers = Stragglers()
        self._workers: list[Worker] = []
        self._threads = Threads(self._break)
        self._lasting = lasting
        self._over = False
        if lasting:
            self._prepare(())

    def run(self, tasks: Iterable[Task]) -> Outcome:
        """Fetch everything, or as much as can be; afterwards nothing is written any more.

        Called once. Raises DiskError if the system has not even room for one thread, and what
        the observer raises, or what strikes this or another thread (KeyboardInterrupt,
        SystemExit): that stops the run.
        """
        if not self._lasting:
            self._prepare(tasks)
        try:
            self._hire()
            if self._options.fsync:
                ended = self._threads.ended
                self._threads.start(
                    "hfget-sync", lambda: keep_synced(self._schedule, self._results, ended)
                )
            self._supervise()
        except BaseException as error:
            self._break(error)
        finally:
            self._end()
        self._sample()
        if self._broken is not None:
            raise self._broken
        return replace(self._results.outcome, received=self._received)

    def add(self, task: Task) -> None:
        """Fetch one more, by a lasting engine; from any thread."""
        self._schedule.add(task)

    def close(self) -> None:
        """A lasting engine gets no more tasks: `run` returns when all have ended."""
        self._schedule.close()

    def arrival(self, task: Task) -> Arrival | None:
        """What comes of the file of `task`, once its turn has come, and until it has ended."""
        found = next((job for job in self._schedule.active if job.task is task), None)
        return Arrival(found, self._make_way) if found is not None else None

    def _make_way(self, job: FileJob) -> None:
        """Have one connection go on with what `job` needs first, though all have work.

        Those that work beyond what is allowed now would have to end first: they are hung up, too.
        """
        needless = self._schedule.busy - self._limit.allowed + 1
        if needless <= 0:
            self._schedule.changed()
            return
        others = [
            (lease.remaining, worker.fetcher)
            for worker in self._workers
            if (lease := worker.fetcher.lease) is not None and worker.fetcher.is_of(job)
        ]
        others.sort(key=lambda found: -found[0])
        for _, fetcher in others[:needless]:
            fetcher.hang_up()

    def _prepare(self, given: Iterable[Task]) -> None:
        tasks = list(given)
        options = self._options
        most = min(max(options.connections * options.places, options.jobs), MAX_CONNECTIONS)
        if not self._lasting:
            sizes = [task.file.size for task in tasks]
            most = min(most, usable_connections(sizes, options.connections, options.places))
        tiny = not self._lasting and all(task.file.size <= TINY_BYTES for task in tasks)
        self._limit = ConnectionLimit(
            most, places=options.places, room=room_for_connections(), tiny=tiny
        )
        self._schedule = Schedule(tasks, options, self._limit, lasting=self._lasting)
        self._results = Results(self._schedule, self._meter, self._tell)
        self._results.outcome.durable = options.fsync
        spawn = self._threads.start
        finisher = Finisher(
            self._schedule, self._results, self._stop, fsync=options.fsync, spawn=spawn
        )
        reuse = Reuse(self._results, self._stop, fsync=options.fsync)
        self._shared = WorkerTools(
            self._schedule,
            self._limit,
            reuse,
            finisher,
            self._results,
            options.retries,
            self._stop,
        )

    def _hire(self) -> None:
        """Twice as many workers as have work, at most as many as may work now.

        Each has a buffer of its own, which a small run on a wide limit does not need. Where there
        is not room for any thread, the one worker works in this one, and nothing is told meanwhile
        but what it tells. Raises DiskError if memory is lacking for one.
        """
        wanted = max(FIRST_CONNECTIONS, 2 * self._schedule.busy)
        while len(self._workers) < min(wanted, self._limit.allowed):
            worker = None
            with suppress(MemoryError, OSError):
                worker = Worker(self._shared)
            if worker is None and not self._workers:
                raise DiskError(texts.NO_MEMORY, hint=advice.MORE_MEMORY)
            name = f"hfget-fetch-{len(self._workers)}"
            if worker is None or not self._threads.start(name, worker.run):
                self._limit.cap(len(self._workers))
                if worker is not None and not self._workers:
                    self._workers.append(worker)
                    worker.run()
                return
            self._workers.append(worker)

    def _supervise(self) -> None:
        """Until all is done or the run is stopped: judge, look after stragglers, tell."""
        sampled = looked = 0.0
        while self._schedule.unfinished and not self._stop.is_set():
            now = time.monotonic()
            done = len(self._results.outcome.done)
            allowed = self._limit.allowed
            spent = time.process_time() if self._schedule.is_tiny else None
            self._limit.observe(self._received + done * FILE_PROGRESS, self._schedule.busy, spent)
            if self._has_joined() or self._limit.allowed > allowed:
                self._schedule.changed()
            self._hire()
            if self._options.places > 1:
                self._hang_up_in_vain()
            if now - sampled >= SAMPLE_SECONDS:
                sampled = now
                self._sample()
            if now - looked >= LOOK_SECONDS:
                looked = now
                if self._network is not None:
                    self._network.relieve()
                fetchers = [worker.fetcher for worker in self._workers]
                for fetcher in self._stragglers.look(fetchers, now):
                    fetcher.hang_up()
            self._schedule.wait(TICK_SECONDS)

    def _has_joined(self) -> bool:
        """Whether another place may be asked, or has answered, since the last look."""
        if self._network is None or self._options.places == 1:
            return False
        return self._limit.join(*self._network.joined)

    def _hang_up_in_vain(self) -> None:
        """A file whose last bytes another connection brings does not wait for this one."""
        for worker in self._workers:
            if worker.fetcher.is_in_vain:
                worker.fetcher.hang_up()

    def _end(self) -> None:
        """Wind down to the end, however often a signal strikes meanwhile."""
        try:
            self._wind_down()
            self._over = True
        except BaseException as error:
            self._break(error)
        finally:
            if not self._over:
                self._end()

    def _wind_down(self) -> None:
        """Wait for all threads; once the run is to stop, wake them. What is unfinished is kept."""
        self._threads.ended.set()
        for worker in self._workers:
            worker.fetcher.hang_up()
        if self._network and self._options.places > 1 and not self._schedule.unfinished:
            self._network.abort()  # a place that does not answer: all came from the others
        stopped = math.inf
        for thread, ended in self._threads:
            while not ended.wait(TICK_SECONDS):
                now = time.monotonic()
                if stopped == math.inf and self._stop.is_set():
                    stopped = now
                    self._schedule.stopped()
                    if self._network is not None:
                        self._network.abort()
                if now > stopped + STOP_SECONDS:
                    self._abandon()
                if now > stopped + self._stop.patience or thread.ident is None:
                    break
            else:
                thread.join()
        self._abandon()

    def _abandon(self) -> None:
        """Nothing that is not published by now will be."""
        for job in self._schedule.active:
            job.abandoned = True
            self._results.unfinished(job)
            if job.ledger.leases == 0:  # else its last writer, still in a write, will park it
                job.park()

    def _break(self, error: BaseException) -> None:
        """End the run because of `error`, which is raised when all is still."""
        self._broken = self._broken or error
        self._stop.set()

    @property
    def _received(self) -> int:
        return sum(worker.fetcher.received for worker in self._workers)

    def _sample(self) -> None:
        rows = [job.progress for job in self._schedule.active]
        self._tell(self._meter.sample(rows, self._received))

    def _tell(self, event: events.Event) -> None:
        """Tell the observer, from whatever thread: no thread dies of what it raises."""
        try:
            self._observer(event)
        except BaseException as error:
            self._break(error)
