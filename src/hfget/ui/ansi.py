"""Texts as bytes for a terminal: colours, the escape codes of a repaint, the last filter."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from hfget.system import redact

# Erases the cursor's row and all below. The step to the right keeps tmux from taking an erasure
# that begins in the upper left corner for a cleared screen and saving it to its history.
ERASE_BELOW = "\x1b[2K\x1b[C\x1b[J\r"
#: What `Brush.repaint` changes for the time of one write, set right again.
RESTORE = f"\x1b[?7h\x1b[?25h\r{ERASE_BELOW}"

_STYLES = {
    "error": "bold red",
    "failed": "red",
    "incomplete": "bold red",
    "interrupted": "bold yellow",
    "warning": "yellow",
    "retry": "yellow",
    "note": "cyan",
    "done": "bold green",
    "verified": "bold green",
}


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

    def repaint(self, messages: Sequence[Text], rows: Sequence[str], clear: bool) -> str:
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


def styled(line: str) -> Text:
    """A sentence with its first word coloured; the labels of a block are dimmed."""
    text = Text(line)
    word, colon, _ = line.partition(":")
    if colon and word in _STYLES:
        text.stylize(_STYLES[word], 0, len(word) + 1)
    elif colon and word in ("  file", "  from", "  next"):
        text.stylize("dim", 0, len(word) + 1)
    elif " from " in line and " @ " in line:
        text.stylize("bold", 0, line.index(" @ "))
    return text
