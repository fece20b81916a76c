"""Fixtures of several tests of destinations."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where a Hub cache may come to be: nothing is there yet."""
    return tmp_path / "hub"
