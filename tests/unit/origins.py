"""Origins of their own, and a source that finds its way through them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from hfget.endpoints import host_of, origin_of
from hfget.http.client import HttpClient
from hfget.settings import Credential, Settings
from hfget.sources.host_health import HostHealth
from hfget.sources.http_source import HttpSource
from hfget.sources.http_stream import HttpStream
from hfget.system.redaction import Secret
from tests.unit.helpers import BOUND, Answer, Asked, Loopback, Reply, lfs_file, snapshot_of

DATA = b"content of the file " * 50
PART = (100, 200)
FILE = lfs_file("a dir/model #1?é.bin", DATA)
HOME_PATH = f"/org/name/resolve/{'c' * 40}/a%20dir/model%20%231%3F%C3%A9.bin"


def found(location: str, status: int = 302, body: bytes = b"moved") -> Answer:
    return Answer(body, status, {"Location": location})


def content(asked: Asked) -> Answer:
    wanted = asked.headers.get("range")
    if wanted is None:
        return Answer(DATA)
    first, last = map(int, wanted.removeprefix("bytes=").split("-"))
    piece = DATA[first : last + 1]
    return Answer(piece, 206, {"Content-Range": f"bytes {first}-{last}/{len(DATA)}"})


@dataclass
class World:
    """Origins of their own; each answers what its function says, `content` unless it is set."""

    stack: ExitStack

    def origin(self, answer: Callable[[Asked], Reply] = content) -> Loopback:
        return self.stack.enter_context(Loopback(answer))


@dataclass
class Client:
    """A source and what it needs to ask."""

    source: HttpSource
    http: HttpClient
    hosts: HostHealth

    def open(self, span: tuple[int, int] | None = PART) -> HttpStream:
        return self.source.open(span)

    def read(self, span: tuple[int, int] | None = PART) -> bytes:
        stream, data = self.open(span), bytearray(len(DATA))
        filled = 0
        while filled < len(DATA) and (count := stream.readinto(memoryview(data)[filled:])):
            filled += count
        stream.close()
        return bytes(data[:filled])


def client(
    home: Loopback,
    *,
    token: str | None = None,
    eager: bool = True,
    read_timeout: float = BOUND,
) -> Client:
    known = {}
    if token is not None:
        origin = origin_of(home.url)
        known[origin] = Credential(Secret(token), "--token", origin, eager)
    http = HttpClient(known.values())
    settings = Settings(endpoint=home.url, credentials=known, download_timeout=read_timeout)
    snapshot = replace(snapshot_of(FILE), endpoint=home.url)
    hosts = HostHealth(settings.retries, threading.Event())
    hosts.answered(host_of(home.url))
    return Client(HttpSource(http, settings, hosts, snapshot, FILE), http, hosts)


def tokens(server: Loopback) -> list[str | None]:
    return [asked.headers.get("authorization") for asked in server.asked]
