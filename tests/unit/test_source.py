"""From a file to where its bytes are: resolved once, renewed once for all; the token stays home."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

import pytest
import requests

from hfget.errors import (
    EntryNotFoundError,
    HfgetError,
    InvalidTokenError,
    NetworkError,
    UnsafeError,
)
from hfget.http import MAX_REDIRECTS, HttpClient
from hfget.model import RepoRef
from hfget.retry import Transient
from hfget.secret import Secret
from hfget.settings import Credential, Settings, host_of, origin_of
from hfget.transfer.control import Hosts, Superseded
from hfget.transfer.source import Source
from tests.unit.helpers import (
    BOUND,
    Answer,
    Asked,
    Loopback,
    Reply,
    lfs_file,
    made_up_token,
    reset,
    snapshot_of,
)
from tests.unit.transfers import until

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


@pytest.fixture
def world() -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack)


@dataclass
class Client:
    """A source and what it needs to ask."""

    source: Source
    http: HttpClient
    hosts: Hosts

    def open(self, span: tuple[int, int] | None = PART) -> requests.Response:
        return self.source.open(span, self.hosts)

    def read(self, span: tuple[int, int] | None = PART) -> bytes:
        with self.open(span) as response:
            return bytes(response.raw.read())


def client(
    home: Loopback,
    *,
    token: str | None = None,
    eager: bool = True,
    read_timeout: float = BOUND,
) -> Client:
    credential = None
    if token is not None:
        credential = Credential(Secret(token), "--token", origin_of(home.url), eager)
    http = HttpClient(credential)
    settings = Settings(endpoint=home.url, credential=credential, download_timeout=read_timeout)
    snapshot = replace(snapshot_of(FILE), endpoint=home.url)
    hosts = Hosts(settings.retries, threading.Event())
    hosts.answered(host_of(home.url))
    return Client(Source(http, settings, snapshot, FILE), http, hosts)


def tokens(server: Loopback) -> list[str | None]:
    return [asked.headers.get("authorization") for asked in server.asked]


def test_the_endpoint_is_asked_by_commit_and_quoted_path(world: World) -> None:
    home = world.origin()
    one = client(home)
    assert one.read() == DATA[100:200] and one.read(None) == DATA
    assert home.targets == [HOME_PATH] * 2
    assert [asked.headers.get("range") for asked in home.asked] == ["bytes=100-199", None]
    assert one.source.resolved and one.source.host == host_of(home.url)


@pytest.mark.parametrize(("repo_type", "prefix"), [("dataset", "/datasets"), ("space", "/spaces")])
def test_datasets_and_spaces_have_a_prefix(world: World, repo_type: str, prefix: str) -> None:
    home = world.origin()
    one = client(home)
    ref = RepoRef("org/name", repo_type)  # type: ignore[arg-type]
    snapshot = replace(snapshot_of(FILE), endpoint=home.url + "/", ref=ref)
    source = Source(one.http, Settings(), snapshot, FILE)
    source.open(None, one.hosts).close()
    assert home.targets == [prefix + HOME_PATH]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_once_and_remembered(world: World, status: int) -> None:
    cdn = world.origin()
    home = world.origin(lambda asked: found(f"{cdn.url}/blob?signature=x", status))
    one = client(home)
    assert not one.source.resolved
    for _ in range(3):
        assert one.read() == DATA[100:200]
    assert len(home.asked) == 1 and cdn.targets == ["/blob?signature=x"] * 3
    assert one.source.resolved and one.source.host == host_of(cdn.url)


@pytest.mark.parametrize("location", ["/moved?x=1", "{home}/moved?x=1", "//{host}/moved?x=1"])
def test_relative_redirects_stay_on_their_host_and_its_connection(
    world: World, location: str
) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.target != HOME_PATH:
            return content(asked)
        return found(location.format(home=home.url, host=host_of(home.url)))

    home = world.origin(answer)
    assert client(home).read() == DATA[100:200]
    assert home.targets == [HOME_PATH, "/moved?x=1"] and home.connections == 1


def test_several_hops_over_several_hosts(world: World) -> None:
    last = world.origin()
    middle = world.origin(
        lambda asked: found("/b" if asked.target == "/a" else f"{last.url}/c", 307)
    )
    home = world.origin(lambda asked: found(f"{middle.url}/a"))
    one = client(home)
    assert one.read() == one.read() == DATA[100:200]
    assert middle.targets == ["/a", "/b"] and last.targets == ["/c", "/c"]
    assert [asked.headers.get("range") for asked in middle.asked] == ["bytes=100-199"] * 2


def test_a_download_is_counted_once_and_at_home(world: World) -> None:
    cdn = world.origin()
    home = world.origin(lambda asked: found(f"{cdn.url}/blob"))
    client(home).read()
    counter = "x-hf-download-counter"
    assert counter in home.asked[0].headers and counter not in cdn.asked[0].headers


def endless(conn: socket.socket) -> None:
    block = b"%x\r\n%b\r\n" % (1 << 16, bytes(1 << 16))
    while True:
        conn.sendall(block)


def silent(conn: socket.socket) -> None:
    conn.recv(1)


def dripping(conn: socket.socket) -> None:
    for _ in range(10_000):
        conn.sendall(b".")
        time.sleep(0.002)


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        ("Transfer-Encoding: chunked", endless),
        ("Connection: close", endless),
        ("Content-Length: 9999999999", endless),
        ("Content-Length: 9999", silent),
        ("Content-Length: 10000", dripping),
    ],
)
def test_the_body_of_a_redirect_is_not_waited_for(
    world: World, framing: str, body: Callable[[socket.socket], None]
) -> None:
    def redirect(conn: socket.socket) -> None:
        conn.sendall(f"HTTP/1.1 302 X\r\nLocation: /blob\r\n{framing}\r\n\r\n".encode())
        with suppress(OSError):
            body(conn)
        broken.set()

    broken = threading.Event()
    home = world.origin(lambda asked: redirect if asked.target == HOME_PATH else content(asked))
    assert client(home, read_timeout=0.3).read() == DATA[100:200]
    assert broken.wait(BOUND) and home.connections == 2


@pytest.mark.parametrize("hops", [1, MAX_REDIRECTS])
def test_as_many_hops_as_are_allowed(world: World, hops: int) -> None:
    def answer(asked: Asked) -> Answer:
        number = int(asked.target.removeprefix("/")) if asked.target != HOME_PATH else 0
        return content(asked) if number == hops else found(f"/{number + 1}")

    home = world.origin(answer)
    assert client(home).read() == DATA[100:200] and len(home.asked) == hops + 1


@pytest.mark.parametrize("circle", ["/{number}", HOME_PATH, "{other}/x"])
def test_a_circle_ends(world: World, circle: str) -> None:
    other = world.origin(lambda asked: found(f"{home.url}{HOME_PATH}"))
    home = world.origin(lambda asked: found(circle.format(number=len(home.asked), other=other.url)))
    with pytest.raises(NetworkError, match="circle") as caught:
        client(home).read()
    assert caught.value.path == FILE.path
    assert len(home.asked) + len(other.asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("", NetworkError),
        ("http://[::1", NetworkError),
        ("http://127.0.0.1:99999/x", NetworkError),
        ("http://a b/", NetworkError),
        ("file:///etc/passwd", UnsafeError),
        ("ftp://127.0.0.1/x", UnsafeError),
        ("javascript:alert(1)", UnsafeError),
    ],
)
def test_an_address_that_is_none_or_unsafe_is_not_followed(
    world: World, location: str, error: type[HfgetError]
) -> None:
    home = world.origin(lambda asked: found(location))
    with pytest.raises(error):
        client(home).read()
    assert len(home.asked) == 1


def test_the_token_goes_home_and_nowhere_else(world: World) -> None:
    token = made_up_token()
    cdn = world.origin()
    home = world.origin(lambda asked: found("/b" if asked.target == HOME_PATH else f"{cdn.url}/c"))
    assert client(home, token=token).read() == DATA[100:200]
    assert tokens(home) == [f"Bearer {token}"] * 2 and tokens(cdn) == [None]
    assert not any(token in str(asked.headers.values()) for asked in cdn.asked)


def test_who_led_away_does_not_get_the_token_by_leading_back(world: World) -> None:
    token = made_up_token()
    home = world.origin(
        lambda asked: found(f"{away.url}/b") if asked.target == HOME_PATH else content(asked)
    )
    away = world.origin(lambda asked: found(f"{home.url}/back"))
    assert client(home, token=token).read() == DATA[100:200]
    assert home.targets == [HOME_PATH, "/back"] and tokens(away) == [None]
    assert tokens(home) == [f"Bearer {token}", None]


def test_a_token_that_is_held_back_is_shown_once_home_asks_for_it(world: World) -> None:
    token = made_up_token()
    home = world.origin(
        lambda asked: content(asked) if "authorization" in asked.headers else Answer(b"", 401)
    )
    one = client(home, token=token, eager=False)
    assert one.read() == one.read() == DATA[100:200]
    assert tokens(home) == [None, f"Bearer {token}", f"Bearer {token}"]


def test_a_token_that_is_refused_is_not_shown_for_ever(world: World) -> None:
    home = world.origin(lambda asked: Answer(b"", 401))
    with pytest.raises(InvalidTokenError):
        client(home, token=made_up_token(), eager=False).read()
    assert len(home.asked) == 2


class Signer:
    """A home that leads to a new signed address each time, a store that knows the latest only."""

    def __init__(self, world: World, *, refusal: int = 403) -> None:
        self.signature = 0
        self.expired = False
        self._refusal = refusal
        self._lock = threading.Lock()
        self.store = world.origin(self._content)
        self.home = world.origin(self._sign)

    def _sign(self, asked: Asked) -> Answer:
        with self._lock:
            self.signature += 1
            self.expired = False
            return found(f"{self.store.url}/blob?signature={self.signature}")

    def _content(self, asked: Asked) -> Answer:
        if self.expired or not asked.target.endswith(f"={self.signature}"):
            return Answer(b"<Error>expired</Error>", self._refusal)
        return content(asked)


@pytest.mark.parametrize("refusal", [400, 401, 403, 404, 410])
def test_an_address_that_has_expired_is_renewed(world: World, refusal: int) -> None:
    signer = Signer(world, refusal=refusal)
    one = client(signer.home)
    for _ in range(8):
        assert one.read() == DATA[100:200]
        one.source.fruitful()
        signer.expired = True
    assert signer.signature == 8


def test_many_connections_renew_an_address_once(world: World) -> None:
    signer = Signer(world)
    one = client(signer.home)
    one.read()
    signer.expired = True
    barrier = threading.Barrier(8)
    ends: list[str] = []

    def read() -> None:
        barrier.wait(BOUND)
        while True:
            try:
                ends.append("read" if one.read() == DATA[100:200] else "wrong")
                return
            except Superseded:
                until(lambda: one.source.resolved)  # as the schedule does

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    assert ends == ["read"] * 8 and signer.signature == 2


def test_renewing_without_a_byte_in_between_ends(world: World) -> None:
    store = world.origin(lambda asked: Answer(b"<Error/>", 403))
    home = world.origin(lambda asked: found(f"{store.url}/blob?signature=secret"))
    with pytest.raises(NetworkError) as caught:
        client(home).read()
    message = caught.value.message
    assert host_of(store.url) in message and host_of(home.url) in message and "403" in message
    assert "secret" not in f"{message}{caught.value.url}" and caught.value.path == FILE.path
    assert len(home.asked) == len(store.asked) == 4


def test_a_file_that_the_endpoint_does_not_have_is_named(world: World) -> None:
    home = world.origin(lambda asked: Answer(b"", 404, {"X-Error-Code": "EntryNotFound"}))
    with pytest.raises(EntryNotFoundError) as caught:
        client(home).read()
    assert caught.value.path == FILE.path and len(home.asked) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_status_that_passes_is_left_to_whoever_schedules(world: World, status: int) -> None:
    cdn = world.origin(
        lambda asked: content(asked) if len(cdn.asked) > 1 else Answer(b"wait", status)
    )
    home = world.origin(lambda asked: found(f"{cdn.url}/blob"))
    one = client(home)
    with pytest.raises(Transient) as caught:
        one.read()
    assert caught.value.host == one.source.host == host_of(cdn.url)
    assert caught.value.overloaded == (status in (429, 503)) and not caught.value.lie
    assert not one.source.resolved
    assert one.read() == DATA[100:200] and len(home.asked) == 1, "goes on where it was"


def test_an_unreachable_host_to_which_the_endpoint_leads_is_named(world: World) -> None:
    cdn = world.origin(lambda asked: reset)
    home = world.origin(lambda asked: found(f"{cdn.url}/blob"))
    with pytest.raises(Transient) as caught:
        client(home).read()
    assert caught.value.whole_host and caught.value.host == host_of(cdn.url)
    assert f"{host_of(home.url)} leads to this host" in caught.value.reason
    alone = world.origin(lambda asked: reset)
    with pytest.raises(Transient) as caught:
        client(alone).read()
    assert "leads to" not in caught.value.reason


def test_a_host_that_is_paused_is_not_asked_by_way_of_a_redirect(world: World) -> None:
    cdn = world.origin()
    home = world.origin(lambda asked: found(f"{cdn.url}/blob"))
    one = client(home)
    one.hosts.failed(Transient("HTTP 429", url=cdn.url, wait=100.0, whole_host=True), 0.0)
    with pytest.raises(Superseded):
        one.read()
    assert len(home.asked) == 1 and cdn.asked == []
    assert one.source.host == host_of(cdn.url), "whose pause the next attempt waits for"
