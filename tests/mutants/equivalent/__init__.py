"""Mutants that do the same as the original, or differ in nothing that is promised: the reason.

Each of the modules here has a table: (file, function, old, new), as in `tests.mutants.change`: why
no test can or should tell.
"""

from __future__ import annotations

from typing import TypeAlias

from tests.mutants.equivalent import content, network, places

Equivalent: TypeAlias = tuple[str, str, str, str]

EQUIVALENT: dict[Equivalent, str] = {
    **network.EQUIVALENT,
    **content.EQUIVALENT,
    **places.EQUIVALENT,
}
