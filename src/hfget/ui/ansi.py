"""Texts as bytes for a terminal: colours, the escape codes of a repaint, the last filter."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from hfget.messages import translated
from hfget.messages import ui_texts as texts
from hfget.system import redact
from hfget.ui.output import broken

# Erases the cursor's row and all below. The step to the right keeps tmux from taking an erasure
# that begins in the upper left corner for a cleared screen and saving it to its history.
ERASE_BELOW = "\x1b[2K\x1b[C\x1b[J\r"
#: What `Brush.repaint` changes for the time of one write, set right again.
RESTORE = f"\x1b[?7h\x1b[?25h\r{ERASE_BELOW}"

#: How the label that a text begins with is coloured.
_STYLES = (
    (texts.ERROR, "bold red"),
    (texts.FAILED, "red"),
    (texts.INCOMPLETE, "bold red"),
    (texts.STOPPED, "bold yellow"),
    (texts.CAUTION, "yellow"),
    (texts.RETRY, "yellow"),
    (texts.NOTE, "cyan"),
    (texts.DONE, "bold green"),
    (texts.VERIFIED, "bold green"),
    (texts.BLOCK_FILE, "dim"),
    (texts.BLOCK_HOST, "dim"),
    (texts.BLOCK_NEXT, "dim"),
)


class Brush:
    """Makes strings with the colours that `console` can show; writes nothing."""

    def __init__(self, console: Console) -> None:
        # Even a capture ends in a write to the console's file, and rich answers a broken pipe
        # there with SystemExit: hence a console that has no file but itself.
        self._painter = Console(
            file=io.StringIO(),
            force_terminal=True,
            color_system=console.color_system,  # type: ignore[arg-type]  # a str, says rich
            no_color=console.no_color,
            legacy_windows=False,
            highlight=False,
        )

    def ansi(self, text: Text) -> str:
        with self._painter.capture() as capture:
            self._painter.print(text, soft_wrap=True, end="")
        return capture.get()

    def lines(self, messages: Sequence[Text]) -> str:
        return "".join(f"{self.ansi(message)}\n" for message in messages)

    def repaint(self, messages: Sequence[Text], rows: Sequence[str], *, clear: bool) -> str:
        """From the region's first row and back to it: messages above, `rows` over the old ones.

        With `clear`, or without rows, the old region is erased first.
        """
        out = ["\x1b[?25l\r"]
        if clear or not rows:
            out.append(ERASE_BELOW)
        out.append(self.lines(messages))
        if rows:
            # Without autowrap a row keeps to its line even where the terminal takes a
            # character for wider than rich does.
            body = "\x1b[K\r\n".join(rows)
            out.append(f"\x1b[?7l{body}\x1b[J\x1b[?7h\r")
            if len(rows) > 1:
                out.append(f"\x1b[{len(rows) - 1}A")
        out.append("\x1b[?25h")
        return "".join(out)


def safe(row: Text) -> Text:
    """The last filter: a row with something secret in it loses that, and its colours."""
    clean = redact(row.plain)
    return row if clean == row.plain else Text(clean)


def message_rows(messages: Sequence[str], width: int = 0) -> list[Text]:
    """Messages with their colours, in rows of `width` cells; 0 does not limit them."""
    rows = []
    for message in messages:
        first, *rest = broken(message, width) if width else [message]
        rows += [safe(styled(first)), *(safe(Text(part)) for part in rest)]
    return rows


def styled(line: str) -> Text:
    """A sentence with its first word coloured; the labels of a block are dimmed."""
    text = Text(line)
    for template, style in _STYLES:
        label = translated(template).partition("{")[0].rstrip()
        if line.startswith(label):
            text.stylize(style, 0, len(label))
            return text
    source = translated(texts.HEADER).partition("{commit}")[2].partition("{")[0].rstrip()
    if source in line and " @ " in line:
        text.stylize("bold", 0, line.index(" @ "))
    return text
