"""One file on its way: its partial, its ranges, its hash, its tries."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from hfget import events
from hfget.errors import VerificationError
from hfget.partials import Begun, Block, Identity, Partial, give_back
from hfget.sources import ByteSource
from hfget.system import Stopped, disk_error
from hfget.transfer.backend import Task
from hfget.transfer.following_hash import FollowingHash
from hfget.transfer.ledger import Ledger
from hfget.transfer.local_content import another_file
from hfget.transfer.repair import Repairs
from hfget.transfer.retry_budget import RetryBudget


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
    """The transfer of one file.

    Which lock guards what: the ledger and the retry budget have locks of their own. `phase` and
    `not_before` are changed by the schedule alone, under its lock. `_partial_lock` is held while
    the partial is opened, reopened, parked or discarded; `_ending` while the file is published,
    so that parking waits for that. The hash belongs to the one thread that follows or finishes
    the file. `abandoned` is set once, by who gives the job up, and read without a lock.

    Nothing that it holds leads back to it: with its buffers it goes when it has ended, and not
    when Python next looks for cycles.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.file = task.file
        self.span = task.span
        self.ledger = Ledger(self.file.size, span=self.span)
        self.hash = FollowingHash(self.file, self.ledger)
        self.budget = RetryBudget()
        self.pace = Pace()
        self.phase = Phase.WAITING
        self.not_before = 0.0
        self.followed = False
        self.abandoned = False
        self.durable = True
        self.at_rest = False
        #: What lay under the file's own name, and lies in the partial now.
        self.moved: Begun | None = None
        self.progressed = threading.Event()
        self._partial_lock = threading.Lock()
        self._ending = threading.Lock()
        self._partial: Partial | None = None
        self._had = 0
        self._unreadable = False
        self._source: ByteSource | None = None
        self._place: tuple[Path, Identity] | None = None
        self._kept_repairs: Repairs | None = None

    # What follows is made by the worker that begins the job, not under the lock of the schedule,
    # and before others see the job: so it is made once without a lock.

    @property
    def source(self) -> ByteSource:
        if self._source is None:
            self._source = self.task.source()
        return self._source

    @source.setter
    def source(self, source: ByteSource) -> None:
        self._source = source

    @property
    def stem(self) -> Path:
        return self._at[0]

    @property
    def identity(self) -> Identity:
        return self._at[1]

    @property
    def _at(self) -> tuple[Path, Identity]:
        if self._place is None:
            self._place = self.task.partial()
        return self._place

    @property
    def _repairs(self) -> Repairs:
        """For the one thread that finishes the file."""
        if self._kept_repairs is None:
            self._kept_repairs = Repairs(self.file, self.source)
        return self._kept_repairs

    @property
    def partial(self) -> Partial:
        assert self._partial is not None
        return self._partial

    def open(self) -> None:
        """Take over or start the partial; from now on others may fetch. Raises DiskError."""
        self._source = self.source
        partial = Partial.open(self.stem, self.identity, self._copied)
        with self._partial_lock:
            try:
                self._start(partial, partial.blocks)
            except OSError as error:
                raise disk_error(error, partial.data_path, "opening") from error
            self._had = self.ledger.done_bytes

    def _copied(self, count: int) -> None:
        self._raise_if_abandoned()
        self.hash.position = count

    def _start(self, partial: Partial, blocks: tuple[Block, ...]) -> None:
        self._partial = partial
        self.ledger.in_order = partial.along is not None
        self.ledger.restart((block.offset, block.end) for block in blocks)
        if partial.along is None and self.span is None:
            self.hash.begin(partial.reader())
        self._unreadable = False

    @property
    def size(self) -> int:
        """How many bytes are wanted of the file."""
        return self.file.size if self.span is None else self.span[1] - self.span[0]

    @property
    def received(self) -> int:
        """How many bytes of the finished file came over the network in this run."""
        if self._partial is None:
            return 0
        # else the size itself, not another number: there are as many as files
        return self.size - self._had if self._had else self.size

    @property
    def progress(self) -> events.ActiveFile:
        """How far it is, as the display shows it."""
        return events.ActiveFile(
            self.file.path,
            self.size,
            self.ledger.done_bytes,
            self.hash.position,
            self.ledger.leases,
        )

    @property
    def unsynced(self) -> int:
        """Journal bytes about data that may not have reached the disk yet."""
        partial = self._partial
        return partial.unsynced if partial else 0

    def advance_hash(self) -> bool:
        """Hash the next piece of the finished beginning; False if there is none.

        What cannot be read back is left to `finish`: then it is known what is to be fetched
        again. Raises Stopped if the job was abandoned meanwhile.
        """
        if self._unreadable or self.ledger.in_order:
            return False
        try:
            return self.hash.advance()
        except OSError:
            self._raise_if_abandoned()
            self._unreadable = True
            return False

    def finish(self, *, fsync: bool) -> bool:
        """Hash what is left and publish; False if bytes were wrong and must be fetched again.

        Called once every byte is on disk and no thread writes. Returns after the final name is
        given. Raises VerificationError when the tries are used up, DiskError, Stopped if the
        job was abandoned meanwhile: then it is parked, or will be.
        """
        if self.span is not None:
            return self._rest(fsync=fsync)
        partial = self.partial
        try:
            while partial.along is None and self.hash.advance():
                self._raise_if_abandoned()
        except OSError as error:
            self._raise_if_abandoned()
            failed = error
            self._repair(lambda: self._repairs.after_read_error(partial, failed))
            return self.ledger.finished and self.finish(fsync=fsync)
        actual = (partial.along or self.hash).hexdigest()
        if actual != self.file.etag:
            self._give_back()
            check = self._raise_if_abandoned
            self._repair(lambda: self._repairs.after_wrong_hash(partial, actual, check))
            return False
        if self._kept_repairs is not None:
            self._kept_repairs.after_right_hash(partial)
        if fsync:
            self.durable = partial.sync()
        with self._ending:
            self._raise_if_abandoned()
            partial.check()
            self.hash.close()
            partial.close()
            self.task.publish(partial.data_path)
            partial.published()
        return True

    def _give_back(self) -> None:
        """Raise DiskError if what the file began with was moved here: it was the user's own."""
        if self.moved is None:
            return
        with self._ending, self._partial_lock:
            self._raise_if_abandoned()
            self.hash.close()
            self.partial.close()
            try:
                give_back(self.partial.data_path, self.moved)
            except OSError as error:
                raise disk_error(error, self.moved.path) from error
            self.partial.discard()
        raise another_file(self.moved.path, self.file.path)

    def _rest(self, *, fsync: bool) -> bool:
        """Leave what came of a range for who has the whole: only then there is a hash to compare.

        Raises DiskError, Stopped.
        """
        partial = self.partial
        if fsync:
            self.durable = partial.sync()
            partial.sync_journal()
        with self._ending, self._partial_lock:
            self._raise_if_abandoned()
            partial.check()
            partial.park()
            self.at_rest = True
        return True

    def _raise_if_abandoned(self) -> None:
        """Raises Stopped if the job was abandoned: its files may be closed and renamed."""
        if self.abandoned:
            raise Stopped

    def park(self) -> None:
        """Keep what is here for a later run. Waits if it is just being published."""
        with self._ending, self._partial_lock:
            self.hash.close()
            if self._partial is not None:
                self._partial.park()

    def discard(self) -> None:
        with self._partial_lock:
            self.hash.close()
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
            self._raise_if_abandoned()
        with self._partial_lock:
            self._raise_if_abandoned()
            self.hash.close()
            self._start(self.partial.reopened(keep), keep)
