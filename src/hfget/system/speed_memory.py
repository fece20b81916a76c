"""How fast the last large download was, in a file of the user's cache; for a dry run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from hfget.system.atomic_files import atomic_write
from hfget.system.user_folders import cache_folder

#: What is smaller, or sooner over, says nothing about the line.
_LEAST_BYTES, _LEAST_SECONDS = 32 << 20, 1.0
_LONGEST = 32


def remember_speed(received: int, seconds: float, env: Mapping[str, str] = os.environ) -> None:
    """Keep `received` bytes in `seconds`, where that is telling and the cache can be written."""
    place = _place(env)
    if place is None or received < _LEAST_BYTES or seconds < _LEAST_SECONDS:
        return
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(place, f"{received / seconds:.0f}\n")


def last_speed(env: Mapping[str, str] = os.environ) -> float | None:
    """Bytes a second, above 0; None where that was never seen."""
    with suppress(OSError, ValueError):
        if place := _place(env):
            with open(place, encoding="ascii") as file:
                speed = float(file.read(_LONGEST))
            return speed if 0 < speed < float("inf") else None
    return None


def _place(env: Mapping[str, str]) -> Path | None:
    base = cache_folder(env)
    return base and base / "hfget" / "last-speed"
