"""An answer of an HTTP server as a stream of bytes."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException

import requests
import urllib3
from urllib3.util.wait import wait_for_read

from hfget.endpoints import host_of
from hfget.http import InflateError, Transient, from_exception, hand_back, wire_of
from hfget.messages import source_texts as texts
from hfget.sources.content_checks import Answer, content_length, looks_like_a_page
from hfget.sources.decoding import Body
from hfget.system import safe_url

#: A new connection would cost about as long.
_SHORT_BODY_BYTES, _SHORT_BODY_READS, _SHORT_BODY_SECONDS = 16 << 10, 4, 0.5
_NETWORK_ERRORS = (
    Transient,
    OSError,
    EOFError,
    http.client.HTTPException,
    urllib3.exceptions.HTTPError,
    requests.RequestException,
)


class HttpStream:
    """An answer whose head was found right, and its body."""

    held = 0.0
    rate: float | None = None
    is_laggard = False

    def __init__(self, response: requests.Response, answer: Answer, body: Body, place: str) -> None:
        self.place = place
        self.start, self.end = answer.start, answer.end
        self.exact, self.whole = answer.exact, answer.whole
        self.origin = host_of(response.url)
        self._response = response
        self._body = body
        self._page_came: Callable[[], None] | None = None
        self._missing = answer.end - answer.start if answer.encoded else 0

    def refuse_pages(self, came: Callable[[], None]) -> None:
        """If the body begins like a web page, `came` is called and the first read fails."""
        self._page_came = came

    @property
    def url(self) -> str:
        return safe_url(self._response.url)

    @property
    def address(self) -> str:
        """The whole URL, its signature included: not to be shown."""
        return str(self._response.url)

    @property
    def authorized(self) -> bool:
        """Whether a token was sent for this answer."""
        return "Authorization" in self._response.request.headers

    def readinto(self, buffer: memoryview, /) -> int | None:
        """The next bytes. Raises Transient and NetworkError, of whatever library failed."""
        try:
            count = self._body.readinto1(buffer)
            if self._page_came is not None and count:
                came, self._page_came = self._page_came, None
                if looks_like_a_page(bytes(buffer[:count][:512])):
                    came()
                    reason = texts.WEB_PAGE
                    raise Transient(reason, url=self._response.url, lie=True)
            if self._missing:
                if count == 0:
                    reason = texts.DECODES_SHORT
                    raise Transient(reason, url=self._response.url, lie=True)
                self._missing = max(0, self._missing - (count or 0))
            return count
        except InflateError as error:
            raise Transient(str(error), url=self._response.url, lie=True) from None
        except _NETWORK_ERRORS as error:
            raise from_exception(error, self._response.url) from None

    def is_ready(self) -> bool:
        """Whether the socket has bytes to be read at once."""
        try:
            sock = wire_of(self._response).sock
            if sock is None or (isinstance(sock, ssl.SSLSocket) and sock.pending()):
                return True
            return wait_for_read(sock, timeout=0)
        except (OSError, ValueError):
            return True

    def interrupt(self) -> None:
        """Shut the socket: its reader gets the end."""
        with suppress(OSError, ValueError):
            if (sock := wire_of(self._response).sock) is not None:
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Back into the pool if the body was read to its end, else closed."""
        hand_back(self._response)


def discard(response: requests.Response) -> None:
    """Be done with an answer whose body does not matter; a short one is read: that is cheaper.

    It mostly comes with the head. A server that drips it, or does not send it, is not waited for.
    """
    length = content_length(response)
    wire = wire_of(response)
    sock = wire.sock
    if length is not None and length <= _SHORT_BODY_BYTES and sock is not None:
        buffer = bytearray(_SHORT_BODY_BYTES)
        patience = sock.gettimeout()
        with suppress(HTTPException, OSError):
            sock.settimeout(_SHORT_BODY_SECONDS)
            for _ in range(_SHORT_BODY_READS):
                if wire.isclosed():
                    break
                wire.readinto1(buffer)
            sock.settimeout(patience)
    hand_back(response)
