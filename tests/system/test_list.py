"""`hfget list`, `hfget prune`; and downloads that are moved, copied, thinned out."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.hub import LocalHub
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_dataset, make_model
from tests.support.command import Shell, leftovers, tree, wait_until

FILES: dict[str, bytes | str | int] = {
    "config.json": '{"a": 1}',
    "model.safetensors": 12 * MiB,
    "onnx/model.onnx": 2 * MiB,
}
SIZE = 14 * MiB + 8
WEEK = 7 * 86_400.0
SLOW = 4 * MiB


@pytest.fixture
def hub(repos_root: Path, start_hub: StartHub) -> LocalHub:
    make_model(repos_root, "org/m", FILES)
    make_dataset(repos_root, "org/d", {"a.txt": "a"})
    return start_hub()


def journals(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.hfget-journal") if path.stat().st_size > 500]


def begin(shell: Shell, hub: LocalHub, folder: Path, *options: str) -> None:
    """Have a download killed when some megabytes of it are recorded."""
    hub.set_rate(SLOW)
    process = shell.start("org/m", *options)
    try:
        wait_until(lambda: bool(journals(folder)), 60)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
    hub.set_rate(None)
    assert leftovers(folder) or any(folder.rglob("*.incomplete"))


def listed(shell: Shell, *where: str | Path) -> dict[str, dict[str, Any]]:
    done = shell.run("list", "--json", *where)
    assert done.code == 0, done.out + done.err
    found = [one for one in done.events if one["event"] == "download"]
    assert done.events[-1]["downloads"] == len(found)
    return {Path(one["path"]).relative_to(shell.directory).as_posix(): one for one in found}


def age(folder: Path, seconds: float) -> None:
    then = time.time() - seconds
    for path in folder.rglob("*"):
        os.utime(path, (then, then), follow_symlinks=False)


def test_all_downloads_are_found(shell: Shell, hub: LocalHub) -> None:
    assert shell.run("org/m").code == 0
    assert shell.run("datasets/org/d", "--local-dir", "deep/down/d", "--revision", "main").code == 0
    assert shell.run("org/m", "--cache", "config.json").code == 0
    found = listed(shell)
    commit = hub.commit("org/m")
    assert set(found) == {"m", "deep/down/d", f"home/hf/hub/models--org--m/snapshots/{commit}"}
    whole = found["m"]
    assert (whole["repo_id"], whole["repo_type"], whole["commit"]) == ("org/m", "model", commit)
    assert (whole["files"], whole["bytes"], whole["complete"]) == (3, SIZE, True)
    assert abs(whole["time"] - time.time()) < WEEK
    assert found["deep/down/d"]["repo_type"] == "dataset"
    cached = found[f"home/hf/hub/models--org--m/snapshots/{commit}"]
    assert (cached["in_cache"], cached["files"], cached["revision"]) == (True, 1, "main")
    assert set(listed(shell, "deep")) == {"deep/down/d"}
    assert set(listed(shell, "home/hf/hub")) == {name for name in found if "hub" in name}


def test_what_is_missing_is_told(shell: Shell, hub: LocalHub) -> None:
    assert shell.run("org/m").code == 0
    (shell.directory / "m" / "config.json").unlink()
    (shell.directory / "m" / "onnx" / "model.onnx").write_text("cut")
    one = listed(shell)["m"]
    assert one["complete"] is False
    assert one["missing"] == ["config.json", "onnx/model.onnx"]
    assert (one["missing_bytes"], one["partial_bytes"]) == (8 + 2 * MiB, 0)
    [line] = shell.run("list").out.splitlines()
    assert line.split("\t")[:2] == ["org/m", "main"] and "incomplete" in line
    assert shell.run("verify", "--repair", "m").code == 0
    assert listed(shell)["m"]["complete"] is True


@pytest.mark.parametrize("cache", [False, True])
def test_what_was_written_to_since_is_not_called_complete(
    shell: Shell, hub: LocalHub, cache: bool
) -> None:
    """Not what a copy has, whose times are all others, nor what only got another mode."""
    assert shell.run("org/m", *(["--cache"] if cache else ["--local-dir", "m"])).code == 0
    [(place, whole)] = listed(shell).items()
    assert (whole["complete"], whole["modified"]) == (True, [])
    folder = shell.directory / place
    if not cache:
        shutil.copytree(folder, shell.directory / "copy", copy_function=shutil.copyfile)
    real = Path(os.path.realpath(folder / "config.json"))
    text = real.read_text()
    real.chmod(0o600)
    assert listed(shell)[place] == whole
    real.unlink()
    real.write_text(text[::-1])
    found = listed(shell)
    assert (found[place]["complete"], found[place]["modified"]) == (None, ["config.json"])
    assert cache or found["copy"]["complete"] is True
    shown = [one for one in shell.run("list").out.splitlines() if one.endswith(f"/{place}")]
    assert len(shown) == 1 and "unknown" in shown[0]
    assert shell.run("verify", folder).code == 6
    assert shell.run("verify", "--repair", folder).code == 0
    assert listed(shell)[place]["complete"] is True


@pytest.mark.parametrize("cache", [False, True])
def test_one_that_was_killed_shows_what_is_there_of_it(
    shell: Shell, hub: LocalHub, cache: bool
) -> None:
    folder = shell.directory / ("home/hf/hub" if cache else "m")
    begin(shell, hub, folder, *(["--cache"] if cache else []))
    [one] = listed(shell).values()
    assert one["complete"] is False and one["in_cache"] == cache
    assert "model.safetensors" in one["missing"]
    assert 0 < one["partial_bytes"] < one["missing_bytes"] <= SIZE


def test_what_hf_has_downloaded_is_listed_too(shell: Shell, hub: LocalHub) -> None:
    assert shell.run("org/m").code == 0
    records = shell.directory / "m" / ".cache" / "huggingface"
    for name in ("hfget.json", "hfget.records", "hfget.asked"):
        (records / name).unlink()
    one = listed(shell)["m"]
    assert (one["repo_id"], one["complete"], one["files"]) == (None, None, 3)
    assert (one["commit"], one["bytes"]) == (hub.commit("org/m"), SIZE)


def test_a_record_that_leads_outside_is_not_followed(shell: Shell, hub: LocalHub) -> None:
    assert shell.run("org/m").code == 0
    record = shell.directory / "m" / ".cache" / "huggingface" / "hfget.json"
    document = json.loads(record.read_text())
    secret = shell.directory / "secret"
    secret.write_bytes(b"12345678")
    document["files"]["../secret"] = {"size": 8, "blob_id": "0" * 40}
    record.write_text(json.dumps(document))
    assert listed(shell)["m"]["missing"] == ["../secret"]


def test_links_and_loops_are_not_entered(shell: Shell, hub: LocalHub) -> None:
    assert shell.run("org/m").code == 0
    (shell.directory / "loop").symlink_to(shell.directory)
    (shell.directory / ".hidden").mkdir()
    shutil.copytree(shell.directory / "m", shell.directory / ".hidden" / "m")
    assert set(listed(shell)) == {"m"}


def test_a_repo_in_place_of_a_folder_is_answered(shell: Shell) -> None:
    done = shell.run("list", "org/m")
    assert done.code == 2 and "hfget ls org/m" in done.err


def test_prune_removes_old_partials_and_nothing_else(shell: Shell, hub: LocalHub) -> None:
    folder = shell.directory / "m"
    begin(shell, hub, folder)
    begin(shell, hub, shell.directory / "home/hf/hub", "--cache")
    (folder / "notes.incomplete").write_text("mine")
    downloads = folder / ".cache" / "huggingface" / "download"
    (downloads / "other.incomplete").write_text("of hf")
    before = tree(shell.directory)

    assert shell.run("prune", "--yes").out == ""  # too young
    assert leftovers(folder)
    age(shell.directory, 8 * 86_400.0)
    shown = shell.run("prune", "--dry-run")
    assert shown.code == 0 and len(shown.out.splitlines()) == len(
        [one for one in shell.directory.rglob("*.incomplete") if one.name.count(".") > 1]
    )
    refused = shell.run("prune")
    assert refused.code == 2 and "--yes" in refused.err
    assert {**before} == tree(shell.directory)

    done = shell.run("prune", "--yes", "--json")
    assert done.code == 0
    last = done.events[-1]
    assert last["event"] == "pruned" and last["removed"] == last["files"] > 0
    assert last["removed_bytes"] > 0 and last["skipped"] == 0
    assert not journals(shell.directory)
    assert (folder / "notes.incomplete").exists() and (downloads / "other.incomplete").exists()
    assert listed(shell)["m"]["partial_bytes"] == 0
    assert shell.run("org/m").code == 0


def test_prune_leaves_a_process_at_work_alone(shell: Shell, hub: LocalHub) -> None:
    folder = shell.directory / "m"
    hub.set_rate(MiB)
    process = shell.start("org/m")
    try:
        wait_until(lambda: bool(journals(folder)), 60)
        done = shell.run("prune", "--older-than", "0", "--yes", "--json")
        assert done.code == 0 and done.events[-1]["removed"] == 0
        assert journals(folder)
        hub.set_rate(None)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    finally:
        process.kill()
        process.communicate(timeout=60)


def test_prune_leaves_a_folder_alone_that_is_locked(shell: Shell, hub: LocalHub) -> None:
    """A partial at rest may be taken over by the one who has the lock at any moment."""
    from filelock import FileLock

    folder = shell.directory / "m"
    begin(shell, hub, folder)
    with FileLock(folder / ".cache" / "huggingface" / "hfget.lock"):
        done = shell.run("prune", "--older-than", "0", "--yes", "--json")
    assert done.code == 0
    last = done.events[-1]
    assert (last["removed"], last["skipped"]) == (0, last["files"]) and journals(folder)


@pytest.mark.parametrize("text", ["7", "-1d", "week", "", "1y"])
def test_an_age_that_is_none_is_refused(shell: Shell, text: str) -> None:
    done = shell.run("prune", f"--older-than={text}")
    assert done.code == 2 and "is not an age" in done.err


@pytest.mark.parametrize("way", ["mv", "cp"])
def test_a_half_done_download_goes_on_where_it_was_moved_or_copied_to(
    shell: Shell, hub: LocalHub, way: str
) -> None:
    folder, other = shell.directory / "m", shell.directory / "elsewhere" / "model"
    begin(shell, hub, folder)
    other.parent.mkdir()
    if way == "mv":
        shutil.move(folder, other)
    else:
        shutil.copytree(folder, other, symlinks=True)
    kept = listed(shell, "elsewhere")["elsewhere/model"]["partial_bytes"]
    assert kept > 0
    hub.clear_log()
    done = shell.run("org/m", "--local-dir", other)
    assert done.code == 0, done.err
    assert hub.bytes_sent() < SIZE + MiB - kept
    if way == "cp":
        assert listed(shell, "m")["m"]["partial_bytes"] == kept
        assert shell.run("org/m").code == 0
        assert tree(folder) == tree(other)
    assert listed(shell, "elsewhere")["elsewhere/model"]["complete"] is True


def test_a_whole_download_is_whole_wherever_it_is(shell: Shell, hub: LocalHub) -> None:
    assert shell.run("org/m").code == 0
    shutil.copytree(shell.directory / "m", shell.directory / "copy")
    shutil.move(shell.directory / "m", shell.directory / "moved")
    for name in ("copy", "moved"):
        hub.clear_log()
        assert shell.run("org/m", "--local-dir", name).code == 0
        assert hub.bytes_sent(path="*/resolve/*") == 0
        assert shell.run("verify", name).code == 0


def test_what_was_removed_is_fetched_again_and_only_that(shell: Shell, hub: LocalHub) -> None:
    assert shell.run("org/m").code == 0
    (shell.directory / "m" / "onnx" / "model.onnx").unlink()
    hub.clear_log()
    assert shell.run("org/m").code == 0
    assert 2 * MiB <= hub.bytes_sent() < 3 * MiB
    shutil.rmtree(shell.directory / "m")
    assert listed(shell) == {}
    assert shell.run("org/m").code == 0
