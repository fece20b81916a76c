"""From a file to the URL its bytes come from: resolved once, renewed when it expires.

`GET {endpoint}/[datasets/|spaces/]{repo_id}/resolve/{commit}/{path}` answers with the bytes
or leads, perhaps over several hops, to a signed URL of a CDN. That URL is used for all
further ranges until the CDN refuses it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

import requests

from hfget.endpoints import host_of, origin_of
from hfget.errors import DataHostError, HfgetError, NetworkError, UnreachableError
from hfget.http import (
    Carrier,
    HttpClient,
    Transient,
    backoff,
    circle,
    from_exception,
    from_status,
    is_redirect,
    stays_home,
)
from hfget.hub import refusal
from hfget.limits import MAX_REDIRECTS, MAX_RENEWALS
from hfget.messages import advice
from hfget.messages import source_texts as texts
from hfget.model import RemoteFile, Snapshot, Span
from hfget.settings import Settings
from hfget.sources.addresses import Address, RequestUrl, content_url
from hfget.sources.byte_source import NoRangesError
from hfget.sources.content_checks import Answer, check, content_length, open_body
from hfget.sources.host_health import HostHealth
from hfget.sources.http_stream import HttpStream, discard
from hfget.system import Superseded, safe_url

#: After so many failures in a row of a host that the endpoint led to, the endpoint is asked again:
#: it may know another one by now. Not for ever.
_FAILURES_AWAY, _MOST_FAILURES_AWAY = 2, 8
#: A page where a file should be is asked for again so often; then the hash decides what it is.
_MOST_PAGES = 2


class HttpSource:
    """One file on one endpoint. Thread-safe. A `carrier` sends the requests where one is given."""

    def __init__(
        self,
        http: HttpClient,
        settings: Settings,
        hosts: HostHealth,
        snapshot: Snapshot,
        file: RemoteFile,
        carrier: Carrier | None = None,
    ) -> None:
        self._home = content_url(snapshot, file)
        self._carrier = carrier
        self._http = http
        self._settings = settings
        self._hosts = hosts
        self._snapshot = snapshot
        self._file = file
        self._lock = threading.Lock()
        self._host = host_of(self._home)
        self._target = RequestUrl(self._home, self._host, True, 0, 0)
        self._fruitless_renewals = self._failures_away = 0
        self._pages = 0
        self._was_encoded = self._ignore_label = False
        self.resolved = False

    @property
    def origin(self) -> str:
        """The host that the next request goes to."""
        return self._target.host

    @property
    def ranged(self) -> bool:
        """Whether that host serves parts of files, as far as is known now."""
        return self._hosts.serves_parts(self._target.host)

    def delay(self) -> float:
        """Seconds for which that host is paused."""
        return self._hosts.delay(self._target.host)

    def failed(self, failure: Transient, began: float) -> float:
        """Seconds for which the host pauses. Raises NetworkError if it is not asked any more."""
        is_of_body = failure.lie and not isinstance(failure, NoRangesError)
        if is_of_body and self._was_encoded:
            self._was_encoded, self._ignore_label = False, not self._ignore_label
        turned_back = not failure.fruitful and self._may_turn_back(failure)
        try:
            return self._hosts.failed(failure, began)
        except NetworkError:
            if turned_back:
                return backoff(1)
            raise

    def open(self, span: Span | None) -> HttpStream:
        """The answer to a GET of `span`, or of the whole file; its body is unread.

        Raises Transient, NoRangesError, Superseded (another thread changes the URL, or the host
        is paused), Stopped, or the HfgetError that a final refusal means.
        """
        hops = 0
        for _ in range(2 * MAX_REDIRECTS):
            target = self._target
            response = self._ask(target, span)
            status = response.status_code
            if 200 <= status < 300 or status == 416:
                self.resolved = True
                return self._stream(response, span)
            try:
                if target.with_token and self._http.keyring.unlock(response):
                    continue
                if is_redirect(response):
                    hops += 1
                    if hops > MAX_REDIRECTS:
                        raise circle(response, self._snapshot.endpoint, self._file.path)
                    endpoint = self._snapshot.endpoint
                    self._follow(target, self._http.next_hop(response, endpoint, is_data=True))
                elif target.hops:
                    # A signature that has expired is answered with 400 or 403 by S3 and GCS, by
                    # others with 401, 410, 498, ...
                    self._renew(target, response)
                else:
                    raise self._refusal(response)
            finally:
                discard(response)
        raise circle(response, self._snapshot.endpoint, self._file.path)

    def address(self) -> Address:
        """Where the bytes are now, the way there gone hop by hop. Raises as `open` does."""
        stream = self.open((0, 1) if self._file.size > 1 and self.ranged else None)
        stream.close()
        return Address(stream.address, stream.authorized)

    def _stream(self, response: requests.Response, span: Span | None) -> HttpStream:
        try:
            answer = self._checked(span, response)
            stream = HttpStream(response, answer, open_body(response, answer), self._host)
        except BaseException as error:
            response.close()
            if isinstance(error, NoRangesError):
                self._hosts.part_came(error.origin, usable=False)
            raise
        if answer.page and self._pages < _MOST_PAGES:
            stream.refuse_pages(self._page_came)
        if span is not None:
            self._hosts.part_came(stream.origin, usable=not answer.whole)
        return stream

    def _checked(self, span: Span | None, response: requests.Response) -> Answer:
        """What the answer claims to be; of a label that made it wrong before, the other reading."""
        answer = check(self._file, span, response)
        if answer.encoded:
            self._was_encoded = True
            if self._ignore_label and content_length(response) in (None, self._file.size):
                return answer._replace(encoding="")
        return answer

    def _page_came(self) -> None:
        self._pages += 1

    def fruitful(self) -> None:
        """Bytes came from the present URL: a later refusal means that it has expired."""
        self._fruitless_renewals = self._failures_away = 0

    def width(self, connections: int) -> int:
        """One until the way to the bytes is known: then all may take it."""
        return connections if self.resolved else 1

    def fewest(self) -> int:
        """It makes no difference with one place."""
        return 0

    def relief(self) -> None:
        """It has one place only."""

    def places(self) -> tuple[str, ...]:
        return (self._host,)

    def avoid(self, *places: str, doubtful: Iterable[str] = ()) -> None:
        """Nothing: it has one place only."""

    def lied(self, place: str, spans: Sequence[Span]) -> None:
        """Nothing: it has no other place to ask instead."""

    def _ask(self, target: RequestUrl, span: Span | None) -> requests.Response:
        """One request to the present target. Raises Transient for a status that passes."""
        headers = {} if target.hops else {"X-HF-Download-Counter": "1"}
        if target.generation and not target.hops:  # what led astray may be an answer from a cache
            headers |= {"Cache-Control": "no-cache", "Pragma": "no-cache"}
        if span is not None:
            headers["Range"] = f"bytes={span[0]}-{span[1] - 1}"
        with self._hosts.asking(target.host, self._host):
            try:
                response = self._http.get(
                    target.url,
                    read_timeout=self._settings.download_timeout,
                    headers=headers,
                    with_token=target.with_token,
                    carrier=self._carrier,
                )
            except Exception as error:
                failure = self._named(from_exception(error, target.url), target)
                if self._goes_another_way(failure, target):
                    raise Superseded from error
                raise failure from error
            if refused := from_status(response):
                response.close()
                refused.host = target.host
                raise refused
        return response

    def _follow(self, target: RequestUrl, url: str) -> None:
        at_home = stays_home(target.with_token, url, self._home)
        with self._lock:
            if self._target is not target:
                raise Superseded
            self._target = RequestUrl(
                url, host_of(url), at_home, target.generation, target.hops + 1
            )

    def _goes_another_way(self, failure: Transient | HfgetError, target: RequestUrl) -> bool:
        """Whether the mirror has a host of its own for what could not be connected to."""
        unreached = isinstance(failure, UnreachableError)
        if isinstance(failure, Transient):
            unreached = failure.whole_host
        if not target.hops or not unreached:
            return False
        url = self._http.rules.other_way(target.url, self._snapshot.endpoint)
        if url is None:
            return False
        with self._lock:
            if self._target is target:
                self._target = target._replace(url=url, host=host_of(url), with_token=False)
        return True

    def _renew(self, target: RequestUrl, response: requests.Response) -> None:
        """Back to the endpoint for a new URL, one thread for all; fail after fruitless renewals.

        The first is asked for at once. Raises Transient for a further one: that is to wait.
        """
        with self._lock:
            if self._target.generation != target.generation:
                raise Superseded
            self._fruitless_renewals += 1
            if self._fruitless_renewals > MAX_RENEWALS:
                raise self._refusal(response)
            self._go_home()
            if self._fruitless_renewals > 1:
                reason = texts.STATUS_FOR_ADDRESS(status=response.status_code, host=self._host)
                raise Transient(reason, url=response.url)

    def _go_home(self) -> None:
        self.resolved = False
        self._target = RequestUrl(self._home, self._host, True, self._target.generation + 1, 0)

    def _may_turn_back(self, failure: Transient) -> bool:
        """Whether the endpoint is asked again where to go, since the host it led to is down."""
        if failure.host == self._host or failure.lie or failure.overloaded:
            return False
        with self._lock:
            if self._target.host != failure.host:
                return True  # another thread went
            self._failures_away += 1
            if self._failures_away % _FAILURES_AWAY or self._failures_away > _MOST_FAILURES_AWAY:
                return False
            self._go_home()
            return True

    def _refusal(self, response: requests.Response) -> HfgetError:
        if origin_of(response.url) != origin_of(self._home):
            return DataHostError(
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
            withheld_tokens=self._settings.withheld_tokens,
            path=self._file.path,
        )

    def _named(self, error: Transient | HfgetError, target: RequestUrl) -> Transient | HfgetError:
        """Say so where the unreachable host is one to which the endpoint sent us."""
        if isinstance(error, Transient) and self._host != target.host:
            error.lead_here(self._host)
        return error
