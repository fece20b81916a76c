"""A command in a hint does what it says, whatever the names in it look like."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hub import LocalHub
from tests.hub.repos import make_model
from tests.support.command import Shell, tree
from tests.support.loopback import Answer, Loopback

REPO = "org/m"
ODD = ("-x", "--force", "--", "a b", "it's $(touch HIT)", "; touch HIT", "`touch HIT`", "é", "*")


def run_hint(shell: Shell, hint: str) -> subprocess.CompletedProcess[bytes]:
    """What a user does who copies the hint into bash."""
    program = shell.directory / "bin" / "hfget"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hfget "$@"\n')
    program.chmod(0o755)
    env = shell.environment()
    return subprocess.run(
        ["bash", "-c", hint],
        cwd=shell.directory,
        env=env | {"PATH": f"{program.parent}:{env['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=90,
        check=False,
    )


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize("folder", ["m", "-m", "m $(touch HIT)", "m\x1b[2J"])
@pytest.mark.parametrize("names", [ODD[:4], ODD[4:], ()], ids=["options", "shell", "endpoint"])
def test_the_command_that_verify_gives_repairs_and_does_nothing_else(
    names: tuple[str, ...],
    folder: str,
    repos_root: Path,
    start_hub: Callable[..., LocalHub],
    shell_at: Callable[[str], Shell],
) -> None:
    with Loopback(lambda asked: Answer(b"{}")) as evil:
        files = {**dict.fromkeys(names, "right\n"), f"--endpoint={evil.url[7:]}": "right\n"}
        make_model(repos_root, REPO, dict(files))
        shell = shell_at(start_hub().endpoint)
        done = shell.run(REPO, f"--local-dir={folder}")
        assert done.code == 0, done.err
        before = tree(shell.directory / folder)
        for name in before:
            (shell.directory / folder / name).write_text("wrong\n")
        found = shell.run("verify", "--", folder)
        assert found.code == 6, found.err
        hint = found.err.rstrip("\n").rpartition("  next: ")[2]
        assert hint.startswith("hfget verify --repair ") and "\x1b" not in hint
        repaired = run_hint(shell, hint)
        assert repaired.returncode == 0, (hint, repaired.stderr.decode())
        assert tree(shell.directory / folder) == before
        assert not (shell.directory / "HIT").exists() and evil.asked == []
