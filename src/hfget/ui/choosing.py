"""A choice with the arrow keys, on a terminal (questionary). stdout stays for results."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from hfget.messages import translated
from hfget.messages import ui_texts as texts
from hfget.system import cells, padded
from hfget.ui.sentences import shown


def can_ask() -> bool:
    """Whether a user sits at a terminal."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def choose(question: str, rows: Sequence[Sequence[str]]) -> int | None:
    """The number of the row that the user takes; None where it is left by Ctrl-C."""
    import questionary
    from prompt_toolkit.output import create_output

    table = [[shown(cell, 200) for cell in row] for row in rows]
    widths = [max(map(cells, column)) for column in zip(*table, strict=True)]
    choices = [
        questionary.Choice(
            "  ".join(padded(*cell) for cell in zip(row, widths, strict=True)).rstrip(), number
        )
        for number, row in enumerate(table)
    ]
    asked = questionary.select(
        shown(question),
        choices,
        instruction=translated(texts.WITH_ARROWS),
        output=create_output(stdout=sys.stderr),
        erase_when_done=True,
    )
    try:
        number: int = asked.unsafe_ask()
    except KeyboardInterrupt:
        return None
    return number
