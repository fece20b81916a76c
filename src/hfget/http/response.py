"""http.client's answers, its private parts included: their fields, bodies and time limits.

Fields are read without the parser for mail that http.client uses: it takes a tenth of the time
of a small file. What is not one plain field a line is left to it: what a field is must not depend
on who reads it. Every answer's head, and every chunk of a chunked body, has a time by which it
must be there.
"""

from __future__ import annotations

import email.parser
import http.client
import io
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FunctionType
from typing import Any, TypeVar

from hfget.limits import TURNS
from hfget.messages import http_texts as texts

T = TypeVar("T")

#: A hundred lines, where http.client ends, are not enough behind proxies that each add theirs.
MAX_HEAD_LINES, MAX_HEAD_BYTES = 2000, 256 << 10
#: So many answers like 102 (processing) and 103 (early hints) may come before the answer itself.
MOST_INTERIM = 64
_LARGEST_CHUNK = 1 << 62
#: The value begins with what is not a blank, so that blanks can be read in one way only.
_FIELD = re.compile(r"([!-9;-~]+):[ \t]*([^ \t\r\n][^\r\n]*|)\r?\n")


class Fields(http.client.HTTPMessage):
    """Header fields whose values are text as it came (ISO 8859-1, RFC 9110, section 5.5)."""

    def items(self) -> list[tuple[str, str]]:
        return list(self.raw_items())

    def get(self, name: str, failobj: Any = None) -> Any:
        wanted = name.lower()
        for field, value in self.raw_items():
            if field.lower() == wanted:
                return value
        return failobj


def parse_fields(lines: list[bytes]) -> http.client.HTTPMessage:
    """The fields in `lines`, the last of which is the empty one that ends a head."""
    fields = Fields()
    for line in lines[:-1]:
        plain = _FIELD.fullmatch(line.decode("iso-8859-1"))
        if plain is None:
            return _parsed_as_mail(lines)
        fields.set_raw(plain[1], plain[2])
    return fields


def with_names(function: Callable[..., T], **names: Any) -> Callable[..., T]:
    """A library's function, whatever its version does, with these names of its module replaced."""
    assert isinstance(function, FunctionType)
    copy = FunctionType(
        function.__code__,
        {**function.__globals__, **names},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def read_lines(fp: Any) -> list[bytes]:
    """The lines of a head up to the empty one that ends it.

    Raises http.client.HTTPException for a head that does not end within MAX_HEAD_LINES and
    MAX_HEAD_BYTES.
    """
    lines: list[bytes] = []
    left = MAX_HEAD_BYTES
    while len(lines) <= MAX_HEAD_LINES:
        line: bytes = fp.readline(left + 1)
        left -= len(line)
        if left < 0:
            break
        lines.append(line)
        if line in (b"\r\n", b"\n", b""):
            return lines
    raise http.client.HTTPException(texts.HEAD_WITHOUT_END)


def _parse_headers(fp: Any, *args: Any, **limits: Any) -> http.client.HTTPMessage:
    return parse_fields(read_lines(fp))


def _parsed_as_mail(lines: list[bytes]) -> http.client.HTTPMessage:
    parser = email.parser.Parser(_class=http.client.HTTPMessage)
    return parser.parsestr(b"".join(lines).decode("iso-8859-1"))


class Reader(io.RawIOBase):
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
        self._reader = Reader(self.fp.detach())
        self.fp = io.BufferedReader(self._reader)
        self._reader.limit()

    _read_head = with_names(http.client.HTTPResponse.begin, parse_headers=_parse_headers)

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

    def _read_next_chunk_size(self) -> int:
        """http.client takes a sign, and any number. Raises ValueError."""
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]
        if not 0 <= size < _LARGEST_CHUNK:
            raise ValueError(size)
        return size

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

    @property
    def sock(self) -> socket.socket | None:
        """What the body comes from; None once it has been read to its end."""
        found: socket.socket | None = getattr(getattr(self.fp, "raw", None), "_sock", None)
        return found
