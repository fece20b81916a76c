"""Sending a request, again at once where a connection failed that says nothing about the host."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Protocol

import requests

from hfget.endpoints import hostname_of, is_loopback_address
from hfget.http.connect import Sockets
from hfget.http.transport import Adapter, InTheClearError

#: A request is sent at most so often at once.
_MOST_SENDS = 8


class Carrier(Protocol):
    """What sends a request in place of this process: another program."""

    def __call__(
        self,
        request: requests.PreparedRequest,
        timeouts: tuple[float, float],
        proxy: str | None,
        watch: Callable[[socket.socket], None],
        /,
    ) -> requests.Response:
        """The answer to this very request, no redirect followed, its body unread.

        `watch` is told of the socket that is waited on, so that a run that ends can shut it.
        Raises Transient and HfgetError.
        """


def send(
    adapter: Adapter,
    sockets: Sockets,
    request: requests.PreparedRequest,
    timeouts: tuple[float, float],
    proxy: str | None,
    carrier: Carrier | None = None,
) -> requests.Response:
    """The answer to `request`, its body unread. `timeouts` are for connecting and for each read.

    A connection that was kept may be dead, and one of the host's addresses may be: neither is a
    failure of the host. Raises requests.RequestException, and what a `carrier` raises.
    """
    if carrier is not None:
        _keep_here(request)
        return carrier(request, timeouts, proxy, sockets.add)
    for left in reversed(range(_MOST_SENDS)):
        sockets.sending.begin()
        try:
            with sockets.idle.waiting():
                return adapter.send(
                    request,
                    stream=True,
                    timeout=timeouts,
                    proxies={"all": proxy} if proxy else {},
                )
        except requests.ConnectionError:
            if not sockets.is_worth_another() or not left:
                sockets.idle.refused()
                raise
        except requests.Timeout:
            if not sockets.sending.reused:
                sockets.is_worth_another()  # the next try goes to another address
            raise
    raise AssertionError("sent too often")


def _keep_here(request: requests.PreparedRequest) -> None:
    """No token over plain http to a host with an address that is not this machine's.

    Where a carrier connects to is not seen. Raises InTheClearError.
    """
    url = str(request.url)
    if "Authorization" in request.headers and url.startswith("http:"):
        for peer in _addresses(hostname_of(url)):
            if not is_loopback_address(peer):
                raise InTheClearError(peer)


def _addresses(host: str) -> list[str]:
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, None)]
    except (OSError, UnicodeError):
        return [host]
