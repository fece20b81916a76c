"""Few open files and little memory: every command does with what there is, or names the limit."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.hub import LocalHub
from tests.hub.repos import MiB, make_model
from tests.support.command import HFGET, Shell, tree
from tests.support.serving import serving

StartHub = Callable[..., LocalHub]
ShellAt = Callable[[str], Shell]
REPO = "org/m"
FILES = 16


def limited(shell: Shell, limit: int, most: int, *words: str) -> subprocess.CompletedProcess[bytes]:
    """`hfget WORDS` with no more of a resource than `most`."""
    return subprocess.run(
        [*HFGET, *words],
        cwd=shell.directory,
        env=shell.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(limit, (most, most)),
    )


def test_few_open_files(repos_root: Path, start_hub: StartHub, shell_at: ShellAt) -> None:
    small: dict[str, bytes | str | int] = {f"s/{number}.txt": "s" for number in range(40)}
    source = make_model(repos_root, REPO, {**small, "w.bin": 24 * MiB, "v.bin": 9 * MiB})
    hub = start_hub()
    shell = shell_at(hub.endpoint)

    def run(*words: str) -> None:
        done = limited(shell, resource.RLIMIT_NOFILE, FILES, *words)
        assert done.returncode == 0, (words, done.stderr)

    run(REPO, "-j", "4")
    run(REPO, "--force", "--endpoint", hub.endpoint, "--endpoint", hub.foreign)
    run(REPO, "--cache-dir", "c")
    run("verify", "m")
    run("lock", REPO)
    run("sync")
    run("list")
    assert tree(shell.directory / "m") == tree(source)


def test_too_few_open_files_are_named_soon(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {"w.bin": 2 * MiB})
    shell = shell_at(start_hub().endpoint)
    for most in (5, 7):
        done = limited(shell, resource.RLIMIT_NOFILE, most, REPO)
        assert done.returncode == 7, done.stderr
        assert b"too many open files" in done.stderr and b"ulimit -n" in done.stderr


def test_what_could_not_be_read_for_want_of_open_files_is_not_called_missing(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {"w.bin": 90_000, "c.json": "{}"})
    shell = shell_at(start_hub().endpoint)
    assert shell.run(REPO).code == 0
    log = shell.directory / "m/.cache/huggingface/hfget.records"
    before = log.read_bytes()
    codes = set()
    for most in (5, 6):
        for words in (("outdated",), ("verify", "m"), ("list", "m"), (REPO,)):
            done = limited(shell, resource.RLIMIT_NOFILE, most, *words)
            assert done.returncode in (0, 7), (most, words, done.stderr)
            assert done.returncode == 0 or b"ulimit -n" in done.stderr, done.stderr
            assert b"missing" not in done.stdout, done.stdout
            codes.add(done.returncode)
    assert codes == {0, 7} and log.read_bytes() == before


@pytest.mark.parametrize("most", [22, 40])
def test_few_open_files_for_a_server(
    most: int, repos_root: Path, shell_at: ShellAt, tmp_path: Path
) -> None:
    """Fifty clients at once: each gets the file or is told to come back, and nothing breaks."""
    small: dict[str, bytes | str | int] = {f"{number}.txt": "s" for number in range(20)}
    source = make_model(repos_root, REPO, {**small, "w.bin": 2 * MiB})
    with serving(repos_root, home=tmp_path, open_files=str(most)) as server:
        lines = (f"GET /{REPO}/resolve/main/w.bin HTTP/1.1", f"Host: 127.0.0.1:{server.port}")
        asked = "\r\n".join([*lines, "", ""]).encode()
        clients = [server.connect() for _ in range(50)]
        statuses = set()
        for client in clients:
            with client, suppress(ConnectionError):  # one that had not asked made room
                client.sendall(asked)
                statuses.add(client.recv(12)[9:])
        assert statuses & {b"200"} and statuses <= {b"200", b"503", b""}, statuses
        shell = shell_at(server.endpoint)
        assert shell.run(REPO).code == 0
        assert tree(shell.directory / "m") == tree(source)


def test_too_little_memory_is_named(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    """However little it is: at some of these limits Python itself cannot say what it lacks."""
    make_model(repos_root, REPO, {"w.bin": 24 * MiB})
    shell = shell_at(start_hub().endpoint)
    codes = set()
    for mebibytes in (24, 28, 31, 34, 300):
        most = mebibytes * MiB
        done = limited(shell, resource.RLIMIT_DATA, most, REPO, "--retries", "0")
        assert done.returncode in (0, 7), (mebibytes, done.stderr)
        assert b"a bug" not in done.stderr and b"Traceback" not in done.stderr, done.stderr
        assert done.returncode == 0 or b"memory" in done.stderr
        codes.add(done.returncode)
    assert codes == {0, 7}
