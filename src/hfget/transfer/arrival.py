"""What has come of a file that is being fetched, for those who read it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hfget.transfer.file_job import FileJob

#: What comes within so many bytes of where a connection is now is waited for.
_NEAR_BYTES = 4 << 20


class Arrival:
    """A file on its way; thread-safe. Nothing that is read of it is verified.

    `path` is where its bytes lie as long as it has no name. It raises AssertionError before the
    partial is open: `restarts` is negative then.
    """

    def __init__(self, job: FileJob, make_way: Callable[[FileJob], None]) -> None:
        self._job = job
        self._make_way = make_way

    @property
    def path(self) -> Path:
        return self._job.partial.data_path

    @property
    def restarts(self) -> int:
        """Counts up where bytes that were there turned out to be wrong."""
        ledger = self._job.ledger
        return ledger.restarts - 1

    @property
    def done(self) -> int:
        """How many bytes have come."""
        return self._job.ledger.done_bytes

    @property
    def connections(self) -> int:
        return self._job.ledger.leases

    def reach(self, position: int) -> int:
        """How far the bytes from `position` on have come without a gap."""
        return self._job.ledger.reach(position)

    def want(self, reader: object, position: int | None) -> None:
        """`reader` reads on from there, so that this comes first; with None it has ended."""
        self._job.ledger.want(reader, position)

    def call_for(self, position: int) -> None:
        """Have a connection fetch from `position` on at once, unless one is about to come there.

        Without effect where the host serves no parts of files.
        """
        job = self._job
        if job.source.ranged and job.source.resolved and job.ledger.call_for(position, _NEAR_BYTES):
            self._make_way(job)
