"""Fixtures for all tests: the local hub, and a shell in which the real command runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hub.fixtures import repos_root, start_hub
from tests.support.command import Shell, new_shell

#: The time limit of a test that has none of its own, as in pyproject.toml.
_USUAL_SECONDS = 120.0

# Whatever language the machine speaks, tests read English unless they ask for another one.
os.environ["HFGET_LANG"] = "en"

__all__ = ["repos_root", "shell_at", "start_hub"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What may take minutes is begun first, lest one process works on it when others are done."""
    items.sort(key=lambda item: -_most_seconds(item))


def _most_seconds(item: pytest.Item) -> float:
    mark = item.get_closest_marker("timeout")
    return max(_USUAL_SECONDS, mark.args[0] if mark and mark.args else 0.0)


@pytest.fixture
def shell_at(tmp_path: Path) -> Callable[[str], Shell]:
    """A function that gives a shell with HF_ENDPOINT set to an endpoint."""

    def at(endpoint: str) -> Shell:
        return new_shell(tmp_path / "work", endpoint)

    return at
