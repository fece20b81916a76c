"""What an answer is read from: heads and chunks come in time, bodies are read as they come."""

from __future__ import annotations

import http.client as http_client
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from urllib3.exceptions import HTTPWarning

from hfget.http.client import HttpClient
from hfget.http.response import Reader
from hfget.http.retry import Transient, from_exception
from tests.support.certificates import PrivateCA
from tests.support.loopback import BOUND, Answer, Loopback, Reply, raw
from tests.support.network import LONG, Waiter, read, silent_port, then_silent, wire_of

TURN = 1.0
HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(params=["http", "https"])
def serve(request: pytest.FixtureRequest) -> Callable[[Reply], Any]:
    """A function that serves a reply, by http and by https, with a client that trusts it."""
    context, env = None, {}
    if request.param == "https":
        ca: PrivateCA = request.getfixturevalue("authority")
        context, env = ca.trusted, {"SSL_CERT_FILE": str(ca.bundle)}

    @contextmanager
    def serving(reply: Reply) -> Iterator[tuple[HttpClient, str]]:
        with Loopback(lambda asked: reply, tls=context) as server:
            yield HttpClient(connect_timeout=BOUND, env=env), server.url

    return serving


def dripping(before: bytes, drop: bytes = b"x") -> Callable[[socket.socket], None]:
    """`before` at once, then one drop again and again, each well within the time-out."""

    def drip(conn: socket.socket) -> None:
        pause = threading.Event()
        conn.sendall(before)
        while not pause.wait(TURN / 4):
            conn.sendall(drop)

    return drip


HEADS = {
    "a status line without end": dripping(b"HTTP/1.1 200 O"),
    "a header without end": dripping(HEAD + b"X-Long: "),
    "headers without end": dripping(HEAD, b"X: y\r\n"),
    "an interim answer for ever": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_drips_is_not_waited_for(name: str, serve: Callable[[Reply], Any]) -> None:
    with serve(HEADS[name]) as (http, url), pytest.raises(requests.exceptions.ReadTimeout) as met:
        http.get(url, read_timeout=TURN)
    assert str(from_exception(met.value, url)) == "no answer within the time-out"


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNKS = {
    "a chunk's size without end": dripping(CHUNKED, b"0"),
    "trailers without end": dripping(CHUNKED + b"0\r\n", b"X: y\r\n"),
    "a chunk's end that does not come": dripping(CHUNKED + b"1;", b"e"),
}


@pytest.mark.parametrize("name", CHUNKS)
def test_a_chunk_that_drips_is_not_waited_for(name: str, serve: Callable[[Reply], Any]) -> None:
    with serve(CHUNKS[name]) as (http, url):
        response = http.get(url, read_timeout=TURN)
        with closing(response), pytest.raises(TimeoutError):
            read(response)


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_a_body_comes_whole_whatever_its_framing(
    framing: Any, serve: Callable[[Reply], Any]
) -> None:
    body = bytes(range(256)) * 40
    with serve(Answer(body, framing=framing)) as (http, url):
        for most in (1, 1000, 1 << 20):
            assert read(http.get(url, read_timeout=BOUND), most) == body
        assert read(http.get(url, read_timeout=BOUND)) == body


def test_a_body_that_is_cut_is_not_taken_for_whole(serve: Callable[[Reply], Any]) -> None:
    """Over TLS without a close_notify too, which looks like an end."""
    with serve(raw(HEAD + b"Content-Length: 9\r\n\r\nabc")) as (http, url):
        response = http.get(url, read_timeout=BOUND)
        assert read(response) == b"abc" and wire_of(response).length == 6
    with serve(raw(CHUNKED + b"9\r\nabc")) as (http, url):
        response = http.get(url, read_timeout=BOUND)
        with pytest.raises(http_client.IncompleteRead):
            read(response)


def test_a_body_that_drips_is_handed_on_as_it_comes(serve: Callable[[Reply], Any]) -> None:
    reply = dripping(HEAD + b"Content-Length: 1000000\r\n\r\n")
    with serve(reply) as (http, url), closing(http.get(url, read_timeout=BOUND)) as response:
        assert 1 <= wire_of(response).readinto1(memoryview(bytearray(1 << 20))) < 1000


def test_a_deadline_shortens_the_last_wait_and_goes_without_a_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    one, other = socket.socketpair()
    with one, other:
        one.settimeout(10.0)
        reader = Reader(one.makefile("rb", buffering=0))
        other.sendall(b"abc")
        buffer = bytearray(1)
        with reader.limited():
            assert reader.readinto(buffer) == 1 and one.gettimeout() == 10.0
            now += 15.0
            assert reader.readinto(buffer) == 1 and one.gettimeout() == 5.0
            now += 5.0
            with pytest.raises(TimeoutError):
                reader.readinto(buffer)
        assert one.gettimeout() == 10.0
        assert reader.readinto(buffer) == 1
        reader.close()


def test_a_socket_that_is_to_be_hung_up_can_be_found(serve: Callable[[Reply], Any]) -> None:
    silent = then_silent(HEAD + b"Content-Length: 9\r\n\r\n")
    with serve(silent) as (http, url), closing(http.get(url, read_timeout=LONG)) as response:
        waiter = Waiter(lambda: read(response))
        socket.socket.shutdown(wire_of(response).sock, socket.SHUT_RDWR)
        waiter.join(BOUND)
        assert not waiter.is_alive()


def test_a_connection_is_used_again_and_one_is_kept(serve: Callable[[Reply], Any]) -> None:
    with Loopback(lambda asked: Answer(b"body")) as server:
        http = HttpClient(env={})
        for _ in range(3):
            response = http.get(server.url, read_timeout=BOUND)
            assert read(response) == b"body"
            response.raw.release_conn()
        assert server.connections == 1
        held = [http.get(server.url, read_timeout=BOUND) for _ in range(3)]
        for response in held:
            read(response)
            response.raw.release_conn()
        assert server.connections == 3
        for _ in range(2):
            read(http.get(server.url, read_timeout=BOUND))
        assert server.connections == 4  # one was kept, and is not given back here


STALLS = {
    "before the head": b"",
    "amid the head": HEAD,
    "amid the body": HEAD + b"Content-Length: 9\r\n\r\nabc",
    "amid a chunk": CHUNKED + b"9\r\nabc",
}


@pytest.mark.parametrize("name", STALLS)
def test_abort_ends_a_wait(name: str, serve: Callable[[Reply], Any]) -> None:
    reached = threading.Event()

    def reply(conn: socket.socket) -> None:
        reached.set()
        then_silent(STALLS[name])(conn)

    with serve(reply) as (http, url):
        waiter = Waiter(lambda: read(http.get(url, read_timeout=LONG)))
        assert reached.wait(BOUND)
        check_abort_wakes(waiter, http)


def check_abort_wakes(waiter: Waiter, http: HttpClient) -> None:
    """It waits, and waits no longer once the client is told to stop."""
    waiter.join(0.1)
    assert waiter.is_alive()
    http.abort()
    waiter.join(BOUND)
    assert not waiter.is_alive()


def test_abort_ends_connecting() -> None:
    http = HttpClient(connect_timeout=LONG, env={})
    with silent_port() as port:
        waiter = Waiter(lambda: http.get(f"http://127.0.0.1:{port}/", read_timeout=LONG))
        waiter.join(0.1)
        http.abort()
        waiter.join(BOUND)
    assert isinstance(waiter.error, requests.ConnectionError)
    assert isinstance(from_exception(waiter.error, "http://h"), Transient)


def test_abort_ends_a_handshake() -> None:
    http = HttpClient(connect_timeout=LONG, env={})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        waiter = Waiter(lambda: http.get(url, read_timeout=LONG))
        conn, _ = silent.accept()
        with conn:
            assert conn.recv(1)
            check_abort_wakes(waiter, http)


def test_abort_ends_the_wait_for_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    http = HttpClient(connect_timeout=LONG, env={})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{silent.getsockname()[1]}")
        waiter = Waiter(lambda: http.get("https://hub.test/", read_timeout=LONG))
        conn, _ = silent.accept()
        with conn:
            assert conn.recv(1)
            check_abort_wakes(waiter, http)


def test_abort_concerns_this_client_alone() -> None:
    with Loopback(lambda asked: Answer(b"body")) as server:
        mine, others = HttpClient(env={}), HttpClient(env={})
        response = others.get(server.url, read_timeout=BOUND)
        mine.abort()
        assert read(response) == b"body"
        with pytest.raises(requests.ConnectionError):
            mine.get(server.url, read_timeout=BOUND)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_private_ca_is_trusted_where_it_is_named(authority: PrivateCA, host: str) -> None:
    with Loopback(lambda asked: Answer(b"body"), tls=authority.trusted) as server:
        url = server.url.replace("127.0.0.1", host)
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
            http = HttpClient(env={name: str(authority.bundle)})
            assert read(http.get(url, read_timeout=BOUND)) == b"body"
        first = {"REQUESTS_CA_BUNDLE": str(authority.bundle), "SSL_CERT_FILE": "/nowhere"}
        assert read(HttpClient(env=first).get(url, read_timeout=BOUND)) == b"body"


def test_a_folder_of_certificates_is_a_bundle_too(authority: PrivateCA, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(authority.bundle.read_bytes())
    subprocess.run(["openssl", "rehash", tmp_path], check=True, timeout=60)
    with Loopback(lambda asked: Answer(b"body"), tls=authority.trusted) as server:
        http = HttpClient(env={"SSL_CERT_FILE": str(tmp_path)})
        assert read(http.get(server.url, read_timeout=BOUND)) == b"body"


def test_a_verified_connection_is_not_called_insecure(
    authority: PrivateCA, recwarn: pytest.WarningsRecorder
) -> None:
    with Loopback(lambda asked: Answer(b"body"), tls=authority.trusted) as server:
        http = HttpClient(env={"SSL_CERT_FILE": str(authority.bundle)})
        assert read(http.get(server.url, read_timeout=BOUND)) == b"body"
    assert [each for each in recwarn if issubclass(each.category, HTTPWarning)] == []
