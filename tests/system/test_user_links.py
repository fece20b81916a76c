"""HF_HOME, a cache or a repo's folder in it that is the user's own link to another disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model
from tests.support.command import ShellAt, tree

REPO = "org/m"


@pytest.mark.parametrize("link", ["hf", "hf/hub", "hf/hub/models--org--m"])
def test_a_link_of_the_users_own_is_followed(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, tmp_path: Path, link: str
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 3_000_000, "config.json": "{}"})
    shell = shell_at(start_hub().endpoint)
    there = tmp_path / "another disk"
    there.mkdir()
    place = shell.directory / "home" / link
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(there)
    done = shell.run(REPO, "--cache")
    assert done.code == 0, done.err
    assert tree(Path(done.out.strip())) == tree(source)
    assert place.is_symlink() and list(there.iterdir())
    again = shell.run(REPO, "--cache", "--json")
    assert again.report["received"] == 0
    assert shell.run("verify", Path(done.out.strip())).code == 0
    taken = shell.run(REPO, "--json")
    assert taken.code == 0 and taken.report["received"] == 0, "the cache has it all"
    assert tree(shell.directory / "m") == tree(source)


@pytest.mark.parametrize("below", ["", "m"])
def test_a_folder_of_the_users_own_may_be_a_link(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, tmp_path: Path, below: str
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 3_000_000, "config.json": "{}"})
    shell = shell_at(start_hub().endpoint)
    there = tmp_path / "another disk"
    there.mkdir()
    (shell.directory / "models").symlink_to(there)
    done = shell.run(REPO, "--local-dir", Path("models") / below)
    assert done.code == 0, done.err
    assert tree(there / below) == tree(source)
    assert shell.run("verify", Path("models") / below).code == 0
