"""Of what is asked, answered and kept secret."""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "http.py",
        "allow_redirects=False,",
        "allow_redirects=True,",
    ): "requests follows what `get_redirect_target` names, which here is nothing",
}
