"""curl and wget through proxies and TLS: as hfget itself, with secrets where they belong."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hfget.errors import UnreachableError
from hfget.external import carrier_of
from hfget.external.aria2c_process import Order, run
from hfget.external.exit_codes import failure_of
from hfget.http import Carrier
from hfget.http.client import HttpClient
from hfget.http.retry import Transient
from tests.support.certificates import PrivateCA
from tests.support.loopback import BOUND, Answer, Asked, Loopback, raw
from tests.support.needs import needs
from tests.support.network import closed_port, read
from tests.support.transfers import head
from tests.unit.http.test_proxies import tunnel_to

pytestmark = pytest.mark.usefixtures("no_proxies")


@pytest.fixture(params=[pytest.param(tool, marks=needs(tool)) for tool in ("curl", "wget")])
def carrier(request: pytest.FixtureRequest) -> Carrier:
    return carrier_of(request.param, str(shutil.which(request.param)))


def get(url: str, carrier: Carrier, **headers: str) -> Any:
    return HttpClient().get(url, read_timeout=BOUND, headers=headers, carrier=carrier)


def test_fields_status_and_body_are_those_of_the_server(carrier: Carrier) -> None:
    with Loopback(lambda asked: Answer(b"body", 404, {"X-Error-Code": "EntryNotFound"})) as server:
        response = get(f"{server.url}/a%20b?x=1&y=%7B", carrier, **{"X-Own": 'a "b" \\c'})
        assert response.status_code == 404 and read(response) == b"body"
        assert response.headers["x-error-code"] == "EntryNotFound"
        response.close()
    assert server.targets == ["/a%20b?x=1&y=%7B"]
    assert server.asked[0].headers["x-own"] == 'a "b" \\c'


def test_no_redirect_is_followed(carrier: Carrier) -> None:
    with Loopback(lambda asked: Answer(b"moved", 302, {"Location": "/b"})) as server:
        response = get(f"{server.url}/a", carrier)
        assert (response.status_code, response.headers["location"]) == (302, "/b")
        response.close()
    assert server.targets == ["/a"]


def test_chunks_are_put_together_and_interim_answers_passed_over(carrier: Carrier) -> None:
    body = b"HTTP/1.1 102 Processing\r\n\r\n"
    body += head(None, "Transfer-Encoding: chunked") + b"4\r\nbody\r\n0\r\n\r\n"
    with Loopback(lambda asked: raw(body)) as server:
        response = get(f"{server.url}/a", carrier)
        assert response.status_code == 200 and read(response) == b"body"
        response.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_way_leads_through_the_proxy_and_its_password_to_it_alone(
    scheme: str, carrier: Carrier, authority: PrivateCA, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = secrets.token_hex(12)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
    secure = scheme == "https"
    with Loopback(
        lambda asked: Answer(b"body"), tls=authority.trusted if secure else None
    ) as server:
        reply: Callable[[Any], None] = tunnel_to(server.port)
        plain = Answer(b"body")
        with Loopback(lambda asked: reply if secure else plain) as proxy:
            address = proxy.url.replace("://", f"://user:{password}@")
            monkeypatch.setenv(f"{scheme.upper()}_PROXY", address)
            response = get(f"{scheme}://localhost:9/a", carrier)
            assert read(response) == b"body"
            response.close()
            (asked,) = proxy.asked
            wanted = ("CONNECT", "localhost:9") if secure else ("GET", "http://localhost:9/a")
            assert (asked.method, asked.target) == wanted
            assert asked.headers["proxy-authorization"].startswith("Basic ")
    assert password not in str(server.asked)


def test_a_certificate_counts_by_the_bundle_that_was_named(
    carrier: Carrier, authority: PrivateCA, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback(lambda asked: Answer(b"body"), tls=authority.trusted) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        with pytest.raises(UnreachableError, match="certificate") as met:
            get(url, carrier)
        assert "REQUESTS_CA_BUNDLE" in met.value.hint
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
        response = get(url, carrier)
        assert read(response) == b"body"
        response.close()


def test_what_fails_is_said_by_the_program_s_name(carrier: Carrier) -> None:
    with pytest.raises(Transient, match=r"(curl|wget): .*exit code") as met:
        get(f"http://127.0.0.1:{closed_port()}/a?X-Amz-Signature=1", carrier)
    assert "Signature" not in f"{met.value.reason}{met.value.url}"
    with Loopback(lambda asked: raw(head(1000) + b"begun")) as server:
        response = get(server.url, carrier)
        with pytest.raises(Transient):
            buffer = memoryview(bytearray(100))
            while response.raw._fp.readinto1(buffer):
                pass
            raise Transient("the end", url=server.url)
        response.close()


@needs("aria2c")
def test_aria2c_knows_the_bundle_and_the_proxy(
    authority: PrivateCA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program, seen = str(shutil.which("aria2c")), []
    place = tmp_path / " a folder " / "x"
    place.parent.mkdir()
    with Loopback(lambda asked: Answer(b"body"), tls=authority.trusted) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        order = Order(url + "/f", place, 2, (5.0, 5.0))
        code = run(program, order, lambda: False, lambda done, connections: None)
        assert isinstance(failure_of("aria2c", code, url), Transient) and not place.exists()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
        assert run(program, order, lambda: False, lambda done, connections: None) == 0
        assert place.read_bytes() == b"body"
    place.unlink()

    def answer(asked: Asked) -> Answer:
        seen.append((asked.target, "proxy-authorization" in asked.headers))
        if "proxy-authorization" not in asked.headers:
            return Answer(b"", 407, {"Proxy-Authenticate": "Basic realm=x"})
        return Answer(b"body")

    with Loopback(answer) as proxy:
        address = proxy.url.replace("://", f"://user:{secrets.token_hex(8)}@")
        order = order._replace(url="http://hub.test/f", proxy=address)
        assert run(program, order, lambda: False, lambda done, connections: None) == 0
    assert seen[-1] == ("http://hub.test/f", True)
