"""What was asked and what was answered, for assertions."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from tests.hub.faults import OriginName
from tests.hub.wire import Head


@dataclass
class Request:
    """One request. `status` is 0 until (and unless) a head was sent, `bytes_sent` counts body
    bytes the socket took, `at` is time.monotonic(). `token_seen` means that a token of the
    hub stood anywhere in the request, `authorization` that it had such a header.
    `connection` numbers the connection, `headers` lacks the value of Authorization.
    """

    origin: OriginName
    method: str
    path: str
    query: str
    range: str | None
    authorization: bool
    token_seen: bool
    headers: dict[str, str]
    connection: int
    status: int = 0
    bytes_sent: int = 0
    finished: bool = False
    at: float = field(default_factory=time.monotonic)


class Log:
    """Requests in the order they came. Thread-safe."""

    def __init__(self, tokens: frozenset[str]) -> None:
        self._tokens = tokens
        self._lock = threading.Lock()
        self._requests: list[Request] = []

    @property
    def requests(self) -> list[Request]:
        with self._lock:
            return list(self._requests)

    def clear(self) -> None:
        with self._lock:
            self._requests = []

    def open(self, origin: OriginName, head: Head, connection: int) -> Request:
        whole = "\n".join([head.target, head.path, *(value for _, value in head.headers)])
        whole += head.body.decode("latin-1")
        headers = {name.lower(): value for name, value in head.headers}
        if "authorization" in headers:
            headers["authorization"] = "***"
        request = Request(
            origin=origin,
            method=head.method,
            path=head.path,
            query=head.query,
            range=head.get("Range"),
            authorization=head.get("Authorization") is not None,
            token_seen=any(token in whole for token in self._tokens),
            headers=headers,
            connection=connection,
        )
        with self._lock:
            self._requests.append(request)
        return request
