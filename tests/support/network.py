"""What tests of the network share: addresses that do not answer, threads that wait, bodies."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import requests

from tests.support.loopback import BOUND

#: A wait that would outlast its test, in seconds.
LONG = 30 * BOUND

_MOST_QUEUED = 64


@contextmanager
def silent_port(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port at which connecting never ends: the kernel drops what does not fit in the queue."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(family))
        listener.bind((host, port))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(_MOST_QUEUED):
            filler = stack.enter_context(socket.socket(family))
            filler.settimeout(0.05)
            try:
                filler.connect(address)
            except TimeoutError:
                yield address[1]
                return
    raise RuntimeError("this system takes every connection")


#: Bound and never listening: else another test's server might get the port.
_closed: list[socket.socket] = []


def closed_port() -> int:
    """A port at which nobody listens, as long as this process lives."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    _closed.append(holder)
    return int(holder.getsockname()[1])


@contextmanager
def answering_once(answer: bytes) -> Iterator[int]:
    """A port at which the first bytes that come, whatever they are, are answered so."""

    def serve() -> None:
        conn, _ = listener.accept()
        with conn:
            conn.settimeout(BOUND)
            conn.recv(1 << 16)
            conn.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(BOUND)
        thread = threading.Thread(target=serve)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join(BOUND)


def then_silent(before: bytes) -> Callable[[socket.socket], None]:
    """Say `before`, and nothing more as long as the client waits."""

    def reply(conn: socket.socket) -> None:
        conn.sendall(before)
        conn.recv(1)

    return reply


class Waiter(threading.Thread):
    """Does `work`, which should not end by itself, and keeps the exception that ended it."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.error = error


def wire_of(response: requests.Response) -> Any:
    return response.raw._fp


def read(response: requests.Response, most: int = 1 << 16) -> bytes:
    """The body, by reads of at most so many bytes."""
    wire = wire_of(response)
    buffer, body = memoryview(bytearray(most)), b""
    while count := wire.readinto1(buffer):
        body += buffer[:count]
    return body
