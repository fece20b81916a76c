"""The policy of a request: who sees the token, what else is sent, and what never is."""

from __future__ import annotations

import itertools
import secrets
from pathlib import Path

import pytest
import requests

from hfget import events
from hfget.endpoints import origin_of
from hfget.errors import NetworkError, UnsafeError, UsageError
from hfget.http.client import HttpClient
from hfget.http.rewrites import HostRules
from hfget.settings import Credential
from hfget.system.redaction import Secret
from tests.support.certificates import PrivateCA
from tests.support.loopback import BOUND, Answer, Asked, Loopback
from tests.unit.conftest import Names

pytestmark = pytest.mark.usefixtures("no_proxies")


def credential_for(url: str, *, eager: bool = True, scheme: str = "Bearer") -> Credential:
    secret = Secret("made-up-" + secrets.token_hex(12))
    basic = scheme == "Basic"
    return Credential(secret, "HF_TOKEN", origin_of(url), eager, "Basic" if basic else "Bearer")


def ok(asked: Asked) -> Answer:
    return Answer(b"body")


def get(http: HttpClient, url: str, *, with_token: bool = True) -> requests.Response:
    response = http.get(url, read_timeout=BOUND, with_token=with_token)
    response.close()
    return response


#: Names that all stand for this machine, as if they had different owners.
HERE = dict.fromkeys(
    ("hub.test", "HUB.test", "hub.test.", "a.hub.test", "hub.test.evil.test", "evil.test"),
    ("127.0.0.1",),
)


def test_the_token_goes_to_its_origin_in_any_spelling(names: Names) -> None:
    names(HERE)
    with Loopback(ok) as server:
        credential = credential_for(f"http://hub.test:{server.port}")
        http = HttpClient([credential], env={})
        for host in ("hub.test", "HUB.test", "hub.test."):
            get(http, f"http://{host}:{server.port}/a")
    expected = f"Bearer {credential.secret.reveal()}"
    assert [asked.headers["authorization"] for asked in server.asked] == [expected] * 3


def test_the_default_port_may_be_left_out() -> None:
    assert origin_of("https://hub.test:443/") == origin_of("https://hub.test/")
    assert origin_of("https://hub.test:80/") != origin_of("https://hub.test/")


def test_the_token_goes_to_no_other_origin(names: Names) -> None:
    names(HERE)
    with Loopback(ok) as server, Loopback(ok) as other:
        here, there = f"hub.test:{server.port}", f"hub.test:{other.port}"
        credential = credential_for(f"http://{here}")
        http = HttpClient([credential], env={})
        urls = [
            f"http://127.0.0.1:{server.port}/a",
            f"http://a.hub.test:{server.port}/a",
            f"http://hub.test.evil.test:{server.port}/a",
            f"http://{there}/a",
            f"http://{here}@{there}/a",
            f"http://{there}\\@{here}/a",
            f"http://{there}#@{here}/a",
            f"http://{there}?@{here}/a",
            f"http://{there}/@{here}/a",
        ]
        for url in urls:
            get(http, url)
        seen = str(server.asked + other.asked)
    assert len(server.asked) + len(other.asked) == len(urls)
    assert credential.secret.reveal() not in seen and "Bearer" not in seen


def test_the_scheme_is_part_of_the_origin(authority: PrivateCA) -> None:
    with Loopback(ok, tls=authority.trusted) as server:
        http_origin = credential_for(f"http://localhost:{server.port}")
        env = {"SSL_CERT_FILE": str(authority.bundle)}
        get(HttpClient([http_origin], env=env), f"https://localhost:{server.port}/a")
        https_origin = credential_for(f"https://localhost:{server.port}")
        get(HttpClient([https_origin], env=env), f"https://localhost:{server.port}/a")
    assert ["authorization" in asked.headers for asked in server.asked] == [False, True]


def test_the_token_stays_away_where_the_caller_says_so() -> None:
    with Loopback(ok) as server:
        http = HttpClient([credential_for(server.url)], env={})
        get(http, server.url, with_token=False)
        get(http, server.url)
    assert ["authorization" in asked.headers for asked in server.asked] == [False, True]


def test_a_login_is_sent_as_such() -> None:
    with Loopback(ok) as server:
        credential = credential_for(server.url, scheme="Basic")
        get(HttpClient([credential], env={}), server.url)
    assert server.asked[0].headers["authorization"] == f"Basic {credential.secret.reveal()}"


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_waits_is_sent_after_a_no_and_that_is_said(status: int) -> None:
    notes: list[events.Event] = []
    with Loopback(lambda asked: Answer(b"", status=status)) as server:
        credential = credential_for(server.url, eager=False)
        http = HttpClient([credential], observer=notes.append, env={})
        refused = get(http, server.url)
        assert "authorization" not in server.asked[0].headers and notes == []
        assert http.keyring.unlock(refused)
        assert http.keyring.unlock(refused), "another thread, which asked before that"
        assert len(notes) == 1
        again = get(http, server.url)
        assert server.asked[1].headers["authorization"] == f"Bearer {credential.secret.reveal()}"
        assert not http.keyring.unlock(again)
    note = notes[0]
    assert isinstance(note, events.Note)
    assert f"127.0.0.1:{server.port}" in note.text and "HF_TOKEN" in note.text
    assert credential.secret.reveal() not in note.text


def test_a_token_that_waits_is_not_set_free_by_others() -> None:
    with Loopback(lambda asked: Answer(b"", status=401)) as other, Loopback(ok) as server:
        http = HttpClient([credential_for(server.url, eager=False)], env={})
        assert not http.keyring.unlock(get(http, other.url))
        assert not http.keyring.unlock(get(http, server.url)), "200 is no wish for a token"
        get(http, server.url)
        assert not HttpClient(env={}).keyring.unlock(get(http, other.url))
    assert all("authorization" not in asked.headers for asked in server.asked + other.asked)


@pytest.mark.parametrize("bearer", [True, False])
def test_netrc_is_never_read(bearer: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    password = "made-up-" + secrets.token_hex(8)
    netrc = tmp_path / ".netrc"
    netrc.write_text(
        "".join(
            f"machine {host} login user password {password}\n"
            for host in ("127.0.0.1", "localhost")
        )
        + f"default login user password {password}\n"
    )
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    with Loopback(ok) as server:
        credentials = [credential_for(server.url)] if bearer else []
        http = HttpClient(credentials, env={})
        get(http, server.url)
        get(http, f"http://localhost:{server.port}/")
        assert requests.get(server.url, timeout=BOUND).ok, "requests itself would read it"
    ours, theirs = server.asked[:2], server.asked[2]
    assert theirs.headers["authorization"].startswith("Basic ")
    assert "Basic" not in str(ours)
    assert ours[0].headers.get("authorization", "").startswith("Bearer ") is bearer


def test_what_is_sent_and_what_is_not() -> None:
    def answer(asked: Asked) -> Answer:
        return Answer(b"body", headers={"Set-Cookie": "a=b", "Referer": "x"})

    with Loopback(answer) as server:
        http = HttpClient(env={})
        http.get(server.url + "/a", read_timeout=BOUND, headers={"Range": "bytes=0-1"}).close()
    (asked,) = server.asked
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.headers["range"] == "bytes=0-1"
    assert asked.headers["user-agent"].startswith("hfget/")
    assert set(asked.headers) == {"host", "accept", "accept-encoding", "user-agent", "range"}


def test_cookies_do_not_travel_between_origins() -> None:
    def answer(asked: Asked) -> Answer:
        return Answer(b"", headers={"Set-Cookie": "secret=1; Path=/"})

    with Loopback(answer) as server:
        http = HttpClient(env={})
        get(http, f"http://127.0.0.1:{server.port}/")
        get(http, f"http://localhost:{server.port}/")
    assert "cookie" not in server.asked[1].headers


def test_redirects_are_not_followed_by_themselves() -> None:
    with Loopback(lambda asked: Answer(b"", status=302, headers={"Location": "/b"})) as server:
        http = HttpClient(env={})
        response = get(http, server.url + "/a")
        assert http.next_hop(response, "https://mirror.test") == server.url + "/b"
    assert server.targets == ["/a"] and http.requests_sent == 1


@pytest.mark.parametrize(("location", "allowed"), [("http://10.0.0.1/", False), ("file:///", None)])
def test_a_redirect_is_checked(location: str, allowed: bool | None) -> None:
    response = requests.Response()
    response.url = "http://hub.test/a"
    response.headers["Location"] = location
    with pytest.raises(UnsafeError):
        HttpClient(env={}).next_hop(response, "http://hub.test")
    lenient = HttpClient(env={}, rules=HostRules(allow_private=True))
    if allowed is None:
        with pytest.raises(UnsafeError):
            lenient.next_hop(response, "http://hub.test")
    else:
        assert lenient.next_hop(response, "http://hub.test") == location


def test_every_permutation_of_hops_keeps_the_token_at_home() -> None:
    """A caller that follows redirects as they come; the token is bound to the first server."""
    with Loopback(ok) as home, Loopback(ok) as one, Loopback(ok) as two:
        credential = credential_for(home.url)
        http = HttpClient([credential], env={})
        for way in itertools.product((home, one, two), repeat=3):
            at_home = True
            for server in way:
                at_home = at_home and server is home
                get(http, server.url, with_token=at_home)
        sent = [asked for asked in home.asked if "authorization" in asked.headers]
        # of 27 ways, 9 begin at home, of these 3 stay there a second time and 1 a third
        assert len(sent) == 9 + 3 + 1
        assert all("authorization" not in asked.headers for asked in one.asked + two.asked)


def test_offline_nothing_is_sent() -> None:
    with Loopback(ok) as server, pytest.raises(NetworkError) as met:
        get(HttpClient(offline="HF_HUB_OFFLINE", env={}), server.url + "/a?b=secret")
    assert server.connections == 0
    assert "HF_HUB_OFFLINE" in met.value.message + met.value.hint
    assert "secret" not in str(met.value.url)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_bundle_that_is_none(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("no certificate\n")
    for path in (tmp_path / "missing.pem", tmp_path / "empty.pem"):
        with pytest.raises(UsageError) as met:
            get(HttpClient(env={name: str(path)}), "https://127.0.0.1:1/a")
        assert name in met.value.message and str(path) in met.value.message and met.value.hint


def test_requests_are_counted() -> None:
    with Loopback(ok) as server:
        http = HttpClient(env={})
        for _ in range(3):
            get(http, server.url)
        assert http.requests_sent == 3


def test_http_is_allowed_for_data_alone() -> None:
    response = requests.Response()
    response.url = "https://hub.test/a"
    response.headers["Location"] = "http://cdn.test/b"
    lenient = HttpClient(env={}, rules=HostRules(allow_http_data=True))
    assert lenient.next_hop(response, "https://hub.test", is_data=True) == "http://cdn.test/b"
    for http, is_data in ((lenient, False), (HttpClient(env={}), True)):
        with pytest.raises(UnsafeError):
            http.next_hop(response, "https://hub.test", is_data=is_data)
