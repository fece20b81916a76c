"""A terminal that can be looked at: a tmux server of its own, one window, a plain shell."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from tests.support.command import HFGET, Shell

TMUX = shutil.which("tmux")
_WAIT_SECONDS = 30.0
# The shell, and tmux with it, outlives tests that are killed, but not for long.
_BOUND = ("timeout", "--foreground", "300") if shutil.which("timeout") else ()


class Terminal:
    """A window of `width` by `height` in which a shell waits for commands.

    The shell has the environment of `shell`, and `hfget` in it is the command under test.
    """

    def __init__(self, shell: Shell, width: int = 80, height: int = 24) -> None:
        self._shell = shell
        self._size = width, height
        # A path that is short enough for a socket, whatever the temporary folder is called.
        self._socket = Path(f"/tmp/hfget-screen-{os.getpid()}-{id(self):x}")

    def __enter__(self) -> Terminal:
        width, height = self._size
        environment = {"LANG": "C.UTF-8", "PS1": "$ ", **self._shell.environment()}
        environment.pop("LC_ALL", None)
        environment |= self._shell.extra
        environment["PATH"] = f"{self._install()}{os.pathsep}{environment['PATH']}"
        words = [f"{name}={value}" for name, value in environment.items()]
        self._tmux(
            *("-f", os.devnull, "new-session", "-d", "-x", str(width), "-y", str(height)),
            *("-c", str(self._shell.directory)),
            shlex.join(
                [*_BOUND, "env", "-i", "TERM=screen-256color", *words, "bash", "--norc", "-i"]
            ),
        )
        self._tmux("set-option", "-g", "history-limit", "5000")
        self.wait_for(lambda text: text.strip() == "$")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tmux("kill-server")
        self._socket.unlink(missing_ok=True)

    def type(self, line: str) -> None:
        """Type a line and press Enter."""
        self._tmux("send-keys", "-l", line)
        self._tmux("send-keys", "Enter")

    def press(self, *keys: str) -> None:
        """Press keys at once, as tmux calls them: `C-c`."""
        self._tmux("send-keys", *keys)

    def resize(self, width: int, height: int) -> None:
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def screen(self) -> str:
        """What can be seen now."""
        return self._tmux("capture-pane", "-p")

    def everything(self) -> str:
        """What can be seen and what has scrolled away, wrapped lines joined."""
        return self._tmux("capture-pane", "-p", "-J", "-S", "-")

    def colours(self) -> str:
        """What can be seen, with its escape codes."""
        return self._tmux("capture-pane", "-p", "-e")

    def ask(self, what: str) -> str:
        """A property of the window, as tmux formats call it: `cursor_flag`."""
        return self._tmux("display-message", "-p", f"#{{{what}}}").strip()

    def wait_for(self, seen: Callable[[str], bool], seconds: float = _WAIT_SECONDS) -> str:
        """Wait until the screen is as told, and give it; fails with the screen if it is not."""
        deadline = time.monotonic() + seconds
        while not seen(text := self.screen()):
            assert time.monotonic() < deadline, f"not seen in time; on the screen:\n{text}"
            time.sleep(0.02)
        return text

    def wait_for_prompt(self, seconds: float = _WAIT_SECONDS) -> str:
        """Wait until the shell waits for the next command."""
        return self.wait_for(lambda text: text.rstrip().endswith("\n$"), seconds)

    def _install(self) -> Path:
        """A folder that holds the command under test as `hfget`."""
        folder = self._shell.directory / "bin"
        folder.mkdir(exist_ok=True)
        script = folder / "hfget"
        script.write_text(f'#!/bin/sh\nexec {shlex.join(HFGET)} "$@"\n')
        script.chmod(0o755)
        return folder

    def _tmux(self, *arguments: str) -> str:
        assert TMUX is not None
        done = subprocess.run(
            [TMUX, "-u", "-S", str(self._socket), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_WAIT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()
