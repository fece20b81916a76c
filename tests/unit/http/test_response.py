"""Answers that are unusual and right: interim ones, long heads, HTTP/1.0; and a no of a proxy."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from hfget.endpoints import host_of
from hfget.errors import AccessError, NetworkError
from hfget.http import redirects
from hfget.http.client import HttpClient
from hfget.http.response import MAX_HEAD_BYTES, MAX_HEAD_LINES, MOST_INTERIM
from hfget.http.retry import Transient, from_exception
from tests.support.api_client import COMMIT, INFO, Client, entry, page
from tests.support.loopback import BOUND, Answer, Asked, Loopback, Reply, made_up_token, raw
from tests.support.network import read
from tests.support.origins import DATA, HOME_PATH, World, client, content, found

pytestmark = pytest.mark.usefixtures("no_proxies", "short_waits")

EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"


def after(first: bytes) -> Callable[[Asked], Reply]:
    return lambda asked: raw(first + content(asked).wire())


@pytest.mark.parametrize(
    "first",
    [
        EARLY,
        b"HTTP/1.1 102 Processing\r\n\r\n" * 3,
        b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" + EARLY,
        EARLY + b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 199 What\r\n\r\n",
    ],
)
def test_interim_answers_are_passed_over(world: World, first: bytes) -> None:
    assert client(world.origin(after(first))).read() == DATA[100:200]


def test_interim_answers_without_end_end(world: World) -> None:
    home = world.origin(after(EARLY * (MOST_INTERIM + 1)))
    with pytest.raises(Transient):
        client(home).read()


@pytest.mark.parametrize("size", [b"-5", b"+-1", b"f" * 17, b"zz", b""])
def test_what_is_not_the_size_of_a_chunk_ends_the_answer(world: World, size: bytes) -> None:
    head = b"HTTP/1.1 206 OK\r\nTransfer-Encoding: chunked\r\nContent-Range: bytes 100-199/"
    body = b"%d\r\n\r\n%b\r\n%b\r\n0\r\n\r\n" % (len(DATA), size, DATA[100:200])
    home = world.origin(lambda asked: raw(head + body))
    with pytest.raises(Transient):
        client(home).read()


@pytest.mark.parametrize("lines", [101, MAX_HEAD_LINES - 10])
def test_many_header_lines_are_read(world: World, lines: int) -> None:
    def answer(asked: Asked) -> Reply:
        plain = content(asked)
        more = {f"X-Trace-{number}": "x" for number in range(lines)}
        return Answer(plain.body, plain.status, {**more, **plain.headers})

    assert client(world.origin(answer)).read() == DATA[100:200]


@pytest.mark.parametrize(
    "line", [b"X: y\r\n" * (MAX_HEAD_LINES + 1), b"X: " + b"y" * MAX_HEAD_BYTES]
)
def test_a_head_without_end_ends(world: World, line: bytes) -> None:
    home = world.origin(lambda asked: raw(b"HTTP/1.1 200 OK\r\n" + line + b"\r\n\r\n"))
    with pytest.raises(Transient):
        client(home).read()


@pytest.mark.parametrize("length", [b"Content-Length: %d\r\n" % len(DATA), b""])
def test_http_1_0_is_understood(world: World, length: bytes) -> None:
    home = world.origin(lambda asked: raw(b"HTTP/1.0 200 OK\r\n" + length + b"\r\n" + DATA))
    one = client(home)
    assert one.read(None) == one.read(None) == DATA and home.connections == 2


@pytest.mark.parametrize("location", [" /moved to/é ", "{home}/moved to/é"])
def test_a_location_with_blanks_and_raw_letters_is_followed(world: World, location: str) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.target != HOME_PATH:
            return content(asked)
        place = location.format(home=home.url).encode().decode("latin-1")
        return found(place)

    home = world.origin(answer)
    assert client(home).read() == DATA[100:200]
    assert home.targets[1] == "/moved%20to/%C3%A9"


def test_a_mirror_that_leaves_a_file_to_the_hub_is_followed_without_the_token(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = world.origin()
    named = hub.url.replace("127.0.0.1", "localhost")
    monkeypatch.setattr(redirects, "OFFICIAL_HOSTS", frozenset({"localhost"}))
    home = world.origin(lambda asked: found(named + HOME_PATH, 308))
    one = client(home, token=made_up_token())
    assert one.read() == DATA[100:200] and one.source.origin == host_of(named)
    assert "authorization" in home.asked[0].headers
    assert "authorization" not in hub.asked[0].headers and len(home.asked) == 1


def test_a_mirror_that_leaves_the_api_to_the_hub_is_followed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = world.origin(lambda asked: page(entry()) if "/tree/" in asked.target else INFO)
    named = hub.url.replace("127.0.0.1", "localhost")
    monkeypatch.setattr(redirects, "OFFICIAL_HOSTS", frozenset({"localhost"}))
    home = world.origin(lambda asked: found(named + asked.target, 308))
    snapshot = Client(home.url).snapshot()
    assert snapshot.commit == COMMIT and [file.path for file in snapshot.files] == ["a.txt"]


@pytest.mark.parametrize("place", ["/tree/", "/api/models/org/m"])
def test_an_error_with_status_200_is_asked_for_again(world: World, place: str) -> None:
    def answer(asked: Asked) -> Reply:
        asked_before = sum(place in target for target in home.targets) > 1
        if place in asked.target and not asked_before:
            return Answer(json.dumps({"error": "backend \x1b[31mtimed out"}).encode())
        return page(entry()) if "/tree/" in asked.target else INFO

    home = world.origin(answer)
    one = Client(home.url)
    assert len(one.snapshot().files) == 1
    (reason,) = one.retries
    assert "timed out" in reason and "\x1b" not in reason


def test_an_error_that_stays_is_named(world: World) -> None:
    home = world.origin(lambda asked: Answer(b'{"error": "no such thing"}'))
    with pytest.raises(NetworkError, match="no such thing"):
        Client(home.url).snapshot()


def test_a_commit_may_have_64_digits(world: World) -> None:
    commit = "0123456789abcdef" * 4
    info = Answer(json.dumps({"id": "org/m", "sha": commit}).encode())
    home = world.origin(lambda asked: page(entry()) if "/tree/" in asked.target else info)
    assert Client(home.url).snapshot().commit == commit


@pytest.mark.parametrize("status", [401, 407])
@pytest.mark.parametrize("url", ["http://hub.test/a", "https://hub.test/a"])
def test_a_proxy_that_does_not_take_the_password_is_named(
    world: World, status: int, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = world.origin(lambda asked: Answer(b"", status, {"Proxy-Authenticate": "Basic"}))
    proxy = home.url.replace("//", "//me:wrong@")
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy)
    with pytest.raises(AccessError) as met:
        HttpClient(env={}).get(url, read_timeout=BOUND)
    assert "does not accept the user name and password" in met.value.message
    assert f"HTTP {status}" in met.value.message and "wrong" not in str(met.value)


def test_a_401_of_the_host_behind_a_proxy_is_the_hosts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = world.origin(lambda asked: Answer(b"no", 401, {"WWW-Authenticate": "Bearer"}))
    monkeypatch.setenv("HTTP_PROXY", home.url)
    response = HttpClient(env={}).get("http://hub.test/a", read_timeout=BOUND)
    assert response.status_code == 401 and read(response) == b"no"


def test_what_is_no_http_is_still_told() -> None:
    with Loopback(lambda asked: raw(b"SSH-2.0\r\n\r\n")) as home:
        try:
            HttpClient(env={}).get(home.url, read_timeout=BOUND)
        except Exception as error:
            failure = from_exception(error, home.url)
            assert isinstance(failure, Transient) and "not HTTP" in failure.reason
        else:
            raise AssertionError("taken for an answer")
