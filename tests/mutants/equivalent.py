"""Mutants that do the same as the original, or differ in nothing that is promised: the reason."""

from __future__ import annotations

#: (file, line before, line after): why no test can or should tell.
EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "http.py",
        "allow_redirects=False,",
        "allow_redirects=True,",
    ): "requests follows what `get_redirect_target` names, which here is nothing",
    (
        "layout/paths.py",
        "if _climbs(folded) or _climbs(unquote(folded)):",
        "if _climbs(unquote(folded)):",
    ): "`unquote` changes nothing but escapes, so that a `.` between separators stays one",
}
