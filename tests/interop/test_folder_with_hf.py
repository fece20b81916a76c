"""hfget and `hf download --local-dir` on one folder: each takes the other's work as its own.

HFGET_INTEROP_PYTHON may name a second interpreter, with another huggingface_hub.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.hub import LocalHub
from tests.hub.fixtures import StartHub
from tests.hub.repos import KiB, MiB, make_model
from tests.support.command import Shell, ShellAt, Started, leftovers, tree, wait_until

pytestmark = pytest.mark.interop

REPO = "org/m"
FILES: dict[str, bytes | str | int] = {
    "config.json": "{}",
    "empty.txt": b"",
    "w-00001.bin": 9 * MiB,
    "w-00002.bin": 2 * MiB + 1,
    "sub dir/ünicode #1.txt": "text",
    "sub dir/deeper/k.bin": 300 * KiB,
}
PYTHONS = [sys.executable, *filter(None, [os.environ.get("HFGET_INTEROP_PYTHON")])]
SECONDS = 90.0


@pytest.fixture(params=PYTHONS)
def hf(request: pytest.FixtureRequest, shell_at: ShellAt) -> Callable[..., subprocess.Popen[bytes]]:
    """A function that starts `hf download REPO --local-dir m` in a shell."""
    program = Path(str(request.param)).with_name("hf")

    def start(shell: Shell, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(program), "download", REPO, "--local-dir", "m", *arguments],
            cwd=shell.directory,
            env={
                **shell.environment(),
                "HF_HUB_DISABLE_XET": "1",
                "HF_HUB_DISABLE_TELEMETRY": "1",
                "HF_HUB_DISABLE_UPDATE_CHECK": "1",
                "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start


Hf = Callable[..., subprocess.Popen[bytes]]


def ended(process: Started) -> None:
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, (out + err).decode()


def content_sent(hub: LocalHub) -> int:
    """Bytes of file content so far; the bodies of redirects are none."""
    return sum(
        request.bytes_sent
        for request in hub.log
        if request.method == "GET" and request.status in (200, 206) and "/api/" not in request.path
    )


def stats(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Of every file but the records: inode, size, time."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and ".cache" not in path.relative_to(folder).parts:
            stat = path.stat()
            found[str(path)] = stat.st_ino, stat.st_size, stat.st_mtime_ns
    return found


def test_hf_takes_what_hfget_fetched(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, hf: Hf
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub(cdn=False)
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO).code == 0
    before, sent = stats(shell.directory / "m"), content_sent(hub)
    assert sent == sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
    ended(hf(shell))
    assert content_sent(hub) == sent
    assert stats(shell.directory / "m") == before


def test_hfget_takes_what_hf_fetched(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, hf: Hf
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub(cdn=False)
    shell = shell_at(hub.endpoint)
    ended(hf(shell))
    target = shell.directory / "m"
    assert tree(target) == tree(source)
    verified = shell.run("verify", "m")
    assert verified.code == 0, verified.err
    before, sent, requests = stats(target), content_sent(hub), len(hub.log)
    done = shell.run(REPO)
    assert done.code == 0, done.err
    assert content_sent(hub) == sent
    assert stats(target) == before
    assert len(hub.log) - requests <= 2
    assert shell.run("verify", "m").code == 0


def test_a_new_commit_is_fetched_by_one_and_taken_by_the_other(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, hf: Hf
) -> None:
    """Files of the same size, in turns; each time only what differs is fetched."""
    hub = start_hub(cdn=False)
    shell = shell_at(hub.endpoint)
    target = shell.directory / "m"

    def by_hfget() -> None:
        done = shell.run(REPO)
        assert done.code == 0, done.err

    def by_hf() -> None:
        ended(hf(shell))

    turns = [by_hf, by_hfget, by_hf, by_hfget]
    for number, (fetch, take) in enumerate(zip(turns, [*turns[1:], turns[0]], strict=True)):
        source = make_model(repos_root, REPO, {**FILES, "config.json": f"[{number}]"})
        hub.rescan()
        sent = content_sent(hub)
        fetch()
        assert tree(target) == tree(source)
        if number:
            assert content_sent(hub) - sent == 3
        sent = content_sent(hub)
        take()
        assert content_sent(hub) == sent
        verified = shell.run("verify", "m")
        assert verified.code == 0, verified.out + verified.err


def test_both_at_once_end_well(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, hf: Hf
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub(cdn=False, rate_total=6 * MiB)
    shell = shell_at(hub.endpoint)
    theirs = hf(shell)
    ours = shell.start(REPO)
    ended(ours)
    ended(theirs)
    target = shell.directory / "m"
    assert tree(target) == tree(source)
    sent = content_sent(hub)
    ended(hf(shell))
    done = shell.run(REPO)
    assert done.code == 0, done.err
    assert content_sent(hub) == sent
    assert tree(target) == tree(source)
    assert all("hfget" not in name for name in leftovers(target))
    assert shell.run("verify", "m").code == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_what_hf_left_unfinished_hfget_finishes(
    number: int, repos_root: Path, start_hub: StartHub, shell_at: ShellAt, hf: Hf
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub(cdn=False, rate_total=6 * MiB)
    shell = shell_at(hub.endpoint)
    target = shell.directory / "m"
    process = hf(shell, "--max-workers", "1")
    records = target / ".cache" / "huggingface" / "download"
    wait_until(lambda: any(records.glob("**/*.metadata")) and content_sent(hub) > MiB)
    process.send_signal(number)
    process.communicate(timeout=SECONDS)
    recorded = [path.relative_to(records).as_posix() for path in records.glob("**/*.metadata")]
    complete = [path.removesuffix(".metadata") for path in recorded]
    requests = len(hub.log)
    done = shell.run(REPO)
    assert done.code == 0, done.err
    assert tree(target) == tree(source)
    asked = [unquote(request.path) for request in hub.log[requests:]]
    assert not any(path.endswith(f"/{name}") for path in asked for name in complete)
    assert shell.run("verify", "m").code == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_what_hfget_left_unfinished_hf_finishes(
    number: int, repos_root: Path, start_hub: StartHub, shell_at: ShellAt, hf: Hf
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub(cdn=False, rate_total=6 * MiB)
    shell = shell_at(hub.endpoint)
    target = shell.directory / "m"
    process = shell.start(REPO)
    wait_until(lambda: content_sent(hub) > 4 * MiB)
    process.send_signal(number)
    process.communicate(timeout=SECONDS)
    ended(hf(shell))
    assert tree(target) == tree(source)
    sent = content_sent(hub)
    done = shell.run(REPO)
    assert done.code == 0, done.err
    assert content_sent(hub) == sent
    assert leftovers(target) == [], "also what its own killed run has left"
