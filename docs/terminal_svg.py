"""What tmux shows of a terminal, as SVG: still, or frame after frame. Asks no host for fonts.

It is dark, and light for a reader whose system is: each colour has one for either.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

CELL, ROW, FONT, MARGIN, BAR = 8.4, 19.0, 14, 16, 38
FAMILY = (
    "ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,Noto Sans Mono CJK SC,PingFang SC,"
    "Microsoft YaHei,monospace"
)

THEME = TerminalTheme(
    (22, 27, 34),
    (201, 209, 217),
    [
        *((72, 79, 88), (255, 123, 114), (63, 185, 80), (210, 153, 34)),
        *((88, 166, 255), (188, 140, 255), (57, 197, 207), (177, 186, 196)),
    ],
    [
        *((110, 118, 129), (255, 161, 152), (86, 211, 100), (227, 179, 65)),
        *((121, 192, 255), (210, 168, 255), (86, 212, 221), (240, 246, 252)),
    ],
)
LIGHT = TerminalTheme(
    (255, 255, 255),
    (36, 41, 47),
    [
        *((87, 96, 106), (207, 34, 46), (17, 99, 41), (125, 78, 0)),
        *((9, 105, 218), (130, 80, 223), (27, 124, 131), (66, 74, 83)),
    ],
    [
        *((175, 184, 193), (164, 14, 38), (26, 127, 55), (99, 60, 1)),
        *((33, 139, 255), (164, 117, 249), (49, 146, 170), (36, 41, 47)),
    ],
)
_TITLE, _LIGHT_TITLE = "#8b949e", "#57606a"
_CONSOLE = Console(width=1000, force_terminal=True, color_system="truecolor")
#: Drawn, since fonts disagree about how long and how high they are: the part of a cell.
_BARS = {"━": (1.0, 3.0), "╸": (0.5, 3.0), "─": (1.0, 1.0)}


def still(shot: str, width: int, title: str) -> str:
    """`shot`, a screen with its escape codes, in a window of `width` cells."""
    return _window(_rows(shot), width, shot.rstrip().count("\n") + 1, title, "")


def moving(shots: Sequence[str], seconds: Sequence[float], width: int, title: str) -> str:
    """Each of `shots` for so many seconds, over and over; the last where nothing may move."""
    total = sum(seconds)
    height = max(shot.rstrip().count("\n") + 1 for shot in shots)
    style, body, begun = [], [], 0.0
    for number, (shot, long) in enumerate(zip(shots, seconds, strict=True)):
        first, last = 100 * begun / total, 100 * (begun + long) / total
        begun += long
        hidden = f"0%{{opacity:0}}{first:.2f}%{{opacity:1}}" if number else "0%{opacity:1}"
        end = "" if number == len(shots) - 1 else f"{last:.2f}%{{opacity:0}}"
        style.append(f"@keyframes f{number}{{{hidden}{end}}}")
        style.append(f".f{number}{{opacity:0;animation:f{number} {total:.1f}s step-end infinite}}")
        body.append(f'<g class="f{number}">{_rows(shot)}</g>')
    quiet = "".join(f".f{number}{{animation:none}}" for number in range(len(shots)))
    shown = f".f{len(shots) - 1}{{opacity:1}}"
    style.append(f"@media(prefers-reduced-motion:reduce){{{quiet}{shown}}}")
    return _window("".join(body), width, height, title, "".join(style))


def _window(body: str, width: int, height: int, title: str, style: str) -> str:
    wide, high = 2 * MARGIN + width * CELL, BAR + MARGIN + height * ROW
    dots = "".join(
        f'<circle cx="{20 + 20 * number}" cy="19" r="6" fill="{colour}"/>'
        for number, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    fill = _hex(*THEME.background_color)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high:.0f}" role="img"'
        f' aria-label="{escape(title)}" font-family="{FAMILY}" font-size="{FONT}">'
        f"<style>text{{white-space:pre}}{style}{_in_light(body + fill + _TITLE)}</style>"
        f'<rect class="window" x=".5" y=".5" width="{wide - 1:.0f}" height="{high - 1:.0f}" rx="8"'
        f' fill="{fill}"/>{dots}'
        f'<text x="50%" y="24" text-anchor="middle" fill="{_TITLE}">{escape(title)}</text>'
        f'<g transform="translate({MARGIN},{BAR})">{body}</g></svg>\n'
    )


def _rows(shot: str) -> str:
    lines = Text.from_ansi(shot.rstrip()).split("\n")  # a colour lasts from line to line
    return "".join(_row(line, number) for number, line in enumerate(lines))


def _row(line: Text, number: int) -> str:
    """Runs of one style and one width of characters, each at its own column."""
    out, column = [], 0
    for segment in line.render(_CONSOLE, end=""):
        for run in _runs(segment.text):
            cells = cell_len(run)
            if run.strip():
                out.append(_run(run, cells, column, number, segment.style or Style()))
            column += cells
    return "".join(out)


def _runs(text: str) -> list[str]:
    """`text` cut where characters of a bar, wide ones and others meet; blanks part words."""
    runs: list[str] = []
    before = ""
    for char in text:
        kind = char if char in _BARS else " " if char == " " else str(cell_len(char))
        if kind == before and runs:
            runs[-1] += char
        else:
            runs.append(char)
        before = kind
    return runs


def _run(run: str, cells: int, column: int, row: int, style: Style) -> str:
    colour, x = _colour(style), column * CELL
    if run[0] in _BARS:
        part, thick = _BARS[run[0]]
        y = row * ROW + ROW / 2 - thick / 2
        wide = (cells - 1 + part) * CELL
        return (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{thick}" fill="{colour}"/>'
        )
    bold = ' font-weight="bold"' if style.bold else ""
    # Characters of two cells are square: they are larger, not drawn out.
    adjust = "spacing" if cells > len(run) else "spacingAndGlyphs"
    size = f' font-size="{2 * CELL - 1:.1f}"' if cells > len(run) else ""
    return (
        f'<text x="{x:.1f}" y="{row * ROW + 14:.1f}" textLength="{cells * CELL:.1f}"'
        f' lengthAdjust="{adjust}" fill="{colour}"{bold}{size}>{escape(run)}</text>'
    )


def _colour(style: Style, theme: TerminalTheme = THEME) -> str:
    colour = style.color
    red, green, blue = (
        theme.foreground_color
        if colour is None or colour.is_default
        else colour.get_truecolor(theme)
    )
    if style.dim:
        back = theme.background_color
        red, green, blue = (
            (2 * one + other) // 3 for one, other in zip((red, green, blue), back, strict=True)
        )
    return _hex(red, green, blue)


def _in_light(body: str) -> str:
    """The colours of `body` for a reader whose system is light."""
    styles = [Style(dim=dim) for dim in (False, True)]
    styles += [Style(color=f"color({n})", dim=dim) for n in range(16) for dim in (False, True)]
    pairs = {_colour(style): _colour(style, LIGHT) for style in styles}
    back = _hex(*THEME.background_color), _hex(*LIGHT.background_color)
    pairs = dict([back, (_TITLE, _LIGHT_TITLE)]) | pairs
    rules = "".join(
        f'[fill="{dark}"]{{fill:{light}}}' for dark, light in pairs.items() if dark in body
    )
    return f"@media(prefers-color-scheme:light){{{rules}.window{{stroke:#d0d7de}}}}"


def _hex(red: int, green: int, blue: int) -> str:
    return f"#{red:02x}{green:02x}{blue:02x}"
