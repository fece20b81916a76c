"""One range over one connection: ask, check the answer, write what comes to its place."""

from __future__ import annotations

import mmap
import threading
import time
from collections.abc import Callable

from hfget.errors import NetworkError
from hfget.http import Transient
from hfget.limits import CRUMB_SECONDS, SLOW_BYTES, SLOW_GRACE_SECONDS, SLOW_WINDOW_SECONDS
from hfget.messages import transfer_texts as texts
from hfget.model import Span
from hfget.sources import ByteStream, NoRangesError, sender_of
from hfget.system import Stopped, Superseded
from hfget.transfer.file_job import FileJob
from hfget.transfer.leases import Lease

BUFFER_BYTES = 1 << 20
#: A block is written when the buffer is full, or, if it is not tiny, when it is this old
#: (seconds) or nothing more is there to be read: what a kill can lose is what is in the buffers.
FLUSH_SECONDS = 0.1
MIN_BLOCK_BYTES = 64 << 10


class Fetcher:
    """A connection's worth of work: one buffer, reused.

    `received` counts body bytes; `lease` is what is being fetched right now, if anything.
    `resolved()` is called when others may ask for more of a file: its URL has become known;
    `without_ranges(origin)` when a file comes in one stream because its host serves no parts.
    Raises OSError without memory for the buffer.
    """

    def __init__(
        self,
        stop: threading.Event,
        resolved: Callable[[], None] = lambda: None,
        without_ranges: Callable[[str], None] = lambda origin: None,
    ) -> None:
        self.received = 0
        self.lease: Lease | None = None
        self._job: FileJob | None = None
        self._stop = stop
        self._resolved = resolved
        self._without_ranges = without_ranges
        # Memory comes as it is written to; a bytearray would be filled with zeros here and now.
        self._buffer = memoryview(mmap.mmap(-1, BUFFER_BYTES))
        self._stream: ByteStream | None = None
        self._hung_up = False
        self._kept = 0
        self._sender = ""

    def fetch(self, job: FileJob, lease: Lease) -> None:
        """Fetch what the lease holds into the job's partial.

        Raises Transient (with `fruitful` set if bytes were kept), Superseded, Stopped, or an
        HfgetError that ends the file.
        """
        whole = (lease.start, lease.end) == (0, job.file.size)
        if not (whole or job.source.ranged):
            raise Superseded
        span = None if whole else (lease.start, lease.end)
        asked, resolved = time.monotonic(), job.source.resolved
        lease.asked = asked
        try:
            stream = self._open(job, span)
        finally:
            lease.asked = 0.0
        lease.rate, lease.place = stream.rate, stream.place
        answered, received = time.monotonic(), self.received
        self._stream, self._hung_up, self.lease, self._job = stream, False, lease, job
        self._kept = 0
        try:
            try:
                self._accept(job, lease, span, stream)
            finally:  # not before: others would ask for parts of what comes as a whole
                if not (resolved or whole):
                    self._resolved()
            self._receive(job, lease, stream)
            if resolved and not stream.held:
                seconds = time.monotonic() - answered
                job.pace.learn(answered - asked, self.received - received, seconds)
        except (Transient, NetworkError) as failure:
            if self._stop.is_set():
                raise Stopped from None
            if self._hung_up:
                raise Superseded from None
            if isinstance(failure, Transient):
                failure.kept, failure.place = self._kept, stream.place
                seconds = time.monotonic() - asked - stream.held
                rest = job.size - job.ledger.done_bytes
                failure.fruitful = self._kept > 0 and _is_worth_it(self._kept, seconds, rest)
            raise
        finally:
            stream.close()
            self._stream = self.lease = self._job = None
            if self._kept:
                job.source.fruitful()

    @property
    def held(self) -> float:
        """Seconds for which what is being fetched was kept waiting by hfget itself."""
        stream = self._stream
        return stream.held if stream is not None else 0.0

    def is_of(self, job: FileJob) -> bool:
        """Whether it fetches of this job now."""
        return self._job is job

    @property
    def is_in_vain(self) -> bool:
        """Whether another connection has all that is left of what is being fetched."""
        lease = self.lease
        return lease is not None and lease.taken

    @property
    def is_laggard(self) -> bool:
        """Whether another place would bring the rest in a fraction of the time."""
        stream = self._stream
        return stream is not None and stream.is_laggard

    def hang_up(self) -> None:
        """From another thread: end the present answer; its rest comes over a new connection."""
        stream = self._stream
        if stream is not None:
            self._hung_up = True
            stream.interrupt()

    def _open(self, job: FileJob, span: Span | None) -> ByteStream:
        try:
            return job.source.open(span)
        except NoRangesError as failure:
            if not job.source.ranged:
                self._without_ranges(failure.origin)
            raise

    def _accept(self, job: FileJob, lease: Lease, span: Span | None, stream: ByteStream) -> None:
        """Have the lease cover what the stream brings. Raises NoRangesError where others fetch."""
        if stream.whole and span is not None:
            if not job.ledger.widen(lease):
                raise NoRangesError(texts.WHOLE_FOR_PART, url=stream.url)
            self._without_ranges(stream.origin)
        lease.reach = stream.end

    def _receive(self, job: FileJob, lease: Lease, stream: ByteStream) -> None:
        self._sender = sender_of(stream)
        position = self._copy(job, lease, stream)
        if position < lease.end:
            raise Transient(texts.ENDED_EARLY, url=stream.url)
        if position == stream.end and not stream.exact and self._goes_on(stream):
            raise Transient(texts.TOO_MANY_BYTES, url=stream.url, lie=True)

    def _goes_on(self, stream: ByteStream) -> bool:
        """Whether there is more than was asked for; the end may take further reads."""
        deadline = time.monotonic() + SLOW_WINDOW_SECONDS
        while (count := stream.readinto(self._buffer[:1])) is None:
            if self._stop.is_set():
                raise Stopped
            if time.monotonic() > deadline:
                raise Transient(texts.TOO_SLOW, url=stream.url)
        return count > 0

    def _copy(self, job: FileJob, lease: Lease, stream: ByteStream) -> int:
        """Move bytes from the stream to the file until the lease or the stream ends; how far."""
        position, filled = stream.start, 0
        flushed = window = time.monotonic()
        window_bytes, window_held = self.received, stream.held
        try:
            while position + filled < (limit := min(lease.end, stream.end)):
                if self._stop.is_set() or job.abandoned:
                    raise Stopped
                room = min(BUFFER_BYTES, limit - position)
                count = stream.readinto(self._buffer[filled:room])
                if count == 0:
                    break
                now = time.monotonic()
                filled += count or 0
                self.received += count or 0
                if filled == room or (
                    filled >= MIN_BLOCK_BYTES
                    and (now - flushed > FLUSH_SECONDS or not stream.is_ready())
                ):
                    block, filled, flushed = filled, 0, now
                    position += self._flush(job, lease, position, block)
                if now - window > SLOW_WINDOW_SECONDS + stream.held - window_held:
                    if self.received - window_bytes < SLOW_BYTES:
                        raise Transient(texts.TOO_SLOW, url=stream.url)
                    window, window_bytes, window_held = now, self.received, stream.held
        finally:
            if filled:
                position += self._flush(job, lease, position, filled)
        return position

    def _flush(self, job: FileJob, lease: Lease, position: int, filled: int) -> int:
        """Write the buffer's bytes; returns how many the lease still covered."""
        granted = job.ledger.claim(lease, filled)
        for start, end in job.ledger.missing(position, position + granted):
            job.partial.write(self._buffer[start - position : end - position], start, self._sender)
            job.ledger.record(start, end)
            if job.followed:
                job.progressed.set()
            self._kept += end - start
        return granted


def _is_worth_it(kept: int, seconds: float, rest: int) -> bool:
    """Whether a request that failed brought enough in its time, and going on so ends soon."""
    if rest * CRUMB_SECONDS > kept * SLOW_WINDOW_SECONDS:
        seconds = max(seconds, SLOW_GRACE_SECONDS + CRUMB_SECONDS)
    return kept * SLOW_WINDOW_SECONDS >= SLOW_BYTES * (seconds - SLOW_GRACE_SECONDS)
