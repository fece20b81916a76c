"""A plan carried out by a Dask cluster: its shards are tasks, and one run watches them all.

The engine itself runs a task again whose worker has died; on a folder that all workers share the
next one resumes what that has left.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import distributed

from hfget import events
from hfget.errors import HfgetError
from hfget.http import SealedCredentials
from hfget.limits import GRACE_SECONDS
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import Failure, ItemState, Plan, Report
from hfget.operations.run_context import RunContext
from hfget.operations.shards.dask_cluster import (
    Cluster,
    cluster_error,
    connected,
    failure_reason,
    is_confidential,
    shown_address,
)
from hfget.operations.shards.dask_task import (
    ShardDownload,
    ShardEnd,
    ShardOrder,
    fetch_shard,
    read_told,
    same,
)
from hfget.operations.shards.shard_progress import ShardProgress
from hfget.operations.shards.sharding import DIVIDED_BYTES, Shard
from hfget.options import DEFAULTS
from hfget.system import hub_cache

_SAMPLE_SECONDS = 0.3
#: More shards than can be fetched at a time: a slow machine then gets fewer of them.
_SHARDS_A_PLACE = 4
#: Tries of a task that failed in a way that hfget does not know.
_RETRIES = 2
_MESSAGES_A_PLACE = 20


class DaskRun:
    """The shards of one plan on the cluster that `--dask` names; a `run_of` fetches each there."""

    def __init__(self, made: Plan, context: RunContext, run_of: type[ShardDownload]) -> None:
        self._run_of = run_of
        self._made = made
        self._context = context
        self._options, self._settings, _, self._observer, self._stop = context
        self._name = f"hfget-{uuid.uuid4().hex[:12]}"
        self._address = shown_address(context.options.dask or "")
        #: Workers of one machine share its folders.
        self._ranges = (context.options.dask or "").startswith("local:")
        self._warned: set[str] = set()

    def report(self, found_now: Callable[[], Plan]) -> Report:
        """Download all shards. Raises NetworkError where the cluster fails.

        `found_now` looks afterwards what is here: workers may have disks of their own.
        """
        if all(item.state is ItemState.COMPLETE and item.recorded for item in self._made.items):
            return ShardProgress(self._made, 1).report({}, [], self._stop)
        if self._settings.credentials and not is_confidential(self._options.dask or ""):
            self._warn(texts.DASK_TOKEN_IN_THE_CLEAR(address=self._address))
        address, most = self._options.dask or "", self._options.per_worker
        with connected(address, self._name, most) as cluster:
            self._stop.heeded = True
            try:
                report = self._together(cluster)
            except (OSError, RuntimeError, distributed.TimeoutError) as error:
                raise cluster_error(address, error) from error
            finally:
                self._stop.heeded = False
        here = report.ok and all(item.state is ItemState.COMPLETE for item in found_now().items)
        if report.ok and not here:
            self._context.tell(texts.DASK_ELSEWHERE(root=self._made.root))
        return report

    def _together(self, cluster: Cluster) -> Report:
        client = cluster.client
        parts = len({item.file.etag for item in self._made.items})
        if self._ranges:
            parts = max(parts, self._made.total_bytes // DIVIDED_BYTES)
        count = max(1, min(parts, _SHARDS_A_PLACE * cluster.places))
        text = texts.DASK_SHARDS(
            address=self._address,
            workers=cluster.workers,
            shards=count,
            most=self._options.per_worker,
        )
        self._context.tell(text)
        queue = distributed.Queue(self._name, client, cluster.places * _MESSAGES_A_PLACE)
        ending = distributed.Event(self._name, client)
        listing = client.submit(same, self._made.snapshot, key=f"{self._name}-listing")
        tasks = {
            number: client.submit(
                fetch_shard,
                listing,
                self._order(number, count),
                self._run_of,
                key=f"{self._name}-shard-{number}",
                resources={self._name: 1},
                retries=_RETRIES,
            )
            for number in range(1, count + 1)
        }
        progress = ShardProgress(self._made, count, ranges=self._ranges)
        try:
            ends = self._watch(tasks, queue, ending, progress)
        finally:
            client.cancel([listing, *tasks.values()])
            with suppress(Exception):
                ending.clear()
                queue.close()
        reports = {number: end.report for number, end in ends.items() if end.report is not None}
        failures = [end.failure for end in ends.values() if end.failure is not None]
        return progress.report(reports, failures, self._stop)

    def _order(self, number: int, count: int) -> ShardOrder:
        """What a worker needs to know; what a place or an endpoint means is settled here."""
        settings = self._settings
        options = self._options
        cache = options.cache_dir or hub_cache(os.environ)
        options = replace(
            options,
            shard=Shard(number, count, self._ranges).option,
            local_dir=None if options.into_cache else str(Path(self._made.root).absolute()),
            cache_dir=None if cache is None else str(Path(cache).absolute()),
            endpoint=settings.endpoints,
            rewrite_host=[f"{one}={other}" for one, other in settings.rewrites],
            token=None,
            send_token_to=(),
            dask=None,
            per_worker=DEFAULTS["per_worker"],
        )
        secrets = SealedCredentials(settings.credentials.values())
        return ShardOrder(number, options, secrets, self._name)

    def _watch(
        self,
        tasks: dict[int, distributed.Future[Any]],
        queue: distributed.Queue,
        ending: distributed.Event,
        progress: ShardProgress,
    ) -> dict[int, ShardEnd]:
        """Show what the shards tell until all have ended, or have not although they should."""
        ends: dict[int, ShardEnd] = {}
        asked_at: float | None = None
        while True:
            for number, task in tasks.items():
                if number not in ends and task.done():
                    ends[number] = self._end_of(number, len(tasks), task)
                    progress.end(number)
            self._hear(queue, progress)
            if len(ends) == len(tasks):
                return ends
            if self._stop.is_set() and asked_at is None:
                ending.set()
                asked_at = time.monotonic()
            if asked_at is not None and time.monotonic() - asked_at > GRACE_SECONDS:
                return ends
            time.sleep(_SAMPLE_SECONDS)

    def _hear(self, queue: distributed.Queue, progress: ShardProgress) -> None:
        for message in queue.get(batch=True):
            told = read_told(message)
            if told.progress is not None:
                progress.add(told.number, told.attempt, told.progress)
            for event in told.events:
                self._tell(event)
        self._observer(progress.sample())

    def _tell(self, event: events.Event) -> None:
        """Say the same about each shard only once."""
        if isinstance(event, events.Note):
            self._warn(event.text)
            return
        self._observer(event)
        if self._options.fail_fast and isinstance(event, events.FileFailed):
            self._stop.fail()

    def _warn(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._context.warn(text)

    def _end_of(self, number: int, count: int, task: distributed.Future[Any]) -> ShardEnd:
        if task.cancelled():
            why: str = texts.DASK_CANCELLED
        else:
            error = task.exception()
            if error is None:
                end: ShardEnd = task.result()
                return end
            why = (
                texts.DASK_WORKERS_DIED
                if isinstance(error, distributed.KilledWorker)
                else failure_reason(error)
            )
        text = texts.DASK_SHARD_FAILED(shard=str(Shard(number, count)), why=why)
        return ShardEnd(None, Failure("", HfgetError.kind, text, advice.SAME_HFGET_ON_WORKERS))
