"""Who may hold a connection, and for how long without a whole request.

A client that sends half a request, or takes nothing of its answer, costs a descriptor and a place.
When places run out, the connection that has waited longest without a request makes room; only
where all are at work is a new one turned away.
"""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Protocol

from uvicorn.protocols.http.h11_impl import H11Protocol

_FULL_TEXT = b"all connections are in use"
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nRetry-After: 5\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(_FULL_TEXT), _FULL_TEXT)
)


class Holder(Protocol):
    """What has a place: a connection, or the handshake before it.

    One that is not at work may have its `transport` aborted, to make room.
    """

    @property
    def is_at_work(self) -> bool: ...

    @property
    def transport(self) -> Any: ...


@dataclass(slots=True)
class Admission:
    """The connections of one server: at most `most` in all and `most_each` from one address.

    The head of a request must come within `head_seconds` of its first byte (or of the
    connection's begin), and a client must take something of its answer every `stall_seconds`.
    """

    most: int
    most_each: int
    head_seconds: float
    stall_seconds: float = 300.0
    _all: OrderedDict[Holder, str] = field(default_factory=OrderedDict)
    _each: dict[str, int] = field(default_factory=dict)

    def enter(self, connection: Holder, client: str) -> bool:
        """Give `connection` a place, at the cost of an idle one if need be."""
        if self._each.get(client, 0) >= self.most_each and not self._make_room(client):
            return False
        if len(self._all) >= self.most and not self._make_room(None):
            return False
        self._all[connection] = client
        self._each[client] = self._each.get(client, 0) + 1
        return True

    def leave(self, connection: Holder) -> None:
        client = self._all.pop(connection, None)
        if client is not None:
            self._each[client] -= 1
            if not self._each[client]:
                del self._each[client]

    def touched(self, connection: Holder) -> None:
        """A request of this connection was answered: it is the last to make room."""
        if connection in self._all:
            self._all.move_to_end(connection)

    def connections(self) -> dict[str, int]:
        """By address how many connections there are."""
        return dict(self._each)

    def _make_room(self, client: str | None) -> bool:
        for connection, owner in self._all.items():
            if client in (None, owner) and not connection.is_at_work:
                self.leave(connection)
                connection.transport.abort()
                return True
        return False


class Guarded(H11Protocol):
    """A connection of uvicorn's that keeps to the limits of an `Admission`."""

    admission: Admission
    #: What had its place so far.
    handshake: Holder | None = None

    _head: asyncio.TimerHandle | None = None
    _stall: asyncio.TimerHandle | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether a whole request came, and its answer is not finished."""
        cycle = self.cycle
        return cycle is not None and not cycle.response_complete and not cycle.more_body

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        # asyncio leaves this to us for sockets made without a protocol number: without it the
        # body of a small answer waits for the client's delayed acknowledgment of the head
        if (connection := transport.get_extra_info("socket")) is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.handshake is not None:
            self.admission.leave(self.handshake)
        if not self.admission.enter(self, self.client[0] if self.client else ""):
            transport.write(_FULL)
            transport.close()
            return
        self._await_head()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        before = self.cycle
        if self._head is None and (before is None or before.response_complete):
            self._await_head()
        super().data_received(data)
        self._look(before)

    def on_response_complete(self) -> None:
        self.admission.touched(self)
        before = self.cycle
        super().on_response_complete()
        self._look(before)

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        self._took_some()
        self.admission.leave(self)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._took_some()
        self._stall = self.loop.call_later(self.admission.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        self._took_some()
        super().resume_writing()

    def _look(self, before: object) -> None:
        if self.cycle is not before:  # the head of a request came
            self._head_came()

    def _await_head(self) -> None:
        self._head = self.loop.call_later(self.admission.head_seconds, self.transport.abort)

    def _head_came(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _took_some(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
