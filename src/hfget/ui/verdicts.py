"""What `hfget verify` found, in a line (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from hfget.messages import joined, translated
from hfget.messages import ui_texts as texts
from hfget.system import count_text, size_text
from hfget.ui.sentences import listed

#: Path, state (ok, missing, changed, extra) and detail of a file `hfget verify` looked at.
Verdict: TypeAlias = tuple[str, str, str]

_STATES = {"changed": texts.CHANGED, "missing": texts.MISSING, "extra": texts.EXTRA}


def all_well(verdicts: Iterable[Verdict]) -> bool:
    """Whether nothing is missing or changed."""
    return all(state in ("ok", "extra") for _, state, _ in verdicts)


def verdicts_text(verdicts: Sequence[Verdict], size: int) -> str:
    """`12 files, 3.4 GB, all as recorded` or `1 changed, 2 missing of 12 files`."""
    counts = Counter(state for _, state, _ in verdicts)
    files = count_text(len(verdicts) - counts["extra"], "file")
    odd = [
        translated(texts.ODD(number=counts[state], state=text))
        for state, text in _STATES.items()
        if counts[state]
    ]
    if all_well(verdicts):
        well = translated(texts.ALL_AS_RECORDED(files=files, size=size_text(size)))
        return translated(joined([well, *odd], texts.SEMICOLON))
    return translated(texts.ODD_OF(odd=listed(odd), files=files))


def verdict_state(state: str) -> str:
    """The state of a verdict as a word for people."""
    return translated(_STATES.get(state, state))
