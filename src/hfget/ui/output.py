"""The last metre before a stream: secrets out, characters it cannot hold replaced, no waiting."""

from __future__ import annotations

import os
import queue
import select
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from hfget.messages import translated
from hfget.messages import ui_texts as texts
from hfget.system import cells, lazy_pattern, redact

#: The blank between a figure and its unit, and what stands there while lines are broken.
_FIGURE, _UNBROKEN = lazy_pattern(r"(?<=\d) (?=(?:s|min|h|d|[kMGT]?B)\b)"), "\0"
#: A program with what it is given, a setting, a call: what a next step has one copy.
_COMMAND = lazy_pattern(
    r"(?<![\w./-])(?:hfget|hf|export|pip|apt|uv|sudo|llama-\w+|curl|chmod|mv|rm) \S|\w=\S|\w\(\"|://"
)
_FANCY = "→…·━╸─⠋"
_ASCII = str.maketrans({"→": "->", "…": "...", "·": "-", "×": "x", "━": "#", "╸": "#", "─": "-"})


def to_ascii(text: str) -> str:
    """`text` with hfget's own typographic characters spelled in ASCII."""
    return text.translate(_ASCII)


def absolute(path: Path) -> str:
    """`path` as it can be used from any folder; as it is where the working directory is gone."""
    with suppress(OSError):
        return os.path.abspath(path)  # noqa: PTH100 (without a look at links)
    return str(path)


def in_notebook() -> bool:
    """Whether this was started by `!hfget` in a cell: a terminal, but one that shows no cursor.

    Kernels have the process of their server in JPY_PARENT_PID (jupyter_client's launcher); where
    another program starts them, as Colab's, they have the settings of ipykernel's zmqshell.
    """
    env = os.environ
    plain = env.get("PAGER") == env.get("GIT_PAGER") == "cat" and env.get("CLICOLOR") == "1"
    return "JPY_PARENT_PID" in env or (plain and env.get("TERM") == "xterm-color")


def write_at_once(text: str) -> None:
    """Write to stderr from a signal handler: no lock, and not where it would have to wait.

    A terminal that was halted (Ctrl-S) and a full pipe would.
    """
    with suppress(OSError, ValueError):
        if os.name != "posix" or select.select([], [2], [], 0)[1]:
            encoding = getattr(sys.stderr, "encoding", None) or "ascii"
            os.write(2, to_ascii(text).encode(encoding, "backslashreplace"))


def broken(line: str, width: int) -> list[str]:
    """A message in lines of `width` cells, broken between words.

    What is to be copied stays whole: the command of a next step, and lines indented by four.
    """
    if cells(line) <= width or line.startswith(" " * 4):
        return [line]
    kept = _FIGURE.sub(_UNBROKEN, line.strip())
    if line.startswith(translated(texts.BLOCK_NEXT).partition("{")[0]):
        clauses = line.strip().split("; ")
        commands = [clause for clause in clauses if _COMMAND.search(clause)]
        if any(cells(clause) > width - 5 for clause in commands):
            return [line]
        kept = "; ".join(
            clause.replace(" ", _UNBROKEN) if clause in commands else clause for clause in clauses
        )
    from hfget.system import wrap

    margin = line[: len(line) - len(line.lstrip())]
    return [part.replace(_UNBROKEN, " ") for part in wrap(kept, width, margin, hanging="  ")]


class Sink:
    """A text stream that redacts, never raises, and between `start` and `close` never blocks.

    A reader that has gone away (BrokenPipe) or a closed stream ends the output silently.
    In between a thread does the writing, so that a stalled reader does not stall a download.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._encoding = stream.encoding or "utf-8"
        self.ascii = not _holds(self._encoding, _FANCY)
        self._lock = threading.Lock()
        self._gone = False
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    @property
    def is_terminal(self) -> bool:
        try:
            return self.stream.isatty()
        except ValueError:  # a closed stream
            return False

    def start(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._drain, name="hfget-output", daemon=True)
            with suppress(RuntimeError):  # no room for another thread: written at once
                thread.start()
                self._thread = thread

    def close(self) -> None:
        """Wait until all is written; later writes are made at once."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def line(self, text: str) -> None:
        """Write `text`, of one or several lines, and a line end."""
        self.write("\n".join(map(redact, text.split("\n"))) + "\n")

    def message(self, text: str) -> None:
        """As `line`; on a terminal no word is broken where there is a blank before it."""
        width = self._width()
        if width:
            text = "\n".join(part for line in text.split("\n") for part in broken(line, width))
        self.line(text)

    def _width(self) -> int:
        """The columns of the terminal; 0 where it is none, or does not say."""
        with suppress(OSError, ValueError):
            return os.get_terminal_size(self.stream.fileno()).columns
        return 0

    def write(self, text: str) -> None:
        """Write `text`, from which the caller has removed what is secret."""
        if self._thread is not None:
            self._queue.put(text)
        else:
            self._emit(text)

    def _drain(self) -> None:
        while (text := self._queue.get()) is not None:
            self._emit(text)

    def _emit(self, text: str) -> None:
        with self._lock:
            if self._gone:
                return
            try:
                self.stream.write(self._fit(text))
                self.stream.flush()
            except BrokenPipeError:
                self._gone = True
                self._silence()
            except (OSError, ValueError):
                self._gone = True

    def _fit(self, text: str) -> str:
        if self.ascii:
            text = to_ascii(text)
        return text.encode(self._encoding, "backslashreplace").decode(self._encoding)

    def _silence(self) -> None:
        # Python flushes the standard streams again at exit and would complain and change the
        # exit code (documented in the `signal` module's note on SIGPIPE).
        try:
            descriptor = self.stream.fileno()
            if descriptor in (1, 2):
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, descriptor)
                os.close(null)
        except (OSError, ValueError):
            pass


def _holds(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeError, LookupError):
        return False
    return True
