"""What several unit tests share: a scripted loopback server, child processes, made-up files."""

from __future__ import annotations

import hashlib
import secrets
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedReader
from typing import Literal, TypeAlias

from hfget.model import RemoteFile, RepoRef, Snapshot

#: No wait of any test is longer than this, in seconds.
BOUND = 20.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: the target as sent, header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    connection: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; `framing` says how its end is marked."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    framing: Literal["length", "chunked", "close"] = "length"

    def wire(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} X", *(f"{k}: {v}" for k, v in self.headers.items())]
        body = self.body
        if self.framing == "length":
            lines.append(f"Content-Length: {len(body)}")
        elif self.framing == "chunked":
            lines.append("Transfer-Encoding: chunked")
            size = max(7, len(body) // 1000)
            pieces = [body[i : i + size] for i in range(0, len(body), size)]
            body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
        else:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


#: An answer, or a function that does what it likes to the socket, which is closed afterwards.
Reply: TypeAlias = "Answer | Callable[[socket.socket], None]"


def raw(data: bytes) -> Callable[[socket.socket], None]:
    """Send these bytes and close."""
    return lambda conn: conn.sendall(data)


def hang_up(conn: socket.socket) -> None:
    """Close without a word."""


def reset(conn: socket.socket) -> None:
    """Close with RST."""
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Loopback:
    """An HTTP server on a loopback port that answers what `answer` says; counts connections."""

    def __init__(
        self, answer: Callable[[Asked], Reply], *, tls: ssl.SSLContext | None = None
    ) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self._answer = answer
        self._tls = tls
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Loopback:
        self._threads[0].start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        with suppress(OSError):  # wakes who accepts, where the system has it so
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(BOUND)
        self._listener.close()
        for conn in self._open:
            with suppress(OSError):
                socket.socket.shutdown(conn, socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(BOUND)

    @property
    def targets(self) -> list[str]:
        return [asked.target for asked in self.asked]

    def _accept(self) -> None:
        while not self._closing.is_set():
            with suppress(OSError):
                conn, _ = self._listener.accept()
                self.connections += 1
                self._open.append(conn)
                thread = threading.Thread(target=self._serve, args=(conn, self.connections))
                self._threads.append(thread)
                thread.start()

    def _serve(self, conn: socket.socket, number: int) -> None:
        conn.settimeout(BOUND)
        with conn, suppress(OSError):
            if self._tls is not None:
                conn = self._tls.wrap_socket(conn, server_side=True)
                self._open.append(conn)  # what was accepted has given its descriptor away
            with conn, conn.makefile("rb") as reader:
                while (asked := _read_request(reader, number)) is not None:
                    self.asked.append(asked)
                    reply = self._answer(asked)
                    if not isinstance(reply, Answer):
                        reply(conn)
                        return
                    conn.sendall(reply.wire())
                    if reply.framing == "close":
                        return


def _read_request(reader: BufferedReader, number: int) -> Asked | None:
    first = reader.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    while line := reader.readline().decode("latin-1").rstrip("\r\n"):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Asked(first[0], first[1], headers, number)


@contextmanager
def child(script: str, *args: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process that has printed a first line; killed and reaped in the end.

    The script should end with `sys.stdin.read()`, so that it dies with its parent.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", script, *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait(BOUND)
        process.stdin.close()
        process.stdout.close()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def git_sha1(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def made_up_token() -> str:
    return "t" + secrets.token_hex(16)


def lfs_file(path: str, data: bytes) -> RemoteFile:
    return RemoteFile(path, len(data), git_sha1(path.encode()), sha256(data))


def small_file(path: str, data: bytes) -> RemoteFile:
    return RemoteFile(path, len(data), git_sha1(data))


def snapshot_of(*files: RemoteFile, commit: str = "c" * 40) -> Snapshot:
    return Snapshot(RepoRef("org/name"), "https://hub.test", commit, files)
