"""A download right into the home folder or a git work tree: asked for, refused, or wanted."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hfget import download
from tests.hub.repos import make_model
from tests.support.command import Shell, tree
from tests.support.needs import needs
from tests.support.terminal import Terminal

REPO = "org/m"

pytestmark = needs("git")


@pytest.fixture
def source(repos_root: Path) -> Path:
    return make_model(repos_root, REPO, {"c.json": "{}", "sub/w.bin": 100_000})


def a_work_tree(folder: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(folder)], check=True, timeout=30)
    return folder


@pytest.mark.parametrize("more", [(), ("--json",), ("-q",)])
@pytest.mark.parametrize("place", ["home", "work"])
def test_refused_where_nobody_can_be_asked(
    shell: Shell, source: Path, place: str, more: tuple[str, ...]
) -> None:
    folder = a_work_tree(shell.directory / "work") if place == "work" else shell.directory / "home"
    before = sorted(folder.rglob("*"))
    done = shell.run(REPO, "--local-dir", folder, *more)
    assert done.code == 2 and "--yes" in done.out + done.err
    assert sorted(folder.rglob("*")) == before
    assert shell.run(REPO, "--local-dir", folder, "--dry-run").code == 0
    assert shell.run(REPO, "--local-dir", folder, "--yes", *more).code == 0
    assert tree(source).items() <= tree(folder).items()
    assert shell.run(REPO, "--local-dir", folder, *more).code == 0, "all is there already"


def test_below_a_work_tree_nothing_is_asked(shell: Shell, source: Path) -> None:
    a_work_tree(shell.directory)
    assert shell.run(REPO).code == 0
    assert tree(shell.directory / "m") == tree(source)


def test_the_library_asks_nobody(shell: Shell, source: Path) -> None:
    folder = a_work_tree(shell.directory / "work")
    assert download(REPO, endpoint=shell.endpoint, local_dir=folder).ok


@needs("tmux")
@pytest.mark.parametrize(("answer", "code"), [("", 2), ("n", 2), ("y", 0)])
def test_asked_at_a_terminal(shell: Shell, answer: str, code: int) -> None:
    folder = a_work_tree(shell.directory / "work")
    with Terminal(shell, width=200) as terminal:
        terminal.type(f"hfget {REPO} --local-dir work; echo code=$?")
        terminal.wait_for(lambda text: "[y/N]" in text)
        terminal.type(answer)
        terminal.wait_for(lambda text: f"code={code}" in text)
    assert (folder / "c.json").exists() == (code == 0)
