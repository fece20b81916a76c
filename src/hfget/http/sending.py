"""Sending a request, again at once where a connection failed that says nothing about the host."""

from __future__ import annotations

import requests

from hfget.http.connect import Sockets
from hfget.http.transport import Adapter

#: A request is sent at most so often at once.
_MOST_SENDS = 8


def send(
    adapter: Adapter,
    sockets: Sockets,
    request: requests.PreparedRequest,
    timeouts: tuple[float, float],
    proxy: str | None,
) -> requests.Response:
    """The answer to `request`, its body unread. `timeouts` are for connecting and for each read.

    A connection that was kept may be dead, and one of the host's addresses may be: neither is a
    failure of the host. Raises requests.RequestException.
    """
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
