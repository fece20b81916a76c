"""What tests of the transfer share: a scripted server of one file, and a job that fetches it."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hfget.http.client import HttpClient
from hfget.http.retry import Transient
from hfget.model import RemoteFile, Span
from hfget.partials.partial_names import range_stem, stem_for
from hfget.settings import Settings
from hfget.sources.host_health import HostHealth
from hfget.sources.http_source import HttpSource
from hfget.transfer.fetch import Fetcher
from hfget.transfer.file_job import FileJob
from hfget.transfer.leases import Lease
from tests.support.loopback import BOUND, Answer, Asked, Loopback, Reply, lfs_file, snapshot_of
from tests.support.schedules import GivenTask

KIB, MIB = 1 << 10, 1 << 20


def noise(size: int, seed: str = "") -> bytes:
    return hashlib.shake_128(seed.encode()).digest(size)


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; fails if it does not come true in time."""
    deadline = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.002)


def in_thread(work: Callable[[], object]) -> Callable[[], BaseException | None]:
    """Run `work` beside the test; the returned function waits for how it ended."""
    ended: list[BaseException | None] = []

    def run() -> None:
        try:
            work()
            ended.append(None)
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def wait() -> BaseException | None:
        thread.join(BOUND)
        assert ended, "it does not end"
        return ended[0]

    return wait


def honest(data: bytes, asked: Asked) -> Answer:
    """What a good server answers."""
    wanted = asked.headers.get("range")
    if wanted is None:
        return Answer(data)
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    start, end = int(first), int(last) + 1
    assert 0 <= start < end <= len(data), "asked for what is not there"
    return Answer(data[start:end], 206, {"Content-Range": f"bytes {first}-{last}/{len(data)}"})


class FileServer(Loopback):
    """Answers honestly, but for what `script` says first, a reply a request."""

    def __init__(self, data: bytes, *script: Callable[[Asked], Reply]) -> None:
        super().__init__(self._next)
        self.script = deque(script)
        self._data = data

    def __enter__(self) -> FileServer:
        super().__enter__()
        return self

    def _next(self, asked: Asked) -> Reply:
        if self.script:
            return self.script.popleft()(asked)
        return honest(self._data, asked)

    @property
    def ranges(self) -> list[str | None]:
        """What was asked for: `bytes=0-9`, None for the whole."""
        return [asked.headers.get("range") for asked in self.asked]


def always(reply: Reply) -> Callable[[Asked], Reply]:
    return lambda asked: reply


@dataclass
class Transfer:
    """One file on its way from a server into a folder, by one connection."""

    job: FileJob
    fetcher: Fetcher
    http: HttpClient
    stop: threading.Event
    final: Path
    hosts: HostHealth

    def lease(self, size: int | None = None) -> Lease:
        lease = self.job.ledger.lease(
            size or self.job.file.size, 64, whole=not self.job.source.ranged
        )
        assert lease is not None
        return lease

    def fetch(self, lease: Lease | None = None) -> None:
        """Fetch a lease (by default all that is missing), and give it back."""
        lease = lease or self.lease()
        try:
            self.fetcher.fetch(self.job, lease)
        finally:
            self.job.ledger.release(lease)

    @property
    def content(self) -> bytes:
        """What is in the partial now."""
        return self.job.partial.data_path.read_bytes()


def transfer(
    server: Loopback,
    folder: Path,
    data: bytes,
    *,
    file: RemoteFile | None = None,
    read_timeout: float = BOUND,
    span: Span | None = None,
) -> Transfer:
    """A job for `data` as `model.bin`, or a range of it, opened, and a connection to fetch it."""
    file = file or lfs_file("model.bin", data)
    settings = Settings(endpoint=server.url, download_timeout=read_timeout)
    snapshot = replace(snapshot_of(file), endpoint=server.url)
    http, stop = HttpClient(), threading.Event()
    final = folder / "final"

    def publish(path: Path) -> None:
        path.replace(final)

    hosts = HostHealth(settings.retries, stop)
    stem = stem_for(folder / "download", file.path, file.etag)
    stem = range_stem(stem, span) if span else stem
    source = HttpSource(http, settings, hosts, snapshot, file)
    job = GivenTask(file, stem, source, publish, span=span).job
    job.open()
    return Transfer(job, Fetcher(stop), http, stop, final, hosts)


def fetch_all(one: Transfer, piece: int = 1 << 62) -> None:
    """Fetch all that is missing, in pieces of so many bytes at most."""
    while not one.job.ledger.finished:
        one.fetch(one.lease(piece))


def flip(path: Path, offset: int) -> None:
    """Change a bit on disk."""
    with open(path, "r+b") as file:
        byte = os.pread(file.fileno(), 1, offset)[0]
        os.pwrite(file.fileno(), bytes([byte ^ 1]), offset)


def partials(folder: Path) -> list[str]:
    """What lies where the partials of a `transfer` are."""
    return sorted(path.name for path in (folder / "download").iterdir())


def failing(fetching: Transfer) -> Transient:
    """How the next fetch fails."""
    with pytest.raises(Transient) as caught:
        fetching.fetch()
    assert fetching.job.ledger.leases == 0
    return caught.value


def head(length: int | None, *lines: str, status: int = 200) -> bytes:
    """The head of an answer whose body may be as it likes."""
    fields = [f"HTTP/1.1 {status} X", *lines]
    if length is not None:
        fields.append(f"Content-Length: {length}")
    return "\r\n".join([*fields, "", ""]).encode()
