"""Fixtures of several tests of partials."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfget.partials.partial_names import stem_for
from tests.support.partials import IDENTITY


@pytest.fixture
def stem(tmp_path: Path) -> Path:
    """Where the partial of the sample file rests; the folder is not there yet."""
    return stem_for(tmp_path / "download", IDENTITY.path, IDENTITY.hash)
