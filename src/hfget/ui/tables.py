"""A table as lines: columns that fit the width there is, or a block for each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from hfget.system import cells, padded
from hfget.ui.sentences import shown

#: What `--json` writes of a result: the name of an event, and its fields.
Records: TypeAlias = Sequence[tuple[str, dict[str, Any]]]

_GAP = 2
#: How a command begins, which is copied as a whole.
_VERBATIM = " " * 4
_NARROWEST = 12
_LONGEST_CELL = 1 << 16


class Table(NamedTuple):
    """Rows of texts under a `head`. `right` are the columns of figures, `whole` those never cut.

    `fields` is what programs read from a pipe instead, tab-separated, if that is another thing.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[int] = frozenset()
    fields: Sequence[Sequence[str]] | None = None
    whole: frozenset[int] = frozenset()


def table_lines(table: Table, width: int | None) -> list[str]:
    """The table in `width` cells; None does not limit it. Long texts are cut, lists at a comma."""
    rows = [[shown(cell, _LONGEST_CELL) for cell in row] for row in (table.head, *table.rows)]
    if len(rows) == 1:
        return []
    widths = [max(cells(row[at]) for row in rows) for at in range(len(table.head))]
    gaps = _GAP * len(widths)
    while width is not None and sum(widths) + gaps > width:
        widest = max(set(range(len(widths))) - table.whole, key=lambda at: widths[at])
        if widths[widest] <= _NARROWEST:
            return _blocks(rows, width)
        widths[widest] -= 1
    return [_line(row, widths, table.right) for row in rows]


def table_rows(rows: Sequence[Sequence[str]], right: frozenset[int]) -> list[str]:
    """Rows without a head, as wide as they are."""
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    return [_line(row, widths, right) for row in rows]


def field_lines(table: Table) -> list[str]:
    """The rows for a program."""
    rows = table.rows if table.fields is None else table.fields
    return ["\t".join(shown(cell, _LONGEST_CELL) for cell in row) for row in rows]


def cut_middle(text: str, width: int) -> str:
    """`text` in at most `width` cells, an ellipsis where something is left out."""
    if cells(text) <= width:
        return text
    head, tail = "", ""
    for at in range(len(text)):
        if cells(head + text[at] + tail) + 1 > width:
            break
        head += text[at]
        if cells(head + text[-1 - at] + tail) + 1 > width:
            break
        tail = text[-1 - at] + tail
    return f"{head}…{tail}"


def _cut_list(text: str, width: int) -> str:
    """As much of `a, b, c` as fits; empty where that is not even the first."""
    while cells(text) > width and (cut := text.removesuffix(", …").rpartition(", ")[0]):
        text = f"{cut}, …"
    return text if cells(text) <= width else ""


def wrapped(line: str, width: int | None) -> list[str]:
    """`line` in `width` cells, broken between words; what is indented by four is left as it is."""
    if width is None or line.startswith(_VERBATIM) or cells(line) <= width:
        return [line]
    margin = line[: len(line) - len(line.lstrip())]
    from hfget.system import wrap

    return wrap(line.strip(), width, margin, hanging="  ")


def _line(row: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> str:
    fields = []
    for at, (text, width) in enumerate(zip(row, widths, strict=True)):
        fitting = _cut_list(text, width) or cut_middle(text, width)
        fields.append(padded(fitting, width, right=at in right))
    gap = " " * _GAP
    return (gap + gap.join(fields)).rstrip()


def _blocks(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    head, *others = rows
    label = max(map(cells, head))
    lines = []
    for row in others:
        lines.append(cut_middle(row[0], width))
        for name, text in zip(head[1:], row[1:], strict=True):
            lines.append(f"  {padded(name, label)}  {cut_middle(text, max(1, width - label - 4))}")
    return lines
