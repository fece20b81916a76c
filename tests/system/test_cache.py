"""`--cache`: the Hub cache is filled as huggingface_hub would have filled it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hub import LocalHub
from tests.hub.repos import MiB, content, make_dataset, make_model
from tests.support.command import Shell, tree
from tests.support.hub_cache import HubCache, content_sent

StartHub = Callable[..., LocalHub]
ShellAt = Callable[[str], Shell]
REPO = "org/m"
FILES: dict[str, bytes | str | int] = {
    "config.json": "{}",
    "w.bin": 3 * MiB,
    "sub/deep/a.txt": "abc",
    "sub/b.txt": "abc",
    "empty": "",
    "also-empty": "",
}


def test_the_cache_is_filled_and_a_second_run_asks_once(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    done = shell.run(REPO, "--cache")
    assert done.code == 0, done.err
    commit = hub.commit(REPO)
    root = cache.repo() / "snapshots" / commit
    assert done.out == f"{root}\n"
    assert tree(root) == tree(source)
    link = (root / "sub" / "deep" / "a.txt").readlink()
    assert link == Path("../../../../blobs") / cache.blob("abc").name
    assert {path.name for path in (cache.repo() / "blobs").iterdir()} == {
        cache.blob("{}").name,
        cache.blob("abc").name,
        cache.blob("").name,
        cache.blob(content(3 * MiB, f"{REPO}/w.bin"), lfs=True).name,
    }
    assert (cache.repo() / "refs" / "main").read_text() == commit
    assert (cache.path / "CACHEDIR.TAG").is_file()
    assert content_sent(hub) == 3 * MiB + len("{}abc")
    assert cache.odd() == []
    hub.clear_log()
    again = shell.run(REPO, "--cache", "--json")
    assert again.code == 0 and again.report["received"] == 0
    assert len(hub.log) == 1 and content_sent(hub) == 0


def test_the_cache_is_where_the_environment_or_the_option_says(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_dataset(repos_root, "org/d", {"a.csv": "1"})
    shell = shell_at(start_hub().endpoint)
    places: dict[str, tuple[Shell, list[str]]] = {
        "home/hf/hub": (shell, ["--cache"]),
        "xdg/huggingface/hub": (shell.with_env(HF_HOME="", XDG_CACHE_HOME="xdg"), ["--cache"]),
        "named": (shell.with_env(HF_HUB_CACHE=str(shell.directory / "named")), ["--cache"]),
        "given": (
            shell.with_env(HF_HUB_CACHE=str(shell.directory / "x")),
            ["--cache-dir", "given"],
        ),
    }
    for place, (there, arguments) in places.items():
        done = there.run("org/d", "--dataset", *arguments)
        assert done.code == 0, done.err
        assert (shell.directory / place / "datasets--org--d" / "refs" / "main").is_file()
    assert not (shell.directory / "x").exists()


@pytest.mark.parametrize("revision", ["refs/pr/1", "feature/x", "v1.0"])
def test_a_revision_gets_its_ref_and_a_commit_gets_none(
    revision: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {"c.json": "{}"})
    make_model(repos_root, REPO, {"c.json": "[]"}, revision=revision)
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    commit = hub.commit(REPO, revision)
    assert shell.run(REPO, "--cache", "--revision", commit).code == 0
    assert not (cache.repo() / "refs").exists()
    assert shell.run(REPO, "--cache", "--revision", revision).code == 0
    assert (cache.repo() / "refs" / revision).read_text() == commit
    assert cache.scan() == {f"model/{REPO}": {revision: commit}}
    assert cache.offline(REPO, "c.json", revision).read_text() == "[]"


def test_a_former_name_is_a_folder_of_its_own_as_transformers_looks_for_it(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {"c.json": "{}", "w.bin": MiB})
    hub = start_hub(aliases={"m": REPO}, cdn=False)
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    done = shell.run("m", "--cache")
    assert done.code == 0 and "m is now org/m" in done.err
    assert cache.offline("m", "c.json").is_relative_to(cache.repo("models--m"))
    hub.clear_log()
    assert cache.hf("download", "m").code == 0
    assert content_sent(hub) == 0
    assert cache.scan().keys() == {"model/m"}


def test_what_two_revisions_share_is_fetched_once(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    shared = content(5 * MiB, "shared")
    make_model(repos_root, REPO, {"w.bin": shared, "c.json": "{}"})
    make_model(repos_root, REPO, {"moved.bin": shared, "c.json": "[1]"}, revision="v2")
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    assert shell.run(REPO, "--cache").code == 0
    hub.clear_log()
    done = shell.run(REPO, "--cache", "--revision", "v2", "--json")
    assert done.code == 0 and done.report["received"] == content_sent(hub) == len("[1]")
    roots = [cache.repo() / "snapshots" / hub.commit(REPO, rev) for rev in ("main", "v2")]
    assert (roots[0] / "w.bin").samefile(roots[1] / "moved.bin")
    assert len(list((cache.repo() / "blobs").iterdir())) == 3
    assert cache.scan()[f"model/{REPO}"].keys() == {"main", "v2"}


def test_a_part_of_a_repo_is_a_part_of_its_snapshot(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, FILES)
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    before = sorted(shell.directory.rglob("*"))
    planned = shell.run(REPO, "--cache", "--include", "*.json", "--dry-run")
    assert planned.code == 0 and planned.out == "2\tmissing\tconfig.json\n"
    assert sorted(shell.directory.rglob("*")) == before
    assert shell.run(REPO, "--cache", "--include", "*.json").code == 0
    root = cache.repo() / "snapshots" / hub.commit(REPO)
    assert list(tree(root)) == ["config.json"]
    assert shell.run("verify", root).code == 0
    assert shell.run(REPO, "--cache").code == 0
    assert len(tree(root)) == len(FILES)


@pytest.mark.parametrize("damage", [b"{", b"!!", b"{ }"])
def test_a_blob_that_is_wrong_is_found_out_and_replaced(
    damage: bytes, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"c.json": "{}", "d.json": "[]"})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    assert shell.run(REPO, "--cache").code == 0
    blob = cache.blob("{}")
    with open(blob, "rb") as reader:
        blob.with_name("new").write_bytes(damage)
        blob.with_name("new").rename(blob)
        hub.clear_log()
        assert shell.run(REPO, "--cache").code == 0
        assert reader.read() == b"{}"  # whoever had the blob open is not disturbed
    assert content_sent(hub) == 2
    assert tree(cache.repo() / "snapshots" / hub.commit(REPO)) == tree(source)


def test_force_fetches_again_and_verify_tells_what_is_wrong(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {"c.json": "{}", "sub/w.bin": 2 * MiB})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    root = Path(shell.run(REPO, "--cache").out.strip())
    assert shell.run("verify", root).code == 0
    (root / "c.json").unlink()
    blob = (root / "sub" / "w.bin").resolve()
    stat = blob.stat()
    with open(blob, "r+b") as data:
        data.seek(1000)
        data.write(b"bits that rot")
    os.utime(blob, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    verdict = shell.run("verify", root)
    assert verdict.code == 6 and "missing\tc.json" in verdict.out
    assert "changed\tsub/w.bin" in verdict.out
    assert f"hfget verify --repair {root}" in verdict.err
    hub.clear_log()
    assert shell.run(REPO, "--cache", "--force").code == 0
    assert content_sent(hub) == 2 * MiB + 2
    assert shell.run("verify", root).code == 0


def test_without_links_the_files_lie_in_the_snapshot(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub(cdn=False)
    shell = shell_at(hub.endpoint).with_env(HF_HUB_DISABLE_SYMLINKS="1")
    cache = HubCache(shell)
    assert shell.run(REPO, "--cache").code == 0
    root = cache.repo() / "snapshots" / hub.commit(REPO)
    assert tree(root) == tree(source) and not any(path.is_symlink() for path in root.rglob("*"))
    assert list((cache.repo() / "blobs").iterdir()) == []
    assert content_sent(hub) == 3 * MiB + len("{}abc")
    hub.clear_log()
    assert shell.run(REPO, "--cache", "--json").report["received"] == 0
    assert cache.hf("download", REPO).code == 0
    assert content_sent(hub) == 0
    assert shell.run("verify", root).code == 0
    assert cache.odd() == []


def test_without_links_a_blob_that_others_link_to_is_copied(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {"w.bin": MiB})
    make_model(repos_root, REPO, {"w.bin": content(MiB, f"{REPO}/w.bin"), "x": ""}, revision="v2")
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    first = Path(shell.run(REPO, "--cache").out.strip())
    hub.clear_log()
    second = shell.with_env(HF_HUB_DISABLE_SYMLINKS="1").run(
        REPO, "--cache", "--revision", "v2", "--exclude", "x"
    )
    assert second.code == 0, second.err
    copy = Path(second.out.strip()) / "w.bin"
    assert copy.read_bytes() == (first / "w.bin").read_bytes() and not copy.is_symlink()
    assert (first / "w.bin").is_symlink() and not copy.samefile(first / "w.bin")
    assert content_sent(hub) == 0 and cache.odd() == []


def test_a_file_that_the_commit_has_not_is_known_not_to_exist(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, FILES)
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    assert shell.run(REPO, "no.json", "--cache").code == 2
    assert not cache.repo().exists()
    assert shell.run(REPO, "--cache").code == 0
    assert cache.look_up(REPO, "no.json") == "None"
    assert shell.run(REPO, "no.json", "--cache", "--dry-run").code == 2
    assert not (cache.repo() / ".no_exist").exists()
    done = shell.run(REPO, "no.json", "sub/no.txt", "sub", "--cache")
    assert done.code == 2 and "no file matches no.json" in done.err
    assert cache.look_up(REPO, "no.json") == "no such file"
    assert cache.look_up(REPO, "sub/no.txt") == "no such file"
    assert Path(cache.look_up(REPO, "config.json")).read_text() == "{}"
    assert cache.scan() == {f"model/{REPO}": {"main": hub.commit(REPO)}}
    assert cache.odd() == []
    make_model(repos_root, REPO, {"no.json": "[]"})
    hub.rescan()
    assert shell.run(REPO, "--cache").code == 0
    assert Path(cache.look_up(REPO, "no.json")).read_text() == "[]"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, where the tests may mount one."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "tmpfs", str(mounted)]
    if subprocess.run(command, capture_output=True, timeout=30, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        yield mounted
    finally:
        subprocess.run(["umount", str(mounted)], timeout=30, check=True)


def test_a_read_only_cache_is_good_enough_for_what_is_there(
    disk: Path, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, FILES)
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO, "--cache-dir", disk, "--exclude", "config.json").code == 0
    subprocess.run(["mount", "-o", "remount,ro", disk], timeout=30, check=True)
    hub.clear_log()
    again = shell.run(REPO, "--cache-dir", disk, "--exclude", "config.json")
    assert again.code == 0, again.err
    assert content_sent(hub) == 0 and len(tree(Path(again.out.strip()))) == len(FILES) - 1
    more = shell.run(REPO, "--cache-dir", disk)
    assert more.code == 7 and "read-only" in more.err
    folder = shell.run(REPO, "--cache-dir", disk, "--local-dir", "m", "--json")
    assert folder.code == 0 and content_sent(hub) == len("{}")


@pytest.mark.parametrize("locks", [True, False])
def test_a_read_only_cache_that_hf_has_filled_is_hashed(
    locks: bool, disk: Path, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub(cdn=False)
    shell = shell_at(hub.endpoint).with_env(HF_HUB_CACHE=str(disk))
    assert HubCache(shell).hf("download", REPO).code == 0
    if not locks:
        shutil.rmtree(disk / ".locks")
    blob = next(disk.glob("models--*/snapshots/*/w.bin")).resolve()
    right = blob.read_bytes()
    for data, code in ((right, 0), (right[::-1], 7), (right, 0)):
        subprocess.run(["mount", "-o", "remount,rw", disk], timeout=30, check=True)
        blob.write_bytes(data)
        subprocess.run(["mount", "-o", "remount,ro", disk], timeout=30, check=True)
        hub.clear_log()
        for _ in range(2):
            done = shell.run(REPO, "--cache")
            assert done.code == code, done.err
            assert content_sent(hub) == 0
            assert "the destination is read-only: what was hashed now is hashed again" in done.err
    assert tree(Path(done.out.strip())) == tree(source)
    subprocess.run(["mount", "-o", "remount,rw", disk], timeout=30, check=True)
    next(disk.glob("models--*/snapshots/*/w.bin")).unlink()
    subprocess.run(["mount", "-o", "remount,ro", disk], timeout=30, check=True)
    assert shell.run(REPO, "--cache").code == 7


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--cache", "--local-dir", "m"], "cannot be used together"),
        (["--cache", "--delete"], "hf cache prune"),
        (["--cache", "--hardlink"], "--hardlink"),
        (["--cache-dir", ""], "--cache-dir"),
        (["--cache-dir", "file"], "not a folder"),
    ],
)
def test_what_makes_no_sense_is_wrong_use(
    arguments: list[str], named: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    shell = shell_at(start_hub().endpoint)
    (shell.directory / "file").write_text("")
    done = shell.run(REPO, *arguments)
    assert done.code == 2 and named in done.err
