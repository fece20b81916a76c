"""Connections to a TLS port before there is TLS: they keep to the limits of an `Admission`, too.

asyncio tells of a connection once its handshake is over. A client that never ends one would cost a
descriptor that is not counted; and one that speaks plain HTTP would get no answer at all.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

from hfget.server.admission import Admission, Guarded

#: The type of the record that begins a handshake (RFC 8446, section 5.1).
_HANDSHAKE = b"\x16"
_PLAIN_TEXT = b"this port speaks TLS: https://\n"
_PLAIN = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_PLAIN_TEXT), _PLAIN_TEXT)
)
#: So many are accepted at once, and so long (seconds) none where descriptors have run out.
_AT_ONCE, _PAUSE_SECONDS = 64, 0.5
_NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_LINGER_SECONDS = 1.0


class Handshake:
    """A connection of which TLS has not begun or not ended. It makes room as an idle one does."""

    is_at_work = False

    def __init__(self, connection: socket.socket, over: Callable[[Handshake], None]) -> None:
        self.connection = connection
        self.task: asyncio.Task[None] | None = None
        #: Whether it is asyncio that closes it.
        self.handed_over = False
        self.is_aborted = False
        self._over = over

    @property
    def transport(self) -> Handshake:
        return self

    def abort(self) -> None:
        """Hang up."""
        self.is_aborted = True
        self._over(self)
        if self.task is not None:
            self.task.cancel()


class TlsListener:
    """Accepts at `listener`; what has TLS is a connection that `make` makes.

    It ends as asyncio's servers do.
    """

    def __init__(
        self,
        listener: socket.socket,
        context: ssl.SSLContext,
        admission: Admission,
        make: Callable[[], Guarded],
    ) -> None:
        self._listener = listener
        self._context = context
        self._admission = admission
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None] | None] = set()
        listener.setblocking(False)
        self._loop.add_reader(listener, self._accept)

    def close(self) -> None:
        """Accept no more, and hang up what has no TLS yet."""
        if self._listener.fileno() >= 0:
            self._loop.remove_reader(self._listener)
            self._listener.close()
        for task in filter(None, self._tasks):
            task.cancel()

    async def wait_closed(self) -> None:
        """Until they have ended."""
        await asyncio.gather(*filter(None, self._tasks), return_exceptions=True)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, address = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):
                return
            except OSError as error:
                if error.errno not in _NO_DESCRIPTORS:
                    raise
                self._loop.remove_reader(self._listener)
                self._loop.call_later(_PAUSE_SECONDS, self._resume)
                return
            connection.setblocking(False)
            self._begin(connection, str(address[0]))

    def _resume(self) -> None:
        if self._listener.fileno() >= 0:
            self._loop.add_reader(self._listener, self._accept)

    def _begin(self, connection: socket.socket, client: str) -> None:
        half = Handshake(connection, self._admission.leave)
        if not self._admission.enter(half, client):
            connection.close()  # what could be said would need TLS
            return
        half.task = self._loop.create_task(self._shake_hands(half))
        self._tasks.add(half.task)
        half.task.add_done_callback(lambda task: self._ended(half))

    async def _shake_hands(self, half: Handshake) -> None:
        connection, seconds = half.connection, self._admission.head_seconds

        def made() -> Guarded:
            guarded = self._make()
            guarded.handshake = half
            return guarded

        try:
            first = await asyncio.wait_for(self._first_byte(connection), seconds)
            if half.is_aborted:  # `wait_for` before Python 3.12 may miss that
                return
            if first == _HANDSHAKE:
                half.handed_over = True
                await self._loop.connect_accepted_socket(
                    made, connection, ssl=self._context, ssl_handshake_timeout=seconds
                )
            elif first.isalpha():
                await self._say_so(connection)
        except (OSError, asyncio.TimeoutError):
            pass  # a client that goes away, or has nothing to say

    def _ended(self, half: Handshake) -> None:
        """Its task has ended, begun or not."""
        self._tasks.discard(half.task)
        self._admission.leave(half)
        if not half.handed_over:
            half.connection.close()
        elif half.is_aborted:  # asyncio leaves it open where it was about to begin with TLS
            with suppress(OSError):
                half.connection.shutdown(socket.SHUT_RDWR)

    async def _first_byte(self, connection: socket.socket) -> bytes:
        """It stays where it is. Empty if the client has closed."""
        readable: asyncio.Future[None] = self._loop.create_future()
        # a descriptor of its own: that of the connection is asyncio's from the handshake on
        watched = os.dup(connection.fileno())
        self._loop.add_reader(watched, _set, readable)
        try:
            await readable
        finally:
            self._loop.remove_reader(watched)
            os.close(watched)
        return connection.recv(1, socket.MSG_PEEK)

    async def _say_so(self, connection: socket.socket) -> None:
        await self._loop.sock_sendall(connection, _PLAIN)
        connection.shutdown(socket.SHUT_WR)
        # what the client has sent is read: closed with it unread, the answer would be lost
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._drain(connection), _LINGER_SECONDS)

    async def _drain(self, connection: socket.socket) -> None:
        while await self._loop.sock_recv(connection, 1 << 16):
            pass


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
