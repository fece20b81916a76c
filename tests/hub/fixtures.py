"""The harness as pytest fixtures; import them where they are used."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.hub.hub import LocalHub

StartHub: TypeAlias = Callable[..., LocalHub]


@pytest.fixture
def repos_root(tmp_path: Path) -> Path:
    """An empty folder for sample repos."""
    root = tmp_path / "hub"
    root.mkdir()
    return root


@pytest.fixture
def start_hub(repos_root: Path) -> Iterator[StartHub]:
    """A function that starts a LocalHub over `repos_root` with its arguments; all are
    stopped after the test."""
    with contextlib.ExitStack() as stack:

        def start(**arguments: object) -> LocalHub:
            return stack.enter_context(LocalHub(repos_root, **arguments))  # type: ignore[arg-type]

        yield start
