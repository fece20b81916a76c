"""Moving bytes: from sources into partials, verified, published.

A *job* is one file to fetch. A *lease* is a range that one worker has; the *ledger* knows which
ranges are done, leased or free. A connection is *stalled* when it falls behind its siblings. The
door is `Engine`, which runs jobs and returns an `Outcome`.
"""

from __future__ import annotations

from hfget.transfer.arrival import Arrival
from hfget.transfer.backend import Backend, DoneFile, Outcome, Task, TransferOptions, WrappedTask
from hfget.transfer.concurrency import connections_of
from hfget.transfer.engine import Engine
from hfget.transfer.local_content import Copyable, Existing, LocalContent, another_file
from hfget.transfer.progress import Meter

__all__ = [
    "Arrival",
    "Backend",
    "Copyable",
    "DoneFile",
    "Engine",
    "Existing",
    "LocalContent",
    "Meter",
    "Outcome",
    "Task",
    "TransferOptions",
    "WrappedTask",
    "another_file",
    "connections_of",
]
