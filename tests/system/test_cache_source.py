"""What this disk has already is not fetched: from the Hub cache, or under another name."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, content, make_model
from tests.support.command import ShellAt, leftovers, tree
from tests.support.hub_cache import HubCache, content_sent

REPO = "org/m"
FILES: dict[str, bytes | str | int] = {"w.bin": 3 * MiB, "sub/c.json": "{}", "empty": ""}
SIZE = 3 * MiB + 2


@pytest.fixture
def source(repos_root: Path) -> Path:
    return make_model(repos_root, REPO, FILES)


def test_a_folder_is_filled_from_the_hub_cache(
    source: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO, "--cache").code == 0
    hub.clear_log()
    planned = shell.run(REPO, "--dry-run", "--json").events[-1]
    assert (planned["need_bytes"], planned["from_cache_bytes"]) == (0, SIZE)
    done = shell.run(REPO, "--json")
    assert done.code == 0, done.out
    assert (done.report["from_cache"], done.report["received"]) == (SIZE, 0)
    assert content_sent(hub) == 0
    target = shell.directory / "m"
    assert tree(target) == tree(source) and leftovers(target) == []
    assert (target / "w.bin").stat().st_nlink == 1
    assert shell.run("verify", "m").code == 0
    again = shell.run(REPO, "--json")
    assert (again.report["from_cache"], again.report["received"]) == (0, 0)


def test_people_are_told_what_that_saved(
    source: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    shell = shell_at(start_hub().endpoint)
    assert shell.run(REPO, "--cache").code == 0
    done = shell.run(REPO)
    assert "3.1 MB in the Hub cache" in done.err
    assert "(3.1 MB from the Hub cache)" in done.err


def test_what_hf_has_fetched_is_taken_and_the_other_way_round(
    source: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub(cdn=False)
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    assert cache.hf("download", REPO).code == 0
    hub.clear_log()
    assert shell.run(REPO).code == 0
    assert shell.run(REPO, "--cache").code == 0
    assert cache.hf("download", REPO, "--local-dir", "m").code == 0
    assert content_sent(hub) == 0
    assert tree(shell.directory / "m") == tree(source)


def test_a_cache_elsewhere_and_a_former_name(
    source: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub(aliases={"m": REPO})
    shell = shell_at(hub.endpoint)
    assert shell.run("m", "--cache-dir", "elsewhere").code == 0
    hub.clear_log()
    done = shell.run("m", "--cache-dir", "elsewhere", "--local-dir", "a")
    assert done.code == 0, done.err
    assert content_sent(hub) == 0 and tree(shell.directory / "a") == tree(source)
    assert shell.run(REPO, "--cache").code == 0
    hub.clear_log()
    assert shell.run("m", "--local-dir", "b").code == 0
    assert content_sent(hub) == 0


def test_a_cached_file_that_is_wrong_is_fetched_and_left_alone(
    source: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    assert shell.run(REPO, "--cache").code == 0
    blob = cache.blob(content(3 * MiB, f"{REPO}/w.bin"), lfs=True)
    blob.unlink()
    blob.write_bytes(bytes(3 * MiB))
    hub.clear_log()
    for arguments in ([], ["--hardlink", "--local-dir", "linked"]):
        done = shell.run(REPO, "--json", *arguments)
        assert done.code == 0, done.out
        assert (done.report["from_cache"], done.report["received"]) == (2, 3 * MiB)
        assert tree(shell.directory / done.report["path"]) == tree(source)
        assert leftovers(shell.directory / done.report["path"]) == []
    assert blob.read_bytes() == bytes(3 * MiB) and blob.stat().st_nlink == 1


def test_force_takes_nothing_from_the_cache(
    source: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO, "--cache").code == 0
    hub.clear_log()
    assert shell.run(REPO, "--force", "--json").report["from_cache"] == 0
    assert content_sent(hub) == SIZE


def test_hard_links_are_made_on_request_and_a_new_version_breaks_them(
    source: Path, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    assert shell.run(REPO, "--cache").code == 0
    hub.clear_log()
    assert shell.run(REPO, "--hardlink", "--json").report["from_cache"] == SIZE
    target = shell.directory / "m" / "w.bin"
    blob = cache.blob(content(3 * MiB, f"{REPO}/w.bin"), lfs=True)
    assert target.samefile(blob) and content_sent(hub) == 0
    make_model(repos_root, REPO, {"w.bin": content(3 * MiB, "new")})
    hub.rescan()
    assert shell.run(REPO, "--hardlink").code == 0
    assert target.read_bytes() == content(3 * MiB, "new")
    assert blob.read_bytes() == content(3 * MiB, f"{REPO}/w.bin")


@pytest.fixture(params=["xfs", "btrfs"])
def cloning_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file system that can clone, where the tests may make and mount one."""
    image, mounted = tmp_path / "image", tmp_path / "disk"
    mounted.mkdir()
    with open(image, "wb") as disk:
        disk.truncate(400 * MiB)
    try:
        subprocess.run([f"mkfs.{request.param}", "-q", image], check=True, timeout=30)
        subprocess.run(["mount", "-o", "loop", image, mounted], check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        pytest.skip(f"needs mkfs.{request.param} and the right to mount")
    try:
        yield mounted
    finally:
        subprocess.run(["umount", mounted], check=True, timeout=30)


def test_where_the_disk_can_clone_a_copy_takes_no_space(
    cloning_disk: Path, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {"w.bin": 64 * MiB})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    cache, folder = cloning_disk / "hub", cloning_disk / "m"
    assert shell.run(REPO, "--cache-dir", cache).code == 0
    os.sync()
    free = os.statvfs(cloning_disk).f_bavail * os.statvfs(cloning_disk).f_frsize
    fill = cloning_disk / "fill"
    with open(fill, "wb") as data:
        os.posix_fallocate(data.fileno(), 0, free - 40 * MiB)
    done = shell.run(REPO, "--cache-dir", cache, "--local-dir", folder, "--json")
    assert done.code == 0, done.out
    assert done.report["from_cache"] == 64 * MiB
    blob = next(cache.glob("models--*/snapshots/*/w.bin")).resolve()
    assert not blob.samefile(folder / "w.bin")
    with open(folder / "w.bin", "r+b") as data:
        data.write(b"mine")
    assert blob.read_bytes() == content(64 * MiB, f"{REPO}/w.bin")


def test_another_revision_of_a_folder_fetches_only_what_differs(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    first, second = content(3 * MiB, "first"), content(2 * MiB, "second")
    make_model(repos_root, REPO, {"a.bin": first, "b.bin": second, "c.json": "{}"})
    newer = make_model(
        repos_root, REPO, {"a.bin": first, "sub/moved.bin": second, "c.json": "[]"}, revision="v2"
    )
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO).code == 0
    hub.clear_log()
    done = shell.run(REPO, "--revision", "v2", "--json")
    assert done.code == 0 and done.report["received"] == content_sent(hub) == len("[]")
    assert tree(shell.directory / "m") == tree(newer) | {
        "b.bin": tree(newer)["sub/moved.bin"],
    }


def test_a_content_that_is_twice_in_a_repo_is_fetched_once(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    twin, same = content(2 * MiB, "twin"), "the same small text"
    source = make_model(
        repos_root,
        REPO,
        {"a.bin": twin, "b.bin": twin, "c/b.bin": twin, **{f"{n}.txt": same for n in range(30)}},
    )
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    done = shell.run(REPO, "--json")
    assert done.code == 0
    assert done.report["received"] == content_sent(hub) == 2 * MiB + len(same)
    target = shell.directory / "m"
    assert tree(target) == tree(source) and leftovers(target) == []
    assert not (target / "a.bin").samefile(target / "b.bin")
    (target / "c" / "b.bin").unlink()
    hub.clear_log()
    assert shell.run(REPO).code == 0
    assert content_sent(hub) == 0 and tree(target) == tree(source)
