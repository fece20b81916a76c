"""Mutants that do the same as the original, or differ in nothing that is promised: the reason."""

from __future__ import annotations

#: (file, line before, line after): why no test can or should tell.
EQUIVALENT: dict[tuple[str, str, str], str] = {}
