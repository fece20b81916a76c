"""What this process has open, by place: other threads open and close files of their own."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

DESCRIPTORS = Path("/proc/self/fd")
needs_descriptors = pytest.mark.skipif(not DESCRIPTORS.exists(), reason="needs /proc")


def open_below(*places: Path) -> list[str]:
    """What is open at these places or below them, removed files too: one entry a descriptor."""
    roots = [os.path.realpath(place) for place in places]
    return sorted(
        target
        for target in _targets()
        if any(target == root or target.startswith(root + "/") for root in roots)
    )


def open_sockets() -> int:
    return sum(target.startswith("socket:") for target in _targets())


def _targets() -> list[str]:
    found = []
    for descriptor in os.listdir(DESCRIPTORS):  # noqa: PTH208
        with suppress(OSError):
            found.append(os.readlink(DESCRIPTORS / descriptor))  # noqa: PTH115
    return found
