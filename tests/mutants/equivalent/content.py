"""Of what becomes the bytes of a file."""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str, str], str] = {}
