"""What stands between hfget and the hub: TLS with a private CA, proxies, silent hosts."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

_BLOCK = 1 << 16
_SECONDS = 60.0


class Front:
    """Listens on 127.0.0.1 until `stack` ends; each connection gets a thread of its own.

    `heads` are the first bytes of each connection, after TLS.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._open: set[socket.socket] = set()
        self.heads: list[bytes] = []
        self.port: int = self._listener.getsockname()[1]
        stack.callback(self._stop)
        threading.Thread(target=self._accept, daemon=True).start()

    def serve(self, client: socket.socket) -> None:
        """One connection."""
        raise NotImplementedError

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


def pump(source: socket.socket, target: socket.socket, most: int | None = None) -> int:
    """Move bytes until the source ends, or `most` of them; how many."""
    count = 0
    with suppress(OSError):
        while most is None or count < most:
            block = source.recv(_BLOCK)
            if not block:
                break
            target.sendall(block)
            count += len(block)
    return count


def join(client: socket.socket, host: str, port: int, first: bytes, most: int | None) -> None:
    """Relay both ways; with `most` the answer ends after so many bytes, without a goodbye."""
    with socket.create_connection((host, port), timeout=_SECONDS) as server:
        server.sendall(first)
        up = threading.Thread(target=pump, args=(client, server), daemon=True)
        up.start()
        pump(server, client, most)
        with suppress(OSError):
            socket.socket.shutdown(client, socket.SHUT_RDWR)  # no close_notify


class TlsFront(Front):
    """TLS before a plain origin. The first `cuts` connections end after `most` bytes."""

    def __init__(
        self, stack: ExitStack, context: ssl.SSLContext, target: str, cuts: int = 0, most: int = 0
    ) -> None:
        self._context = context
        self._target = urlsplit(target)
        self._cuts = cuts
        self._most = most
        super().__init__(stack)
        self.url = f"https://127.0.0.1:{self.port}"

    def serve(self, client: socket.socket) -> None:
        secure = self._context.wrap_socket(client, server_side=True, suppress_ragged_eofs=True)
        first = secure.recv(_BLOCK)
        self.heads.append(first)
        cut, self._cuts = self._cuts > 0, self._cuts - 1
        most = self._most if cut else None
        join(secure, str(self._target.hostname), self._target.port or 80, first, most)


class Proxy(Front):
    """An HTTP proxy. With `status` it refuses; the first `deaths` connections die midway.

    A plain-http request comes with an absolute URL, for https with CONNECT.
    """

    def __init__(
        self, stack: ExitStack, status: int | None = None, deaths: int = 0, most: int = 0
    ) -> None:
        self._status = status
        self._deaths = deaths
        self._most = most
        super().__init__(stack)
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
        dies, self._deaths = self._deaths > 0, self._deaths - 1
        most = self._most if dies else None
        if method == b"CONNECT":
            host, _, port = target.decode().rpartition(":")
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            join(client, host, int(port), b"", most)
            return
        parts = urlsplit(target.decode())
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        # one request a connection: the next may be for another host
        first = (
            b" ".join([method, path.encode(), rest])
            .replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
            .replace(b"Connection: keep-alive\r\n", b"")
        )
        join(client, str(parts.hostname), parts.port or 80, first, most)


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
