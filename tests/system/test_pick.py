"""`--pick` on a real terminal, and what it says where there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hub import LocalHub
from tests.hub.repos import make_model
from tests.support.command import Shell
from tests.support.terminal import TMUX, Terminal

REPO = "org/llama-GGUF"
FILES: dict[str, str | int] = {"x-Q2_K.gguf": 20_000, "x-Q4_K_M.gguf": 40_000, "config.json": "{}"}


@pytest.fixture
def shell(
    repos_root: Path, start_hub: Callable[..., LocalHub], shell_at: Callable[[str], Shell]
) -> Shell:
    make_model(repos_root, REPO, FILES)
    make_model(repos_root, "org/plain", {"model.safetensors": 10_000, "config.json": "{}"})
    return shell_at(start_hub().endpoint)


@pytest.mark.skipif(TMUX is None, reason="tmux is missing: no terminal to ask on")
def test_the_arrow_keys_choose_and_stdout_has_the_folder_alone(shell: Shell) -> None:
    with Terminal(shell) as terminal:
        terminal.type(f'D=$(hfget {REPO} --pick); echo "[${{D##*/}}]"')
        text = terminal.wait_for(lambda text: "all of them" in text)
        assert "» gguf Q2_K" in text and "40.0 kB  1 file  llama.cpp" in text, text
        terminal.press("Down")
        terminal.wait_for(lambda text: "» gguf Q4_K_M" in text)
        terminal.press("Enter")
        terminal.wait_for(lambda text: "[llama-GGUF]" in text)
        names = {path.name for path in (shell.directory / "llama-GGUF").iterdir()}
        assert {"x-Q4_K_M.gguf", "config.json"} <= names and "x-Q2_K.gguf" not in names
        terminal.type(f"clear; hfget {REPO} --pick; echo code $?")
        terminal.wait_for(lambda text: "all of them" in text)
        terminal.press("C-c")
        text = terminal.wait_for(lambda text: "code 130" in text)
        assert "interrupted: nothing was chosen" in text
        terminal.type("clear; hfget org/plain --pick")
        terminal.wait_for(lambda text: "nothing to choose" in text and "done: 2 files" in text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--pick asks on a terminal, and there is none"),
        (["--weights", "gguf"], "--pick and --weights cannot be used together"),
        (["config.json"], "--pick and FILES cannot be used together"),
    ],
)
def test_without_a_terminal_nothing_is_asked(shell: Shell, arguments: list[str], said: str) -> None:
    done = shell.run(REPO, *arguments, "--pick")
    assert done.code == 2 and done.out == ""
    assert done.err.startswith(f"error: {said}\n  next: ")
