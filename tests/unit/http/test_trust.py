"""Whose certificates are believed: SSL_CERT_DIR, the system's store, the order of what is named."""

from __future__ import annotations

import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from hfget.errors import UsageError
from hfget.http import HttpClient, trust
from tests.support.certificates import PrivateCA
from tests.support.loopback import BOUND, Answer, Loopback


def get(server: Loopback, **env: str) -> bytes:
    return HttpClient(env=env).get(server.url, read_timeout=BOUND).raw.read()


@pytest.fixture
def hashed(authority: PrivateCA, tmp_path: Path) -> Path:
    """A folder of certificates, as OpenSSL looks into it."""
    folder = tmp_path / "certs"
    folder.mkdir()
    (folder / "ca.pem").write_bytes(authority.bundle.read_bytes())
    subprocess.run(["openssl", "rehash", folder], check=True, timeout=60)
    return folder


def use_system(monkeypatch: pytest.MonkeyPatch, *, file: Path, folder: Path) -> None:
    """Have these be where this machine's OpenSSL keeps what is trusted."""
    known = ssl.get_default_verify_paths()._replace(
        openssl_cafile=str(file), openssl_capath=str(folder)
    )
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: known)


@pytest.fixture(autouse=True)
def _nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Linux keeps for all programs is not looked at, unless a test says so."""
    monkeypatch.setattr(trust, "_SYSTEM_FOLDERS", ())
    monkeypatch.setattr(trust, "_SYSTEM_FILES", ())


def test_what_all_programs_trust_where_openssl_looks_elsewhere(
    authority: PrivateCA, hashed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a Python from conda: its OpenSSL knows a folder of its own."""
    own = tmp_path / "conda"
    use_system(monkeypatch, file=Path(DEFAULT_CA_BUNDLE_PATH), folder=own)
    with Loopback(lambda asked: Answer(b"body"), tls=authority.trusted) as server:
        with pytest.raises(requests.exceptions.SSLError):
            get(server)
        monkeypatch.setattr(trust, "_SYSTEM_FOLDERS", (str(own), str(hashed)))
        assert get(server) == b"body"
        monkeypatch.setattr(trust, "_SYSTEM_FOLDERS", (str(own),))
        monkeypatch.setattr(trust, "_SYSTEM_FILES", (str(own), str(authority.bundle)))
        assert get(server) == b"body"


def test_ssl_cert_dir(authority: PrivateCA, hashed: Path, tmp_path: Path) -> None:
    with Loopback(lambda asked: Answer(b"body"), tls=authority.trusted) as server:
        assert get(server, SSL_CERT_DIR=str(hashed)) == b"body"
        assert get(server, SSL_CERT_DIR=f"/nowhere:{hashed}") == b"body"
        with pytest.raises(requests.exceptions.SSLError):
            get(server, SSL_CERT_DIR=str(tmp_path))
        with pytest.raises(UsageError, match="SSL_CERT_DIR"):
            get(server, SSL_CERT_DIR="/nowhere")
        assert get(server, SSL_CERT_FILE=str(authority.bundle), SSL_CERT_DIR="/nowhere") == b"body"


def test_the_systems_store(
    authority: PrivateCA, hashed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = tmp_path / "nothing"
    with Loopback(lambda asked: Answer(b"body"), tls=authority.trusted) as server:
        use_system(monkeypatch, file=nothing, folder=nothing)
        with pytest.raises(requests.exceptions.SSLError):
            get(server)
        use_system(monkeypatch, file=nothing, folder=hashed)
        assert get(server) == b"body"
        use_system(monkeypatch, file=authority.bundle, folder=nothing)
        assert get(server) == b"body"
        use_system(monkeypatch, file=authority.bundle, folder=tmp_path)
        assert get(server) == b"body"
        with pytest.raises(requests.exceptions.SSLError):
            get(server, SSL_CERT_DIR=str(tmp_path))


def test_a_broken_store_of_the_system_is_done_without(
    authority: PrivateCA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.pem").write_text("no certificate")
    use_system(monkeypatch, file=tmp_path / "broken.pem", folder=tmp_path / "nothing")
    with Loopback(lambda asked: Answer(b"body"), tls=authority.trusted) as server:
        with pytest.raises(requests.exceptions.SSLError):
            get(server)
        assert get(server, SSL_CERT_FILE=str(authority.bundle)) == b"body"


def test_certifis_bundle_is_believed_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from hfget.http.trust import authorities

    use_system(monkeypatch, file=tmp_path, folder=tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authorities({}).load(context)
    assert len(context.get_ca_certs()) > 50


def test_the_stores_of_windows(
    authority: PrivateCA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `ssl` does there with what Windows lists; here the list has the one CA."""
    nothing = tmp_path / "nothing"
    use_system(monkeypatch, file=nothing, folder=nothing)
    der = ssl.PEM_cert_to_DER_cert(authority.bundle.read_text())
    listed = [(der, "x509_asn", True)]
    monkeypatch.setattr(ssl, "enum_certificates", lambda store: listed, raising=False)
    trusted = trust.authorities({})
    assert not trusted.stores, "only where there are some"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with monkeypatch.context() as windows:
        windows.setattr(trust, "_HAS_STORES", True)
        windows.setattr(sys, "platform", "win32")
        trust.authorities({}).load(context)
        assert not trust.authorities({"SSL_CERT_FILE": str(authority.bundle)}).stores
    assert der in context.get_ca_certs(binary_form=True)
    without = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusted.load(without)
    assert der not in without.get_ca_certs(binary_form=True)
