"""Of where files lie, and of the disk."""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "layout/paths.py",
        "if _climbs(folded) or _climbs(unquote(folded)):",
        "if _climbs(unquote(folded)):",
    ): "`unquote` changes nothing but escapes, so that a `.` between separators stays one",
}
