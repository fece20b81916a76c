"""Fixtures of several unit tests."""

from __future__ import annotations

import pytest

from tests.unit.certificates import PrivateCA, is_openssl_there


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> PrivateCA:
    """A private CA of these tests."""
    if not is_openssl_there():
        pytest.skip("openssl is not there")
    return PrivateCA(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of this machine's environment."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
