"""Who issued a certificate, from its bytes and from the handshake message that holds it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfget.http.certificates import first_certificate, issuer_of
from tests.unit.certificates import PrivateCA, is_openssl_there


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    if not is_openssl_there():
        pytest.skip("openssl is not there")
    folder: Path = tmp_path_factory.mktemp("ca")
    PrivateCA(folder)
    return ssl.PEM_cert_to_DER_cert((folder / "ca.pem").read_text())


def framed(certificate: bytes, *, context: bytes) -> bytes:
    entry = len(certificate).to_bytes(3, "big") + certificate
    body = context + len(entry).to_bytes(3, "big") + entry
    return b"\x0b" + len(body).to_bytes(3, "big") + body


def test_the_issuer_is_the_name_people_know(certificate: bytes) -> None:
    assert issuer_of(certificate) == "a CA for tests"


@pytest.mark.parametrize("context", [b"", b"\0"])
def test_it_is_found_in_the_message_of_either_version(certificate: bytes, context: bytes) -> None:
    assert first_certificate(framed(certificate, context=context)) == certificate


@given(st.binary(max_size=200))
def test_what_is_no_certificate_has_no_issuer(data: bytes) -> None:
    assert isinstance(issuer_of(data), str)
    assert isinstance(issuer_of(first_certificate(data)), str)


def test_a_certificate_that_is_cut_has_no_issuer(certificate: bytes) -> None:
    assert {issuer_of(certificate[:length]) for length in range(len(certificate))} == {""}
