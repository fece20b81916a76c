"""Connecting, and waking all who wait: the sockets of one client.

The host's name is looked up in a thread of its own, since nothing can interrupt the system's
resolver; the addresses found are then tried side by side (RFC 8305, "happy eyeballs").
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from itertools import zip_longest
from typing import Any, TypeAlias

from hfget.http.idle import IdleConnections
from hfget.limits import ATTEMPT_SECONDS

#: An address that failed, perhaps after it had connected, comes last for so many seconds.
FAILED_SECONDS = 60.0
#: How often those who connect look whether they are still wanted, in seconds.
_POLL_SECONDS = 0.1
_UNDER_WAY = frozenset(
    {0, errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", 0)}
)
_Selector: type[selectors.BaseSelector] = getattr(
    selectors,
    "PollSelector",
    selectors.SelectSelector,  # neither needs a descriptor of its own
)

#: Family, kind, protocol, canonical name and address, as getaddrinfo gives them.
AddressInfo: TypeAlias = tuple[int, int, int, str, Any]


class SteadyTimeout(socket.socket):
    """A socket that tells the system about a time-out only if it is another one.

    urllib3 sets it twice a request; each time is a system call, and a turn at the GIL.
    """

    def settimeout(self, value: float | None, /) -> None:
        if value != self.gettimeout():
            super().settimeout(value)


class _Sending(threading.local):
    place: tuple[str, int] | None = None
    peer = ""
    reused = False

    def begin(self) -> None:
        self.place, self.peer, self.reused = None, "", False


class Sockets:
    """The open sockets of one client. `shut` wakes every thread that waits, and is final."""

    def __init__(self) -> None:
        self.is_shut = False
        self.idle = IdleConnections()
        #: Of the request that this thread sends: `place` and `peer` of the connection that was
        #: opened for it, and whether one was `reused`.
        self.sending = _Sending()
        #: Host and port → the address that they were last connected to.
        self.peers: dict[tuple[str, int], str] = {}
        self._found: dict[tuple[str, int], list[str]] = {}
        self._failed_at: dict[tuple[tuple[str, int], str], float] = {}
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()

    def add(self, sock: socket.socket) -> None:
        with self._lock:
            self._open.add(sock)
        if self.is_shut:
            _shut_down(sock)

    def shut(self) -> None:
        self.is_shut = True
        with self._lock:
            sockets = list(self._open)
        for sock in sockets:
            _shut_down(sock)

    def is_worth_another(self) -> bool:
        """After a failure of this thread's request: whether to send it again, at once.

        So if its connection had been kept: the server may have closed it meanwhile. So too if
        the host has another address, which has not failed of late.
        """
        sending = self.sending
        if self.is_shut:
            return False
        if sending.reused:
            self.idle.close()
            return True
        place = sending.place
        if place is None:
            return False
        self._failed_at[place, sending.peer] = time.monotonic()
        return any(not self._has_failed(place, peer) for peer in self._found.get(place, ()))

    def addresses(self, place: tuple[str, int]) -> list[str]:
        """The addresses that a host had when it was last connected to; none by way of a proxy."""
        return list(self._found.get(place, ()))

    def _has_failed(self, place: tuple[str, int], peer: str) -> bool:
        failed_at = self._failed_at.get((place, peer))
        return failed_at is not None and time.monotonic() - failed_at < FAILED_SECONDS

    def _by_merit(self, place: tuple[str, int], addresses: list[AddressInfo]) -> list[AddressInfo]:
        """Those that failed of late, even after they had connected, come last."""
        self._found[place] = [str(found[4][0]) for found in addresses]
        if not self._failed_at:
            return addresses
        return sorted(addresses, key=lambda found: self._has_failed(place, str(found[4][0])))

    def connect(
        self, host: str, port: int, timeout: float, options: Iterable[tuple[Any, ...]] = ()
    ) -> socket.socket:
        """A connection to the address of `host` that answers first, at most `timeout` s later.

        `options` are set on every socket before it connects. Raises socket.gaierror,
        TimeoutError, ConnectionAbortedError once `shut` was called, or the OSError of the
        last address that failed.
        """
        self.idle.opening()
        deadline = time.monotonic() + timeout
        place = (host.lower().strip("[]").rstrip("."), port)
        addresses = self._look_up(host.strip("[]"), port, deadline)
        with _Race(self._by_merit(place, _interleaved(addresses)), tuple(options)) as race:
            while (sock := race.step(self._turn(deadline))) is None:
                pass
        sock.settimeout(timeout)
        self.add(sock)
        self.peers[place] = peer = str(sock.getpeername()[0])
        self.sending.place, self.sending.peer = place, peer
        return sock

    def _look_up(self, host: str, port: int, deadline: float) -> Sequence[AddressInfo]:
        with suppress(socket.gaierror, UnicodeError):
            return socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
            )
        found: Future[Sequence[AddressInfo]] = Future()
        thread = threading.Thread(target=_resolve, args=(host, port, found), daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no room for another thread
            _resolve(host, port, found)
        while not found.done():
            wait([found], self._turn(deadline))
        return found.result()

    def _turn(self, deadline: float) -> float:
        """Seconds to wait before looking again. Raises when there is nothing to wait for."""
        if self.is_shut:
            raise ConnectionAbortedError(errno.ECONNABORTED, "the run is being stopped")
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return min(left, _POLL_SECONDS)


class _Race:
    """Addresses that are tried side by side, a further one whenever that is due."""

    def __init__(
        self, addresses: Iterable[AddressInfo], options: Sequence[tuple[Any, ...]]
    ) -> None:
        self._waiting = deque(addresses)
        self._options = options
        self._trying = _Selector()
        self._due = 0.0
        self._failure = OSError("the host has no address")

    def __enter__(self) -> _Race:
        return self

    def __exit__(self, *error: object) -> None:
        """Close all sockets but the one that was handed out."""
        for key in list(self._trying.get_map().values()):
            loser: Any = key.fileobj
            loser.close()
        self._trying.close()

    def step(self, turn: float) -> socket.socket | None:
        """A socket that is connected by now, or None, after at most `turn` seconds.

        Raises the OSError of the last address that failed once there are no more.
        """
        is_trying = bool(self._trying.get_map())
        if not self._waiting and not is_trying:
            raise self._failure
        now = time.monotonic()
        if self._waiting and (now >= self._due or not is_trying):
            self._begin(now)
            return None
        if self._waiting:
            turn = min(turn, self._due - now)
        for key, _ in self._trying.select(turn):
            sock: Any = key.fileobj
            self._trying.unregister(sock)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if not code:
                connected: socket.socket = sock
                return connected
            sock.close()
            self._failed(OSError(code, os.strerror(code)))
        return None

    def _begin(self, now: float) -> None:
        self._due = now + ATTEMPT_SECONDS
        try:
            sock = _begin(self._waiting.popleft(), self._options)
        except OSError as error:
            self._failed(error)
        else:
            self._trying.register(sock, selectors.EVENT_WRITE)

    def _failed(self, failure: OSError) -> None:
        """The next address need not wait for its time."""
        self._failure, self._due = failure, 0.0


def _resolve(host: str, port: int, found: Future[Sequence[AddressInfo]]) -> None:
    try:
        found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except UnicodeError:
        found.set_exception(socket.gaierror(socket.EAI_NONAME, "not a host name"))
    except BaseException as error:
        found.set_exception(error)


def _interleaved(found: Sequence[AddressInfo]) -> list[AddressInfo]:
    """The addresses in the system's order, but with the families taking turns."""
    first = [each for each in found if each[0] == found[0][0]]
    others = [each for each in found if each[0] != found[0][0]]
    return [each for pair in zip_longest(first, others) for each in pair if each is not None]


def _begin(found: AddressInfo, options: Iterable[tuple[Any, ...]]) -> socket.socket:
    """A socket that has begun to connect. Raises OSError where that fails at once."""
    family, kind, protocol, _, address = found
    sock = SteadyTimeout(family, kind, protocol)
    try:
        for option in options:
            sock.setsockopt(*option)
        sock.setblocking(False)
        code = sock.connect_ex(address)
        if code not in _UNDER_WAY:
            raise OSError(code, os.strerror(code))
    except BaseException:
        sock.close()
        raise
    return sock


def _shut_down(sock: socket.socket) -> None:
    # not sock.shutdown: that of a TLS socket takes its TLS state away from those who read
    with suppress(OSError, ValueError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
