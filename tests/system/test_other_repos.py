"""A folder holds one repo, in whichever order and by whichever program files came into it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hfget import HfgetError, download
from tests.hub import LocalHub
from tests.hub.fixtures import StartHub
from tests.hub.repos import make_dataset, make_model
from tests.support.command import Shell, ShellAt, tree
from tests.support.hub_cache import HubCache

ONE, TWO = "org/one", "org/two"


@pytest.fixture
def hub(repos_root: Path, start_hub: StartHub) -> LocalHub:
    make_model(repos_root, ONE, {"c.json": "{}", "one.txt": "1"})
    make_model(repos_root, ONE, {"c.json": "{}", "later.txt": "1"}, revision="v2")
    make_model(repos_root, TWO, {"c.json": "[]", "two.txt": "2"})
    make_dataset(repos_root, ONE, {"one.txt": "data"})
    return start_hub(aliases={"one": ONE, "former/one": ONE})


def by_hfget(shell: Shell, *words: str) -> None:
    assert shell.run(*words, "--local-dir", "m").code == 0


def by_hf(shell: Shell, *words: str) -> None:
    assert HubCache(shell).hf("download", *words, "--local-dir", "m").code == 0


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For folders that `hf` has filled: each is filled once, then copied with its records."""
    return tmp_path_factory.mktemp("kept")


@pytest.mark.parametrize("files", [(), ("two.txt",)])
@pytest.mark.parametrize("more", [(), ("--delete",), ("--dry-run",), ("--json",), ("--force",)])
@pytest.mark.parametrize("first", [by_hfget, by_hf])
@pytest.mark.parametrize("what", [(ONE,), (ONE, "one.txt")])
def test_a_folder_with_another_repo_is_refused(
    first: Callable[..., None],
    what: tuple[str, ...],
    more: tuple[str, ...],
    files: tuple[str, ...],
    shell: Shell,
    kept: Path,
) -> None:
    folder, filled = shell.directory / "m", kept / str(len(what))
    if first is by_hf and filled.exists():
        shutil.copytree(filled, folder)
    else:
        first(shell, *what)
    if first is by_hf and not filled.exists():
        shutil.copytree(folder, filled)
    before = tree(folder)
    done = shell.run(TWO, *files, "--local-dir", "m", *more)
    said = done.out + done.err
    assert done.code == 2 and "another repo" in said and "--local-dir" in said
    assert tree(shell.directory / "m") == before


def test_so_is_one_with_the_dataset_of_the_same_name(shell: Shell) -> None:
    by_hfget(shell, ONE)
    done = shell.run(ONE, "--dataset", "--local-dir", "m")
    assert done.code == 2 and "another repo, org/one" in done.err


def test_and_one_that_hf_has_added_another_repo_to(shell: Shell) -> None:
    by_hfget(shell, TWO, "two.txt")
    by_hf(shell, ONE, "one.txt")
    for more in ((), ("--delete",)):
        assert shell.run(TWO, "--local-dir", "m", *more).code == 2
    assert (shell.directory / "m" / "one.txt").exists()


def test_the_library_refuses_too(shell: Shell, hub: LocalHub) -> None:
    by_hfget(shell, ONE)
    with pytest.raises(HfgetError, match="another repo, org/one"):
        download(TWO, local_dir=shell.directory / "m", endpoint=hub.endpoint)


def test_yes_lets_two_repos_share_a_folder_and_neither_takes_the_others_files(
    shell: Shell,
) -> None:
    by_hfget(shell, ONE)
    assert shell.run(TWO, "two.txt", "--local-dir", "m", "--yes").code == 0
    assert shell.run(TWO, "--local-dir", "m", "--yes").code == 7, "c.json is the other's"
    folder = shell.directory / "m"
    assert (folder / "c.json").read_text() == "{}"
    for repo in (ONE, TWO):
        done = shell.run(repo, "--local-dir", "m", "--delete", "--yes")
        assert done.code == 2 and "--delete" in done.err
    (folder / "two.txt").unlink()
    (folder / "one.txt").unlink()
    assert shell.run("verify", "--repair", "m").code == 7, "each from its own repo; c.json stays"
    assert tree(folder).keys() == {"c.json", "one.txt", "two.txt"}


@pytest.mark.parametrize("first", [by_hfget, by_hf])
@pytest.mark.parametrize("names", [(ONE, "one"), ("one", ONE), ("former/one", "one")])
def test_a_former_name_is_the_same_repo(
    first: Callable[..., None], names: tuple[str, str], shell: Shell
) -> None:
    first(shell, names[0])
    for more in ((), ("--revision", "v2"), ("--revision", "v2", "--delete")):
        done = shell.run(names[1], "--local-dir", "m", *more)
        assert done.code == 0, done.err
    assert tree(shell.directory / "m").keys() == {"c.json", "later.txt"}


def test_a_repo_that_was_renamed_since_is_the_same_repo(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, "old/name", {"a.txt": "a"})
    shell = shell_at(start_hub().endpoint)
    by_hfget(shell, "old/name")
    (repos_root / "old").rename(repos_root / "new")
    renamed = Shell(shell.directory, start_hub(aliases={"old/name": "new/name"}).endpoint, {})
    done = renamed.run("new/name", "--local-dir", "m")
    assert done.code == 0, done.err


@pytest.mark.parametrize("first", [by_hfget, by_hf])
def test_another_revision_of_the_same_repo_is_welcome(
    first: Callable[..., None], shell: Shell
) -> None:
    first(shell, ONE)
    assert shell.run(ONE, "--revision", "v2", "--local-dir", "m").code == 0
    assert shell.run(ONE, "--local-dir", "m").code == 0


def test_a_folder_whose_other_files_are_gone_is_free(shell: Shell) -> None:
    by_hfget(shell, ONE)
    for path in ("c.json", "one.txt"):
        (shell.directory / "m" / path).unlink()
    done = shell.run(TWO, "--local-dir", "m")
    assert done.code == 0, done.err
    assert tree(shell.directory / "m").keys() == {"c.json", "two.txt"}
