"""How values show themselves: in one line for Python, as a table in a notebook."""

from __future__ import annotations

from collections.abc import Iterable

_AS_MEGABYTES = 50_000


def megabytes(count: int) -> str:
    """A number of bytes, in MB unless that would be a nought."""
    return f"{count / 1e6:,.1f} MB" if count >= _AS_MEGABYTES else f"{count:,} B"


def files(count: int) -> str:
    """A number of files."""
    return f"{count:,} file{'' if count == 1 else 's'}"


def html_table(rows: Iterable[tuple[str, str]]) -> str:
    """A name and a text in each row."""
    from html import escape  # a command needs none of it

    cells = "".join(
        f'<tr><th style="text-align: left">{escape(name)}</th>'
        f'<td style="text-align: left">{escape(text)}</td></tr>'
        for name, text in rows
    )
    return f"<table>{cells}</table>"
