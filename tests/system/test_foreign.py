"""Folders that others can write to: what they plant, share or hold does no harm and no good."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.hub import LocalHub
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_model
from tests.support.command import HFGET, Shell, ShellAt, tree, wait_until
from tests.trials import tools

REPO = "org/m"
SIZE = 12 * MiB
STRANGER = 65534
AS_STRANGER = ("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups")
AS_ROOT = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="needs a second user: root can make one"
)


@pytest.fixture
def source(repos_root: Path) -> Path:
    return make_model(repos_root, REPO, {"w.bin": SIZE, "sub/c.json": "{}"})


def interrupted(shell: Shell, hub: LocalHub, *arguments: str) -> tuple[Path, Path]:
    """Stop a download in order; data and journal of what it leaves at rest."""
    hub.set_rate(24 * MiB)
    process = shell.start(REPO, *arguments)
    wait_until(lambda: hub.bytes_sent("cdn") > 6 * MiB)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    hub.set_rate(None)
    (data,) = {path for path in shell.directory.rglob("*.incomplete") if "behind" not in path.parts}
    return data, data.with_name(data.name.replace(".incomplete", ".hfget-journal"))


def root_of(shell: Shell, said: str) -> Path:
    return shell.directory / said.strip()


LAYOUTS = pytest.mark.parametrize("layout", ["folder", "cache"])


def options(layout: str) -> tuple[str, ...]:
    return ("--cache",) if layout == "cache" else ()


@LAYOUTS
@pytest.mark.parametrize("planted", ["link", "hard link", "pipe"])
def test_what_is_planted_at_a_resting_name_is_not_touched(
    planted: str, layout: str, source: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    data, _ = interrupted(shell, hub, *options(layout))
    precious = shell.directory / "precious"
    precious.write_bytes(b"mine alone".ljust(SIZE, b"."))
    precious.chmod(0o600)
    data.unlink()
    if planted == "link":
        data.symlink_to(precious)
    elif planted == "hard link":
        os.link(precious, data)
    else:
        os.mkfifo(data)
    done = shell.run(REPO, *options(layout), timeout=60)
    assert done.code == 0, done.err
    assert precious.read_bytes() == b"mine alone".ljust(SIZE, b".")
    published = root_of(shell, done.out) / "w.bin"
    assert tree(root_of(shell, done.out)) == tree(source) and not published.samefile(precious)
    assert published.resolve().stat().st_nlink == 1


@LAYOUTS
@pytest.mark.parametrize("planted", ["pipe", "/dev/zero", "sparse", "folder", "link"])
def test_a_journal_that_is_none_costs_only_the_partial(
    planted: str, layout: str, source: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    _, journal = interrupted(shell, hub, *options(layout))
    if planted == "link":
        journal.rename(shell.directory / "aside")
        journal.symlink_to(shell.directory / "aside")
    else:
        journal.unlink()
        if planted == "pipe":
            os.mkfifo(journal)
        elif planted == "folder":
            journal.mkdir()
        elif planted == "sparse":
            journal.touch()
            os.truncate(journal, 1 << 40)
        else:
            journal.symlink_to(planted)
    done = shell.run(REPO, *options(layout), timeout=60)
    assert done.code == 0, done.err
    assert tree(root_of(shell, done.out)) == tree(source)


@AS_ROOT
@LAYOUTS
def test_who_holds_a_partial_open_cannot_write_to_what_is_published(
    layout: str, source: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    data, journal = interrupted(shell, hub, *options(layout))
    sent = hub.bytes_sent("cdn")
    os.chown(data, STRANGER, STRANGER)
    os.chown(journal, STRANGER, STRANGER)
    with open(data, "r+b") as held:
        done = shell.run(REPO, *options(layout))
        assert done.code == 0, done.err
        held.write(b"late" * 1000)
        held.flush()
        published = (root_of(shell, done.out) / "w.bin").resolve().stat()
        assert published.st_ino != os.fstat(held.fileno()).st_ino
        assert published.st_uid == os.geteuid()
    assert tree(root_of(shell, done.out)) == tree(source)
    assert hub.bytes_sent("cdn") - sent < SIZE - 4 * MiB, "its good blocks were copied"


@AS_ROOT
@LAYOUTS
def test_what_another_user_has_recorded_is_hashed_once(
    layout: str, source: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    """As with a volume that a container's root meets: nothing is fetched, nothing fails."""
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    done = shell.run(REPO, *options(layout))
    sent = hub.bytes_sent("cdn")
    root = root_of(shell, done.out)
    top = root if layout == "folder" else root.parents[2]
    for path in [top, *top.rglob("*")]:
        os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
    for _ in range(2):
        again = shell.run(REPO, *options(layout))
        assert again.code == 0, again.err
        assert tree(root) == tree(source) and hub.bytes_sent("cdn") == sent
    verdict = shell.run("verify", root)
    assert verdict.code == 0, verdict.err


@AS_ROOT
@pytest.mark.parametrize("writable", [True, False])
@LAYOUTS
def test_what_another_user_has_filled_is_here_without_a_network(
    layout: str, writable: bool, source: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    disk = shell.directory / "disk"
    disk.mkdir()
    where = ("--cache-dir", "disk/hub") if layout == "cache" else ("--local-dir", "disk/m")
    with ExitStack() as stack:
        tools.mount_tmpfs(stack, disk, 4 * SIZE)
        root = root_of(shell, shell.run(REPO, *where).out)
        for path in disk.rglob("*"):
            os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
        if not writable:
            remount = ["mount", "-o", "remount,ro", str(disk)]
            subprocess.run(remount, timeout=30, check=True)
            online = shell.run(REPO, *where, "--json")
            assert online.code == 0 and online.report["received"] == 0, online.out
            assert shell.run(REPO, "--local-dir", "disk/new", "--json").code == 7
        hub.refuse("hub")
        done = shell.with_env(HF_HUB_OFFLINE="1").run(REPO, *where, "--json")
        assert done.code == 0 and done.report["stale"] is True, done.out
        assert "another program or user" in done.out and tree(root) == tree(source)
        assert shell.run(REPO, *where, "--retries", "0").code == 5, "whose listing is not believed"
        victim = (root / "w.bin").resolve()
        if writable:
            victim.write_bytes(bytes(SIZE))
            assert shell.with_env(HF_HUB_OFFLINE="1").run(REPO, *where).code in (5, 7)


@contextmanager
def in_a_container(shell: Shell, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """hfget in a pid namespace of its own, killed at the end: a container, to those outside."""
    process = subprocess.Popen(
        ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", *HFGET, *arguments],
        cwd=shell.directory,
        env=shell.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


def can_unshare() -> bool:
    if shutil.which("unshare") is None:
        return False
    command = ["unshare", "--pid", "--fork", "--mount-proc", "true"]
    return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0


@LAYOUTS
@pytest.mark.skipif(not can_unshare(), reason="needs the right to make a pid namespace")
def test_a_killed_container_that_is_started_again_goes_on_at_once(
    layout: str, source: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub(rate_total=24 * MiB)
    shell = shell_at(hub.endpoint)
    arguments = (REPO, "--quiet", *options(layout))
    with in_a_container(shell, *arguments):
        wait_until(lambda: hub.bytes_sent("cdn") > 8 * MiB)
    hub.set_rate(None)
    with in_a_container(shell, *arguments) as process:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert tree(root_of(shell, out.decode())) == tree(source)
    assert hub.bytes_sent("cdn") < SIZE + 6 * MiB, "it went on with what the first had fetched"


def as_stranger(shell: Shell, *arguments: str) -> subprocess.Popen[bytes]:
    """hfget of another user, in a home of its own."""
    home = shell.directory / "stranger"
    home.mkdir(exist_ok=True)
    os.chown(home, STRANGER, STRANGER)
    return subprocess.Popen(
        [*AS_STRANGER, *HFGET, *arguments],
        cwd=home,
        env=shell.environment() | {"HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        umask=0,
    )


def can_be_a_stranger() -> bool:
    """Whether another user can run this Python, which may lie in root's home."""
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("setpriv") is None:
        return False
    command = [*AS_STRANGER, *HFGET, "--version"]
    return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0


@pytest.mark.skipif(not can_be_a_stranger(), reason="needs a second user who can run hfget")
def test_two_users_take_turns_in_one_cache(
    source: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    """One is interrupted, the other goes on with a copy, then it is complete for both."""
    hub = start_hub(rate_total=24 * MiB)
    shell = shell_at(hub.endpoint)
    shared = shell.directory / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    for folder in shared.parents:
        if folder.stat().st_uid == os.geteuid() and folder.is_relative_to(tempfile.gettempdir()):
            folder.chmod(folder.stat().st_mode | 0o011)
    arguments = (REPO, "--cache-dir", str(shared))
    process = as_stranger(shell, *arguments)
    wait_until(lambda: hub.bytes_sent("cdn") > 6 * MiB)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    hub.set_rate(None)
    (left,) = shared.rglob("*.incomplete")
    assert left.stat().st_uid == STRANGER
    mine = shell.run(*arguments)
    assert mine.code == 0, mine.err
    sent = hub.bytes_sent("cdn")
    assert sent < SIZE + 6 * MiB
    blob = (root_of(shell, mine.out) / "w.bin").resolve()
    assert blob.stat().st_uid == os.geteuid() and tree(root_of(shell, mine.out)) == tree(source)
    for _ in range(2):
        process = as_stranger(shell, *arguments)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert root_of(shell, out.decode()) == root_of(shell, mine.out)
    assert hub.bytes_sent("cdn") == sent


@contextmanager
def squashed(folder: Path) -> Iterator[None]:
    """`folder` as a mount on which every file is the same user's, whoever has created it."""
    if os.geteuid() != 0 or shutil.which("bindfs") is None:
        pytest.skip("needs bindfs, and the right to mount")
    behind = folder.with_name("behind")
    behind.mkdir()
    folder.mkdir()
    command = ["bindfs", "--force-user=nobody", "--chown-ignore", str(behind), str(folder)]
    if subprocess.run(command, capture_output=True, timeout=30, check=False).returncode:
        pytest.skip("needs FUSE")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], timeout=30, check=True)


@LAYOUTS
def test_a_mount_that_shows_one_owner_for_all_is_as_good_as_any(
    layout: str, source: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    mount = shell.directory / "mount"
    with squashed(mount):
        where = ("--cache-dir",) if layout == "cache" else ("--local-dir",)
        data, _ = interrupted(shell, hub, *where, str(mount))
        assert data.stat().st_uid == STRANGER
        done = shell.run(REPO, *where, mount)
        assert done.code == 0, done.err
        sent = hub.bytes_sent("cdn")
        assert sent < SIZE + 6 * MiB
        again = shell.run(REPO, *where, mount, "--json")
        assert again.code == 0 and hub.bytes_sent("cdn") == sent
        root = root_of(shell, done.out)
        assert tree(root) == tree(source)
        assert len([path for path in mount.rglob("*records") if path.is_file()]) == 1
