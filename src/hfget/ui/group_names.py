"""What a group of files is called, and how one of several is chosen (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from hfget.messages import joined, translated
from hfget.messages import ui_texts as texts
from hfget.selection import Group
from hfget.ui.sentences import shown


def group_text(group: Group) -> str:
    """`safetensors`, `gguf Q4_K_M`, `all else`."""
    return shown(group.name) if group.is_weights else translated(texts.ALL_ELSE)


def choice_line(groups: Sequence[Group]) -> str:
    """How one of the groups is chosen, empty where nothing is to choose."""
    kinds = list(dict.fromkeys(group.kind for group in groups if group.is_weights))
    quants = [group.quant for group in groups if group.quant]
    ways = [f"--weights {kinds[0]}"] if len(kinds) > 1 else []
    ways += [f"--quant {shown(quants[0])}"] if len(quants) > 1 else []
    if not ways:
        return ""
    return translated(texts.CHOICE(ways=joined([*ways, "--pick"], texts.OR)))
