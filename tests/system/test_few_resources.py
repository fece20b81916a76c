"""Few open files and little memory: every command does with what there is, or names the limit."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.hub import LocalHub
from tests.hub.repos import MiB, make_model
from tests.support.command import HFGET, Shell, tree

StartHub = Callable[..., LocalHub]
ShellAt = Callable[[str], Shell]
REPO = "org/m"
FILES = 16


def test_few_open_files(repos_root: Path, start_hub: StartHub, shell_at: ShellAt) -> None:
    small: dict[str, bytes | str | int] = {f"s/{number}.txt": "s" for number in range(40)}
    source = make_model(repos_root, REPO, {**small, "w.bin": 24 * MiB, "v.bin": 9 * MiB})
    hub = start_hub()
    shell = shell_at(hub.endpoint)

    def run(*words: str) -> None:
        done = subprocess.run(
            [*HFGET, *words],
            cwd=shell.directory,
            env=shell.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES)),
        )
        assert done.returncode == 0, (words, done.stderr)

    run(REPO, "-j", "4")
    run(REPO, "--force", "--endpoint", hub.endpoint, "--endpoint", hub.foreign)
    run(REPO, "--cache-dir", "c")
    run("verify", "m")
    run("lock", REPO)
    run("sync")
    run("list")
    assert tree(shell.directory / "m") == tree(source)
