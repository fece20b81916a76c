"""One endpoint, tried as a download would use it: the commit, the listing, a part of a file.

The parts of a download do the work, with a client that watches; nothing is tried twice. A token
goes along where a download would send it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

from hfget.endpoints import NamedEndpoint, host_of, origin_of, without_login
from hfget.errors import HfgetError
from hfget.http import (
    Credentials,
    HostRules,
    Transient,
    WatchedClient,
    choose_credentials,
    parse_rewrites,
)
from hfget.hub import Hub
from hfget.limits import PROBE_BYTES, PROBE_SECONDS, PROBE_SPEED_SECONDS, PROBE_TIMEOUT
from hfget.messages import operations_texts as texts
from hfget.model import RemoteFile, RepoRef, Snapshot, Span
from hfget.operations.probes import probe_findings
from hfget.operations.probes.probe_findings import Finding
from hfget.partials import new_hash
from hfget.settings import Settings, offline_by
from hfget.sources import HostHealth, HttpSource, NoRangesError
from hfget.system import Stop, Stopped, Superseded

_BUFFER_BYTES = 1 << 18
#: A file up to this size is fetched whole, and hashed.
_WHOLE_BYTES = 1 << 20
#: Fewer say nothing of the speed.
_TELLING_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Probed:
    """What an endpoint did. Times are in seconds, the speed in bytes a second.

    `named_by` says why it was asked. `works` tells that a download from there would succeed.
    `ranges` is None where it did not come to that, `speed` and `latency` likewise. `data_host` is
    the host that sends the content, `ahead` how far its clock is ahead of this machine's.
    """

    endpoint: str
    named_by: str
    works: bool = False
    commit: str = ""
    files: int | None = None
    latency: float | None = None
    data_host: str = ""
    ranges: bool | None = None
    speed: float | None = None
    issuer: str = ""
    proxy: str = ""
    ahead: float | None = None
    addresses: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def host(self) -> str:
        return host_of(f"{self.endpoint}/")

    @property
    def exit_code(self) -> int:
        """The exit code that a download from there would have."""
        return 0 if self.works else max((each.exit_code for each in self.findings), default=5)


class EndpointProbe:
    """The probe of one endpoint, run in a thread of its own. `done` is set at its end.

    Of the secrets that are `chosen` only that of its origin is used. `crash` is what no code here
    has foreseen.
    """

    def __init__(
        self, endpoint: str, named_by: str, ref: RepoRef, chosen: Credentials | None = None
    ) -> None:
        self.done = threading.Event()
        self.crash: BaseException | None = None
        self._given = endpoint
        self._ref = ref
        self._chosen = chosen
        self._client: WatchedClient | None = None
        self._stop = Stop()
        self._is_over = self._is_complete = False
        self._result = Probed(without_login(endpoint), named_by)

    def run(self) -> None:
        """Ask, until something fails."""
        try:
            self._ask()
        except (Superseded, Stopped):
            pass  # abandoned
        except BaseException as error:
            self.crash = error
        finally:
            self.done.set()

    def abandon(self) -> None:
        """The time is over: wake the thread, whose end need not be waited for."""
        self._is_over = True
        self._stop.set()
        if self._client is not None:
            self._client.abort()

    def result(self) -> Probed:
        """What is known by now."""
        result, client = self._result, self._client
        if self._is_over and not self._is_complete:
            late = probe_findings.not_done(result.endpoint, PROBE_SECONDS)
            result = replace(result, works=False, findings=(*result.findings, late))
        if client is None:
            return result
        url = f"{result.endpoint}/"
        origin = origin_of(url)
        own = [exchange for exchange in list(client.exchanges) if exchange.origin == origin]
        addresses = client.addresses(url)
        odd = probe_findings.of_addresses(result.host, addresses)
        return replace(
            result,
            latency=min((exchange.seconds for exchange in own), default=None),
            ahead=next((one.ahead for one in own if one.ahead is not None), None),
            addresses=tuple(addresses),
            findings=(*result.findings, *([odd] if odd else [])),
        )

    def _ask(self) -> None:
        endpoint = self._result.endpoint
        try:
            client = self._begin()
        except HfgetError as error:
            self._found(Finding(error.kind, error.message, error.hint, error.exit_code))
            self._is_complete = True
            return
        try:
            snapshot = self._listing(client)
            self._content(client, snapshot)
        except (HfgetError, Transient) as error:
            if self._is_over:
                return
            withheld = origin_of(endpoint) in self._settings.withheld_tokens
            self._found(probe_findings.of_error(error, client, endpoint, withheld=withheld))
        issuer = client.issuer(endpoint)
        works = not any(finding.exit_code for finding in self._result.findings)
        self._result = replace(self._result, works=works, issuer=issuer)
        self._is_complete = True

    def _begin(self) -> WatchedClient:
        """Raises HfgetError where the endpoint, or the proxy to it, cannot be used at all."""
        named = NamedEndpoint(self._given, "flag")
        chosen = self._chosen or choose_credentials([named], flag=None, use_ambient=False)
        origin = origin_of(self._given)
        credentials = {where: one for where, one in chosen.credentials.items() if where == origin}
        rewrites = parse_rewrites((), os.environ)
        client = WatchedClient(
            credentials.values(),
            rules=HostRules(rewrites),
            connect_timeout=PROBE_TIMEOUT,
            offline=offline_by(os.environ),
        )
        self._client = client
        proxy = client.proxy_name(f"{self._result.endpoint}/")
        self._result = replace(self._result, proxy=proxy)
        self._settings = Settings(
            endpoint=self._result.endpoint,
            credentials=credentials,
            withheld_tokens=chosen.withheld,
            rewrites=rewrites,
            api_timeout=PROBE_TIMEOUT,
            download_timeout=PROBE_TIMEOUT,
            retries=0,
        )
        return client

    def _listing(self, client: WatchedClient) -> Snapshot:
        """Raises HfgetError."""
        snapshot = Hub(client, self._settings, stop=self._stop).snapshot(self._ref)
        self._result = replace(self._result, commit=snapshot.commit, files=len(snapshot.files))
        return snapshot

    def _content(self, client: WatchedClient, snapshot: Snapshot) -> None:
        """A small file whole, and a part of the largest. Raises HfgetError, Transient."""
        sound = [file for file in snapshot.files if file.size and not file.defect]
        small = min((f for f in sound if f.size <= _WHOLE_BYTES), key=_size_of, default=None)
        large = max(sound, key=lambda file: (file.is_lfs, file.size), default=None)
        if small is not None:
            source = self._source(client, snapshot, small)
            digest = new_hash(small.hash_kind, small.size)
            _, came, _ = _read(source, None, small.size, digest.update)
            if came == small.size and digest.hexdigest() != small.etag:
                self._found(probe_findings.of_bytes(source.origin, small.path))
        if large is None:
            return
        source = self._source(client, snapshot, large)
        start = large.size // 2
        span = (start, min(large.size, start + PROBE_BYTES))
        try:
            ranges, came, seconds = _read(source, span, span[1] - span[0])
        except NoRangesError:
            _, came, seconds = _read(source, None, min(large.size, PROBE_BYTES))
            ranges = False
        finally:
            self._result = replace(self._result, data_host=source.origin)
        self._result = replace(self._result, ranges=ranges)
        if not ranges:
            self._found(probe_findings.of_ranges(source.origin))
        if came < _TELLING_BYTES and seconds < PROBE_SPEED_SECONDS:
            return
        speed = came / max(seconds, 1e-6)
        self._result = replace(self._result, speed=speed)
        if slow := probe_findings.of_speed(source.origin, speed):
            self._found(slow)

    def _source(self, client: WatchedClient, snapshot: Snapshot, file: RemoteFile) -> HttpSource:
        return HttpSource(client, self._settings, HostHealth(0, self._stop), snapshot, file)

    def _found(self, finding: Finding) -> None:
        self._result = replace(self._result, findings=(*self._result.findings, finding))


def _read(
    source: HttpSource,
    span: Span | None,
    wanted: int,
    take: Callable[[memoryview], object] = lambda view: None,
) -> tuple[bool, int, float]:
    """Whether it was the span, how many bytes came, at most `wanted`, and in how many seconds.

    Raises HfgetError, Transient.
    """
    view = memoryview(bytearray(_BUFFER_BYTES))
    came = 0
    with closing(source.open(span)) as stream:
        began = time.monotonic()
        while came < wanted and time.monotonic() - began < PROBE_SPEED_SECONDS:
            count = stream.readinto(view[: wanted - came])
            if count == 0:
                raise Transient(texts.PROBE_ENDS_EARLY, url=stream.url)
            if count:
                take(view[:count])
                came += count
        return not stream.whole, came, time.monotonic() - began


def _size_of(file: RemoteFile) -> int:
    return file.size
