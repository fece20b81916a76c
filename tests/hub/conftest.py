"""What the tests of the harness share: the hub, and a plain client to ask it with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.hub.fixtures import repos_root, start_hub

__all__ = ["http", "repos_root", "start_hub"]


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """A session that takes nothing from the environment and asks for bytes as they are."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Accept-Encoding"] = "identity"
        yield session
