"""What every command shares: the display, the signals, and the way from an error to a code."""

from __future__ import annotations

import atexit
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import typer

from hfget.cli.deadline import time_limit
from hfget.cli.user_language import again_in_utf8, speak_to_user
from hfget.errors import DiskError, HfgetError, InterruptedRunError, LocaleError, UsageError
from hfget.messages import advice, system_texts
from hfget.messages import cli_texts as texts
from hfget.system import Ended, Stop, redact, shell_word

if TYPE_CHECKING:
    from hfget.operations import RepoResult
    from hfget.ui import Display

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
#: The process ends, and with it whatever a disk still keeps waiting.
_PATIENCE_SECONDS = 0.8


@contextmanager
def session(
    *,
    json: bool = False,
    quiet: bool = False,
    debug: bool = False,
    env_file: Path | None = None,
    max_time: float | None = None,
) -> Iterator[tuple[Display, Stop]]:
    """A display that shows what happens, and a Stop that signals set.

    Leaves by typer.Exit with the error's code where something fails. A first signal asks the
    run to stop in order, a second one ends the process at once; so does `max_time` (seconds).
    """
    from hfget.cli import logs
    from hfget.system import naming_disk_errors, spare_address_space
    from hfget.ui import display

    logs.guard()
    if debug:
        logs.show()
    spare_address_space()
    stop = Stop()
    stop.patience = _PATIENCE_SECONDS
    wrong = _load(env_file)  # before the display, which such a file may also set up
    if env_file is not None:
        speak_to_user(json=json)
    shown = display(
        json=json, quiet=quiet, live=not debug, stream=sys.stderr, command=command_line()
    )
    try:
        if wrong is not None:
            raise wrong
        with (
            _signals(stop, shown),
            shown,
            time_limit(stop, shown, max_time),
            naming_disk_errors(),
        ):
            yield shown, stop
    except (typer.Exit, SystemExit):
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise typer.Exit(0) from None
    except (Ended, Exception) as raised:
        if debug:
            logs.show_traceback()
        error = _told_as(raised)
        if isinstance(error, LocaleError):
            again_in_utf8()
        shown.error(error)
        raise typer.Exit(error.exit_code) from None


def _told_as(raised: BaseException) -> HfgetError:
    """The error that the user is told of what a command ended with."""
    if isinstance(raised, HfgetError):
        return raised
    if isinstance(raised, Ended):
        return raised.error
    from hfget.cli import logs
    from hfget.system import lacks_memory

    if lacks_memory(raised):
        return DiskError(texts.NO_MEMORY, hint=advice.MORE_MEMORY)
    text = texts.UNEXPECTED(name=type(raised).__name__, unexpected=logs.clean(str(raised)))
    return HfgetError(text, hint=advice.REPORT_BUG)


def _load(env_file: Path | None) -> HfgetError | None:
    """Read the settings that were named; gives back what is wrong with them."""
    if env_file is not None:
        from hfget.settings import load_env_file

        try:
            load_env_file(env_file)
        except HfgetError as error:
            return error
    return None


def command_line() -> str:
    """The command that was typed, for messages; a token on it is not repeated."""
    words = []
    hidden = False
    for word in sys.argv[1:]:
        name = word.partition("=")[0].replace("_", "-")
        if hidden and word != "-":
            words.append("…")
        elif name in ("--token", "--hf-token") and "=" in word:
            words.append(f"{name}=…")
        else:
            words.append(shell_word(word))
        hidden = name in ("--token", "--hf-token") and "=" not in word
    return redact(" ".join(["hfget", *words]))


@contextmanager
def _signals(stop: Stop, shown: Display) -> Iterator[None]:
    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            message = texts.ENDED_AT_ONCE
            shown.abandon(InterruptedRunError(number, message, hint=command_line()))
            os._exit(128 + number)
        stop.signal_number = number
        stop.set()
        if not stop.heeded:
            raise Ended(InterruptedRunError(number, system_texts.NOT_FINISHED, hint=command_line()))

    # What was ignored when this process began stays so: nohup, and `&` in a script, ask for it.
    handled = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in handled}
    try:
        yield
    finally:
        if stop.is_set():  # a further signal still ends the process, and with its code
            atexit.register(_ignore_signals)
        else:
            for number, handler in before.items():
                signal.signal(number, handler)


def _ignore_signals() -> None:
    """For the last moments of the interpreter, which gives up its handlers before it ends."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def consent(display: Display, *, yes: bool) -> Callable[[Path, str], None]:
    """What `Run.download` calls with a folder that users rarely want filled, and what it is:
    the home folder, a git work tree, the place of another repo.

    It raises UsageError where no user can be asked, or the answer is no; not if `yes` was said.
    """

    def decide(folder: Path, what: str) -> None:
        if not yes and not display.ask(texts.DOWNLOAD_INTO(folder=folder, what=what)):
            raise UsageError(
                texts.NOT_WRITTEN(folder=folder, what=what),
                hint=advice.OTHER_FOLDER_OR_YES,
            )

    return decide


def print_path(path: Path) -> None:
    """The result, byte for byte as the file system names it, for `DIR=$(hfget …)`."""
    from hfget.ui import absolute

    text = absolute(path)
    try:
        if os.name == "posix" and isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.buffer.write(os.fsencode(text) + b"\n")
            sys.stdout.flush()
        else:
            print(text, flush=True)
    except OSError:  # the reader has gone; Python would flush again at exit and complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def print_results(results: Sequence[RepoResult], *, json: bool) -> NoReturn:
    """The folders of the repos that are complete; ends with the worst exit code of all."""
    for result in results if not json else ():
        if result.report is not None and result.report.ok:
            print_path(result.report.root)
    raise typer.Exit(max((result.exit_code for result in results), default=0))
