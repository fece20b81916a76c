"""From a file to the URL its bytes come from: resolved once, renewed when it expires.

`GET {endpoint}/[datasets/|spaces/]{repo_id}/resolve/{commit}/{path}` answers with the bytes
or leads, perhaps over several hops, to a signed URL of a CDN. That URL is used for all
further ranges until the CDN refuses it.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from contextlib import suppress
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.parse import quote

import requests
import urllib3
from urllib3.util.wait import wait_for_read

from hfget.errors import HfgetError, NetworkError
from hfget.http import (
    MAX_REDIRECTS,
    REDIRECT_STATUSES,
    HttpClient,
    Transient,
    from_exception,
    from_status,
)
from hfget.hub import refusal
from hfget.messages import advice
from hfget.messages import source_texts as texts
from hfget.model import URL_PREFIXES, RemoteFile, Snapshot, Span
from hfget.settings import Settings, host_of, origin_of
from hfget.sources.byte_source import NoRangesError
from hfget.sources.content_checks import Answer, check, content_length, open_body
from hfget.sources.decoding import Body
from hfget.sources.host_health import Hosts
from hfget.system import Superseded, safe_url

#: What a CDN answers to a signature that has expired (S3 and GCS: 400 or 403, some: 401, 410).
_EXPIRED_STATUSES = frozenset({400, 401, 403, 404, 410})
_MAX_RENEWALS = 3
_SHORT_BODY_BYTES, _SHORT_BODY_READS = 16 << 10, 4
_NETWORK_ERRORS = (
    Transient,
    OSError,
    EOFError,
    http.client.HTTPException,
    urllib3.exceptions.HTTPError,
    requests.RequestException,
)


class Target(NamedTuple):
    """Where to ask now. `generation` counts the renewals of the signed URL."""

    url: str
    host: str
    with_token: bool
    generation: int
    hops: int


class HttpSource:
    """One file on one endpoint. Thread-safe."""

    def __init__(
        self,
        http: HttpClient,
        settings: Settings,
        hosts: Hosts,
        snapshot: Snapshot,
        file: RemoteFile,
    ) -> None:
        prefix = URL_PREFIXES[snapshot.ref.repo_type]
        self._home = (
            f"{snapshot.endpoint.rstrip('/')}/{prefix}{quote(snapshot.ref.repo_id)}"
            f"/resolve/{snapshot.commit}/{quote(file.path)}"
        )
        self._http = http
        self._settings = settings
        self._hosts = hosts
        self._snapshot = snapshot
        self._file = file
        self._lock = threading.Lock()
        self._host = host_of(self._home)
        self._target = Target(self._home, self._host, True, 0, 0)
        self._fruitless_renewals = 0
        self.resolved = False

    @property
    def origin(self) -> str:
        """The host that the next request goes to."""
        return self._target.host

    def delay(self) -> float:
        """Seconds for which that host is paused."""
        return self._hosts.delay(self._target.host)

    def failed(self, failure: Transient, began: float) -> float:
        """Seconds for which the host pauses. Raises NetworkError if it is not asked any more."""
        return self._hosts.failed(failure, began)

    def open(self, span: Span | None) -> HttpStream:
        """The answer to a GET of `span`, or of the whole file; its body is unread.

        Raises Transient, NoRangesError, Superseded (another thread changes the URL, or the host
        is paused), Stopped, or the HfgetError that a final refusal means.
        """
        for _ in range(2 * MAX_REDIRECTS):
            target = self._target
            response = self._ask(target, span)
            status = response.status_code
            if status in (200, 206, 416):
                self.resolved = True
                return self._stream(response, span)
            try:
                if target.with_token and self._http.unlock(response):
                    continue
                if status in REDIRECT_STATUSES:
                    self._follow(target, self._http.next_hop(response, self._snapshot.endpoint))
                elif target.hops and status in _EXPIRED_STATUSES:
                    self._renew(target, response)
                else:
                    raise self._refusal(response)
            finally:
                _discard(response)
        raise self._circle()

    def _stream(self, response: requests.Response, span: Span | None) -> HttpStream:
        try:
            answer = check(self._file, span, response)
            if answer.encoded and not answer.whole:
                raise NoRangesError(texts.PART_COMPRESSED, url=response.url)
            return HttpStream(response, answer, open_body(response, answer))
        except BaseException:
            response.close()
            raise

    def fruitful(self) -> None:
        """Bytes came from the present URL: a later refusal means that it has expired."""
        self._fruitless_renewals = 0

    def _ask(self, target: Target, span: Span | None) -> requests.Response:
        """One request to the present target. Raises Transient for a status that passes."""
        headers = {} if target.hops else {"X-HF-Download-Counter": "1"}
        if span is not None:
            headers["Range"] = f"bytes={span[0]}-{span[1] - 1}"
        with self._hosts.asking(target.host):
            try:
                response = self._http.get(
                    target.url,
                    read_timeout=self._settings.download_timeout,
                    headers=headers,
                    with_token=target.with_token,
                )
            except Exception as error:
                raise self._named(from_exception(error, target.url), target) from error
            if failure := from_status(response):
                response.close()
                failure.host = target.host
                raise failure
        return response

    def _follow(self, target: Target, url: str) -> None:
        if target.hops >= MAX_REDIRECTS:
            raise self._circle()
        at_home = target.with_token and origin_of(url) == origin_of(self._home)
        with self._lock:
            if self._target is not target:
                raise Superseded
            self._target = Target(url, host_of(url), at_home, target.generation, target.hops + 1)

    def _renew(self, target: Target, response: requests.Response) -> None:
        """Back to the endpoint for a new URL, one thread for all; fail after fruitless renewals."""
        with self._lock:
            if self._target.generation != target.generation:
                raise Superseded
            self._fruitless_renewals += 1
            if self._fruitless_renewals > _MAX_RENEWALS:
                raise self._refusal(response)
            self.resolved = False
            self._target = Target(self._home, self._host, True, target.generation + 1, 0)

    def _refusal(self, response: requests.Response) -> HfgetError:
        if origin_of(response.url) != origin_of(self._home):
            return NetworkError(
                texts.DATA_HOST_REFUSES(
                    data_host=host_of(response.url),
                    status_code=response.status_code,
                    host=self._host,
                ),
                path=self._file.path,
                url=safe_url(response.url),
                hint=advice.MIRROR_DATA_HOST,
            )
        return refusal(
            response,
            self._snapshot.ref,
            self._http,
            withheld_token=self._settings.withheld_token,
            path=self._file.path,
        )

    def _circle(self) -> NetworkError:
        return NetworkError(
            texts.CIRCLE(host=self._host),
            url=safe_url(self._home),
            path=self._file.path,
            hint=advice.OTHER_MIRROR,
        )

    def _named(self, error: Transient | HfgetError, target: Target) -> Transient | HfgetError:
        """Say so where the unreachable host is one to which the endpoint sent us."""
        if isinstance(error, Transient) and self._host != target.host:
            error.reason += texts.LEADS_HERE(host=self._host)
        return error


class HttpStream:
    """An answer whose head was found right, and its body."""

    held = 0.0

    def __init__(self, response: requests.Response, answer: Answer, body: Body) -> None:
        self.start, self.end = answer.start, answer.end
        self.exact, self.whole = answer.exact, answer.whole
        self.origin = host_of(response.url)
        self._response = response
        self._body = body

    @property
    def url(self) -> str:
        return safe_url(self._response.url)

    def readinto(self, buffer: memoryview, /) -> int | None:
        """The next bytes. Raises Transient and NetworkError, of whatever library failed."""
        try:
            return self._body.readinto1(buffer)
        except _NETWORK_ERRORS as error:
            raise from_exception(error, self._response.url) from None

    def is_ready(self) -> bool:
        """Whether the socket has bytes to be read at once."""
        try:
            sock = _socket_of(self._response)
            if isinstance(sock, ssl.SSLSocket) and sock.pending():
                return True
            return wait_for_read(sock, timeout=0)
        except (AttributeError, OSError, ValueError):
            return True

    def interrupt(self) -> None:
        """Shut the socket: the reader gets its end."""
        with suppress(AttributeError, OSError, ValueError):
            socket.socket.shutdown(_socket_of(self._response), socket.SHUT_RDWR)

    def close(self) -> None:
        """Back into the pool if the body was read to its end, else closed."""
        wire: Any = self._response.raw._fp
        if wire.isclosed():
            self._response.raw.release_conn()
        else:
            self._response.close()


def _socket_of(response: requests.Response) -> socket.socket:
    """What the body comes from. Raises AttributeError once it has been read to its end."""
    wire: Any = response.raw._fp
    sock: socket.socket = wire.fp.raw._sock
    return sock


def _discard(response: requests.Response) -> None:
    """Be done with an answer whose body does not matter; a short one is read: that is cheaper.

    It mostly comes with the head. A server that drips it is not waited for.
    """
    length = content_length(response)
    if length is not None and length <= _SHORT_BODY_BYTES:
        wire: Any = response.raw._fp
        buffer = bytearray(_SHORT_BODY_BYTES)
        with suppress(HTTPException, OSError):
            for _ in range(_SHORT_BODY_READS):
                if wire.isclosed():
                    response.raw.release_conn()
                    return
                wire.readinto1(buffer)
    response.close()
