"""What git, wget, curl, aria2c and hfd.sh have left under a file's own name."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.hub import LocalHub
from tests.hub.repos import MiB, content, make_model
from tests.support.command import Shell, tree, wait_until
from tests.support.hub_cache import content_sent
from tests.trials import tools

StartHub = Callable[..., LocalHub]
ShellAt = Callable[[str], Shell]
REPO = "org/m"
SIZE = 24 * MiB + 3
DATA = content(SIZE, f"{REPO}/w.bin")


def pointer(sha256: str, size: int) -> str:
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"


@pytest.fixture
def source(repos_root: Path) -> Path:
    return make_model(repos_root, REPO, {"w.bin": SIZE, "c.json": '{"a": 1}'})


def place(shell: Shell, data: bytes, name: str = "w.bin") -> Path:
    path = shell.directory / "m" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_pointer_to_the_very_content_is_replaced(
    source: Path, hub: LocalHub, shell: Shell
) -> None:
    place(shell, pointer(hashlib.sha256(DATA).hexdigest(), SIZE).encode())
    done = shell.run(REPO, "--json")
    assert done.code == 0, done.err
    assert tree(shell.directory / "m") == tree(source)


def test_a_clone_without_lfs_is_filled_without_a_question(
    source: Path, hub: LocalHub, shell: Shell
) -> None:
    folder = shell.directory / "m"
    place(shell, b"[core]\n", ".git/config")
    assert shell.run(REPO).code == 2, "a work tree that has nothing to do with it"
    place(shell, pointer(hashlib.sha256(DATA).hexdigest(), SIZE).encode())
    place(shell, b'{"a": 1}', "c.json")
    done = shell.run(REPO)
    assert done.code == 0, done.err
    assert (folder / "w.bin").read_bytes() == DATA


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("w.bin", b"Entry not found"),
        ("w.bin", b"Access to model org/m is restricted and you are not in the list. Visit it.\n"),
        ("c.json", b"Invalid username or password."),
        ("c.json", b'{"error":"Repository not found"}'),
        ("w.bin", b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code><Id>1</Id></Error>'),
        ("w.bin", b"<!doctype html>\n<html class=''>" + b"x" * 20_000),
        ("c.json", b"\n<HTML><head>"),
    ],
)
def test_a_refusal_or_a_page_under_the_name_is_replaced(
    name: str, words: bytes, source: Path, hub: LocalHub, shell: Shell
) -> None:
    mine = place(shell, b"Entry not found, says my note", "c.json")
    assert shell.run(REPO, "c.json").code == 7
    mine.unlink()
    place(shell, words, name)
    done = shell.run(REPO)
    assert done.code == 0, done.err
    assert tree(shell.directory / "m") == tree(source)


@pytest.mark.parametrize(
    "text",
    [
        pointer("0" * 64, SIZE),
        pointer(hashlib.sha256(DATA).hexdigest(), SIZE - 1),
        pointer(hashlib.sha256(DATA).hexdigest(), SIZE) + "a note of mine\n",
    ],
    ids=["other content", "other size", "edited"],
)
def test_what_is_no_pointer_to_it_is_kept(text: str, hub: LocalHub, shell: Shell) -> None:
    mine = place(shell, text.encode())
    done = shell.run(REPO, "w.bin")
    assert done.code == 7 and "--force" in done.err
    assert mine.read_text() == text and content_sent(hub) < MiB


@pytest.mark.parametrize("program", ["wget", "curl"])
def test_a_download_that_was_killed_is_gone_on_with(
    program: str, source: Path, hub: LocalHub, shell: Shell
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}")
    folder = shell.directory / "m"
    folder.mkdir()
    hub.set_rate(24 * MiB)
    url = f"{hub.endpoint}/{REPO}/resolve/main/w.bin"
    command = {"wget": ["wget", "-q", url], "curl": ["curl", "-sLO", url]}[program]
    process = subprocess.Popen(command, cwd=folder)
    try:
        wait_until(lambda: hub.bytes_sent("cdn") > 12 * MiB)
    finally:
        process.kill()
        process.wait(timeout=10)
    hub.set_rate(None)
    there = (folder / "w.bin").stat().st_size
    assert 4 * MiB < there < SIZE, "the fault has not struck"
    planned = shell.run(REPO, "w.bin", "--dry-run", "--json")
    assert planned.events[-1]["need_bytes"] == SIZE - there
    done = shell.run(REPO, "--json")
    assert done.code == 0, done.err
    assert done.report["received"] <= SIZE - there + 100
    assert tree(folder) == tree(source)


@pytest.mark.parametrize("allocation", ["none", "prealloc"])
def test_pieces_of_aria2c_are_gone_on_with(
    allocation: str, source: Path, hub: LocalHub, shell: Shell
) -> None:
    if shutil.which("aria2c") is None:
        pytest.skip("needs aria2c")
    folder = shell.directory / "m"
    folder.mkdir()
    hub.set_rate(16 * MiB)
    url = f"{hub.endpoint}/{REPO}/resolve/main/w.bin"
    command = ["aria2c", "-q", "-x4", "-s4", "-k1M", f"--file-allocation={allocation}", url]
    process = subprocess.Popen([*command, "--auto-save-interval=1"], cwd=folder)
    try:
        wait_until(lambda: hub.bytes_sent("cdn") > 16 * MiB)
    finally:
        process.terminate()
        process.wait(timeout=20)
    hub.set_rate(None)
    assert (folder / "w.bin.aria2").exists(), "the fault has not struck"
    done = shell.run(REPO, "--json")
    assert done.code == 0, done.err
    assert done.report["received"] < SIZE - 6 * MiB
    assert tree(folder) == tree(source), "its notes are gone too"


def test_half_a_file_of_hfd_that_is_wrong_is_replaced_and_that_is_said(
    source: Path, hub: LocalHub, shell: Shell
) -> None:
    place(shell, bytes(8 * MiB))
    place(shell, b"{}", ".hfd/repo_metadata.json")
    done = shell.run(REPO)
    assert done.code == 0, done.err
    assert "fetching them again" in done.err
    assert (shell.directory / "m" / "w.bin").read_bytes() == DATA


@pytest.mark.parametrize(
    "mine",
    [
        b"my own weights" * MiB,
        DATA[: 8 * MiB - 1] + b"\0",
        DATA[: 4 * MiB] + b"." * 4096 + DATA[4 * MiB + 4096 : 9 * MiB],
        b"short and mine",
    ],
    ids=["all", "end", "between the samples", "small"],
)
def test_a_file_of_ones_own_that_is_shorter_is_kept(
    mine: bytes, source: Path, hub: LocalHub, shell: Shell
) -> None:
    path = place(shell, mine)
    for _ in range(2):
        done = shell.run(REPO, "--json")
        assert done.code == 7, done.err
        assert path.read_bytes() == mine
        (failure,) = done.report["failures"]
        assert "not the file that is wanted" in failure["message"] and "--force" in failure["hint"]
    assert (shell.directory / "m" / "c.json").exists(), "the rest has come"
    done = shell.run(REPO, "--force")
    assert done.code == 0 and tree(shell.directory / "m") == tree(source)


def test_what_is_plainly_ones_own_is_not_fetched_first(hub: LocalHub, shell: Shell) -> None:
    place(shell, b"my own weights" * MiB)
    assert shell.run(REPO, "w.bin").code == 7
    assert content_sent(hub) < MiB


@pytest.mark.parametrize("name", ["w.bin", "c.json"])
def test_an_empty_file_is_replaced(name: str, source: Path, hub: LocalHub, shell: Shell) -> None:
    place(shell, b"", name)
    done = shell.run(REPO)
    assert done.code == 0, done.err
    assert tree(shell.directory / "m") == tree(source)


@pytest.mark.parametrize(
    "notes",
    [b"", b"\0\1", b"\xff" * 64, b"\0\1" + bytes(4) + b"\xff" * 4 + bytes(60), b"\0\1" + bytes(58)],
)
def test_notes_that_are_none_are_no_reason_to_replace(
    notes: bytes, hub: LocalHub, shell: Shell
) -> None:
    mine = place(shell, b"mine" * MiB)
    place(shell, notes, "w.bin.aria2")
    assert shell.run(REPO, "w.bin").code == 7
    assert mine.read_bytes() == b"mine" * MiB


def linked(shell: Shell, data: bytes) -> Path:
    """A folder as huggingface_hub before 0.23 left it: the large file is a link to its blob."""
    blobs = shell.directory / "home" / "old" / "hub" / "models--org--m" / "blobs"
    blobs.mkdir(parents=True)
    blob = blobs / hashlib.sha256(DATA).hexdigest()
    blob.write_bytes(data)
    folder = shell.directory / "m"
    folder.mkdir()
    (folder / "w.bin").symlink_to(os.path.relpath(blob, folder))
    return blob


def test_a_link_into_a_cache_counts(source: Path, hub: LocalHub, shell: Shell) -> None:
    blob = linked(shell, DATA)
    for _ in range(2):
        done = shell.run(REPO, "--json")
        assert done.code == 0, done.err
        assert content_sent(hub) < MiB
    assert (shell.directory / "m" / "w.bin").samefile(blob)
    states = [event.get("state") for event in shell.run(REPO, "--dry-run", "--json").events]
    assert states.count("complete") == 2, "hashed once"
    assert shell.run("verify", "m").code == 0
    blob.write_bytes(bytes(SIZE))
    assert shell.run("verify", "m").code == 6


@pytest.mark.parametrize("left", [b"", DATA[:-1], bytes(SIZE), None])
def test_a_link_whose_blob_is_wrong_or_gone_is_replaced(
    left: bytes | None, source: Path, hub: LocalHub, shell: Shell
) -> None:
    blob = linked(shell, left or b"")
    if left is None:
        blob.unlink()
    done = shell.run(REPO)
    assert done.code == 0, done.err
    assert tree(shell.directory / "m") == tree(source)
    assert not (shell.directory / "m" / "w.bin").is_symlink()
    assert left is None or blob.read_bytes() == left


def test_a_link_to_anything_else_is_kept(hub: LocalHub, shell: Shell) -> None:
    mine = shell.directory / "mine"
    mine.write_bytes(DATA)
    (shell.directory / "m").mkdir()
    (shell.directory / "m" / "w.bin").symlink_to(mine)
    assert shell.run(REPO, "w.bin").code == 7
    assert (shell.directory / "m" / "w.bin").readlink() == mine


def on_a_small_disk(shell: Shell, stack: ExitStack) -> None:
    """With room for the file, not for half of it twice."""
    disk = shell.directory / "m"
    disk.mkdir()
    tools.mount_tmpfs(stack, disk, SIZE + 2 * MiB)


@pytest.mark.parametrize("notes", ["", ".hfd"])
def test_half_a_file_is_moved_where_there_is_no_room_for_a_copy(
    notes: str, source: Path, hub: LocalHub, shell: Shell
) -> None:
    with ExitStack() as stack:
        on_a_small_disk(shell, stack)
        place(shell, DATA[: 12 * MiB])
        if notes:
            place(shell, b"{}", f"{notes}/repo_metadata.json")
        done = shell.run(REPO, "w.bin", "--json")
        assert done.code == 0, done.out
        assert content_sent(hub) < SIZE - 11 * MiB
        assert (shell.directory / "m/w.bin").read_bytes() == DATA


def test_a_file_of_ones_own_that_was_moved_gets_its_name_back(
    source: Path, hub: LocalHub, shell: Shell
) -> None:
    mine = DATA[: 4 * MiB] + b"." * 4096 + DATA[4 * MiB + 4096 : 9 * MiB]
    with ExitStack() as stack:
        on_a_small_disk(shell, stack)
        path = place(shell, mine)
        done = shell.run(REPO, "w.bin", "--json")
        assert done.code == 7 and "not the file that is wanted" in done.out, done.out
        assert path.read_bytes() == mine and tree(shell.directory / "m").keys() == {"w.bin"}


def test_what_was_moved_is_gone_on_with_after_a_kill(
    source: Path, hub: LocalHub, shell: Shell
) -> None:
    with ExitStack() as stack:
        on_a_small_disk(shell, stack)
        path = place(shell, DATA[: 12 * MiB])
        hub.set_rate(2 * MiB)
        process = shell.start(REPO, "w.bin")
        try:
            wait_until(lambda: content_sent(hub) > MiB and not path.exists())
        finally:
            process.kill()
            process.wait(timeout=10)
        hub.set_rate(None)
        hub.clear_log()
        done = shell.run(REPO, "w.bin")
        assert done.code == 0 and path.read_bytes() == DATA, done.err
        assert content_sent(hub) < SIZE - 11 * MiB
