"""HTTP/1.1 as the harness sees it: a request head read from a socket, an answer to write."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import unquote

BLOCK_BYTES = 256 * 1024
_MAX_HEAD = 256 * 1024
_BODYLESS = (204, 304)


class MalformedError(Exception):
    """What came is not an HTTP/1.1 request."""


@dataclass(frozen=True, slots=True)
class Head:
    """A request. `target` is raw (path and query as sent), `path` is decoded."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    @property
    def path(self) -> str:
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def get(self, name: str) -> str | None:
        return find(self.headers, name)

    def without(self, *names: str) -> Head:
        gone = {name.lower() for name in names}
        return replace(self, headers=tuple(h for h in self.headers if h[0].lower() not in gone))


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. `length` is the number of bytes `body` yields, None if nobody knows.

    Status 0 has no head on the wire at all; `delay` are seconds before the head is sent.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: Iterable[bytes] = ()
    length: int | None = 0
    delay: float = 0.0

    def get(self, name: str) -> str | None:
        return find(self.headers, name)

    def without(self, *names: str) -> Answer:
        gone = {name.lower() for name in names}
        return replace(self, headers=tuple(h for h in self.headers if h[0].lower() not in gone))

    def with_headers(self, headers: Mapping[str, str]) -> Answer:
        return replace(
            self.without(*headers), headers=(*self.without(*headers).headers, *headers.items())
        )

    def with_body(self, body: Iterable[bytes], length: int | None) -> Answer:
        """Another body; what the headers promise stays as it is."""
        return replace(self, body=body, length=length)

    @property
    def promised(self) -> int | None:
        value = self.get("Content-Length")
        return int(value) if value is not None and value.isdecimal() else None

    @property
    def first_byte(self) -> int:
        """Where in the file the body begins."""
        value = self.get("Content-Range") or ""
        start = value.removeprefix("bytes ").partition("-")[0]
        return int(start) if self.status == 206 and start.isdecimal() else 0


def answer(status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
    """A small answer with an honest Content-Length."""
    all_headers = {"Content-Length": str(len(body)), "Date": formatdate(usegmt=True)}
    return Answer(status, tuple((all_headers | dict(headers or {})).items()), (body,), len(body))


def find(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name.lower()), None)


def start_bytes(answered: Answer) -> bytes:
    """Status line and headers; nothing for status 0."""
    if answered.status == 0:
        return b""
    try:
        phrase = HTTPStatus(answered.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {answered.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in answered.headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def has_body(head: Head, answered: Answer) -> bool:
    return answered.status == 0 or (
        head.method != "HEAD" and answered.status not in _BODYLESS and answered.status >= 200
    )


@dataclass
class Reader:
    """Reads one request after the other from a connection."""

    connection: socket.socket
    _rest: bytes = field(default=b"", init=False)

    def read(self) -> Head | None:
        """The next request, None if the client closed. Raises OSError and MalformedError."""
        while b"\r\n\r\n" not in self._rest:
            block = self.connection.recv(65536)
            if not block:
                return None
            self._rest += block
            if len(self._rest) > _MAX_HEAD:
                raise MalformedError
        raw, _, self._rest = self._rest.partition(b"\r\n\r\n")
        first, *lines = raw.decode("latin-1").split("\r\n")
        parts = first.split(" ")
        if len(parts) != 3:
            raise MalformedError
        headers = tuple((name, value.strip()) for name, _, value in map(_split, lines))
        length = find(headers, "Content-Length") or "0"
        if not length.isdecimal():
            raise MalformedError
        if find(headers, "Expect"):
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return Head(parts[0], parts[1], headers, self._read_body(int(length)))

    def _read_body(self, length: int) -> bytes:
        while len(self._rest) < length:
            block = self.connection.recv(65536)
            if not block:
                raise MalformedError
            self._rest += block
        body, self._rest = self._rest[:length], self._rest[length:]
        return body


def _split(line: str) -> tuple[str, str, str]:
    return line.partition(":")


def sliced(body: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in blocks of at most `size`."""
    for block in body:
        if len(block) <= size:
            yield block
        else:
            view = memoryview(block)
            for at in range(0, len(block), size):
                yield bytes(view[at : at + size])


def taken(body: Iterable[bytes], count: int) -> Iterator[bytes]:
    """The first `count` bytes."""
    left = count
    for block in body:
        if len(block) >= left:
            yield block[:left]
            return
        left -= len(block)
        yield block
