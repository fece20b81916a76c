"""Fixtures for all tests: the local hub, and a shell in which the real command runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hub.fixtures import repos_root, start_hub
from tests.support.command import Shell, new_shell

__all__ = ["repos_root", "shell_at", "start_hub"]


@pytest.fixture
def shell_at(tmp_path: Path) -> Callable[[str], Shell]:
    """A function that gives a shell with HF_ENDPOINT set to an endpoint."""

    def at(endpoint: str) -> Shell:
        return new_shell(tmp_path / "work", endpoint)

    return at
