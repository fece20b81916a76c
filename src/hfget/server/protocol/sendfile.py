"""A file sent by the system itself, from the disk into the socket: sendfile(2).

It runs in threads, since a cold disk would block every other connection; a client that is slow is
waited for in the event loop, where it costs nothing.
"""

from __future__ import annotations

import asyncio
import os
import select
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hfget.server.protocol.ranges import ByteRange

IS_THERE = hasattr(os, "sendfile") and hasattr(select, "poll")
_THREADS = 16
_AT_ONCE = 4 << 20
#: So long a thread stays with a client, and waits for it to take more, in seconds.
_TURN_SECONDS, _WAIT_MILLISECONDS = 0.25, 20

_threads = ThreadPoolExecutor(_THREADS, "hfget-send")


async def send_file(
    transport: asyncio.Transport, handle: int, span: ByteRange, stall_seconds: float
) -> None:
    """Send `span` of an open file to the socket of `transport`, whose buffer is empty.

    Raises OSError if the client is gone or the file has become shorter, TimeoutError if the client
    takes nothing for `stall_seconds`.
    """
    loop = asyncio.get_running_loop()
    # of its own: that of the transport may be closed, and its number be another's, at any moment
    out = os.dup(transport.get_extra_info("socket").fileno())
    turn: asyncio.Future[int] | None = None
    try:
        at = span.start
        while at < span.stop:
            turn = loop.run_in_executor(_threads, _send_some, out, handle, at, span.stop)
            before, at = at, await asyncio.shield(turn)
            if at == before:
                await asyncio.wait_for(_writable(loop, out), stall_seconds)
    finally:
        if turn is not None and not turn.done():  # its thread still has the descriptors
            await asyncio.wait([turn])
        os.close(out)


def _send_some(out: int, handle: int, at: int, stop: int) -> int:
    """Send until it is another one's turn, or the client takes no more; how far."""
    until = time.monotonic() + _TURN_SECONDS
    waiting: Any = None
    while at < stop and time.monotonic() < until:
        try:
            count = os.sendfile(out, handle, at, min(stop - at, _AT_ONCE))
        except BlockingIOError:
            if waiting is None:
                waiting = select.poll()
                waiting.register(out, select.POLLOUT)
            if not waiting.poll(_WAIT_MILLISECONDS):
                return at
            continue
        if count == 0:
            raise OSError("the file became shorter while it was sent")
        at += count
    return at


async def _writable(loop: asyncio.AbstractEventLoop, out: int) -> None:
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_writer(out, _settle, ready)
    try:
        await ready
    finally:
        loop.remove_writer(out)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
