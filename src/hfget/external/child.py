"""A program whose standard output is an answer of a server, as a response like any other."""

from __future__ import annotations

import http.client
import io
import logging
import os
import select
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

from hfget.errors import DiskError, HfgetError
from hfget.external.exit_codes import failure_of
from hfget.external.programs import environment
from hfget.http import Response, Transient
from hfget.messages import advice
from hfget.messages import external_texts as texts
from hfget.system import os_reason, safe_url

_log = logging.getLogger("hfget")

#: Seconds that a program may take to end once its answer has been read, or it was told to.
_END_SECONDS = 0.5
#: What is kept of what a program says.
_MOST_WORDS = 512 << 10
_POLL_SECONDS = 0.02


class Child:
    """A running program. `sock` is our end of its standard output; no other process has that.

    When this process dies, so does the program: it has nowhere to write to. `secret` is written
    to a nameless file, which `{secret}` in its arguments stands for.
    """

    def __init__(
        self, tool: str, program: str, arguments: Sequence[str], stdin: str, secret: str = ""
    ) -> None:
        """Raises DiskError where the system cannot start it."""
        self.tool = tool
        self._words = b""
        self.sock, theirs = socket.socketpair()
        try:
            with theirs, tempfile.TemporaryFile() as kept:
                kept.write(secret.encode())
                kept.seek(0)
                fd = kept.fileno()
                self._process = subprocess.Popen(
                    [program, *(word.replace("{secret}", f"/dev/fd/{fd}") for word in arguments)],
                    stdin=subprocess.PIPE,
                    stdout=theirs.fileno(),
                    stderr=subprocess.PIPE,
                    pass_fds=[fd] if secret else [],
                    env=environment(),
                    start_new_session=True,  # Ctrl-C is for hfget, which ends it
                )
        except OSError as error:
            self.sock.close()
            raise DiskError(
                texts.CANNOT_START(tool=tool, reason=os_reason(error)),
                hint=advice.LEAVE_TOOL_OUT(option=f"--tool {tool}"),
            ) from error
        assert self._process.stdin is not None and self._process.stderr is not None
        self._stderr = self._process.stderr
        os.set_blocking(self._stderr.fileno(), False)
        with suppress(OSError), self._process.stdin as pipe:
            pipe.write(stdin.encode())

    def words(self) -> bytes:
        """What it has said so far on standard error."""
        with suppress(OSError, ValueError):
            while len(self._words) < _MOST_WORDS:
                piece = os.read(self._stderr.fileno(), 4096)
                if not piece:
                    break
                self._words += piece
        return self._words

    def until_body(self) -> bool:
        """Wait for the first byte of its output; false if that ends before. Raises TimeoutError."""
        deadline = time.monotonic() + (self.sock.gettimeout() or 0.0)
        while (left := deadline - time.monotonic()) > 0:
            ready = select.select([self.sock.fileno(), self._stderr.fileno()], [], [], left)[0]
            if self.sock.fileno() in ready:
                return bool(self.sock.recv(1, socket.MSG_PEEK))
            before = len(self._words)
            if ready and len(self.words()) == before:
                time.sleep(_POLL_SECONDS)  # it has nothing more to say
        raise TimeoutError

    def wait(self) -> int:
        """Its exit code; it is ended if it does not end by itself."""
        try:
            return self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def close(self) -> None:
        """End it. Idempotent."""
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()
        self._stderr.close()
        self.sock.close()


class ChildResponse(Response):
    """An answer that comes through a program; why it broke off, the exit code says."""

    def __init__(self, child: Child, url: str) -> None:
        super().__init__(child.sock)
        self.child = child
        self._url = url

    def begin_with(self, head: bytes) -> None:
        """Read `head` in place of what comes first: the rest is the body."""
        body, self.fp = self.fp, io.BufferedReader(io.BytesIO(head))
        try:
            self.begin()
        finally:
            self.fp = body

    def readinto1(self, buffer: Any, /) -> int:
        count = super().readinto1(buffer)
        if count == 0 and len(buffer):
            missing, code = self.length, self.child.wait()
            if code and missing != 0 and self.status in (200, 206):
                raise failure_of(self.child.tool, code, self._url)
        return count


class _Raw:
    """What requests has between a response and the wire."""

    def __init__(self, wire: ChildResponse) -> None:
        self._fp = wire

    def read(self, amount: int, decode_content: bool = False) -> bytes:  # noqa: FBT001 (urllib3)
        return self._fp.read(amount)

    def release_conn(self) -> None:
        self.close()

    def close(self) -> None:
        self._fp.close()
        self._fp.child.close()


def answer(
    child: Child,
    request: requests.PreparedRequest,
    timeout: float,
    begin: Callable[[ChildResponse], None],
) -> requests.Response:
    """The answer that the child brings; `begin` reads its head.

    Raises Transient and HfgetError where there is none; then the child has ended.
    """
    url = str(request.url)
    child.sock.settimeout(timeout)
    wire = ChildResponse(child, url)
    try:
        begin(wire)
    except BaseException as error:
        wire.close()
        raise _named(child, error, url) from None
    _log.debug("%s: %s gives %d", child.tool, safe_url(url), wire.status)
    response = requests.Response()
    response.status_code = wire.status
    response.reason = wire.reason
    response.headers = CaseInsensitiveDict(wire.headers.items())
    response.raw = _Raw(wire)
    response.url = url
    response.request = request
    return response


def _named(child: Child, error: BaseException, url: str) -> BaseException:
    """Why no answer came: the exit code tells, unless the time-out struck first."""
    try:
        if isinstance(error, TimeoutError):
            return Transient(texts.NO_ANSWER(tool=child.tool), url=url)
        if isinstance(error, (Transient, HfgetError)):
            return error
        if isinstance(error, (OSError, http.client.HTTPException)):
            code = child.wait()
            if code:
                return failure_of(child.tool, code, url)
            return Transient(texts.CLOSED(tool=child.tool), url=url)
        return error
    finally:
        child.close()
