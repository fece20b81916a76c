"""Mounts over object stores: files come in order where a name can be given, else that is said."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hub import Fault, effects
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_model
from tests.support.command import Shell, ShellAt, tree, wait_until

try:
    import fuse
except (ImportError, OSError):  # fusepy, and the library that it calls
    pytest.skip("needs fusepy and libfuse", allow_module_level=True)
del fuse

REPO = "org/m"


@contextmanager
def mounted(shell: Shell, how: str) -> Iterator[tuple[Path, Path]]:
    """The mount, and a log of what it has refused."""
    mount, behind = shell.directory / "mount", shell.directory / "behind"
    log = shell.directory / "refused"
    log.touch()
    for folder in (mount, behind):
        folder.mkdir()
    command = [
        sys.executable,
        "-m",
        "tests.support.object_mount",
        str(behind),
        str(mount),
        how,
        str(log),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: mount.is_mount() or process.poll() is not None)
        if process.poll() is not None:
            pytest.skip("needs FUSE")
        yield mount, log
    finally:
        subprocess.run(["umount", "-l", mount], timeout=30, check=False)
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate(timeout=10)


@pytest.mark.parametrize("where", ["--local-dir", "--cache-dir"])
def test_a_mount_that_takes_writes_in_order_gets_them_in_order(
    where: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(
        repos_root, REPO, {"w.bin": 20 * MiB + 1, "s/b.bin": 300_000, "c.json": "1"}
    )
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    with mounted(shell, "renames") as (mount, log):
        done = shell.run(REPO, where, mount, "--json")
        assert done.code == 0, done.out[-2000:] + done.err
        assert log.read_text(), "the fault has not struck"
        assert tree(shell.directory / done.report["path"]) == tree(source)
        again = shell.run(REPO, where, mount, "--json")
        assert again.code == 0 and again.report["received"] == 0


def test_what_breaks_off_goes_on_in_order(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 20 * MiB + 1})
    hub = start_hub()
    hub.faults.add(Fault(effects.Reset(after_bytes=5 * MiB), origin="cdn", times=2))
    shell = shell_at(hub.endpoint)
    with mounted(shell, "renames") as (mount, _):
        done = shell.run(REPO, "--local-dir", mount, "--json")
        assert done.code == 0, done.out[-2000:] + done.err
        assert tree(mount) == tree(source)
        assert hub.bytes_sent("cdn") < 24 * MiB


def test_bytes_that_are_wrong_get_no_name(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {"w.bin": 3 * MiB})
    hub = start_hub()
    hub.faults.add(Fault(effects.BitFlip(offset=MiB), origin="cdn", times=None))
    shell = shell_at(hub.endpoint)
    with mounted(shell, "renames") as (mount, _):
        assert shell.run(REPO, "--local-dir", mount).code == 6
        assert not (mount / "w.bin").exists()


def test_a_mount_without_rename_is_told_of(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {"w.bin": 3 * MiB, "c.json": "1"})
    shell = shell_at(start_hub().endpoint)
    with mounted(shell, "no-rename") as (mount, log):
        done = shell.run(REPO, "--local-dir", mount)
        assert done.code == 7 and "rename" in log.read_text()
        assert "cannot rename" in done.err and "local disk" in done.err, done.err


@pytest.mark.parametrize(
    ("how", "fit", "unfit"),
    [("short-names", "n" * 143, "n" * 144), ("folds-case", "Readme.md", "readme.md")],
)
def test_names_are_measured_where_they_are_to_lie(
    how: str, fit: str, unfit: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {fit: "the first", unfit: "the second", "c.json": "1"})
    shell = shell_at(start_hub().endpoint)
    with mounted(shell, how) as (mount, _):
        done = shell.run(REPO, "--local-dir", mount, "--json")
        assert done.code == 7, done.out[-2000:] + done.err
        assert [failure["file"] for failure in done.report["failures"]] == [unfit]
        assert (mount / fit).read_text() == "the first" and (mount / "c.json").exists()
        done = shell.run(REPO, "--local-dir", mount, "c.json")
        assert done.code == 0, done.err
