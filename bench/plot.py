"""The results as a picture: a panel for each workload, a bar for each contestant. Plain SVG."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from bench.report import duration
from bench.results import Outcome, Results, Row

_WIDTH, _GAP, _MARGIN = 440, 40, 28
_HEAD, _ROW, _FOOT = 50, 22, 22
_LABEL, _VALUE = 150, 116
_TOP = 62

_STYLE = """
    text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif;
           fill: #1f2937; }
    .page { fill: #ffffff; }
    .title { font-size: 18px; font-weight: 600; }
    .head { font-size: 13px; font-weight: 600; }
    .quiet { fill: #6b7280; font-size: 11px; }
    .own { font-weight: 600; }
    rect.other { fill: #c3c9d4; }
    rect.own { fill: #2563eb; }
    .range { stroke: #1f2937; stroke-width: 1; opacity: .55; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e5e7eb; } .page { fill: #0d1117; } .quiet { fill: #9ca3af; }
      rect.other { fill: #4b5563; } rect.own { fill: #60a5fa; } .range { stroke: #e5e7eb; }
    }
"""


def svg(results: Results) -> str:
    """Panels in pairs, hfget first in each; shorter bars are better."""
    outcomes = [outcome for outcome in results.outcomes if _shown(outcome)]
    panels: list[str] = []
    height = _TOP
    for at in range(0, len(outcomes), 2):
        pair = outcomes[at : at + 2]
        for column, outcome in enumerate(pair):
            panels.append(_panel(outcome, _MARGIN + column * (_WIDTH + _GAP), height))
        height += _HEAD + _ROW * max(len(_shown(outcome)) for outcome in pair) + _FOOT
    width = 2 * _MARGIN + 2 * _WIDTH + _GAP
    subtitle = (
        f"Medians of one run, {results.scale} sizes, {results.when}; the thin line is the range. "
        "Shorter is better; × is the time in times hfget's."
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img">',
            "  <title>hfget beside other downloaders</title>",
            f"  <style>{_STYLE}  </style>",
            f'  <rect class="page" width="{width}" height="{height}"/>',
            _text(_MARGIN, 30, "hfget beside other downloaders", "title"),
            _text(_MARGIN, 48, subtitle, "quiet"),
            *panels,
            "</svg>",
            "",
        ]
    )


def _shown(outcome: Outcome) -> list[Row]:
    """Rows that have a figure, hfget's first and in their order, the others by time."""
    rows = [row for row in outcome.rows if row.seconds is not None]
    own = [row for row in rows if row.is_hfget]
    return own + sorted((row for row in rows if not row.is_hfget), key=lambda row: row.seconds or 0)


def _panel(outcome: Outcome, x: int, y: int) -> str:
    rows = _shown(outcome)
    longest = max(run.seconds for row in rows for run in row.good)
    scale = (_WIDTH - _LABEL - _VALUE) / longest
    lines = [
        _text(x, y + 18, f"{outcome.key} · {outcome.title}", "head"),
        _text(x, y + 35, outcome.conditions.partition(", by ")[0], "quiet"),
    ]
    own = rows[0].seconds if rows[0].is_hfget else None
    for number, row in enumerate(rows):
        lines += _bar(row, x, y + _HEAD + number * _ROW, scale, own)
    return "\n".join(lines)


def _bar(row: Row, x: int, y: int, scale: float, own: float | None) -> Iterator[str]:
    seconds = row.seconds or 0
    kind = "own" if row.is_hfget else "other"
    start, middle = x + _LABEL, y + _ROW / 2 - 2
    taken = [run.seconds for run in row.good]
    low, high = (start + scale * bound for bound in (min(taken), max(taken)))
    yield _text(start - 8, y + 13, _short(row.contestant), kind, anchor="end")
    yield (
        f'  <rect class="{kind}" x="{start}" y="{y + 2}" width="{max(1, seconds * scale):.1f}" '
        f'height="{_ROW - 8}" rx="2"/>'
    )
    yield (
        f'  <line class="range" x1="{low:.1f}" x2="{high:.1f}" '
        f'y1="{middle:.1f}" y2="{middle:.1f}"/>'
    )
    value = duration(seconds)
    if own and seconds != own:
        value += f" · {seconds / own:.1f}×"
    yield _text(high + 6, y + 13, value, kind)


def _short(name: str) -> str:
    return name.replace("an empty Typer program", "empty Typer")


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    place = f'class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}"'
    return f"  <text {place}>{escape(text)}</text>"
