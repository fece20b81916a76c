"""Fixtures of several tests of displays."""

from __future__ import annotations

import pytest


@pytest.fixture
def capable_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal with colours and cursor movements, of which nothing says how wide it is."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
