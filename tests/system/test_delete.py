"""`--delete`: what was downloaded earlier and is not in the commit any more goes, nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.hub import Fault, LocalHub, effects
from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model
from tests.support.command import ShellAt, tree
from tests.support.hub_cache import HubCache

REPO = "org/m"


@pytest.fixture
def hub(repos_root: Path, start_hub: StartHub) -> LocalHub:
    old: dict[str, bytes | str | int] = {"c.json": "{}", "old.json": "1", "gone/deep/x.txt": "22"}
    make_model(repos_root, REPO, old)
    make_model(repos_root, REPO, {"c.json": "{}", "new.json": "2"}, revision="v2")
    return start_hub()


def test_what_the_commit_has_no_more_is_removed_with_its_record(
    hub: LocalHub, shell_at: ShellAt
) -> None:
    shell = shell_at(hub.endpoint)
    target = shell.directory / "m"
    assert shell.run(REPO).code == 0
    (target / "mine.txt").write_text("of the user")
    (target / "gone" / "mine.txt").write_text("of the user")
    kept = shell.run(REPO, "--revision", "v2")
    assert kept.code == 0 and (target / "old.json").exists()
    planned = shell.run(REPO, "--revision", "v2", "--delete", "--dry-run")
    assert planned.out.splitlines()[2:] == ["2\tobsolete\tgone/deep/x.txt", "1\tobsolete\told.json"]
    assert (target / "old.json").exists()
    done = shell.run(REPO, "--revision", "v2", "--delete", "--json")
    assert done.code == 0 and done.report["deleted"] == 2
    assert tree(target).keys() == {"c.json", "new.json", "mine.txt", "gone/mine.txt"}
    assert not (target / "gone" / "deep").exists()
    records = target / ".cache" / "huggingface" / "download"
    assert {path.name for path in records.rglob("*")} == {"c.json.metadata", "new.json.metadata"}
    verdict = shell.run("verify", "m")
    assert verdict.code == 0 and "missing" not in verdict.out
    assert "other" not in shell.run(REPO, "--revision", "v2", "--delete").err


def test_what_was_modified_since_is_kept(hub: LocalHub, shell_at: ShellAt) -> None:
    shell = shell_at(hub.endpoint)
    target = shell.directory / "m"
    assert shell.run(REPO).code == 0
    (target / "old.json").write_text("edited")
    os.utime(target / "old.json", (2e9, 2e9))
    done = shell.run(REPO, "--revision", "v2", "--delete")
    assert done.code == 0 and "1 other file deleted" in done.err
    assert (target / "old.json").read_text() == "edited"


def test_what_hf_has_downloaded_is_removed_too(hub: LocalHub, shell_at: ShellAt) -> None:
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    assert cache.hf("download", REPO, "--local-dir", "m").code == 0
    done = shell.run(REPO, "--revision", "v2", "--delete")
    assert done.code == 0, done.err
    assert tree(shell.directory / "m").keys() == {"c.json", "new.json"}


def test_nothing_is_removed_before_all_is_complete(hub: LocalHub, shell_at: ShellAt) -> None:
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO).code == 0
    hub.faults.add(Fault(effects.Status(404), path="*/new.json", times=None))
    assert shell.run(REPO, "--revision", "v2", "--delete").code == 3
    assert (shell.directory / "m" / "old.json").exists()


def test_a_part_of_the_new_commit_does_not_make_the_rest_obsolete(
    hub: LocalHub, shell_at: ShellAt
) -> None:
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO).code == 0
    done = shell.run(REPO, "new.json", "--revision", "v2", "--delete")
    assert done.code == 0, done.err
    assert tree(shell.directory / "m").keys() == {"c.json", "new.json"}


def test_another_repo_is_not_taken_for_an_earlier_commit(
    hub: LocalHub, repos_root: Path, shell_at: ShellAt
) -> None:
    make_model(repos_root, "org/other", {"x.json": "{}"})
    hub.rescan()
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO).code == 0
    before = tree(shell.directory / "m")
    done = shell.run("org/other", "--local-dir", "m", "--delete")
    assert done.code == 2 and "another repo, org/m" in done.err
    assert tree(shell.directory / "m") == before


def test_a_link_out_of_the_folder_leads_to_nothing_that_is_removed(
    hub: LocalHub, shell_at: ShellAt, tmp_path: Path
) -> None:
    shell = shell_at(hub.endpoint)
    target = shell.directory / "m"
    assert shell.run(REPO).code == 0
    outside = tmp_path / "outside"
    (target / "gone").rename(outside)
    (target / "gone").symlink_to(outside)
    done = shell.run(REPO, "--revision", "v2", "--delete")
    assert done.code == 0, done.err
    assert (outside / "deep" / "x.txt").read_text() == "22"
    assert not (target / "old.json").exists()
