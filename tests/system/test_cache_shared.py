"""One cache, many who use it: links planted in it, `hf` and other hfget at once, kills."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from filelock import FileLock

from tests.hub.fixtures import StartHub
from tests.hub.repos import KiB, MiB, content, make_model
from tests.support.command import ShellAt, tree, wait_until
from tests.support.hub_cache import HubCache, content_sent

REPO = "org/m"
XET_HASH = "ab" * 32


def into_the_shared_store(cache: HubCache, blob: Path, data: bytes) -> Path:
    """Have `blob` be a link into the store of huggingface_hub 2.x that holds `data`."""
    stored = cache.path / "blobs" / XET_HASH[:2] / XET_HASH
    stored.parent.mkdir(parents=True)
    (cache.path / "blobs" / ".huggingface-shared-blobs").write_text("1\n")
    stored.write_bytes(data)
    stored.with_name(XET_HASH + ".refs").write_text(f"{blob.relative_to(cache.path)}\n")
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.symlink_to(Path("../../blobs") / XET_HASH[:2] / XET_HASH)
    return stored


def test_a_blob_in_the_shared_store_is_the_file(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    data = content(2 * MiB, f"{REPO}/w.bin")
    make_model(repos_root, REPO, {"w.bin": 2 * MiB})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    blob = cache.blob(data, lfs=True)
    stored = into_the_shared_store(cache, blob, data)
    done = shell.run(REPO, "--cache")
    assert done.code == 0, done.err
    assert content_sent(hub) == 0
    pointer = Path(done.out.strip()) / "w.bin"
    assert pointer.readlink() == Path("../../blobs") / blob.name and blob.is_symlink()
    assert pointer.samefile(stored)
    assert shell.run("verify", done.out.strip()).code == 0


def test_the_shared_store_is_never_written_through(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    data = content(2 * MiB, f"{REPO}/w.bin")
    source = make_model(repos_root, REPO, {"w.bin": 2 * MiB})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    blob = cache.blob(data, lfs=True)
    stored = into_the_shared_store(cache, blob, bytes(2 * MiB))
    done = shell.run(REPO, "--cache")
    assert done.code == 0, done.err
    assert stored.read_bytes() == bytes(2 * MiB)
    assert not blob.is_symlink() and blob.read_bytes() == data
    assert tree(Path(done.out.strip())) == tree(source)


def test_a_blob_that_links_out_of_the_cache_is_replaced_unread(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, tmp_path: Path
) -> None:
    make_model(repos_root, REPO, {"c.json": "{}"})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    outside = tmp_path / "outside"
    outside.write_text("{}")
    blob = cache.blob("{}")
    blob.parent.mkdir(parents=True)
    blob.symlink_to(outside)
    assert shell.run(REPO, "--cache").code == 0
    assert content_sent(hub) == 2
    assert not blob.is_symlink() and outside.read_text() == "{}"


@pytest.mark.parametrize(
    "planted",
    ["blobs", "snapshots", "snapshots/COMMIT/sub", "refs", "trees", ".hfget", ".hfget/COMMIT"],
)
def test_a_link_planted_in_a_cache_leads_nowhere(
    planted: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt, tmp_path: Path
) -> None:
    make_model(repos_root, REPO, {"sub/c.json": "{}"})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    outside = tmp_path / "outside"
    outside.mkdir()
    link = cache.repo() / planted.replace("COMMIT", hub.commit(REPO))
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside)
    done = shell.run(REPO, "--cache")
    assert done.code == 8, done.err
    assert list(outside.iterdir()) == [] and content_sent(hub) == 0


def test_what_somebody_else_fetches_is_waited_for_and_taken(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    data = content(3 * MiB, f"{REPO}/w.bin")
    source = make_model(repos_root, REPO, {"w.bin": 3 * MiB, "c.json": "{}"})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    blob = cache.blob(data, lfs=True)
    locks = cache.path / ".locks" / "models--org--m"
    locks.mkdir(parents=True)
    with FileLock(locks / f"{blob.name}.lock"):
        process = shell.start(REPO, "--cache")
        wait_until(lambda: cache.blob("{}").exists())
        assert process.poll() is None and content_sent(hub) == 2
        blob.with_name("new").write_bytes(data)
        blob.with_name("new").rename(blob)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert b"waiting for another program that downloads w.bin" in err
    assert content_sent(hub) == 2
    assert tree(Path(out.decode().strip())) == tree(source)


def test_everybody_at_once(repos_root: Path, start_hub: StartHub, shell_at: ShellAt) -> None:
    """Two hfget and two `hf` on one cache: all are content, hardly a byte comes twice."""
    files: dict[str, bytes | str | int] = {f"s/{n}.txt": f"{n}" for n in range(30)}
    files |= {"a.bin": 9 * MiB, "b.bin": 8 * MiB, "c.bin": 7 * MiB}
    source = make_model(repos_root, REPO, files)
    hub = start_hub(cdn=False, rate_total=16 * MiB)
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    processes = [shell.start(REPO, "--cache", "--quiet") for _ in range(2)]
    processes += [cache.start_hf("download", REPO) for _ in range(2)]
    ended = [process.communicate(timeout=80) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, ended
    root = cache.repo() / "snapshots" / hub.commit(REPO)
    assert {Path(out.decode().strip()) for out, _ in ended[:2]} == {root}
    assert tree(root) == tree(source)
    assert content_sent(hub) <= 1.1 * 24 * MiB
    assert cache.odd() == []
    verdict = cache.hf("cache", "verify", REPO)
    assert verdict.code == 0 and "33" in verdict.out
    assert cache.scan() == {f"model/{REPO}": {"main": root.name}}


def test_without_locks_nothing_is_harmed(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, tmp_path: Path
) -> None:
    """On Lustre and some NFS every flock succeeds; here one is patched to."""
    source = make_model(repos_root, REPO, {"w.bin": 12 * MiB, "b.bin": 2 * MiB, "c.json": "{}"})
    hub = start_hub(rate_total=30 * MiB)
    patch = tmp_path / "patch"
    patch.mkdir()
    (patch / "sitecustomize.py").write_text("import fcntl\nfcntl.flock = lambda *a: None\n")
    shell = shell_at(hub.endpoint).with_env(PYTHONPATH=str(patch))
    cache = HubCache(shell)
    processes = [shell.start(REPO, "--cache") for _ in range(3)]
    for process in processes:
        _, err = process.communicate(timeout=80)
        assert process.returncode == 0, err.decode()
    assert tree(cache.repo() / "snapshots" / hub.commit(REPO)) == tree(source)
    assert shell.run(REPO, "--cache").code == 0
    assert cache.odd() == []


def assert_blobs_are_right(cache: HubCache) -> None:
    for blob in (cache.repo() / "blobs").glob("*"):
        if len(blob.name) in (40, 64) and "." not in blob.name:
            assert blob == cache.blob(blob.read_bytes(), lfs=len(blob.name) == 64)


def test_kills_leave_a_cache_that_is_right_and_gone_on_with(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    files: dict[str, bytes | str | int] = {f"s/{n}.bin": 40 * KiB + n for n in range(60)}
    source = make_model(repos_root, REPO, files | {"w.bin": 40 * MiB, "x.bin": 5 * MiB})
    size = sum(path.stat().st_size for path in source.rglob("*.bin"))
    hub = start_hub(rate_total=24 * MiB, cdn=False)
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    cache.path.mkdir(parents=True)
    chance = random.Random(11)
    kills = sent = 0
    while kills < 10:
        hub.clear_log()
        process = shell.start(REPO, "--cache")
        wait_until(lambda: bool(hub.log))
        try:
            process.wait(chance.uniform(0.0, 0.6))
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        _, err = process.communicate(timeout=30)
        sent += content_sent(hub)
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, err
        assert_blobs_are_right(cache)
        cache.scan(killed=True)
    assert kills >= 4
    for temporary in cache.path.rglob(".*.tmp"):  # as if the last kill were some minutes ago
        os.utime(temporary, (time.time() - 300,) * 2, follow_symlinks=False)
    hub.clear_log()
    done = shell.run(REPO, "--cache")
    assert done.code == 0, done.err
    assert tree(Path(done.out.strip())) == tree(source)
    assert cache.odd() == []
    assert cache.hf("cache", "verify", REPO).code == 0
    assert sent + content_sent(hub) - size <= (kills + 1) * 8 * 2 * MiB
    hub.clear_log()
    assert cache.hf("download", REPO).code == 0
    assert content_sent(hub) == 0
