"""Who has signed a certificate: read out of DER, also where it is not believed."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from hfget.http.connect import Sockets
from hfget.http.issuers import issuer_of, issuer_seen
from tests.unit.certificates import PrivateCA
from tests.unit.helpers import Answer, Loopback
from tests.unit.network import closed_port
from tests.unit.test_proxies import tunnel_to


def test_every_authority_of_a_bundle_is_named_as_python_reads_it() -> None:
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    whole = context.get_ca_certs(binary_form=True)
    told = context.get_ca_certs()
    assert len(whole) > 50
    for certificate, known in zip(whole, told, strict=True):
        issuer: tuple[tuple[tuple[str, str], ...], ...] = known["issuer"]  # type: ignore[assignment]
        names = {name: value for part in issuer for name, value in part}
        expected = names.get("organizationName") or names["commonName"]
        assert issuer_of(certificate).startswith(expected), names


@given(st.binary(max_size=200))
def test_what_is_no_certificate_has_no_issuer(data: bytes) -> None:
    assert isinstance(issuer_of(data), str)
    assert isinstance(issuer_of(b"\x30\x84\x7f\xff\xff\xff" + data), str)


def test_a_certificate_that_is_not_believed_is_seen(authority: PrivateCA) -> None:
    with Loopback(lambda asked: Answer(b""), tls=authority.expired) as server:
        assert issuer_seen(server.url, Sockets(), None, 10.0) == "a CA for tests"
        assert server.asked == []


def test_it_is_seen_through_a_tunnel(authority: PrivateCA) -> None:
    with Loopback(lambda asked: Answer(b""), tls=authority.trusted) as server:
        reply = tunnel_to(server.port)
        with Loopback(lambda asked: reply) as proxy:
            found = issuer_seen("https://hub.test", Sockets(), proxy.url, 10.0)
            assert [asked.target for asked in proxy.asked] == ["hub.test:443"]
        assert server.asked == []
    assert found == "a CA for tests"


@pytest.mark.parametrize("proxy", [None, "socks5h://127.0.0.1:1", "http://127.0.0.1:1"])
def test_where_none_is_to_be_had_there_is_none(proxy: str | None) -> None:
    url = f"https://127.0.0.1:{closed_port()}"
    assert issuer_seen(url, Sockets(), proxy, 10.0) == ""
