"""An answer as it comes from the socket: its head, and each chunk of its body, in time."""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from hfget.http.headers import read_lines, with_plain_fields
from hfget.messages import http_texts as texts

#: A head or a chunk must be complete within so many read time-outs: the time-out alone, which
#: each byte starts anew, would let a server that drips hold us for ever.
TURNS = 2
#: So many answers like 102 (processing) and 103 (early hints) may come before the answer itself.
MOST_INTERIM = 64


class _Reader(io.RawIOBase):
    """A socket as a file whose reads can be given a deadline.

    Who must shut the socket down finds it in `_sock`, as in the file that socket.makefile gives.
    """

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._sock: socket.socket = raw._sock
        self._deadline: float | None = None
        self._patience: float | None = None

    def limit(self) -> None:
        """From now on, TURNS time-outs of the socket are all there is."""
        self._patience = self._sock.gettimeout()
        if self._patience is not None:
            self._deadline = time.monotonic() + TURNS * self._patience

    def unlimit(self) -> None:
        if self._deadline is not None:
            self._deadline = None
            with suppress(OSError):
                self._sock.settimeout(self._patience)

    @contextmanager
    def limited(self) -> Iterator[None]:
        self.limit()
        try:
            yield
        finally:
            self.unlimit()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(texts.ANSWER_TOO_SLOW)
            if left < (self._sock.gettimeout() or left):
                self._sock.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self.unlimit()
        self._raw.close()
        super().close()


class Response(http.client.HTTPResponse):
    """An answer whose head must come in time, and whose `readinto1` makes at most one recv.

    The inherited `readinto1` allocates and copies; `readinto` returns only when the buffer is
    full, so that a server which drips could not be noticed.
    """

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._body_begun = False
        self._reader = _Reader(self.fp.detach())
        self.fp = io.BufferedReader(self._reader)
        self._reader.limit()

    _read_head = with_plain_fields(http.client.HTTPResponse.begin)

    def begin(self, **limits: Any) -> None:
        try:
            self._read_head(**limits)
        finally:
            self._reader.unlimit()

    def _read_status(self) -> tuple[str, int, str]:
        """The status line of the answer itself: http.client passes over a 100 only."""
        for _ in range(MOST_INTERIM):
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if not 100 <= found[1] < 200 or found[1] == http.client.SWITCHING_PROTOCOLS:
                return found
            read_lines(self.fp)
        raise http.client.HTTPException(texts.INTERIM_WITHOUT_END)

    def read1(self, n: int = -1, /) -> bytes:
        if not self.chunked or self.fp is None:
            return super().read1(n)
        with self._reader.limited():
            return super().read1(n)

    def readinto1(self, buffer: Any, /) -> int:
        if self.fp is None:
            return 0
        if self.chunked:
            return super().readinto1(buffer)  # which calls read1
        view = memoryview(buffer)
        if self.length is not None and len(view) > self.length:
            view = view[: self.length]
        if not self._body_begun:
            # what came with the head is in the reader's buffer; asked for more than fits there,
            # it would wait for the socket first, and lose these bytes if nothing comes
            self._body_begun = True
            view = view[: io.DEFAULT_BUFFER_SIZE]
        count = self.fp.readinto1(view)
        if count == 0 and len(view) > 0:
            self.close()
        elif self.length is not None:
            self.length -= count
            if self.length == 0:
                self.close()
        return count
