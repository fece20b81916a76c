"""Over plain http a token goes to this machine alone: by the connected peer, and by no proxy."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pytest

from hfget import events
from hfget.endpoints import is_loopback_address, origin_of
from hfget.errors import AccessError, UnsafeError
from hfget.http.client import HttpClient
from hfget.http.connect import SteadyTimeout
from hfget.hub.error_codes import refusal
from hfget.model import RepoRef
from hfget.settings import Credential, TokenSource
from hfget.system.redaction import Secret
from tests.unit.conftest import Names
from tests.unit.helpers import BOUND, Answer, Asked, Loopback, made_up_token

pytestmark = pytest.mark.usefixtures("no_proxies")

FOUND: tuple[TokenSource, ...] = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "stored login")
#: Names that this machine is called by, or that claim to be.
NAMES = ("localhost", "hub.localhost", "evil.localhost.")
ELSEWHERE = "192.0.2.7"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback(lambda asked: Answer(b"{}")) as loopback:
        yield loopback


@pytest.fixture
def poisoned(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    """The names lead to another machine; what is sent there is seen by the test's server."""
    names(dict.fromkeys(NAMES, ("127.0.0.1",)))
    monkeypatch.setattr(SteadyTimeout, "getpeername", lambda sock: (ELSEWHERE, 80))


def client(url: str, source: TokenSource, *, eager: bool = True) -> tuple[HttpClient, list[str]]:
    told: list[str] = []

    def listen(event: events.Event, /) -> None:
        assert isinstance(event, events.Note)
        told.append(event.text)

    credential = Credential(Secret(made_up_token()), source, origin_of(url), eager)
    return HttpClient([credential], observer=listen, env={}), told


def sent(server: Loopback) -> list[bool]:
    return ["authorization" in asked.headers for asked in server.asked]


@pytest.mark.parametrize("host", NAMES)
def test_a_name_of_this_machine_gets_the_token(host: str, names: Names, server: Loopback) -> None:
    names(dict.fromkeys(NAMES, ("127.0.0.1",)))
    url = f"http://{host}:{server.port}/"
    for source in ("--token", "endpoint", *FOUND):
        http, told = client(url, source)
        http.get(url, read_timeout=BOUND).close()
        assert told == [] and http.keyring.withheld_from(url) is None
    assert sent(server) == [True] * 5


@pytest.mark.usefixtures("poisoned")
@pytest.mark.parametrize("host", [*NAMES, "127.0.0.1"])
@pytest.mark.parametrize("source", FOUND)
def test_a_token_that_was_found_stays_here_if_the_peer_is_elsewhere(
    source: TokenSource, host: str, server: Loopback
) -> None:
    url = f"http://{host}:{server.port}/"
    http, told = client(url, source)
    for _ in range(3):
        http.get(url, read_timeout=BOUND).close()
    assert sent(server) == [False] * 3
    (text,) = told
    assert source in text and ELSEWHERE in text and "plain http" in text


@pytest.mark.usefixtures("poisoned")
@pytest.mark.parametrize("source", ["--token", "endpoint"])
def test_a_token_that_was_given_ends_the_run_if_the_peer_is_elsewhere(
    source: TokenSource, server: Loopback
) -> None:
    url = f"http://hub.localhost:{server.port}/"
    http, _ = client(url, source)
    with pytest.raises(UnsafeError) as met:
        http.get(url, read_timeout=BOUND)
    assert ELSEWHERE in met.value.message and "https" in met.value.hint
    assert server.asked == []


def test_a_connection_is_looked_at_each_time_it_is_used(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    http, _ = client(server.url, "HF_TOKEN")
    http.get(server.url, read_timeout=BOUND).content  # noqa: B018
    monkeypatch.setattr(SteadyTimeout, "getpeername", lambda sock: (ELSEWHERE, 80))
    http.get(server.url, read_timeout=BOUND).content  # noqa: B018
    assert sent(server) == [True, False]


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "hub.localhost"])
def test_no_token_goes_through_a_proxy_in_the_clear(
    variable: str, host: str, monkeypatch: pytest.MonkeyPatch, server: Loopback, names: Names
) -> None:
    names(dict.fromkeys(NAMES, ("127.0.0.1",)))
    monkeypatch.setenv(variable, f"http://user:{secrets.token_hex(8)}@127.0.0.1:{server.port}")
    url = f"http://{host}:9/"
    http, told = client(url, "HF_TOKEN")
    for _ in range(2):
        http.get(url, read_timeout=BOUND).close()
    assert sent(server) == [False, False] and server.targets == [url, url]
    (text,) = told
    assert f"the proxy 127.0.0.1:{server.port}" in text
    given, _ = client(url, "--token")
    with pytest.raises(UnsafeError) as met:
        given.get(url, read_timeout=BOUND)
    assert "proxy" in met.value.message and "NO_PROXY" in met.value.hint
    monkeypatch.setenv("NO_PROXY", host)
    near = f"http://{host}:{server.port}/"
    direct, _ = client(near, "--token")
    direct.get(near, read_timeout=BOUND).close()
    assert sent(server) == [False, False, True]


@pytest.mark.parametrize("way", ["proxy", "peer"])
def test_a_token_that_waited_is_not_sent_in_the_clear_and_why_is_told(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback(lambda asked: Answer(b"{}", status=401)) as server:
        if way == "proxy":
            monkeypatch.setenv("http_proxy", server.url)
        else:
            monkeypatch.setattr(SteadyTimeout, "getpeername", lambda sock: (ELSEWHERE, 80))
        http, _ = client(server.url, "HF_TOKEN", eager=False)
        response = http.get(server.url, read_timeout=BOUND)
        for _ in range(5):
            if not http.keyring.unlock(response):
                break
            response = http.get(server.url, read_timeout=BOUND)
        else:
            raise AssertionError("it is asked for ever")
        error = refusal(response, RepoRef("org/name"), http)
        response.close()
    assert True not in sent(server)
    assert isinstance(error, AccessError)
    assert "HF_TOKEN was not sent" in error.hint and "plain http" in error.hint


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("::ffff:127.0.0.1", True),
        ("::1%lo", True), ("0.0.0.0", False), ("::", False), ("192.168.0.1", False),
        ("::ffff:10.0.0.1", False), ("fe80::1%eth0", False), ("localhost", False), ("", False),
    ],
)  # fmt: skip
def test_what_is_an_address_of_this_machine(address: str, here: bool) -> None:
    assert is_loopback_address(address) is here


def answers_only_without(asked: Asked) -> Answer:
    """As the Hub does with a token that it does not know, even where nobody needs one."""
    return Answer(b"{}", status=401 if "authorization" in asked.headers else 200)


@pytest.mark.parametrize("source", FOUND)
def test_a_token_that_was_found_and_is_not_accepted_is_left_out(source: TokenSource) -> None:
    with Loopback(answers_only_without) as server:
        http, told = client(server.url, source)
        response = http.get(server.url, read_timeout=BOUND)
        assert response.status_code == 401 and http.keyring.unlock(response)
        assert http.get(server.url, read_timeout=BOUND).status_code == 200
        assert http.get(server.url, read_timeout=BOUND).status_code == 200
    assert sent(server) == [True, False, False]
    (text,) = told
    assert source in text and "does not accept" in text


@pytest.mark.parametrize("source", ["--token", "endpoint"])
def test_a_token_that_was_given_and_is_not_accepted_ends_the_run(source: TokenSource) -> None:
    with Loopback(answers_only_without) as server:
        http, told = client(server.url, source)
        assert not http.keyring.unlock(http.get(server.url, read_timeout=BOUND))
    assert told == []


@pytest.mark.parametrize("code", ["GatedRepo", "RepoNotFound"])
def test_a_good_token_without_the_right_stays(code: str) -> None:
    headers = {"X-Error-Code": code}
    with Loopback(lambda asked: Answer(b"", status=401, headers=headers)) as server:
        http, _ = client(server.url, "stored login")
        assert not http.keyring.unlock(http.get(server.url, read_timeout=BOUND))
        assert http.keyring.withheld_from(server.url) is None


def test_by_peer_only_where_there_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain downloads over http ask nobody who the peer is."""
    monkeypatch.setattr(SteadyTimeout, "getpeername", lambda sock: (ELSEWHERE, 80))
    plain: Callable[[Asked], Answer] = lambda asked: Answer(b"{}")  # noqa: E731
    with Loopback(plain) as server:
        assert HttpClient(env={}).get(server.url, read_timeout=BOUND).status_code == 200
