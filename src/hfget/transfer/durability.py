"""The thread that brings data to the disk in batches, so that no one has to wait for it."""

from __future__ import annotations

import threading
import time

from hfget.errors import DiskError
from hfget.transfer.results import Results
from hfget.transfer.scheduler import Schedule

#: Journal (32 bytes a block of at most 1 MiB) about unsynced data, or seconds, until a sync.
SYNC_JOURNAL_BYTES, SYNC_SECONDS = 64 * 32, 2.0
_POLL_SECONDS = 0.1


def keep_synced(schedule: Schedule, results: Results, ended: threading.Event) -> None:
    """Sync every 64 MiB or 2 seconds of each active file, until `ended` is set."""
    last: dict[int, float] = {}
    while not ended.wait(_POLL_SECONDS):
        now = time.monotonic()
        active = schedule.active
        last = {id(job): last.get(id(job), now) for job in active}
        for job in active:
            pending = job.unsynced
            due = now - last[id(job)] >= SYNC_SECONDS
            if not pending or not (due or pending >= SYNC_JOURNAL_BYTES):
                continue
            last[id(job)] = now
            try:
                if not job.partial.sync():
                    results.not_durable()
                job.partial.sync_journal()
            except DiskError as error:
                results.fail(job, error)
