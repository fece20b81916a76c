"""`hfget lock`, `sync` and `outdated` with the real command, and a hub that moves on."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tomli

from tests.hub import LocalHub
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_dataset, make_model
from tests.support.command import Result, Shell, ShellAt, tree

FILES: dict[str, str | int] = {"w.safetensors": 2 * MiB, "c.json": "{}", "old.bin": MiB}


@dataclass
class Hub:
    """A hub whose branch can move on; the commit it was at stays there."""

    hub: LocalHub
    shell: Shell
    model: Path
    former: Path

    def move_on(self) -> None:
        (self.model / "c.json").write_text('{"x": 1}')
        (self.model / "old.bin").unlink()
        (self.model / "new.bin").write_bytes(b"\0" * 100_000)
        self.hub.rescan()

    @property
    def lock(self) -> Path:
        return self.shell.directory / "hfget.lock"

    def folder(self, name: str) -> Path:
        return self.shell.directory / name


def changes(result: Result) -> list[dict[str, Any]]:
    return [event for event in result.events if event["event"] == "change"]


@pytest.fixture
def it(repos_root: Path, start_hub: StartHub, shell_at: ShellAt) -> Hub:
    model = make_model(repos_root, "org/m", FILES)
    make_dataset(repos_root, "org/d", {"data/x.parquet": MiB, "README.md": "hi"})
    former = repos_root / "org" / "m@former"
    shutil.copytree(model, former)
    hub = start_hub()
    return Hub(hub, shell_at(hub.endpoint), model, former)


def test_a_lock_is_made_the_hub_moves_on_and_sync_is_still_right(it: Hub) -> None:
    made = it.shell.run("lock", "org/m", "datasets/org/d")
    assert made.code == 0 and "org/m: locked at " in made.out, made.err
    text = it.lock.read_text()
    commit = it.hub.commit("org/m")
    it.move_on()
    it.hub.clear_log()
    synced = it.shell.run("sync")
    assert (synced.code, synced.out) == (0, f"{it.folder('d')}\n{it.folder('m')}\n"), synced.err
    assert tree(it.folder("m")) == tree(it.former)
    assert it.hub.requests(path="/api/*") == [], "no branch is asked for"
    assert all(commit in one.path for one in it.hub.requests("hub", path="/org/m/*"))
    checked = it.shell.run("lock", "--check")
    assert checked.code == 6 and "1 of 2 repos have moved on" in checked.err
    for line in ("changed  c.json, 2 B → 8 B", "new      new.bin, 100 kB", "gone     old.bin"):
        assert line in checked.out
    assert it.lock.read_text() == text
    assert it.shell.run("lock", "org/m", "org/none").code == 3
    assert it.lock.read_text() == text, "nothing is written unless all can be locked"


def test_the_lock_file_names_no_endpoint_and_is_the_same_each_time(it: Hub) -> None:
    assert it.shell.run("lock", "org/m", "datasets/org/d").code == 0
    text = it.lock.read_text()
    assert it.hub.endpoint.rpartition(":")[2] not in text and "http" not in text
    it.lock.unlink()
    assert it.shell.run("lock", "datasets/org/d").code == 0
    assert it.shell.run("lock", "org/m").code == 0
    assert it.lock.read_text() == text


def test_sync_asks_nothing_where_all_is_as_locked(it: Hub) -> None:
    assert it.shell.run("lock", "org/m").code == it.shell.run("sync").code == 0
    it.hub.refuse("hub")
    again = it.shell.run("sync")
    assert (again.code, again.out) == (0, f"{it.folder('m')}\n"), again.err


def test_check_compares_and_changes_nothing(it: Hub) -> None:
    assert it.shell.run("lock", "org/m").code == 0
    it.hub.refuse("hub")
    missing = it.shell.run("sync", "--check")
    assert missing.code == 6 and missing.out.count("missing\t") == 3
    assert "next: hfget sync" in missing.err and not it.folder("m").exists()
    it.hub.restore("hub")
    assert it.shell.run("sync").code == 0
    assert it.shell.run("sync", "--check").code == 0
    moved = it.folder("m")
    shutil.copytree(moved, it.folder("copy"))  # as a cache that was packed and unpacked
    shutil.rmtree(moved)
    it.folder("copy").rename(moved)
    assert it.shell.run("sync", "--check").code == 0
    weights = moved / "w.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    changed = it.shell.run("sync", "--check", "--json")
    assert changed.code == 6
    states = {e["file"]: e["state"] for e in changed.events if e["event"] == "verified_file"}
    assert states == {"m/w.safetensors": "changed", "m/c.json": "ok", "m/old.bin": "ok"}


def test_what_check_advises_mends(it: Hub) -> None:
    """A file that was edited by hand is kept by `sync`, in whatever folder."""
    where = ("--local-dir", "at")
    assert it.shell.run("lock", "org/m").code == it.shell.run("sync", *where).code == 0
    edited = it.folder("at") / "m" / "w.safetensors"
    edited.write_bytes(b"mine")
    checked = it.shell.run("sync", "--check", *where)
    advised = "hfget sync --force --local-dir at"
    assert checked.code == 6 and f"next: {advised} replaces" in checked.err, checked.err
    assert it.shell.run("sync", *where).code == 7 and edited.read_bytes() == b"mine"
    assert it.shell.run(*advised.split()[1:]).code == 0
    assert it.shell.run("sync", "--check", *where).code == 0
    edited.unlink()
    edited.mkdir()
    checked = it.shell.run("sync", "--check", *where)
    assert "move away" in checked.err and "hfget sync --local-dir at" in checked.err
    edited.rmdir()
    assert it.shell.run("sync", *where).code == 0


def test_sync_takes_another_commit_back_to_the_locked_one(it: Hub) -> None:
    assert it.shell.run("lock", "org/m").code == it.shell.run("sync").code == 0
    it.move_on()
    assert it.shell.run("org/m").code == 0
    assert it.shell.run("sync", "--check").code == 6
    synced = it.shell.run("sync", "--delete")
    assert synced.code == 0, synced.err
    assert tree(it.folder("m")) == tree(it.former)
    assert it.shell.run("sync", "--check", "--delete").code == 0


def test_a_repo_goes_to_its_folder_below_the_lock_file(it: Hub) -> None:
    sub = it.folder("project/locks")
    sub.mkdir(parents=True)
    lock = sub / "models.lock"
    made = it.shell.run("lock", "org/m", "-o", lock, "--local-dir", sub / "weights/m")
    assert made.code == 0, made.err
    assert it.shell.run("sync", lock).code == 0
    assert tree(sub / "weights" / "m") == tree(it.former)
    synced = it.shell.run("sync", lock, "--local-dir", "elsewhere")
    assert synced.out == f"{it.folder('elsewhere/weights/m')}\n"
    outside = it.shell.run("lock", "org/m", "-o", lock, "--local-dir", it.folder("out"))
    assert outside.code == 2 and "not a folder below the lock file's" in outside.err


def test_sync_can_fill_the_hub_cache(it: Hub) -> None:
    assert it.shell.run("lock", "org/m").code == 0
    assert it.shell.run("sync", "--cache").code == 0
    assert not it.folder("m").exists()
    assert it.shell.run("sync", "--check", "--cache").code == 0
    assert it.shell.run("sync", "--check").code == 6


def test_update_moves_what_is_named_and_says_what_it_costs(it: Hub) -> None:
    chosen = ("--include", "*.json", "--include", "*.bin")
    assert it.shell.run("lock", "org/m", *chosen).code == 0
    assert it.shell.run("lock", "datasets/org/d").code == 0
    assert it.shell.run("sync").code == 0
    it.move_on()
    (it.hub.store.roots[0] / "datasets" / "org" / "d" / "README.md").write_text("hello")
    it.hub.rescan()
    (change,) = changes(it.shell.run("lock", "--update", "org/m", "--json"))
    assert (change["before"], change["after"]) != (change["after"], change["before"])
    assert change["need_bytes"] == 100_008
    assert change["files"] == [
        {"file": "c.json", "before": 2, "after": 8},
        {"file": "new.bin", "before": None, "after": 100_000},
        {"file": "old.bin", "before": MiB, "after": None},
    ]
    locked = {repo["id"]: repo for repo in tomli.loads(it.lock.read_text())["repo"]}
    assert locked["org/m"]["commit"] == it.hub.commit("org/m")
    assert locked["org/d"]["commit"] != it.hub.commit("datasets/org/d")
    assert [file["path"] for file in locked["org/m"]["files"]] == ["c.json", "new.bin"]
    assert locked["org/m"]["include"] == ["*.json", "*.bin"]
    assert it.shell.run("lock", "--update").code == 0
    again = it.shell.run("lock", "--update")
    assert again.code == 0 and again.out.count("is up to date") == 2
    unknown = it.shell.run("lock", "--update", "org/x")
    assert unknown.code == 2 and "org/x is not in hfget.lock" in unknown.err
    other = it.shell.run("lock", "--update", "--include", "*")
    assert other.code == 2 and "--update keeps what each repo was locked with" in other.err


def test_what_is_not_locked_yet_is_locked_by_sync_unless_frozen(it: Hub) -> None:
    it.lock.write_text('version = 1\n[[repo]]\nid = "org/m"\ninclude = ["*.json"]\n')
    before = it.lock.read_text()
    frozen = it.shell.run("sync", "--frozen")
    assert frozen.code == 2 and "next: hfget lock --update org/m" in frozen.err.replace("-- ", "")
    assert it.shell.run("sync", "--check").code == 6
    assert it.lock.read_text() == before
    assert it.shell.run("sync").code == 0
    assert it.hub.commit("org/m") in it.lock.read_text()
    assert it.shell.run("sync", "--frozen").code == it.shell.run("sync", "--check").code == 0


def test_a_mirror_that_has_other_content_is_refused(
    it: Hub, repos_root: Path, start_hub: StartHub
) -> None:
    assert it.shell.run("lock", "org/m").code == 0
    locked = it.lock.read_text()
    wrong = locked.replace("size = 2, ", "size = 7, ", 1)
    it.lock.write_text(wrong)
    other = it.shell.run("sync")
    assert other.code == 6, other.err
    host = it.hub.endpoint.partition("://")[2]
    assert f"{host} lists 2 bytes, git-sha1 " in other.err
    assert "; the lock file has 7 bytes, git-sha1 " in other.err
    assert "hfget lock --update" in other.err and not (it.folder("m") / "c.json").exists()
    it.lock.write_text(locked.replace('"c.json"', '"none.json"'))
    absent = it.shell.run("sync")
    assert absent.code == 3 and f"{host} does not list this file at commit " in absent.err
    assert it.lock.read_text() != locked


def test_a_hostile_lock_file_writes_nothing(it: Hub) -> None:
    assert it.shell.run("lock", "org/m").code == 0
    it.lock.write_text(it.lock.read_text().replace('"c.json"', '"../c.json"'))
    for command in (("sync",), ("sync", "--check"), ("lock", "--update")):
        refused = it.shell.run(*command)
        assert refused.code == 8 and "'../c.json' leaves the folder" in refused.err
    assert not (it.shell.directory / "c.json").exists() and not it.folder("m").exists()


def test_an_unreachable_hub_is_never_taken_from_memory(it: Hub) -> None:
    assert it.shell.run("org/m").code == 0
    it.hub.refuse("hub")
    shell = it.shell.impatient()
    assert shell.run("lock", "org/m").code == 5
    assert not it.lock.exists()
    assert shell.run("outdated", "m").code == 5


def test_outdated_says_what_the_hub_has_newer(it: Hub) -> None:
    assert it.shell.run("org/m").code == it.shell.run("datasets/org/d", "README.md").code == 0
    fresh = it.shell.run("outdated")
    assert fresh.code == 0 and fresh.out.count("is up to date") == 2
    it.move_on()
    stale = it.shell.run("outdated")
    assert stale.code == 0, stale.err
    assert "org/m: " in stale.out and "3 files changed, 100 kB to fetch" in stale.out
    assert "new      new.bin" in stale.out and "gone     old.bin" in stale.out
    (one,) = changes(it.shell.run("outdated", "m", "--json"))
    assert one["after"] == it.hub.commit("org/m") and one["need_bytes"] == 100_008
    assert it.shell.run("outdated", "home").code == 3
    shutil.rmtree(it.model)
    it.hub.rescan()
    mixed = it.shell.run("outdated")
    assert mixed.code == 3 and "datasets/org/d: " in mixed.out and "org/m" in mixed.err


def test_outdated_compares_a_pinned_download_with_the_default_branch(it: Hub) -> None:
    assert it.shell.run("lock", "org/m").code == it.shell.run("sync").code == 0
    assert "is up to date" in it.shell.run("outdated").out
    it.move_on()
    assert "changed  c.json" in it.shell.run("outdated").out


def test_the_part_of_a_repo_that_a_url_names_is_locked(it: Hub, repos_root: Path) -> None:
    make_model(repos_root, "org/parts", {"sub/a.json": "{}", "sub/b/c.json": "{}", "x.json": "{}"})
    it.hub.rescan()
    made = it.shell.run("lock", f"{it.hub.endpoint}/org/parts/tree/main/sub")
    assert made.code == 0, made.err
    (repo,) = tomli.loads(it.lock.read_text())["repo"]
    assert (repo["paths"], repo["revision"]) == (["sub"], "main")
    assert [file["path"] for file in repo["files"]] == ["sub/a.json", "sub/b/c.json"]
    (repos_root / "org/parts/sub/new.json").write_text("[]")
    (repos_root / "org/parts/other.json").write_text("[]")
    it.hub.rescan()
    assert "new      sub/new.json" in it.shell.run("lock", "--update").out
    assert "other.json" not in it.lock.read_text()


def test_what_is_locked_already_stays(it: Hub) -> None:

    assert it.shell.run("lock", "-q", "org/m").code == 0
    assert it.shell.run("lock", "--quiet", "datasets/org/d", "--output", "hfget.lock").code == 0
    assert [repo["id"] for repo in tomli.loads(it.lock.read_text())["repo"]] == ["org/d", "org/m"]
