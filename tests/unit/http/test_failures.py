"""What each real failure looks like in words, without addresses and secrets."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable

import pytest
import requests
from urllib3.exceptions import NewConnectionError

from hfget.errors import NetworkError
from hfget.http.client import HttpClient
from hfget.http.failures import ProxyError, causes, describe
from hfget.http.retry import Transient, from_exception
from tests.support.certificates import PrivateCA
from tests.support.loopback import BOUND, Answer, Loopback, Reply, hang_up, raw, reset
from tests.support.network import answering_once, closed_port, silent_port, then_silent

SIGNATURE = "X-Amz-Signature=made-up-signature"
TURN = 0.3

pytestmark = pytest.mark.usefixtures("no_proxies")


def failure_of(
    url: str, env: dict[str, str] | None = None, patience: float = BOUND
) -> Transient | NetworkError:
    """What becomes of a GET of `url` that is bound to fail."""
    http = HttpClient(connect_timeout=patience, env=env or {})
    with pytest.raises((requests.RequestException, OSError)) as met:
        http.get(f"{url}/a?{SIGNATURE}", read_timeout=patience)
    failure = from_exception(met.value, url)
    assert isinstance(failure, Transient | NetworkError)
    assert SIGNATURE not in f"{failure} {failure!r} {failure.args} {failure.url}"
    return failure


WORDS: dict[str, tuple[Reply, str]] = {
    "closed without a word": (hang_up, "connection closed without an answer"),
    "reset": (reset, "connection reset"),
    "silent": (then_silent(b""), "no answer within the time-out"),
    "another protocol": (raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "the answer is not HTTP"),
    "a line without end": (raw(b"HTTP/1.1 200 " + b"a" * 70_000), "the answer is not HTTP"),
    "headers without end": (
        raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2_500),
        "the answer is not HTTP",
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_server_fails(name: str) -> None:
    reply, words = WORDS[name]
    with Loopback(lambda asked: reply) as server:
        failure = failure_of(server.url, patience=TURN if name == "silent" else BOUND)
    assert isinstance(failure, Transient)
    assert str(failure) == words
    assert failure.host == server.url.removeprefix("http://")


def test_a_connection_is_refused() -> None:
    failure = failure_of(f"http://127.0.0.1:{closed_port()}")
    assert str(failure) == "connection refused"
    assert isinstance(failure, Transient) and failure.whole_host


def test_no_host_answers() -> None:
    with silent_port() as port:
        failure = failure_of(f"http://127.0.0.1:{port}", patience=TURN)
    assert str(failure) == "no connection within the time-out"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.EAI_NONAME, "the host name is not known (DNS)"),
        (socket.EAI_AGAIN, "the name server does not answer (DNS)"),
    ],
)
def test_a_name_is_not_found(error: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(error, "said the resolver")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert str(failure_of("http://hub.test")) == words


CERTIFICATES: dict[str, tuple[Callable[[PrivateCA], ssl.SSLContext], bool, str]] = {
    "by an unknown CA": (lambda ca: ca.trusted, False, "unable to get local issuer certificate"),
    "for another name": (lambda ca: ca.elsewhere, True, "certificate is not valid for"),
    "expired": (lambda ca: ca.expired, True, "certificate has expired"),
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_bad_certificate_is_final(name: str, authority: PrivateCA) -> None:
    context, trusted, words = CERTIFICATES[name]
    env = {"REQUESTS_CA_BUNDLE": str(authority.bundle)} if trusted else {}
    with Loopback(lambda asked: Answer(b""), tls=context(authority)) as server:
        failure = failure_of(server.url, env)
        assert server.asked == []
    assert isinstance(failure, NetworkError)
    assert failure.exit_code == 5
    assert words in failure.message
    assert failure.message.endswith("; issued by a CA for tests")
    assert "REQUESTS_CA_BUNDLE" in failure.hint
    assert ("clock" in failure.hint) is (name == "expired")
    assert "without verif" not in failure.hint and "insecure" not in failure.hint


def test_tls_where_there_is_none() -> None:
    with answering_once(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        failure = failure_of(f"https://127.0.0.1:{port}")
    assert str(failure) == "it does not speak TLS on this port"


def test_tls_that_is_cut() -> None:
    with answering_once(b"") as port:
        failure = failure_of(f"https://127.0.0.1:{port}")
    assert str(failure) == "the TLS connection was cut"


def test_what_the_system_says_is_said() -> None:
    system = OSError(errno.ENETUNREACH, "Network is unreachable")
    assert describe(requests.ConnectionError(system)) == "network is unreachable"
    wrapped = NewConnectionError(None, "not connected")  # type: ignore[arg-type]
    wrapped.__cause__ = system
    assert describe(requests.ConnectionError(wrapped)) == "network is unreachable"


def test_an_unknown_failure_has_a_name_at_least() -> None:
    assert describe(requests.exceptions.ChunkedEncodingError(f"x?{SIGNATURE}")) == (
        "ChunkedEncodingError"
    )


def test_the_way_through_a_proxy_is_told() -> None:
    error = ProxyError("proxy.test:3128", ConnectionRefusedError(111, "Connection refused"))
    assert describe(error) == "through the proxy proxy.test:3128: connection refused"


def test_causes_end_even_in_a_circle() -> None:
    one, other = OSError("one"), OSError("other")
    one.__cause__, other.__cause__ = other, one
    assert list(causes(one)) == [one, other]
    deep = OSError("0")
    for number in range(100):
        outer = OSError(str(number))
        outer.__cause__ = deep
        deep = outer
    assert len(list(causes(deep))) == 32


def test_a_bug_is_no_failure_of_the_network() -> None:
    with pytest.raises(ZeroDivisionError):
        from_exception(ZeroDivisionError(), "http://h")
