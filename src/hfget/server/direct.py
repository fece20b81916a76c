"""A connection that answers plain requests itself, and leaves all others to uvicorn."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import h11

from hfget.server.admission import Guarded
from hfget.server.protocol import sendfile
from hfget.server.shortcuts import PlainRequest, Ready, Shortcuts

_DRAIN_SECONDS = 0.005


class Direct(Guarded):
    """Takes a shortcut where one is known, as long as nothing else is under way."""

    shortcuts: Shortcuts
    _task: asyncio.Task[None] | None = None
    _idle: asyncio.TimerHandle | None = None
    _answered_at = 0.0
    #: Whether uvicorn's parser is where it was before the first request.
    _is_at_rest = False

    @property
    def is_at_work(self) -> bool:
        return self._task is not None or super().is_at_work

    def data_received(self, data: bytes) -> None:
        if not self._is_idle():
            self._receive(data)
            return
        again = self.shortcuts.again(data, self.server_state.default_headers)
        if again is not None:
            self._begin()
            self.transport.write(again)
            self._await_next()
            return
        if data.startswith(b"\r\n"):  # what some clients send behind a body (RFC 9112, 2.2)
            data = data.lstrip(b"\r\n")
        asked = self.shortcuts.read(data)
        if asked is not None and self._answers(asked):
            return
        if asked is None or not self.shortcuts.is_unknown(asked):
            self._receive(data)
            return
        self._head_came()
        self._unset_keepalive_if_required()
        self.flow.pause_reading()
        self._task = self.loop.create_task(self._look_up(asked, data))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._idle is not None:
            self._idle.cancel()
        super().connection_lost(exc)

    def _receive(self, data: bytes) -> None:
        """Leave it to uvicorn."""
        self._is_at_rest = False
        super().data_received(data)

    def _is_idle(self) -> bool:
        if not self._is_at_rest:
            conn: Any = self.conn
            self._is_at_rest = (
                conn.our_state is h11.IDLE
                and conn.their_state is h11.IDLE
                and conn.trailing_data == (b"", False)
            )
        return (
            self._is_at_rest
            and self._task is None
            and not self.transport.is_closing()
            and not self.transport.get_write_buffer_size()
        )

    def _answers(self, asked: PlainRequest) -> bool:
        may_send = sendfile.IS_THERE and self.scheme == "http"
        ready = self.shortcuts.answer(asked, self.server_state.default_headers, may_send=may_send)
        if ready is None:
            return False
        self._give(ready)
        return True

    async def _look_up(self, asked: PlainRequest, data: bytes) -> None:
        await self.shortcuts.find_out(asked)
        self._task = None
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if not self._answers(asked):
            self._receive(data)

    def _begin(self) -> None:
        """A request came, and is answered here."""
        self._head_came()
        self._unset_keepalive_if_required()
        self.admission.touched(self)
        self.server_state.total_requests += 1

    def _give(self, ready: Ready) -> None:
        self._begin()
        self.transport.write(ready.head + ready.body)
        if ready.handle is None:
            self._await_next()
            return
        self.flow.pause_reading()
        self._task = self.loop.create_task(self._send(ready))

    async def _send(self, ready: Ready) -> None:
        assert ready.handle is not None and ready.span is not None
        try:
            while self.transport.get_write_buffer_size():
                await asyncio.sleep(_DRAIN_SECONDS)
            await sendfile.send_file(
                self.transport, ready.handle, ready.span, self.admission.stall_seconds
            )
        except (OSError, TimeoutError, asyncio.TimeoutError):
            self.transport.abort()
        finally:
            os.close(ready.handle)
            self._task = None
        if not self.transport.is_closing():
            self.admission.touched(self)
            self._await_next()
            self.flow.resume_reading()

    def _await_next(self) -> None:
        """Hang up if no request comes for long: one timer for many answers."""
        self._answered_at = self.loop.time()
        if self._idle is None:
            self._idle = self.loop.call_later(self.timeout_keep_alive, self._look_idle)

    def _look_idle(self) -> None:
        self._idle = None
        left = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if self._is_idle() and left <= 0:
            self.transport.close()
        elif not self.transport.is_closing():
            self._idle = self.loop.call_later(max(left, 1.0), self._look_idle)
