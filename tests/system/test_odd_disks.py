"""Disks that are not full and yet cannot take a file, and files that this user cannot read."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_model
from tests.support.command import Shell, ShellAt, tree
from tests.trials import tools

REPO = "org/m"
EACCES = 13


@pytest.mark.skipif(bool(tools.missing(("root",))), reason="needs the right to mount")
@pytest.mark.parametrize("count", [20, 60])
def test_a_disk_without_inodes_is_called_that(
    count: int, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {f"d{n}/c.json": f"{n}" for n in range(60)})
    shell = shell_at(start_hub().endpoint)
    folder = shell.directory / "m"
    folder.mkdir()
    with ExitStack() as stack:
        tools.mount_tmpfs(stack, folder, 64 * MiB)
        remount = ["mount", "-o", f"remount,nr_inodes={count}", str(folder)]
        subprocess.run(remount, check=True, timeout=30)
        done = shell.run(REPO)
        assert done.code == 7 and "no inodes left" in done.err, done.err
        assert "no space" not in done.err and "df -i" in done.err
        subprocess.run([*remount[:2], "remount,nr_inodes=2000", str(folder)], check=True)
        done = shell.run(REPO)
        assert done.code == 0, done.err
        assert tree(folder) == tree(source)


@pytest.mark.skipif(bool(tools.missing(("root",))), reason="needs the right to mount")
def test_a_small_disk_that_is_read_only_is_called_that(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {"w.bin": 3 * MiB})
    shell = shell_at(start_hub().endpoint)
    disk = shell.directory / "disk"
    disk.mkdir()
    with ExitStack() as stack:
        tools.mount_tmpfs(stack, disk, MiB)
        for where in (("--local-dir", "disk/m"), ("--cache-dir", "disk")):
            assert "free" in shell.run(REPO, *where).err
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True, timeout=30)
        for where in (("--local-dir", "disk/m"), ("--cache-dir", "disk")):
            done = shell.run(REPO, *where)
            assert done.code == 7 and "read-only file system" in done.err, done.err
            assert "make room" not in done.err


def unreadable(shell: Shell, name: str, met: Path) -> Shell:
    """A shell in which existing files whose path holds `name` cannot be opened."""
    return shell.with_env(
        LD_PRELOAD=str(tools.shim()), SHIM=f"open:{name}:1:{EACCES}:0", SHIM_MET=str(met)
    )


@pytest.mark.skipif(bool(tools.missing(("gcc",))), reason="needs a compiler")
@pytest.mark.parametrize(
    ("layout", "name"),
    [
        ("folder", "hfget.records"),
        ("folder", "hfget.json"),
        ("folder", "/trees/"),
        ("cache", ".hfget/records"),
        ("cache", "hfget.json"),
        ("cache", "/trees/"),
        ("cache", "/refs/main"),
    ],
)
def test_a_record_that_cannot_be_read_costs_a_hash(
    layout: str, name: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt, tmp_path: Path
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 2 * MiB, "c.json": "{}"})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    arguments = (REPO, "--json", *(["--cache"] if layout == "cache" else []))
    assert shell.run(*arguments).code == 0
    sent = hub.bytes_sent("cdn")
    met = tmp_path / "met"
    done = unreadable(shell, name, met).run(*arguments)
    assert met.exists(), "the fault has not struck"
    assert done.code in (0, 7), done.err
    assert "unexpected" not in done.err + done.out and hub.bytes_sent("cdn") == sent
    assert tree(shell.directory / done.report["path"]) == tree(source)
    if done.code:
        assert name in done.out, "it is named"


@pytest.mark.skipif(bool(tools.missing(("gcc",))), reason="needs a compiler")
@pytest.mark.parametrize("layout", ["folder", "cache"])
def test_content_that_cannot_be_read_is_named_or_fetched(
    layout: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt, tmp_path: Path
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 2 * MiB, "c.json": "{}"})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    arguments = [REPO, "--json"]
    if layout == "cache":
        arguments += ["--cache"]
        folder = Path(shell.run(*arguments).report["path"])
        name = (shell.directory / folder / "w.bin").resolve().name
        for record in (shell.directory / "home").rglob("verified*"):
            record.unlink()
        for record in (shell.directory / "home").rglob(".hfget/records"):
            record.unlink()
    else:
        (shell.directory / "m").mkdir()
        (shell.directory / "m" / "w.bin").write_bytes(bytes(2 * MiB))
        name = "m/w.bin"
    met = tmp_path / "met"
    done = unreadable(shell, name, met).run(*arguments)
    assert met.exists(), "the fault has not struck"
    if layout == "cache":
        assert done.code == 0, done.err
        assert tree(shell.directory / done.report["path"]) == tree(source)
        return
    assert done.code == 7, done.err
    (failure,) = done.report["failures"]
    assert "permission denied" in failure["message"] and "w.bin" in failure["message"]
