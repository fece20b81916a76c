"""What lies in the folder already, and who else works on it."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.hub import Fault, effects
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_model
from tests.support.command import ShellAt, leftovers, tree, wait_until

REPO = "org/m"


def test_a_file_that_is_right_already_is_adopted(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 20 * MiB, "c.json": "{}"})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    target = shell.directory / "m"
    target.mkdir()
    (target / "w.bin").write_bytes((source / "w.bin").read_bytes())
    assert shell.run(REPO).code == 0
    assert tree(target) == tree(source)
    assert hub.bytes_sent("cdn") == 0


@pytest.mark.parametrize("content", [b"mine, of another size", b"{}"])
def test_a_file_of_somebody_else_is_not_overwritten(
    content: bytes, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"c.json": "[]", "d.json": "{}"})
    shell = shell_at(start_hub().endpoint)
    target = shell.directory / "m"
    target.mkdir()
    (target / "c.json").write_bytes(content)
    done = shell.run(REPO)
    assert done.code == 7
    assert "--force" in done.err
    assert (target / "c.json").read_bytes() == content
    assert (target / "d.json").read_text() == "{}"
    assert shell.run(REPO, "--force").code == 0
    assert tree(target) == tree(source)


def test_what_the_user_changed_is_kept_and_a_new_version_replaces_what_was_not_changed(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {"c.json": "[1]", "d.json": "[2]"})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO).code == 0
    newer = make_model(repos_root, REPO, {"c.json": "[1, 2, 3]", "d.json": "[3]"})
    hub.rescan()
    target = shell.directory / "m"
    stat = (target / "c.json").stat()
    (target / "c.json").write_text("[9]")
    os.utime(target / "c.json", (stat.st_atime, stat.st_mtime + 60))
    done = shell.run(REPO)
    assert done.code == 7, done.err
    assert (target / "c.json").read_text() == "[9]"
    assert (target / "d.json").read_text() == "[3]"
    assert shell.run(REPO, "--force").code == 0
    assert tree(target) == tree(newer)


def test_a_second_process_waits_and_says_so(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 30 * MiB})
    hub = start_hub(rate_total=15 * MiB)
    shell = shell_at(hub.endpoint)
    first = shell.start(REPO)
    wait_until(lambda: hub.bytes_sent("cdn") > 2 * MiB)
    first.send_signal(signal.SIGSTOP)  # for as long as the others need to notice it
    try:
        refused = shell.run(REPO, "--no-wait")
        second = shell.start(REPO)
        assert second.stderr is not None
        while b"waiting" not in (line := second.stderr.readline()):
            assert line, "it ended without waiting"
    finally:
        first.send_signal(signal.SIGCONT)
    assert refused.code == 9 and f"process {first.pid}" in refused.err
    assert f"process {first.pid}" in line.decode()
    for process in (first, second):
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert tree(shell.directory / "m") == tree(source)
    assert hub.bytes_sent("cdn") <= 1.1 * 30 * MiB


@pytest.mark.timeout(200)
def test_eight_at_once_fetch_it_once(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 12 * MiB, "b.bin": MiB, "c.json": "{}"})
    hub = start_hub(rate_total=2 * MiB)
    shell = shell_at(hub.endpoint)
    processes = [shell.start(REPO) for _ in range(8)]
    said = [process.communicate(timeout=150)[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0] * 8, said
    pids = [str(process.pid) for process in processes]
    waited = [text for text in said if "waiting for" in text]
    assert any(f"waiting for process {pid} on" in text for pid in pids for text in waited)
    assert tree(shell.directory / "m") == tree(source)
    assert hub.bytes_sent("cdn") <= 1.1 * 13 * MiB
    assert leftovers(shell.directory / "m") == []


@pytest.mark.parametrize("removed", ["m", "m/.cache", "m/sub"])
def test_a_folder_removed_midway_ends_in_words(
    removed: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    files = {f"sub/{number}.bin": MiB + number for number in range(12)}
    source = make_model(repos_root, REPO, files)
    hub = start_hub(rate_total=6 * MiB)
    shell = shell_at(hub.endpoint)
    target = shell.directory / "m"
    process = shell.start(REPO)
    wait_until(lambda: len(list(target.glob("sub/*.bin"))) >= 2)
    shutil.rmtree(shell.directory / removed, ignore_errors=True)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (0, 7), err.decode()
    assert b"Traceback" not in err and b"unexpected" not in err
    again = shell.run(REPO)
    assert again.code == 0, again.err
    assert tree(target) == tree(source) and leftovers(target) == []


def test_a_folder_replaced_by_a_link_midway_gets_nothing(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, tmp_path: Path
) -> None:
    make_model(repos_root, REPO, {f"sub/{number}.bin": MiB + number for number in range(12)})
    hub = start_hub(rate_total=6 * MiB)
    shell = shell_at(hub.endpoint)
    target = shell.directory / "m"
    outside = tmp_path / "outside"
    outside.mkdir()
    process = shell.start(REPO)
    wait_until(lambda: len(list(target.glob("sub/*.bin"))) >= 2)
    (target / "sub").rename(tmp_path / "moved")
    (target / "sub").symlink_to(outside)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 8, err.decode()
    assert list(outside.iterdir()) == []


def test_a_file_system_that_cannot_sync_is_said(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, tmp_path: Path
) -> None:
    """As some FUSE mounts; here patched."""
    source = make_model(repos_root, REPO, {"w.bin": 3 * MiB, "c.json": "{}"})
    make_model(repos_root, "org/other", {"c.json": "{}"})
    patch = tmp_path / "patch"
    patch.mkdir()
    (patch / "sitecustomize.py").write_text(
        "import os\n"
        "def refuse(fd): raise OSError(22, 'Invalid argument')\n"
        "os.fsync = os.fdatasync = refuse\n"
    )
    shell = shell_at(start_hub().endpoint)
    done = shell.with_env(PYTHONPATH=str(patch)).run(REPO, "--json")
    assert done.code == 0, done.err
    assert done.report["durable"] is False
    assert tree(shell.directory / "m") == tree(source)
    assert shell.run("org/other", "--json").report["durable"] is True


def test_verify_is_not_led_outside_by_a_forged_record(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {"c.json": "{}"})
    shell = shell_at(start_hub().endpoint)
    assert shell.run(REPO).code == 0
    path = shell.directory / "m" / ".cache" / "huggingface" / "hfget.json"
    document = json.loads(path.read_text())
    (entry,) = document["files"].values()
    for name in ("../../etc/passwd", "/etc/passwd", "", "a\0b", "\ud800", "\x1b[2J", "C:\\x"):
        document["files"][name] = entry
    path.write_text(json.dumps(document))
    for options in ([], ["--json"]):
        done = shell.run("verify", "m", *options)
        assert done.code == 6, done.err
        assert "Traceback" not in done.err and "unexpected" not in done.err
        assert "\x1b" not in done.out + done.err
        assert "outside" in done.out + done.err or "out of the folder" in done.out + done.err


def test_processes_without_locks_do_not_harm_each_other(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, tmp_path: Path
) -> None:
    """On Lustre and some NFS every flock succeeds; here one is patched to."""
    source = make_model(repos_root, REPO, {"w.bin": 40 * MiB, "b.bin": 2 * MiB, "c.json": "{}"})
    hub = start_hub(rate_total=60 * MiB)
    patch = tmp_path / "patch"
    patch.mkdir()
    (patch / "sitecustomize.py").write_text("import fcntl\nfcntl.flock = lambda *a: None\n")
    shell = shell_at(hub.endpoint).with_env(PYTHONPATH=str(patch))
    processes = [shell.start(REPO) for _ in range(4)]
    for process in processes:
        _, err = process.communicate(timeout=80)
        assert process.returncode == 0, err.decode()
        assert b"waiting" not in err
    assert tree(shell.directory / "m") == tree(source)
    assert shell.run(REPO).code == 0
    assert leftovers(shell.directory / "m") == []


EVIL = [
    "../outside.txt",
    "/tmp/absolute.txt",
    "a/../../x",
    "C:\\x",
    "a\\..\\x",
    "//host/share",
    "nul\0byte",
    ".git/config",
    ".cache/huggingface/download/c.json.metadata",
    "",
    ".",
]


@pytest.mark.parametrize("path", EVIL)
def test_an_unsafe_listing_is_refused_as_a_whole(
    path: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {"c.json": "{}", "d.json": "[]"})
    hub = start_hub()

    def poison(page: list[dict[str, object]]) -> list[dict[str, object]]:
        return [*page, {**page[0], "path": path}]

    hub.faults.add(Fault(effects.EditJson(poison), path="*/tree/*", times=None))
    shell = shell_at(hub.endpoint)
    done = shell.run(REPO)
    assert done.code == 8, done.err
    assert not (shell.directory / "m").exists()
    assert hub.requests(path="*/resolve/*") == []
    assert not any(ord(char) < 32 and char != "\n" for char in done.err)


def test_a_planted_link_does_not_lead_outside(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, tmp_path: Path
) -> None:
    make_model(repos_root, REPO, {"sub/c.json": "{}"})
    shell = shell_at(start_hub().endpoint)
    outside = tmp_path / "outside"
    outside.mkdir()
    (shell.directory / "m").mkdir()
    (shell.directory / "m" / "sub").symlink_to(outside)
    assert shell.run(REPO).code == 8
    assert list(outside.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="needs limits")
def test_a_file_too_large_for_the_limit_is_a_disk_error(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    import resource
    import subprocess

    from tests.support.command import HFGET

    make_model(repos_root, REPO, {"w.bin": 20 * MiB, "c.json": "{}"})
    shell = shell_at(start_hub().endpoint)
    done = subprocess.run(
        [*HFGET, REPO],
        cwd=shell.directory,
        env=shell.environment(),
        capture_output=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8 * MiB, 8 * MiB)),
        check=False,
    )
    assert done.returncode == 7, done.stderr
    assert b"w.bin" in done.stderr
    assert (shell.directory / "m" / "c.json").read_text() == "{}"
