"""Names that other systems or programs make something of, and folders that nobody means."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hfget.destinations.cautions import risky_names, risky_place
from hfget.model import RemoteFile
from tests.support.needs import needs


def git_file(path: str) -> RemoteFile:
    return RemoteFile(path, 1, "a" * 40)


@pytest.mark.parametrize(
    "path",
    [".env", "x/.ENV.local", ".ssh/authorized_keys", ".bashrc", "a/sitecustomize.py", "x.pth"],
)
def test_what_other_programs_act_on_is_named(path: str) -> None:
    assert risky_names([git_file("config.json"), git_file(path)]) == [
        f"other programs act on files of such names: '{path}'"
    ]


@pytest.mark.parametrize(
    "path", ["config.json", ".gitattributes", "environment.yml", "a.env.py", "ssh/keys", "env/x"]
)
def test_what_is_like_it_is_not(path: str) -> None:
    weights = RemoteFile("model.pth", 9_000_000, "a" * 40, "b" * 64)
    assert risky_names([git_file(path), weights]) == []


def test_few_of_many_are_named() -> None:
    files = [git_file(f"{n}/{name}") for n in range(50) for name in (".env", "nul.txt")]
    names, acted_on = risky_names(files)
    assert names.count("reserved on Windows") == 3 and names.endswith("; and 47 more")
    assert acted_on.count("/.env'") == 3 and acted_on.endswith(", and 47 more")


@needs("git")
def test_the_home_folder_and_the_root_of_a_work_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    subprocess.run(["git", "init", "-q", str(work)], check=True, timeout=30)
    (tmp_path / "link").symlink_to(home)
    assert risky_place(home) == risky_place(tmp_path / "link") == "your home folder"
    assert risky_place(work) == "the root of a git work tree"
    (work / "below").mkdir()
    assert (
        risky_place(work / "below")
        == risky_place(home / "below")
        == risky_place(tmp_path / "nothing")
        == ""
    )
