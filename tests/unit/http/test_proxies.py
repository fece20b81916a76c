"""Proxies from the environment: used, passed by, named without password when they fail."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from hfget.errors import AccessError, UsageError
from hfget.http.client import HttpClient
from hfget.http.failures import ProxyError
from hfget.http.proxies import shown
from hfget.http.retry import Transient, from_exception, given_up
from tests.support.certificates import PrivateCA
from tests.support.loopback import BOUND, Answer, Asked, Loopback, Reply, hang_up, reset
from tests.support.network import answering_once, read, wire_of

pytestmark = pytest.mark.usefixtures("no_proxies")


def get(url: str, **env: str) -> Any:
    return HttpClient(connect_timeout=BOUND, env=env).get(url, read_timeout=BOUND)


def no(status: int) -> Callable[[Asked], Reply]:
    return lambda asked: Answer(b"no", status=status, headers={"Proxy-Authenticate": "Basic"})


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_http_goes_through_the_proxy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback(lambda asked: Answer(b"body")) as proxy:
        monkeypatch.setenv(name, proxy.url)
        assert read(get("http://hub.test/a?b=c")) == b"body"
        assert proxy.targets == ["http://hub.test/a?b=c"]
        assert proxy.asked[0].headers["host"] == "hub.test"


@pytest.mark.parametrize(
    "no_proxy",
    [
        "127.0.0.1",
        "10.0.0.0/8,127.0.0.0/8",
        "*",
        "localhost, 127.0.0.1",
        "localhost 127.0.0.1",
        "a\t127.0.0.1 b",
    ],
)
def test_no_proxy_is_heeded(no_proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback(lambda asked: Answer(b"body")) as server:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("NO_PROXY", no_proxy)
        assert read(get(server.url)) == b"body"


def relay(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def tunnel_to(port: int) -> Callable[[socket.socket], None]:
    """What a proxy does after CONNECT, whatever host was asked for."""

    def reply(conn: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port), BOUND) as upstream:
            conn.sendall(b"HTTP/1.1 200 Connection established\r\nX-Way: through\r\n\r\n")
            back = threading.Thread(target=relay, args=(upstream, conn))
            back.start()
            relay(conn, upstream)
            back.join(BOUND)

    return reply


@pytest.mark.parametrize("encrypted", [False, True])
def test_https_goes_through_a_tunnel_and_its_password_to_the_proxy_alone(
    encrypted: bool, authority: PrivateCA, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = secrets.token_hex(12)
    with Loopback(lambda asked: Answer(b"body"), tls=authority.trusted) as server:
        reply = tunnel_to(server.port)
        context = authority.trusted if encrypted else None
        with Loopback(lambda asked: reply, tls=context) as proxy:
            address = proxy.url.replace("://", f"://user:{password}@")
            monkeypatch.setenv("HTTPS_PROXY", address)
            response = get("https://localhost:9/a", SSL_CERT_FILE=str(authority.bundle))
            assert read(response) == b"body"
            response.close()
            assert [(asked.method, asked.target) for asked in proxy.asked] == [
                ("CONNECT", "localhost:9")
            ]
            assert proxy.asked[0].headers["proxy-authorization"].startswith("Basic ")
            assert "authorization" not in proxy.asked[0].headers
    assert server.targets == ["/a"]
    assert "proxy-authorization" not in server.asked[0].headers
    assert password not in str(server.asked)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("given", [False, True])
def test_a_proxy_that_wants_a_password_is_final_and_named_without_it(
    scheme: str, given: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = secrets.token_hex(12)
    with Loopback(no(407)) as proxy:
        address = proxy.url.replace("://", f"://user:{password}@") if given else proxy.url
        monkeypatch.setenv(f"{scheme}_proxy", address)
        with pytest.raises(AccessError) as met:
            get(f"{scheme}://hub.test/a?b=c")
        assert len(proxy.asked) == 1
    error = met.value
    assert error.exit_code == 4
    assert f"127.0.0.1:{proxy.port}" in error.message and "407" in error.message
    assert ("does not accept" if given else "asks for") in error.message
    assert "HTTPS_PROXY" in error.hint
    assert password not in f"{error} {error.hint} {error.url}"
    assert error.url == f"{scheme}://hub.test/a"


def test_a_proxy_that_does_not_lead_there_is_final(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback(no(403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(AccessError) as met:
            get("https://hub.test/a")
    assert "403" in met.value.message and "hub.test" in met.value.message
    assert str(proxy.port) in met.value.message and met.value.hint


DYING: dict[str, tuple[str, Reply, str]] = {
    "502": ("https", no(502)(Asked("", "", {}, 0)), "it answers HTTP 502"),
    "hangs up": ("https", hang_up, "connection closed without an answer"),
    "resets": ("http", reset, "connection reset"),
}


@pytest.mark.parametrize("name", DYING)
def test_a_proxy_that_fails_may_come_back(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scheme, reply, words = DYING[name]
    with Loopback(lambda asked: reply) as proxy:
        monkeypatch.setenv(f"{scheme}_proxy", proxy.url.replace("://", "://user:word@"))
        with pytest.raises(ProxyError) as met:
            get(f"{scheme}://hub.test/a")
    failure = from_exception(met.value, "https://hub.test/a")
    assert isinstance(failure, Transient)
    assert str(failure) == f"through the proxy 127.0.0.1:{proxy.port}: {words}"


def test_a_dead_proxy_may_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:word@127.0.0.1:1")
    with pytest.raises(ProxyError) as met:
        get("https://hub.test/a")
    failure = from_exception(met.value, "https://hub.test/a")
    assert str(failure) == "through the proxy 127.0.0.1:1: connection refused"
    assert isinstance(failure, Transient) and "HTTPS_PROXY" in given_up(failure).hint


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"\5\xff", "All offered SOCKS5 authentication methods were rejected"),
        (b"\5\0" + b"\5\5\0\1" + bytes(6), "0x05: Connection refused"),
        (b"HTTP/1.0 400 Bad Request\r\n\r\n", "SOCKS5 proxy server sent invalid data"),
        (b"", "Connection closed unexpectedly"),
    ],
)
def test_what_a_socks_proxy_says_is_said(
    answer: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("socks")
    with answering_once(answer) as port:
        monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{port}")
        with pytest.raises(ProxyError) as met:
            get("http://hub.test/a")
    failure = from_exception(met.value, "http://hub.test/a")
    assert str(failure) == f"through the proxy 127.0.0.1:{port}: {words}"


def test_a_proxy_with_a_bad_certificate(
    authority: PrivateCA, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback(lambda asked: Answer(b""), tls=authority.elsewhere) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(ProxyError) as met:
            get("https://hub.test/a", SSL_CERT_FILE=str(authority.bundle))
    error = from_exception(met.value, "https://hub.test/a")
    assert f"certificate of the proxy 127.0.0.1:{proxy.port}" in str(error)


@pytest.mark.parametrize(
    "address",
    ["http://", "http://user:se/cret@host:99999", "ftp://user:secret@host:21", "http://["],
)
def test_an_address_that_is_none(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(UsageError) as met:
        get("https://hub.test/a")
    assert "proxy" in met.value.message and "HTTPS_PROXY" in met.value.hint
    assert "cret" not in f"{met.value} {met.value.hint}"


WITHOUT_PYSOCKS = """
import sys
sys.modules["socks"] = None
from hfget.errors import UsageError
from hfget.http import HttpClient
try:
    HttpClient(env={}).get("https://hub.test/a", read_timeout=1.0)
except UsageError as error:
    print(error, error.hint)
"""


def test_socks_without_pysocks_says_what_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PYSOCKS],
        env={**os.environ, "ALL_PROXY": "socks5h://user:secret@127.0.0.1:1080"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "127.0.0.1:1080" in done.stdout and "hfget[socks]" in done.stdout
    assert "secret" not in done.stdout + done.stderr


def exactly(conn: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := conn.recv(size - len(data))):
        data += more
    return data


@contextmanager
def socks5(port: int) -> Iterator[tuple[int, list[bytes]]]:
    """A SOCKS proxy (RFC 1928) that leads to `port`, and the names it was asked for."""
    asked: list[bytes] = []

    def serve() -> None:
        conn, _ = listener.accept()
        with conn:
            conn.settimeout(BOUND)
            exactly(conn, exactly(conn, 2)[1])
            conn.sendall(b"\5\0")
            asked.append(exactly(conn, exactly(conn, 5)[4] + 2)[:-2])
            with socket.create_connection(("127.0.0.1", port), BOUND) as upstream:
                conn.sendall(b"\5\0\0\1" + bytes(6))
                back = threading.Thread(target=relay, args=(upstream, conn))
                back.start()
                relay(conn, upstream)
                back.join(BOUND)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(BOUND)
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], asked
        thread.join(BOUND)


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("scheme", ["socks5h", "socks", "SOCKS"])
def test_socks(
    scheme: str, encrypted: bool, authority: PrivateCA, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("socks")
    context = authority.trusted if encrypted else None
    with Loopback(lambda asked: Answer(b"body"), tls=context) as server:
        with socks5(server.port) as (port, asked):
            monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:{port}")
            http = HttpClient(env={"SSL_CERT_FILE": str(authority.bundle)})
            url = f"{'https' if encrypted else 'http'}://localhost:9/a"
            for _ in range(2):
                response = http.get(url, read_timeout=BOUND)
                assert read(response) == b"body" and wire_of(response).isclosed()
                response.raw.release_conn()
            http.abort()
        assert asked == [b"localhost"]
        assert server.connections == 1


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("http://proxy.test:3128", "proxy.test:3128"),
        ("http://user:word@proxy.test:3128", "proxy.test:3128"),
        ("user:word@proxy.test:3128", "proxy.test:3128"),
        ("proxy.test:3128", "proxy.test:3128"),
        ("http://user:w@rd/#?@proxy.test:3128/", "proxy.test:3128"),
        ("http://[::1]:3128", "[::1]:3128"),
    ],
)
def test_a_proxy_is_shown_without_its_password(address: str, name: str) -> None:
    assert shown(address) == name
