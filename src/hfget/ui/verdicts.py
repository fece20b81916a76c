"""What `hfget verify` found, in a line (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from hfget.messages import ui_texts as texts
from hfget.system import count_text, size_text

#: Path, state (ok, missing, changed, extra) and detail of a file `hfget verify` looked at.
Verdict: TypeAlias = tuple[str, str, str]


def all_well(verdicts: Iterable[Verdict]) -> bool:
    """Whether nothing is missing or changed."""
    return all(state in ("ok", "extra") for _, state, _ in verdicts)


def verdicts_text(verdicts: Sequence[Verdict], size: int) -> str:
    """`12 files, 3.4 GB, all as recorded` or `1 changed, 2 missing of 12 files`."""
    counts = Counter(state for _, state, _ in verdicts)
    files = count_text(len(verdicts) - counts["extra"], "file")
    odd = [f"{counts[state]} {state}" for state in ("changed", "missing", "extra") if counts[state]]
    if all_well(verdicts):
        return "; ".join([texts.ALL_AS_RECORDED(files=files, size=size_text(size)), *odd])
    return texts.ODD_OF(odd=", ".join(odd), files=files)
