"""The rows of the live region, laid out for a given width (rich, no terminal).

No row is wider than it is told to be, whatever a file is called. Remote strings become
`rich.text.Text`, never markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from hfget.events import ActiveFile, Progress
from hfget.messages import translated
from hfget.messages import ui_texts as texts
from hfget.system import cells, count_text, padded
from hfget.ui.figures import eta_text, pair_text, percent, speed_text
from hfget.ui.output import to_ascii
from hfget.ui.sentences import shown

MAX_FILES = 5
_MAX_WIDTH = 118
_NARROW_ENOUGH = 40
_NARROW = 60
_ONE_LINE = 76
_WIDE = 96

#: The columns after the name: bar, sizes, what goes on.
_BAR_CELLS, _PAIR, _INFO = 16, 13, 9
_WIDE_BAR, _WIDE_INFO = 24, 14

_BAR = "cyan"
_TOTAL_BAR = "green"
_VERIFY = "yellow"
_TRACK = "bright_black"
_QUIET = "dim"


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of bars and cuts, by what the terminal's encoding can hold."""

    full: str
    half: str
    track: str
    cut: str
    spinner: str


FANCY = Glyphs("━", "╸", "─", "…", "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
ASCII = Glyphs("#", "", "-", "...", "-\\|/")


class Picker:
    """Chooses the few files that have a row, and keeps them in their place.

    A file gets a row when it has lasted from one sample to the next, so that hundreds of tiny
    files do not flit by; the largest come first.
    """

    def __init__(self) -> None:
        self._before: frozenset[str] = frozenset()
        self._rows: list[str] = []

    def pick(self, active: Sequence[ActiveFile]) -> list[ActiveFile]:
        files = {file.path: file for file in active}
        rows = [path for path in self._rows if path in files]
        waiting = [f for f in active if f.path in self._before and f.path not in rows]
        waiting.sort(key=lambda file: file.size, reverse=True)
        rows += [file.path for file in waiting[: MAX_FILES - len(rows)]]
        self._rows = rows
        self._before = frozenset(files)
        return [files[path] for path in rows]


def shorten(text: str, width: int, cut: str = "…") -> str:
    """`text`, a path, in at most `width` terminal cells (and 8 characters a cell).

    Folders go first, then the middle of the name: numbers of shards stand near its beginning,
    its ending tells the format.
    """
    if cell_len(text) <= width and len(text) <= 4 * width:
        return text
    room = width - cell_len(cut)
    if room < 2:
        return _head(text, width)
    name = text[text.rfind("/") + 1 :]
    tail = f"/{name}" if len(name) < len(text) else ""
    if tail and cell_len(tail) <= room:
        return _head(text, room - cell_len(tail)) + cut + tail
    tail = _head(name[::-1], room * 2 // 5)[::-1]
    return _head(name, room - cell_len(tail)) + cut + tail


def bar(ratio: float, width: int, glyphs: Glyphs, style: str) -> Text:
    """A bar of exactly `width` cells."""
    halves = int(max(0.0, min(1.0, ratio)) * width * 2)
    full, half = divmod(halves, 2)
    done = glyphs.full * full + glyphs.half * half
    return Text.assemble((done, style), (glyphs.track * (width - len(done)), _TRACK))


def file_row(file: ActiveFile, width: int, glyphs: Glyphs, largest: int = 0) -> Text:
    """Path, bar, done and size, connections or what else is going on.

    Sizes are in the unit of the `largest` of the column.
    """
    usable = min(width, _MAX_WIDTH)
    verifying = _is_verifying(file)
    done = file.hashed if verifying else file.done
    ratio = done / file.size if file.size else 1.0
    style = _VERIFY if verifying else _BAR
    if usable < _NARROW:
        share = Text(f" {percent(done, file.size):>3}%", _QUIET)
        tail = [Text(padded(translated(texts.VERIFYING), 13, right=True), _VERIFY)]
        if not verifying:
            tail = [bar(ratio, 8, glyphs, style), share]
        indent = " "
    else:
        wide = usable >= _WIDE
        sizes = f"  {pair_text(done, file.size, largest):>{_PAIR}}"
        info = _info(file, verifying=verifying, wide=wide, glyphs=glyphs)
        tail = [
            bar(ratio, _WIDE_BAR if wide else _BAR_CELLS, glyphs, style),
            Text(sizes),
            Text(
                f"  {padded(info, _WIDE_INFO if wide else _INFO)}",
                _VERIFY if verifying else _QUIET,
            ),
        ]
        indent = "  "
    room = usable - len(indent) - sum(part.cell_len for part in tail) - len(indent)
    if room < 4:
        return Text(indent + shorten(_name(file.path, glyphs), usable - 1, glyphs.cut))
    name = shorten(_name(file.path, glyphs), room, glyphs.cut)
    name += " " * (room - cell_len(name))
    return Text.assemble(indent, name, indent, *tail)


def more_row(number: int, width: int) -> Text:
    """A hint at the files that have no row."""
    return Text(
        shorten(translated(texts.AND_MORE_FILES(files=count_text(number, "more file"))), width),
        _QUIET,
    )


def status_row(text: str, tick: int, width: int, glyphs: Glyphs) -> Text:
    """What is going on before there are bytes to count."""
    spinner = glyphs.spinner[tick % len(glyphs.spinner)]
    room = min(width, _MAX_WIDTH) - 4
    return Text.assemble("  ", (spinner, _BAR), " ", (shorten(text, room, glyphs.cut), _QUIET))


def total_rows(progress: Progress, width: int, glyphs: Glyphs) -> list[Text]:
    """The whole run: one row in the columns of the files, or two on a narrow terminal."""
    usable = min(width, _MAX_WIDTH)
    done, total = progress.bytes_done, progress.bytes_total
    ratio = done / total if total else 1.0
    share = f"{percent(done, total)}%"
    if usable < _ONE_LINE:
        end = Text(f" {share:>4}", "bold")
        first = Text.assemble(" ", bar(ratio, max(4, usable - 6), glyphs, _TOTAL_BAR), end)
        return [first, Text(" " + _fitting(progress, usable - 1))] if usable >= 20 else [end]
    wide = usable >= _WIDE
    long = _WIDE_BAR if wide else _BAR_CELLS
    room = usable - 8 - long - _PAIR - (_WIDE_INFO if wide else _INFO)
    return [
        Text.assemble(
            "  ",
            padded(_figures(progress, room), room),
            "  ",
            bar(ratio, long, glyphs, _TOTAL_BAR),
            f"  {pair_text(done, total):>{_PAIR}}  ",
            (share, "bold"),
        )
    ]


def _figures(progress: Progress, room: int) -> str:
    """Files, speed and time left, each at its place; in fewer words where `room` is short."""
    files = _files(progress, progress.files_done)
    files = padded(files, cells(_files(progress, progress.files_total)), right=True)
    short = files.rpartition(" ")[0]
    if progress.bytes_done >= progress.bytes_total:
        tries = [[files, translated(texts.VERIFYING)], [short, translated(texts.VERIFYING)]]
    else:
        speed, left = f"{speed_text(progress.speed):>9}", eta_text(progress.eta)
        said = [translated(texts.LEFT(time=left))] if left else []
        brief = [left] if left else []
        tries = [[files, speed, *said], [files, speed, *brief], [short, speed, *brief], [speed]]
    lines = ["  ".join(fields) for fields in tries]
    return next((line for line in lines if cells(line) <= room), _head(lines[-1], room))


def about_rows(rates: str, waits: Sequence[str], width: int, glyphs: Glyphs) -> list[Text]:
    """What each endpoint sends, if that is told, and what is waited for."""
    lines = [(rates, _QUIET)] if rates else []
    lines += [(f"  {line}", _VERIFY) for line in waits]
    most = min(width, _MAX_WIDTH)
    return [Text(shorten(line, most, glyphs.cut), style) for line, style in lines]


def short_row(progress: Progress, width: int) -> Text:
    """The whole run in as few cells as can be."""
    share = f"  {percent(progress.bytes_done, progress.bytes_total)}%  "
    rest = min(width, _NARROW_ENOUGH) - len(share)
    return Text((share + _fitting(progress, rest) if rest > 8 else share)[: max(0, width)])


def _fitting(progress: Progress, width: int) -> str:
    """As many figures as fit, the less telling ones left out first."""
    size = pair_text(progress.bytes_done, progress.bytes_total)
    files = _files(progress, progress.files_done)
    if progress.bytes_done >= progress.bytes_total:
        rest = [translated(texts.VERIFYING)]
    else:
        speed, left = speed_text(progress.speed), eta_text(progress.eta)
        rest = [speed, left] if left else [speed]
    tries = ([size, files, *rest], [size, files.split(" ")[0], *rest], [size, *rest], rest)
    for gap in ("  ", " "):
        for fields in tries[:2]:
            if cells(line := gap.join(fields)) <= width:
                return line
    for fields in tries[2:]:
        if cells(line := " ".join(fields)) <= width:
            return line
    return size[:width]


def _files(progress: Progress, done: int) -> str:
    return f"{done}/{translated(count_text(progress.files_total, 'file'))}"


def _is_verifying(file: ActiveFile) -> bool:
    """All bytes are here (or were, before this run) and the hash is still behind."""
    return file.size > 0 and (
        file.done >= file.size or (file.connections == 0 and file.hashed > file.done)
    )


def _info(file: ActiveFile, *, verifying: bool, wide: bool, glyphs: Glyphs) -> str:
    if verifying:
        return translated(texts.VERIFYING)
    if not file.connections:
        return translated(texts.WAITING)
    if wide:
        return translated(count_text(file.connections, "connection"))
    return f"{file.connections}{'x' if glyphs is ASCII else '×'}"


def _name(path: str, glyphs: Glyphs) -> str:
    # Wider than any terminal's row, so that the cut in the middle sees the end of the path.
    name = shown(path, 20_000)
    return to_ascii(name) if glyphs is ASCII else name


def _head(text: str, width: int) -> str:
    """The longest beginning of `text` that fits `width` cells (and 4 characters a cell)."""
    used = 0
    for index, char in enumerate(text):
        used += cell_len(char)
        if used > width or index >= 4 * width:
            return text[:index]
    return text
