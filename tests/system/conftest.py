"""Fixtures of several tests of the real command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hub import LocalHub
from tests.hub.fixtures import StartHub
from tests.support.command import Shell, ShellAt


@pytest.fixture
def hub(source: Path, start_hub: StartHub) -> LocalHub:
    """A hub that has what the test's own fixture `source` makes."""
    return start_hub()


@pytest.fixture
def shell(hub: LocalHub, shell_at: ShellAt) -> Shell:
    """A shell with that hub as its endpoint."""
    return shell_at(hub.endpoint)
