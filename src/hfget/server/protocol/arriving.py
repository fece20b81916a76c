"""A file, or a range of it, sent to a client while it comes from upstream.

What is on the disk is sent at once, the rest as it comes. It is not verified by then; so an answer
that makes a file complete at the client keeps back its last byte until that is, and breaks off if
what was sent turns out to be wrong.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hfget.errors import HfgetError, UnreachableError
from hfget.messages import server_texts as texts
from hfget.server.protocol.body import BLOCK_BYTES, disconnected, read_at
from hfget.server.protocol.ranges import ByteRange

if TYPE_CHECKING:
    from hfget.operations import Pull

_POLL_SECONDS = 0.01
#: Polls without a byte, until a connection is called to where this client reads.
_PATIENCE = 20


class WrongBytesError(OSError):
    """What was sent is not the content of the file, or the rest of it does not come."""


class ArrivingAnswer(Response):
    """Answers a GET with `span` (not empty) of a file that `pull` brings.

    It answers a request for a range where `headers` has a Content-Range. With `completes`, the
    last byte waits for the verification. `refused` makes an answer of the error if there is one
    before the first byte, or if that does not come in `patience` seconds.
    """

    def __init__(
        self,
        pull: Pull,
        span: ByteRange,
        headers: Mapping[str, str],
        *,
        completes: bool,
        patience: float,
        refused: Callable[[HfgetError], Response],
    ) -> None:
        super().__init__(status_code=206 if "Content-Range" in headers else 200, headers=headers)
        self.headers["content-length"] = str(span.length)
        self._pull = pull
        self._span = span
        self._completes = completes
        self._polls = int(patience / _POLL_SECONDS)
        self._refused = refused
        self._handle: int | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn drops what is sent after a disconnect without a word
        gone = asyncio.create_task(disconnected(receive))
        try:
            await self._answer(scope, receive, send, gone)
        finally:
            gone.cancel()
            self._pull.leave(self)
            if self._handle is not None:
                os.close(self._handle)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, gone: asyncio.Task[None]
    ) -> None:
        at, stop = self._span.start, self._span.stop
        restarts = self._pull.restarts
        while at < stop:
            upto = await self._await_bytes(at, gone)
            if gone.done():
                return
            if self._pull.restarts != restarts:
                if at > self._span.start:
                    raise WrongBytesError(texts.SENT_UNVERIFIED)
                restarts = self._pull.restarts
                continue
            if upto == at:
                if at > self._span.start:
                    raise WrongBytesError(texts.REST_MISSING)
                error = self._pull.error or UnreachableError(texts.NO_BYTE_YET)
                await self._refused(error)(scope, receive, send)
                return
            block = await self._read(at, min(upto - at, BLOCK_BYTES))
            if at == self._span.start:
                start = {"status": self.status_code, "headers": self.raw_headers}
                await send({"type": "http.response.start", **start})
            at += len(block)
            await send({"type": "http.response.body", "body": block, "more_body": at < stop})

    async def _await_bytes(self, at: int, gone: asyncio.Task[None]) -> int:
        """How far there are bytes to be sent from `at` on; `at` itself if none will come."""
        polls = 0
        self._pull.read_from(self, at)
        while not gone.done():
            ended = self._pull.ended.is_set()
            upto = min(self._pull.reach(at), self._span.stop)
            if self._completes and upto == self._span.stop and not self._pull.place:
                upto -= 1
            if upto > at or ended:
                return upto if self._pull.error is None else at
            polls += 1
            if at == self._span.start and polls > self._polls:
                return at
            if polls % _PATIENCE == 0:
                self._pull.read_from(self, at)
                self._pull.call_for(at)
            await asyncio.sleep(_POLL_SECONDS)
        return at

    async def _read(self, at: int, length: int) -> bytes:
        if self._handle is None:
            self._handle = await anyio.to_thread.run_sync(self._pull.open)
        block = await anyio.to_thread.run_sync(read_at, self._handle, length, at)
        if not block:
            raise WrongBytesError("the file became shorter while it was sent")
        return block
