"""From a file to where its bytes are: redirects followed once, and no further than is safe."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from hfget.endpoints import host_of
from hfget.errors import HfgetError, NetworkError, UnsafeError
from hfget.http import Transient
from hfget.limits import MAX_REDIRECTS
from hfget.model import RepoRef
from hfget.settings import Settings
from hfget.sources.byte_source import NoRangesError
from hfget.sources.http_source import HttpSource
from tests.support.loopback import BOUND, Answer, Asked, snapshot_of
from tests.support.origins import DATA, FILE, HOME_PATH, World, client, content, found

pytestmark = pytest.mark.usefixtures("no_proxies")


def test_the_endpoint_is_asked_by_commit_and_quoted_path(world: World) -> None:
    home = world.origin()
    one = client(home)
    assert one.read() == DATA[100:200] and one.read(None) == DATA
    assert home.targets == [HOME_PATH] * 2
    assert [asked.headers.get("range") for asked in home.asked] == ["bytes=100-199", None]
    assert one.source.resolved and one.source.origin == host_of(home.url)


@pytest.mark.parametrize(("repo_type", "prefix"), [("dataset", "/datasets"), ("space", "/spaces")])
def test_datasets_and_spaces_have_a_prefix(world: World, repo_type: str, prefix: str) -> None:
    home = world.origin()
    one = client(home)
    ref = RepoRef("org/name", repo_type)  # type: ignore[arg-type]
    snapshot = replace(snapshot_of(FILE), endpoint=home.url + "/", ref=ref)
    source = HttpSource(one.http, Settings(), one.hosts, snapshot, FILE)
    source.open(None).close()
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
    assert one.source.resolved and one.source.origin == host_of(cdn.url)


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
    assert client(home, read_timeout=BOUND).read() == DATA[100:200]
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


def test_a_label_is_doubted_for_what_was_read_by_it_alone(world: World) -> None:
    """Not for a whole file that came packed where a part was asked for."""
    packed = Answer(gzip.compress(DATA), headers={"Content-Encoding": "gzip"}, framing="chunked")
    one = client(world.origin(lambda asked: packed))
    for reason, decoded in (
        (NoRangesError("no part", url="http://h"), True),
        (Transient("bad data", url="http://h", lie=True), False),
        (Transient("bad data", url="http://h", lie=True), True),
    ):
        one.source.open(None).close()
        one.source.failed(reason, 0.0)
        stream, buffer, came = one.source.open(None), memoryview(bytearray(1 << 16)), b""
        while (count := stream.readinto(buffer)) != 0:
            came += buffer[: count or 0]
        stream.close()
        assert (came == DATA) is decoded
