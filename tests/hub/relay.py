"""The real app behind an origin: every request is passed on to its uvicorn."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from types import TracebackType

from tests.hub.wire import BLOCK_BYTES, Answer, Head, answer

_HOP_BY_HOP = ("connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "upgrade")
_TIMEOUT = 30.0


class Relay:
    """One connection to the app, opened when needed and used again."""

    def __init__(self, port: int) -> None:
        self._upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)

    def __enter__(self) -> Relay:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._upstream.close()

    def __call__(self, head: Head) -> Answer:
        try:
            response = self._ask(head)
        except (http.client.HTTPException, ConnectionError):
            # the app may have closed an idle connection
            self._upstream.close()
            response = self._ask(head)
        except ValueError:
            return answer(400)
        headers = tuple(h for h in response.getheaders() if h[0].lower() not in _HOP_BY_HOP)
        length = response.length if head.method != "HEAD" else 0
        return Answer(response.status, headers, self._body(response), length)

    def _ask(self, head: Head) -> http.client.HTTPResponse:
        upstream = self._upstream
        upstream.putrequest(head.method, head.target, skip_host=True, skip_accept_encoding=True)
        for name, value in head.headers:
            if name.lower() not in _HOP_BY_HOP:
                upstream.putheader(name, value)
        upstream.endheaders(head.body or None)
        return upstream.getresponse()

    def _body(self, response: http.client.HTTPResponse) -> Iterator[bytes]:
        try:
            while block := response.read(BLOCK_BYTES):
                yield block
        finally:
            if not response.isclosed():
                self._upstream.close()
