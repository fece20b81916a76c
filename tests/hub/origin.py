"""One origin: a listener, a thread for each connection, faults and limits on the way."""

from __future__ import annotations

import contextlib
import itertools
import random
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from tests.hub.faults import CloseConnection, Faults, Moment, OriginName, ResetConnection
from tests.hub.log import Log, Request
from tests.hub.throttle import Throttle
from tests.hub.wire import Answer, Head, MalformedError, Reader, has_body, sliced, start_bytes

_DRAIN_SECONDS = 2.0
_JOIN_SECONDS = 5.0
_NUMBERS = itertools.count(1)
_NO_CHANCE = random.Random(0)  # each fault puts its own in place


class Content(Protocol):
    """What an origin serves when nothing goes wrong."""

    def __call__(self, head: Head) -> Answer: ...


class Places:
    """At most `count` connections at once, those that rest included. Further ones get no answer
    until another has ended, or are reset where `refuse` is set."""

    def __init__(self, count: int, *, refuse: bool = False) -> None:
        self._free = threading.Semaphore(count)
        self._refuse = refuse
        self.full = threading.Event()

    @contextlib.contextmanager
    def taken(self, stopped: threading.Event) -> Iterator[None]:
        if not self._free.acquire(blocking=False):
            self.full.set()
            if self._refuse:
                raise ResetConnection
            while not self._free.acquire(timeout=0.05):
                if stopped.is_set():
                    raise CloseConnection
        try:
            yield
        finally:
            self._free.release()


@dataclass
class Site:
    """What the origins of one hub share; an effect sees it as its `Surroundings`."""

    faults: Faults
    log: Log
    latency: float = 0.0
    per_connection: float | None = None
    total: Throttle = field(default_factory=lambda: Throttle(None))
    places: Places | None = None
    urls: dict[str, str] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    def sleep(self, seconds: float | None) -> None:
        if self.stopped.wait(seconds):
            raise CloseConnection

    def refuse(self, origin: OriginName, seconds: float) -> None:
        self.origins[origin].refuse()
        timer = threading.Timer(seconds, self.origins[origin].accept)
        timer.daemon = True
        timer.start()


class Origin:
    """Serves on an ephemeral port of 127.0.0.1 between `accept()` and `stop()`.

    `content` makes one `Content` for each connection, so that a relay keeps its own
    connection to what lies behind.
    """

    def __init__(
        self,
        name: OriginName,
        site: Site,
        content: Callable[[], contextlib.AbstractContextManager[Content]],
    ) -> None:
        self.name = name
        self._site = site
        self._content = content
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._listener = self._bind(0)
        self._accepting: threading.Thread | None = None
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        site.origins[name] = self
        site.urls[name] = self.url

    def accept(self) -> None:
        """Listen (again)."""
        with self._lock:
            if self._site.stopped.is_set() or self._accepting is not None:
                return
            self._listener.listen(1024)
            self._accepting = threading.Thread(
                target=self._accept_from, args=(self._listener,), daemon=True
            )
            self._accepting.start()

    def refuse(self) -> None:
        """Refuse connections and reset the open ones. The port stays reserved: a bound
        socket that does not listen answers with RST."""
        with self._lock:
            accepting, self._accepting = self._accepting, None
            if accepting is None:
                return
            _shut(self._listener)
            self._listener.close()
            accepting.join(_JOIN_SECONDS)
            self._listener = self._bind(self.port)
            connections = list(self._connections)
        for connection in connections:
            _linger_zero(connection)
            _shut(connection)

    def stop(self) -> None:
        """End every connection; `site.stopped` is set already."""
        with self._lock:
            _shut(self._listener)
            self._listener.close()
            threads = list(self._connections.values())
            for connection in self._connections:
                _shut(connection)
        deadline = time.monotonic() + _JOIN_SECONDS
        for thread in [*threads, *([self._accepting] if self._accepting else [])]:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))

    def _bind(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        return listener

    def _accept_from(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                if self._site.stopped.is_set():
                    connection.close()
                    return
                self._connections[connection] = thread
                thread.start()

    def _place(self) -> contextlib.AbstractContextManager[None]:
        places = self._site.places
        return places.taken(self._site.stopped) if places else contextlib.nullcontext()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._place(), self._content() as content:
                conversation = _Conversation(self.name, self._site, connection, content)
                while conversation.next():
                    pass
            _shut(connection)
        except ResetConnection:
            _drain(connection)
            _linger_zero(connection)
        except (CloseConnection, MalformedError):
            _drain(connection)
            _shut(connection)
        except OSError:
            pass
        finally:
            with self._lock:
                self._connections.pop(connection, None)
                connection.close()


class _Conversation:
    """The requests of one connection."""

    def __init__(
        self, origin: OriginName, site: Site, connection: socket.socket, content: Content
    ) -> None:
        self._origin = origin
        self._site = site
        self._socket = connection
        self._content = content
        self._reader = Reader(connection)
        self._number = next(_NUMBERS)
        self._throttle = Throttle(site.per_connection)

    def next(self) -> bool:
        """Answer one request; whether the connection can carry another."""
        head = self._reader.read()
        if head is None:
            return False
        record = self._site.log.open(self._origin, head, self._number)
        if self._site.latency:
            self._site.sleep(self._site.latency)
        answered = self._answer(head)
        if answered.delay:
            self._site.sleep(answered.delay)
        record.status = answered.status
        self._socket.sendall(start_bytes(answered))
        if has_body(head, answered):
            self._send_body(answered, record)
        record.finished = True
        chunked = (answered.get("Transfer-Encoding") or "") == "chunked"
        framed = chunked or not has_body(head, answered) or answered.promised == record.bytes_sent
        wish = f"{head.get('Connection')} {answered.get('Connection')}".lower()
        return framed and "close" not in wish

    def _answer(self, head: Head) -> Answer:
        moment = Moment(self._origin, head, self._site, _NO_CHANCE)
        changed = self._site.faults.before(moment)
        if isinstance(changed, Answer):
            return changed
        return self._site.faults.after(moment, self._content(changed))

    def _send_body(self, answered: Answer, record: Request) -> None:
        limits = (self._throttle, self._site.total)
        block = min(limit.block or sys.maxsize for limit in limits)
        for piece in sliced(answered.body, block):
            for limit in limits:
                limit.take(len(piece), self._site.sleep)
            view = memoryview(piece)
            while view:
                view = view[self._send(view, record) :]

    def _send(self, view: memoryview, record: Request) -> int:
        # counted before, so that a client that has the bytes finds them in the log
        record.bytes_sent += len(view)
        count = 0
        try:
            count = self._socket.send(view)
        finally:
            record.bytes_sent -= len(view) - count
        return count


def _drain(connection: socket.socket) -> None:
    """Wait until the peer has acknowledged what was sent: a RST would discard the rest."""
    deadline = time.monotonic() + _DRAIN_SECONDS
    while _unsent(connection) and time.monotonic() < deadline:
        time.sleep(0.002)


def _unsent(connection: socket.socket) -> int:
    try:
        import fcntl
        import termios

        queue = fcntl.ioctl(connection, termios.TIOCOUTQ, struct.pack("i", 0))
    except (ImportError, OSError):
        return 0
    return int(struct.unpack("i", queue)[0])


def _linger_zero(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
