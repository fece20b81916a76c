"""Mutants that do the same as the original, or differ in nothing that is promised: the reason.

Each of the modules here has a table: (file, line before, line after): why no test can or should
tell.
"""

from __future__ import annotations

from tests.mutants.equivalent import content, network, places

EQUIVALENT: dict[tuple[str, str, str], str] = {
    **network.EQUIVALENT,
    **content.EQUIVALENT,
    **places.EQUIVALENT,
}
