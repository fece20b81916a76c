"""One file on its way: its ranges, its partial, its hash, and how often it failed.

All state is guarded by the job's own lock; the schedule decides who works on it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from hfget.disk import disk_error
from hfget.errors import VerificationError
from hfget.model import RemoteFile
from hfget.transfer.control import Stopped, Superseded
from hfget.transfer.digest import PrefixHash
from hfget.transfer.journal import Block, Identity
from hfget.transfer.offer import Offer
from hfget.transfer.partial import Partial
from hfget.transfer.positional import PositionalFile
from hfget.transfer.ranges import Lease, Ledger, Span
from hfget.transfer.repair import Repairs
from hfget.transfer.source import Source


class Phase(Enum):
    """Where a job stands."""

    WAITING = auto()
    OPENING = auto()
    FETCHING = auto()
    VERIFYING = auto()
    DONE = auto()
    FAILED = auto()


@dataclass
class Pace:
    """How one connection to this file's host does: smoothed, as its last requests were."""

    first_byte: float = 0.0
    rate: float = 0.0

    def learn(self, first_byte: float, length: int, seconds: float) -> None:
        """A request's first byte came after `first_byte` seconds, `length` bytes in `seconds`."""
        rate = length / max(seconds, 1e-6)
        self.first_byte += (first_byte - self.first_byte) / 4 if self.first_byte else first_byte
        self.rate += (rate - self.rate) / 4 if self.rate else rate

    @property
    def bytes_while_waiting(self) -> float:
        """What a connection could have brought in the time that a request waits for its answer."""
        return self.first_byte * self.rate


class FileJob:
    """The transfer of one file. `publish(path)` gives the verified data its final name.

    `look()` tells what this disk has for it when its turn comes, None as long as the same
    content comes by another way; `ended()` is called once when the job is done or failed.
    """

    def __init__(
        self,
        file: RemoteFile,
        identity: Identity,
        stem: Path,
        source: Source,
        publish: Callable[[Path], None],
        look: Callable[[], Offer | None] = Offer,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self.file = file
        self.stem = stem
        self.source = source
        self.publish = publish
        self.look = look
        self.ended = ended
        self.single = False
        self.not_before = 0.0
        self.phase = Phase.WAITING
        self.followed = False
        self.abandoned = False
        self.copied = False
        self.durable = True
        self.hashed = 0
        self.pace = Pace()
        self.progressed = threading.Event()
        self.identity = identity
        self._lock = threading.RLock()
        self._ending = threading.Lock()
        self._partial: Partial | None = None
        self._ledger = Ledger(file.size)
        self._hash: PrefixHash | None = None
        self._reader: PositionalFile | None = None
        self._had = 0
        self._strikes = 0
        self._lies = 0
        self._struck_at = 0.0
        self._unreadable = False
        self._repairs = Repairs(file, source)

    @property
    def partial(self) -> Partial:
        assert self._partial is not None
        return self._partial

    def open(self) -> None:
        """Take over or start the partial. Raises DiskError."""
        partial = Partial.open(self.stem, self.identity)
        with self._lock:
            try:
                self._start(partial, partial.blocks)
            except OSError as error:
                raise disk_error(error, partial.data_path, "opening") from error
            self._had = self._ledger.done_bytes

    def _start(self, partial: Partial, blocks: tuple[Block, ...]) -> None:
        self._partial = partial
        self._ledger = Ledger(self.file.size, ((block.offset, block.end) for block in blocks))
        self._reader = partial.reader()
        self._hash = PrefixHash(self._reader, self.file.hash_kind, self.file.size)
        self.hashed = 0
        self._unreadable = False

    @property
    def received(self) -> int:
        """How many bytes of the finished file came over the network in this run."""
        return self.file.size - self._had if self._partial is not None else 0

    @property
    def unsynced(self) -> int:
        """Journal bytes about data that may not have reached the disk yet."""
        partial = self._partial
        return partial.unsynced if partial else 0

    @property
    def done_bytes(self) -> int:
        with self._lock:
            return self._ledger.done_bytes

    @property
    def connections(self) -> int:
        with self._lock:
            return self._ledger.leases

    @property
    def fetched(self) -> bool:
        """Whether every byte is on disk and nobody writes any more."""
        with self._lock:
            return self._ledger.complete and self._ledger.leases == 0

    def lease(self, piece: int, connections: int) -> Lease | None:
        """A range for one more connection, if the job can use one.

        As long as the URL is not resolved only one connection asks; a host without ranges
        gets a single stream over the whole file.
        """
        with self._lock:
            if self._ledger.leases >= connections:
                return None
            if self._ledger.leases and not self.source.resolved:
                return None
            if self.single:
                return self._ledger.lease_all()
            return self._ledger.lease(piece)

    def steal(self, minimum: int, seconds: float, connections: int) -> Lease | None:
        """Half of what will take longest, for an idle connection (see `Ledger.steal`)."""
        with self._lock:
            if self.single or not self.source.resolved or self._ledger.leases >= connections:
                return None
            return self._ledger.steal(minimum, seconds)

    def release(self, lease: Lease) -> None:
        with self._lock:
            self._ledger.release(lease)

    def claim(self, lease: Lease, length: int) -> int:
        with self._lock:
            return self._ledger.claim(lease, length)

    def missing(self, start: int, end: int) -> list[Span]:
        with self._lock:
            return self._ledger.missing(start, end)

    def record(self, start: int, end: int) -> None:
        with self._lock:
            self._ledger.record(start, end)
        self.progressed.set()

    def strike(self, begun: float, *, lie: bool) -> int:
        """Count a fruitless request that began at `begun` (monotonic); how many in a row.

        Requests that were under way together fail together: they count as one.
        """
        with self._lock:
            if begun >= self._struck_at:
                self._struck_at = time.monotonic()
                self._strikes += not lie
                self._lies += lie
            return max(1, self._lies if lie else self._strikes)

    def forgive(self) -> None:
        """Bytes came: what failed before does not count any more."""
        with self._lock:
            self._strikes = self._lies = 0

    def ignore_ranges(self) -> None:
        """From now on this file comes in one stream."""
        self.single = True

    def adopt_whole(self, lease: Lease) -> None:
        """A 200 came for a range: this lease takes the whole stream, unless others fetch too.

        Raises Superseded in that case; the stream is asked for again when they are done.
        """
        with self._lock:
            self.single = True
            if self._ledger.leases > 1:
                raise Superseded
            self._ledger.widen(lease)

    def advance_hash(self) -> bool:
        """Hash the next piece of the finished prefix; False if there is none.

        What cannot be read back is left to `finish`: then it is known what is to be fetched
        again. Raises Stopped if the job was abandoned meanwhile.
        """
        if self._unreadable:
            return False
        try:
            return self._hash_next()
        except OSError:
            self._go_on()
            self._unreadable = True
            return False

    def _hash_next(self) -> bool:
        """Raises OSError."""
        with self._lock:
            follower, prefix = self._hash, self._ledger.prefix()
        if follower is None or follower.position >= prefix:
            return False
        before = follower.position
        follower.advance(prefix)
        self.hashed = follower.position
        return follower.position > before

    def finish(self, fsync: bool) -> bool:
        """Hash what is left and publish; False if bytes were wrong and must be fetched again.

        Called once `fetched` is true. Returns after the final name is given. Raises
        VerificationError when the tries are used up, DiskError, Stopped if the job was
        abandoned meanwhile: then it is parked, or will be.
        """
        partial = self.partial
        try:
            while self._hash_next():
                self._go_on()
        except OSError as error:
            self._go_on()
            failed = error
            self._repair(lambda: self._repairs.after_read_error(partial, failed))
            return self.fetched and self.finish(fsync)
        assert self._hash is not None
        actual = self._hash.hexdigest()
        if actual != self.file.etag:
            self._repair(lambda: self._repairs.after_wrong_hash(partial, actual))
            return False
        if fsync:
            self.durable = partial.sync()
        with self._ending:
            self._go_on()
            partial.check()
            self._close_reader()
            partial.close()
            self.publish(partial.data_path)
            partial.published()
        return True

    def _go_on(self) -> None:
        """Raises Stopped if the job was abandoned: its files may be closed and renamed."""
        if self.abandoned:
            raise Stopped

    def park(self) -> None:
        """Keep what is here for a later run. Waits if it is just being published."""
        with self._ending, self._lock:
            self._close_reader()
            if self._partial is not None:
                self._partial.park()

    def discard(self) -> None:
        with self._lock:
            self._close_reader()
            if self._partial is not None:
                self._partial.discard()

    def _repair(self, choose: Callable[[], tuple[Block, ...]]) -> None:
        """Go on with the blocks that `choose` keeps; what it raises ends the file."""
        try:
            keep = choose()
        except VerificationError:
            self.discard()
            raise
        finally:
            self._go_on()
        with self._lock:
            self._go_on()
            self._close_reader()
            self._start(self.partial.reopened(keep), keep)

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
