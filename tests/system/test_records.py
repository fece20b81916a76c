"""Complete is what hfget hashed itself: no record that came with a download is believed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hub import Fault, LocalHub, effects
from tests.hub.repos import make_model
from tests.support.command import Shell, tree
from tests.support.hub_cache import HubCache, content_sent

StartHub = Callable[..., LocalHub]
ShellAt = Callable[[str], Shell]
REPO = "org/m"
FILES: dict[str, bytes | str | int] = {"c.json": "{}", "sub/w.bin": 300_000}


@pytest.fixture
def source(repos_root: Path) -> Path:
    return make_model(repos_root, REPO, FILES)


def log_of(folder: Path) -> Path:
    return folder / ".cache" / "huggingface" / "hfget.records"


def flip(path: Path) -> None:
    """One byte becomes another, and the time stays."""
    before = path.stat()
    with path.open("r+b") as data:
        first = data.read(1)
        data.seek(0)
        data.write(bytes([first[0] ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    "path",
    [
        "gpt2/.cache/huggingface/download/model.bin.metadata",
        f"gpt2/.cache/huggingface/trees/{'a' * 40}.json",
        "gpt2/.Cache/HuggingFace/hfget.records",
        "models--org--m/.hfget/records",
        f"models--org--m/trees/{'a' * 40}.json",
    ],
)
def test_a_repo_with_records_in_it_is_refused(path: str, hub: LocalHub, shell: Shell) -> None:
    def add(listing: Any) -> Any:
        return [*listing, {"type": "file", "path": path, "size": 1, "oid": "a" * 40}]

    hub.faults.add(Fault(effects.EditJson(add), path="*/tree/*", times=None))
    done = shell.run(REPO, "--local-dir", "models")
    assert done.code == 8 and path.split("/")[0] in done.err
    assert not (shell.directory / "models").exists()


def test_records_that_came_with_another_download_are_not_believed(
    hub: LocalHub, shell: Shell, source: Path
) -> None:
    """As `hf` writes them when a repo holds such files."""
    target = shell.directory / "models" / "m"
    assert shell.run(REPO, "--local-dir", "right").code == 0
    shutil.copytree(shell.directory / "right", target)
    for record in (target / ".cache" / "huggingface" / "download").rglob("*.metadata"):
        commit, etag, _ = record.read_text().split("\n")[:3]
        record.write_text(f"{commit}\n{etag}\n9999999999\n")
    wrong = bytes(300_000)
    (target / "sub" / "w.bin").write_bytes(wrong)
    done = shell.run(REPO, "--local-dir", target)
    assert done.code == 7 and "sub/w.bin" in done.err
    assert shell.run(REPO, "--local-dir", target, "--force").code == 0
    assert tree(target) == tree(source)


def test_a_copied_folder_is_hashed_once_and_nothing_is_fetched(hub: LocalHub, shell: Shell) -> None:
    assert shell.run(REPO).code == 0
    shutil.copytree(shell.directory / "m", shell.directory / "copy")
    hub.clear_log()
    once = shell.run(REPO, "--local-dir", "copy")
    assert once.code == 0 and "to be checked" in once.err
    again = shell.run(REPO, "--local-dir", "copy")
    assert again.code == 0 and "to be checked" not in again.err
    assert content_sent(hub) == 0


def test_a_folder_of_an_earlier_version_is_hashed_once_and_keeps_its_repo(
    hub: LocalHub, shell: Shell, repos_root: Path
) -> None:
    """It had huggingface_hub's records and `hfget.json` alone."""
    assert shell.run(REPO).code == 0
    log_of(shell.directory / "m").unlink()
    hub.clear_log()
    assert shell.run(REPO, "c.json").code == 0
    assert shell.run(REPO).code == 0 and content_sent(hub) == 0
    log_of(shell.directory / "m").unlink()
    make_model(repos_root, REPO, {"c.json": "{}"}, revision="v2")
    make_model(repos_root, "org/two", {"y.txt": "y"})
    hub.rescan()
    assert shell.run("org/two", "--local-dir", "m").code == 2
    assert shell.run(REPO, "--revision", "v2", "--delete").code == 0
    assert tree(shell.directory / "m").keys() == {"c.json"}


def test_an_edit_is_kept_though_its_record_has_a_time_in_the_future(
    hub: LocalHub, shell: Shell
) -> None:
    assert shell.run(REPO).code == 0
    target = shell.directory / "m"
    for record in (target / ".cache" / "huggingface" / "download").rglob("*.metadata"):
        commit, etag, _ = record.read_text().split("\n")[:3]
        record.write_text(f"{commit}\n{etag}\n9999999999\n")
    (target / "c.json").write_text("[]")
    assert shell.run(REPO).code == 7
    (target / "c.json").write_text("an edit")
    assert shell.run(REPO).code == 7
    assert (target / "c.json").read_text() == "an edit"


@pytest.mark.parametrize("how", ["the next run", "repair", "repair as json"])
def test_what_verify_finds_wrong_is_repaired_and_only_that(
    how: str, hub: LocalHub, shell: Shell, source: Path
) -> None:
    assert shell.run(REPO).code == 0
    target = shell.directory / "m"
    flip(target / "sub" / "w.bin")
    found = shell.run("verify", "m")
    assert found.code == 6 and "hfget verify --repair m" in found.err
    hub.clear_log()
    if how == "the next run":
        assert shell.run(REPO).code == 0
    elif how == "repair":
        assert shell.run("verify", "--repair", "m").code == 0
    else:
        done = shell.run("verify", "--repair", "m", "--json")
        assert done.code == 0 and done.report["files_total"] == 1
        assert [e["state"] for e in done.events if e["event"] == "verified_file"] == [
            "ok",
            "changed",
        ]
    assert tree(target) == tree(source)
    assert 300_000 <= content_sent(hub) < 310_000
    assert shell.run("verify", "m").code == 0


def test_repair_goes_to_the_recorded_endpoint_for_what_is_missing(
    hub: LocalHub, shell: Shell, source: Path
) -> None:
    assert shell.run(REPO).code == 0
    shutil.rmtree(shell.directory / "m" / "sub")
    (shell.directory / "m" / "mine.txt").write_text("mine")
    elsewhere = Shell(shell.directory, "", shell.extra)
    done = elsewhere.run("verify", "--repair", "m")
    assert done.code == 0, done.err
    assert tree(shell.directory / "m").items() >= tree(source).items()
    assert (shell.directory / "m" / "mine.txt").exists()


def test_repair_of_what_is_right_asks_no_server(hub: LocalHub, shell: Shell) -> None:
    assert shell.run(REPO).code == 0
    hub.clear_log()
    assert shell.run("verify", "--repair", "m").code == 0
    assert hub.log == []


def test_repair_that_fails_has_the_code_of_the_download(shell: Shell) -> None:
    assert shell.run(REPO).code == 0
    (shell.directory / "m" / "c.json").unlink()
    gone = Shell(shell.directory, "http://127.0.0.1:9", shell.extra)
    assert gone.impatient().run("verify", "--repair", "m").code == 5


def test_what_stands_in_the_way_of_a_repair_is_named(hub: LocalHub, shell: Shell) -> None:
    """A link, a folder, a file in place of a folder, a record that leads out; then it works."""
    assert shell.run(REPO).code == 0
    target = shell.directory / "m"
    whole = tree(target)
    name = sorted(whole)[0]
    record = target / ".cache/huggingface/hfget.json"
    data = json.loads(record.read_text())
    data["files"]["../../evil"] = data["files"][name]

    def link() -> Path:
        (target / name).unlink()
        (target / name).symlink_to("elsewhere")
        return target / name

    def folder() -> Path:
        (target / name).unlink()
        (target / name).mkdir()
        return target / name

    def outside() -> Path:
        record.write_text(json.dumps(data))
        return record

    for number, prepare in enumerate((link, folder, outside)):
        obstacle = prepare()
        shown = obstacle.relative_to(shell.directory)
        found = shell.run("verify", "m")
        assert found.code == 6 and "the next download replaces" not in found.err
        assert f"move away {shown}, then: hfget verify --repair m" in found.err, found.err
        done = shell.run("verify", "--repair", "m")
        assert done.code == 7 and f"as long as {shown} is there" in done.err, done.err
        assert f"move away {shown}, then: hfget verify --repair m" in done.err
        obstacle.rename(shell.directory / f"away-{number}")
        assert shell.run("verify", "--repair", "m").code == 0
        assert tree(target) == whole and shell.run("verify", "m").code == 0


def test_the_users_own_file_is_no_damage(hub: LocalHub, shell: Shell) -> None:
    """What hfget would not overwrite, verify does not give away either."""
    target = shell.directory / "m"
    target.mkdir()
    (target / "c.json").write_text("mine")
    assert shell.run(REPO).code == 7
    advice = "move away m/c.json, then: hfget verify --repair m"
    found = shell.run("verify", "m")
    assert found.code == 6 and advice in found.err
    repaired = shell.run("verify", "--repair", "m")
    assert repaired.code == 7 and advice in repaired.err
    assert shell.run(REPO).code == 7
    assert (target / "c.json").read_text() == "mine"
    (target / "c.json").rename(shell.directory / "c.json")
    assert shell.run("verify", "--repair", "m").code == 0


def test_a_blob_that_verify_finds_wrong_is_repaired(hub: LocalHub, shell: Shell) -> None:
    assert shell.run(REPO, "--cache").code == 0
    snapshot = HubCache(shell).repo() / "snapshots" / hub.commit(REPO)
    for command in ((REPO, "--cache"), ("verify", "--repair", snapshot)):
        flip((snapshot / "sub" / "w.bin").resolve())
        assert shell.run("verify", snapshot).code == 6
        hub.clear_log()
        assert shell.run(*command).code == 0
        assert 300_000 <= content_sent(hub) < 310_000
        assert shell.run("verify", snapshot).code == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to give files away")
@pytest.mark.parametrize("flags", [("--local-dir", "m"), ("--cache-dir", "m")])
def test_what_belongs_to_another_user_is_said_and_hashed(
    flags: tuple[str, str], hub: LocalHub, shell: Shell
) -> None:
    assert shell.run(REPO, *flags).code == 0
    target = shell.directory / "m"
    for path in (target, *target.rglob("*")):
        os.chown(path, 65534, -1, follow_symlinks=False)
    for _ in range(2):
        done = shell.run(REPO, *flags)
        assert done.code == 0 and "hashed in every run" in done.err, done.err
        assert "belong to user" in done.err and "to be checked" in done.err
    hub.clear_log()
    assert shell.run(REPO, *flags).code == 0 and content_sent(hub) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to give files away")
def test_a_listing_of_another_user_is_not_read(hub: LocalHub, shell: Shell) -> None:
    assert shell.run(REPO).code == 0
    target = shell.directory / "m"
    (target / "c.json").write_text("[]")
    listing = target / ".cache" / "huggingface" / "trees" / f"{hub.commit(REPO)}.json"
    document = json.loads(listing.read_text())
    document["files"]["c.json"]["blob_id"] = "0637a088a01e8ddab3bf3fa98dbe804cbde1a0dc"
    listing.write_text(json.dumps(document))
    for path in (target, *target.rglob("*")):
        os.chown(path, 65534, -1, follow_symlinks=False)
    assert shell.run(REPO).code == 7
