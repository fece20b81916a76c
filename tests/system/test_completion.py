"""Completion as a user installs it, in a shell in a terminal."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from tests.support.command import Shell
from tests.support.terminal import TMUX, Terminal

pytestmark = pytest.mark.skipif(
    TMUX is None or shutil.which("zsh") is None, reason="tmux or zsh is missing"
)


def test_the_first_tab_of_a_new_zsh_completes(shell_at: Callable[[str], Shell]) -> None:
    shell = shell_at("http://127.0.0.1:9")
    settings = shell.directory / "home" / ".zshrc"
    settings.write_text("PS1='$ '\n")
    with Terminal(shell) as terminal:
        terminal.type("exec zsh")
        terminal.type("clear; hfget --install-completion")
        terminal.wait_for(lambda text: "Completion will take effect" in text)
        # As root would else be asked about folders of other users.
        settings.write_text(settings.read_text().replace("; compinit", "; compinit -u"))
        terminal.type("clear; exec zsh")
        terminal.wait_for(lambda text: text.strip() == "$")
        terminal.press("hfget --wei", "Tab")
        terminal.wait_for(lambda text: "$ hfget --weights" in text)
