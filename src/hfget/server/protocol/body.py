"""A file, or ranges of it, streamed to the client in bounded memory."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Mapping, Sequence

import anyio.to_thread
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hfget.server.protocol.ranges import ByteRange

BLOCK_BYTES = 1 << 20
_NOT_SO = (errno.EAGAIN, errno.EOPNOTSUPP, errno.EINVAL)


class FileAnswer(Response):
    """Answers a GET with `pieces` in turn, bytes and spans (not empty) of an open file; closes it.

    A file that shrinks meanwhile breaks the connection: the client must see that the body
    is short. Reads run in threads, since a cold disk would block every other connection.
    """

    def __init__(
        self,
        handle: int,
        pieces: Sequence[bytes | ByteRange],
        status: int,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(status_code=status, headers=dict(headers))
        self._handle = handle
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            await self._stream(receive, send)
        finally:
            os.close(self._handle)

    async def _stream(self, receive: Receive, send: Send) -> None:
        # uvicorn drops what is sent after a disconnect without a word
        gone = asyncio.create_task(disconnected(receive))
        try:
            for piece in self._pieces:
                if isinstance(piece, bytes):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                    continue
                at = piece.start
                while at < piece.stop:
                    if gone.done():
                        return
                    length = min(BLOCK_BYTES, piece.stop - at)
                    block = await anyio.to_thread.run_sync(read_at, self._handle, length, at)
                    if not block:
                        raise OSError("the file became shorter while it was sent")
                    at += len(block)
                    await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()


async def disconnected(receive: Receive) -> None:
    """Return when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


def read_at(handle: int, length: int, at: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(handle, length, at)
    os.lseek(handle, at, os.SEEK_SET)
    return os.read(handle, length)


def read_if_in_memory(handle: int, span: ByteRange) -> bytes | None:
    """The content, None if the disk would have to be waited for, or that cannot be told."""
    if not hasattr(os, "RWF_NOWAIT"):
        return None
    buffer = bytearray(span.length)
    try:
        count = os.preadv(handle, [buffer], span.start, os.RWF_NOWAIT)
    except OSError as error:
        if error.errno in _NOT_SO:
            return None
        raise
    return bytes(buffer) if count == span.length else None
