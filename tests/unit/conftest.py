"""Fixtures of several unit tests."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import settings

from hfget.http import retry
from hfget.system import redaction
from tests.hub import LocalHub
from tests.hub.repos import make_model
from tests.support.api_client import FILES, REPO
from tests.support.certificates import PrivateCA, is_openssl_there
from tests.support.origins import World

Names: TypeAlias = "Callable[[Mapping[str, Sequence[str]]], None]"

# Other work on the same machine may slow down any single example.
settings.register_profile("hfget", deadline=None)
settings.load_profile("hfget")


@pytest.fixture(autouse=True)
def secrets_of_one_test() -> Iterator[None]:
    """A secret that a test makes up (Hypothesis takes any word) is unknown to the next one."""
    before = set(redaction._KNOWN)
    yield
    redaction._KNOWN.clear()
    redaction._KNOWN.update(before)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> PrivateCA:
    """A private CA of these tests."""
    if not is_openssl_there():
        pytest.skip("openssl is not there")
    return PrivateCA(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def nobody() -> Iterator[Callable[[Path], None]]:
    """A function after which this process may enter a folder, but has no rights of root."""
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")

    def become(folder: Path) -> None:
        for above in (folder, *folder.parents):
            if not any(part.startswith("pytest-of-") for part in above.parts):
                break
            above.chmod(0o755)
        os.seteuid(65534)
        if not os.access(folder, os.X_OK, effective_ids=True):
            pytest.skip("others may not enter the folder of the tests")

    yield become
    os.seteuid(0)


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of this machine's environment."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """A function that has names of hosts stand for addresses, in this order."""
    real: Any = socket.getaddrinfo

    def use(known: Mapping[str, Sequence[str]]) -> None:
        def resolve(host: str, port: int, *args: Any, flags: int = 0, **kwargs: Any) -> Any:
            if host not in known or flags & socket.AI_NUMERICHOST:
                return real(host, port, *args, flags=flags, **kwargs)
            return [found for each in known[host] for found in real(each, port, *args, **kwargs)]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)

    return use


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No try again is waited for, unless the server asks for that."""
    monkeypatch.setattr(retry, "backoff", lambda attempt: 0.001)


@pytest.fixture
def local(repos_root: Path, start_hub: Callable[..., LocalHub]) -> Callable[..., LocalHub]:
    """A function that starts a hub with one small repo."""
    make_model(repos_root, REPO, FILES)
    return start_hub


@pytest.fixture
def home_of_one_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the Hub, a home of its own, and an empty folder to work in."""
    for name in [name for name in os.environ if name.startswith("HF_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def world() -> Iterator[World]:
    """Hosts that a test makes up; all end with it."""
    with ExitStack() as stack:
        yield World(stack)
