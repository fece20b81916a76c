"""A few bytes of a source, to tell before gigabytes are fetched.

Of a file that is shorter than the one wanted three samples tell whether it is half a download, or
the user's own, which may not be replaced anyway.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from hfget.http import Transient
from hfget.messages import transfer_texts as texts
from hfget.partials import Begun
from hfget.sources import ByteSource, ByteStream, NoRangesError
from hfget.system import Stopped, open_file

_SAMPLE_BYTES = 4096
_MOST_SECONDS = 30.0


def resembles(source: ByteSource, begun: Begun, stop: threading.Event) -> bool:
    """Whether the source sends what `begun` has: at its start, in its middle, at its end.

    True where that cannot be asked. Raises OSError, Transient, Superseded, Stopped, HfgetError.
    """

    def check() -> None:
        if stop.is_set():
            raise Stopped

    end = begun.size
    starts = {0, max(end // 2 - _SAMPLE_BYTES, 0), max(end - _SAMPLE_BYTES, 0)}
    fd = open_file(begun.path)
    try:
        with open(fd, "rb", buffering=0, closefd=False) as mine:
            for start in sorted(starts):
                mine.seek(start)
                sample = mine.read(min(_SAMPLE_BYTES, end - start))
                try:
                    stream = source.open((start, start + len(sample)))
                except NoRangesError:
                    return True
                try:
                    if stream.whole and start:
                        return True
                    if read_sample(stream, len(sample), check) != sample:
                        return False
                finally:
                    stream.close()
    finally:
        os.close(fd)
    return True


def read_sample(stream: ByteStream, length: int, check: Callable[[], None]) -> bytes:
    """The next bytes of the stream. Raises Transient if they do not come, and as `check` does."""
    buffer = memoryview(bytearray(length))
    filled, deadline = 0, time.monotonic() + _MOST_SECONDS
    while filled < length:
        check()
        count = stream.readinto(buffer[filled:])
        if count == 0:
            raise Transient(texts.ENDED_EARLY, url=stream.url)
        filled += count or 0
        if filled < length and time.monotonic() > deadline:
            raise Transient(texts.TOO_SLOW, url=stream.url)
    return bytes(buffer)
