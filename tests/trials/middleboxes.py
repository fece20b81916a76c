"""What stands between hfget and the hub: TLS with a private CA, proxies, silent hosts."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

_BLOCK = 1 << 16
_SECONDS = 60.0


class Front:
    """Listens on 127.0.0.1 until `stack` ends; each connection gets a thread of its own.

    `heads` are the first bytes of each connection, after TLS. The first `breaks` connections
    that carry `most` bytes to the client end there; `broken` counts them, `carried` all bytes
    that went to clients.
    """

    broken = 0
    carried = 0

    def __init__(self, stack: ExitStack, breaks: int = 0, most: int = 0) -> None:
        self._breaks = breaks
        self._most = most
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._open: set[socket.socket] = set()
        self.heads: list[bytes] = []
        self.port: int = self._listener.getsockname()[1]
        stack.callback(self._stop)
        threading.Thread(target=self._accept, daemon=True).start()

    def serve(self, client: socket.socket) -> None:
        """One connection."""
        raise NotImplementedError

    def relay(self, client: socket.socket, host: str, port: int, first: bytes) -> None:
        """Both ways; an answer that is broken off ends without a goodbye, as of TLS."""
        with socket.create_connection((host, port), timeout=_SECONDS) as server:
            server.sendall(first)
            threading.Thread(target=_pump, args=(client, server), daemon=True).start()
            count = 0
            for block in _blocks(server):
                client.sendall(block)
                count += len(block)
                if self._breaks_off(len(block), count):
                    break
            with suppress(OSError):
                socket.socket.shutdown(client, socket.SHUT_RDWR)  # no close_notify

    def _breaks_off(self, more: int, count: int) -> bool:
        with self._lock:
            self.carried += more
            due = self.broken < self._breaks and count >= self._most
            self.broken += due
            return due

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.settimeout(_SECONDS)
            self._open.add(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, ValueError):
            self.serve(client)
        with suppress(OSError):
            client.close()

    def _stop(self) -> None:
        for sock in (self._listener, *self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                sock.close()


def _blocks(source: socket.socket) -> Iterator[bytes]:
    """What comes until the source ends or breaks."""
    with suppress(OSError):
        while block := source.recv(_BLOCK):
            yield block


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        for block in _blocks(source):
            target.sendall(block)


class TlsFront(Front):
    """TLS before a plain origin."""

    def __init__(
        self, stack: ExitStack, context: ssl.SSLContext, target: str, breaks: int = 0, most: int = 0
    ) -> None:
        self._context = context
        self._target = urlsplit(target)
        super().__init__(stack, breaks, most)
        self.url = f"https://127.0.0.1:{self.port}"

    def serve(self, client: socket.socket) -> None:
        secure = self._context.wrap_socket(client, server_side=True, suppress_ragged_eofs=True)
        first = secure.recv(_BLOCK)
        self.heads.append(first)
        self.relay(secure, str(self._target.hostname), self._target.port or 80, first)


class Proxy(Front):
    """An HTTP proxy. With `status` it refuses.

    A plain-http request comes with an absolute URL, for https with CONNECT.
    """

    def __init__(
        self, stack: ExitStack, status: int | None = None, breaks: int = 0, most: int = 0
    ) -> None:
        self._status = status
        super().__init__(stack, breaks, most)
        self.address = f"127.0.0.1:{self.port}"

    def serve(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            block = client.recv(_BLOCK)
            if not block:
                return
            head += block
        self.heads.append(head)
        if self._status is not None:
            client.sendall(
                b"HTTP/1.1 %d Refused\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n"
                b"Connection: close\r\n\r\n" % self._status
            )
            return
        method, target, rest = head.split(b" ", 2)
        if method == b"CONNECT":
            host, _, port = target.decode().rpartition(":")
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            self.relay(client, host, int(port), b"")
            return
        parts = urlsplit(target.decode())
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        # one request a connection: the next may be for another host
        first = (
            b" ".join([method, path.encode(), rest])
            .replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
            .replace(b"Connection: keep-alive\r\n", b"")
        )
        self.relay(client, str(parts.hostname), parts.port or 80, first)


class Silent(Front):
    """Accepts and says nothing."""

    def serve(self, client: socket.socket) -> None:
        while client.recv(_BLOCK):
            pass


class Drip(Front):
    """Accepts, and sends one byte of a head each half second."""

    def serve(self, client: socket.socket) -> None:
        client.recv(_BLOCK)
        waiting = threading.Event()
        for byte in b"HTTP/1.1 200 OK\r\nX-Header: " + b"x" * 200:
            client.sendall(bytes([byte]))
            waiting.wait(0.5)


def full_backlog(stack: ExitStack) -> str:
    """The URL of a socket that listens and whose queue is full: connecting to it hangs."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    stack.callback(listener.close)
    address = listener.getsockname()
    for _ in range(8):
        waiting = socket.socket()
        waiting.setblocking(False)
        waiting.connect_ex(address)
        stack.callback(waiting.close)
    return f"http://127.0.0.1:{address[1]}"
