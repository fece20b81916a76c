"""What lies in the working directory, as a download does, is never imported."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hub import LocalHub
from tests.hub.repos import make_model
from tests.support.command import Shell

SCRIPT = Path(sys.executable).with_name("hfget")
WAYS = {
    "module": [sys.executable, "-m", "hfget"],
    "module, safe": [sys.executable, "-P", "-m", "hfget"],
    "script": [str(SCRIPT)],
}
COMMANDS = (("--version",), ("org/m",), ("verify", "."), ("serve", "--help"))
#: All that hfget imports when it runs, its own requirements first.
PLANTED = (
    "typer", "click", "rich", "requests", "urllib3", "huggingface_hub", "filelock",
    "dotenv", "isal", "certifi", "idna", "charset_normalizer", "socks", "starlette", "uvicorn",
    "json", "ssl", "shlex", "logging", "tempfile", "socket", "hashlib", "ctypes", "zlib",
)  # fmt: skip


def plant(folder: Path) -> None:
    for name in PLANTED:
        (folder / f"{name}.py").write_text(
            f"import pathlib; pathlib.Path({str(folder / 'HIT')!r}).write_text({name!r})\n"
        )
    (folder / "sitecustomize.py").write_text("raise SystemExit('imported')\n")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "arguments", [("--version",), ("org/m",), ("verify", "."), ("serve", "-h")]
)
def test_nothing_here_is_imported(
    way: str,
    arguments: tuple[str, ...],
    repos_root: Path,
    start_hub: Callable[..., LocalHub],
    shell_at: Callable[[str], Shell],
) -> None:
    if way == "script" and not SCRIPT.exists():
        pytest.skip("the command is not installed")
    if "-P" in WAYS[way] and sys.version_info < (3, 11):
        pytest.skip("this Python has no -P")
    make_model(repos_root, "org/m", {"a.txt": "a"})
    shell = shell_at(start_hub().endpoint)
    plant(shell.directory)
    done = subprocess.run(
        [*WAYS[way], *arguments],
        cwd=shell.directory,
        env=shell.environment() | {"PYTHONNOUSERSITE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert not (shell.directory / "HIT").exists(), done.stderr.decode()
    assert done.returncode == (3 if arguments[0] == "verify" else 0), done.stderr.decode()


def test_a_folder_named_in_pythonpath_stays(tmp_path: Path) -> None:
    """It is the user's own word; only what `-m` adds is taken away."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "sitecustomize.py").write_text("print('here')\n")
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "mine")}
    done = subprocess.run(
        [sys.executable, "-m", "hfget", "--version"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert b"here" in done.stdout
    assert importlib.metadata.version("hfget").encode() in done.stdout
