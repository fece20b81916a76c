"""Files of another user, for tests that run as root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

#: `nobody`, on most systems; no account is needed to own a file.
STRANGER = 65534


def give_away(*paths: Path) -> None:
    """Have the files belong to another user; skips the test where only root may do that."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("needs the right to give files to another user")
    for path in paths:
        os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
