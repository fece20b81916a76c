"""What the embedded hub lists of a folder: hashes, commits, records, revisions, safe paths."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from hfget.hub.git_ids import lfs_pointer
from hfget.server.repos.attributes import LfsRules
from hfget.server.repos.hashes import HashCache, git_tree_ids
from hfget.server.repos.listing import Listing
from hfget.server.repos.scanning import LFS_THRESHOLD, Scanner, open_checked
from hfget.server.repos.store import Store
from hfget.server.repos.visibility import Visibility
from hfget.system import Stamp

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def scan(folder: Path, root: Path | None = None) -> Listing:
    sight = Visibility((root or folder).resolve())
    return Scanner(folder, sight, HashCache(), threading.Event()).scan()


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder


def git(folder: Path, *arguments: str, data: bytes | None = None) -> str:
    if shutil.which("git") is None:
        pytest.skip("needs git")
    done = subprocess.run(
        ["git", *arguments], cwd=folder, input=data, capture_output=True, check=True, timeout=30
    )
    return done.stdout.decode().strip()


def record(folder: Path, path: str, etag: str, at: float, commit: str = COMMIT) -> None:
    place = folder / ".cache/huggingface/download" / f"{path}.metadata"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"{commit}\n{etag}\n{at}\n")


def identity(
    repo_id: str, repo_type: str = "model", files: Mapping[str, object] | None = None
) -> bytes:
    """What hfget records of a folder it downloaded into."""
    document = {
        "format_version": 1,
        "repo_id": repo_id,
        "repo_type": repo_type,
        "commit": COMMIT,
        "files": files or {},
    }
    return json.dumps(document).encode()


def test_hashes_are_those_of_git_and_hashlib(tmp_path: Path) -> None:
    binary = b"\0binary" * 100
    put(tmp_path, {"a.txt": b"hello\n", "b/c.bin": binary, "empty": b""})
    files = scan(tmp_path).files
    assert files["a.txt"].remote.blob_id == git(tmp_path, "hash-object", "a.txt")
    assert files["empty"].remote.blob_id == git(tmp_path, "hash-object", "empty")
    lfs = files["b/c.bin"]
    assert lfs.remote.sha256 == hashlib.sha256(binary).hexdigest()
    pointer = lfs_pointer(lfs.remote.sha256, len(binary))
    assert lfs.remote.blob_id == git(tmp_path, "hash-object", "--stdin", data=pointer)
    assert not files["a.txt"].remote.is_lfs and not files["empty"].remote.is_lfs


def test_tree_ids_are_those_of_git(tmp_path: Path) -> None:
    names = ["a.txt", "a/b.txt", "a.b/c", "a0/x/y/z", "a0/x-y", "z"]
    put(tmp_path, {name: name.encode() for name in names})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "write-tree")
    listing = scan(tmp_path)
    root = git(tmp_path, "write-tree")
    for folder in ("a", "a.b", "a0", "a0/x", "a0/x/y"):
        assert listing.folders[folder] == git(tmp_path, "rev-parse", f"{root}:{folder}")
    assert set(listing.folders) == {"a", "a.b", "a0", "a0/x", "a0/x/y"}
    assert git_tree_ids({}) == {}


def test_what_is_lfs(tmp_path: Path) -> None:
    attributes = b"*.safetensors filter=lfs diff=lfs\nraw/*.safetensors -filter\n"
    put(tmp_path, {
        ".gitattributes": attributes,
        "small.safetensors": b"text",
        "raw/small.safetensors": b"text",
        "nul-late": b"x" * 8192 + b"\0",
        "nul-early": b"x" * 8191 + b"\0",
    })  # fmt: skip
    for name, size in (("large", LFS_THRESHOLD + 1), ("limit", LFS_THRESHOLD)):
        (tmp_path / name).write_bytes(b"x" * size)
    lfs = {path for path, file in scan(tmp_path).files.items() if file.remote.is_lfs}
    assert lfs == {"small.safetensors", "nul-early", "large"}


@pytest.mark.parametrize(
    ("line", "path", "expected"),
    [
        ("*.bin filter=lfs", "deep/er/x.bin", True),
        ("*.bin filter=lfs", "x.bin.txt", False),
        ("/*.bin filter=lfs", "a/x.bin", False),
        ("saved_model/**/* filter=lfs", "saved_model/a/b/c", True),
        ("saved_model/**/* filter=lfs", "saved_model/c", True),
        ("data/** filter=lfs", "data/a/b", True),
        ("data/*.bin filter=lfs", "data/a/b.bin", False),
        ("*.[tT]gz filter=lfs", "x.Tgz", True),
        ('"with space.bin" filter=lfs', "a/with space.bin", True),
        ("*.bin filter=other", "x.bin", False),
        ("*.bin -text", "x.bin", False),
        ("# *.bin filter=lfs", "x.bin", False),
    ],
)
def test_gitattributes(line: str, path: str, expected: bool, tmp_path: Path) -> None:
    assert LfsRules(line).matches(path) is expected
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitattributes").write_text(line + "\n")
    says = git(tmp_path, "check-attr", "filter", "--", path)
    assert says.endswith(": filter: lfs") is expected


def test_commit_changes_exactly_with_content(tmp_path: Path) -> None:
    one = put(tmp_path / "one", {"a": b"1", "b/c": b"2"})
    two = put(tmp_path / "two", {"b/c": b"2", "a": b"1"})
    os.utime(two / "a", (1, 1))
    first = scan(one).commit
    assert len(first) == 40 and scan(two).commit == first
    (two / "a").write_bytes(b"3")
    changed = scan(two).commit
    assert changed != first
    (two / "a").write_bytes(b"1")
    assert scan(two).commit == first
    (two / "a").rename(two / "A")
    assert scan(two).commit not in (first, changed)


def test_a_scanner_sees_changes(tmp_path: Path) -> None:
    put(tmp_path, {"a": b"1"})
    scanner = Scanner(tmp_path, Visibility(tmp_path.resolve()), HashCache(), threading.Event())
    before = scanner.scan()
    assert scanner.scan() is before
    put(tmp_path, {"b": b"2"})
    assert scanner.scan().files.keys() == {"a", "b"}


def test_records_give_hashes_without_reading(tmp_path: Path) -> None:
    put(tmp_path, {"x.bin": b"not what the record says", "t.txt": b"text"})
    record(tmp_path, "x.bin", "a" * 64, time.time())
    record(tmp_path, "t.txt", "b" * 40, time.time())
    listing = scan(tmp_path)
    assert listing.files["x.bin"].remote.sha256 == "a" * 64
    assert listing.files["t.txt"].remote.blob_id == "b" * 40
    assert listing.commit == COMMIT


@pytest.mark.parametrize("late", [-60.0, 60.0])
def test_a_record_of_another_time_is_not_trusted(tmp_path: Path, late: float) -> None:
    """Neither one older than the file, nor one from the future."""
    put(tmp_path, {"x.bin": b"changed"})
    record(tmp_path, "x.bin", "a" * 64, time.time() + late)
    listing = scan(tmp_path)
    assert listing.files["x.bin"].remote.sha256 == hashlib.sha256(b"changed").hexdigest()
    assert listing.commit != COMMIT


def test_the_recorded_commit_holds_only_for_the_recorded_files(tmp_path: Path) -> None:
    put(tmp_path, {"x.bin": b"content"})
    digest = hashlib.sha256(b"content").hexdigest()
    entry = {"size": 7, "blob_id": "c" * 40, "lfs_sha256": digest, "lfs_size": 7}
    absent = {"size": 1, "blob_id": "d" * 40}
    trees = tmp_path / ".cache/huggingface/trees"
    trees.mkdir(parents=True)
    tree = {"format_version": 1, "files": {"x.bin": entry, "absent": absent}}
    (trees / f"{COMMIT}.json").write_text(json.dumps(tree))
    put(tmp_path, {".cache/huggingface/hfget.json": identity("org/name")})
    listing = scan(tmp_path)
    assert (listing.commit, listing.missing) == (COMMIT, 1)
    assert listing.files["x.bin"].remote.blob_id == "c" * 40
    put(tmp_path, {"notes.txt": b"mine"})
    assert scan(tmp_path).commit != COMMIT


def test_hidden_folders_and_outside_are_not_listed(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside", {"secret": b"s"})
    folder = put(tmp_path / "root" / "org" / "name", {
        "a": b"1", ".git/config": b"g", ".cache/huggingface/token": b"t",
        "sub/.git/config": b"g", ".cache/other": b"o",
    })  # fmt: skip
    (folder / "out").symlink_to(outside / "secret")
    (folder / "outdir").symlink_to(outside)
    (folder / "git").symlink_to(folder / ".git")
    (folder / "token").symlink_to(folder / ".cache/huggingface/token")
    (folder / "inside").symlink_to("a")
    (folder / "loop").symlink_to(".")
    (folder / "dangling").symlink_to("nothing")
    os.mkfifo(folder / "fifo")
    assert set(scan(folder, tmp_path / "root").files) == {"a", "inside"}


def test_a_folder_that_leads_outside_is_no_repo(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside", {"secret": b"s"})
    root = tmp_path / "root"
    (root / "org").mkdir(parents=True)
    (root / "org" / "name").symlink_to(outside)
    assert Store(root).repos() == ()
    assert scan(root / "org" / "name", root).files == {}


def test_a_file_replaced_after_listing_is_not_opened(tmp_path: Path) -> None:
    root = put(tmp_path / "root", {"a": b"1"})
    secret = put(tmp_path / "outside", {"secret": b"s"}) / "secret"
    file = scan(root).files["a"]
    handle = open_checked(file)
    assert handle is not None
    os.close(handle)
    (root / "a").unlink()
    (root / "a").symlink_to(secret)
    assert open_checked(file) is None


def test_repos_and_revisions(tmp_path: Path) -> None:
    put(tmp_path, {
        "org/name/config.json": b"{}", "org/name@refs%2Fpr%2F1/config.json": b"1",
        "org/name@feature%2Fx/config.json": b"2", "gpt2/config.json": b"{}",
        "gpt2/onnx/model.onnx": b"o", "datasets/org/data/a.csv": b"1",
        "datasets/squad/a.csv": b"1", "spaces/org/app/app.py": b"", ".hidden/x/y": b"",
    })  # fmt: skip
    found = {str(repo): set(repo.folders) for repo in Store(tmp_path).repos()}
    assert found == {
        "org/name": {"main", "refs/pr/1", "feature/x"},
        "gpt2": {"main"},
        "datasets/org/data": {"main"},
        "datasets/squad": {"main"},
        "spaces/org/app": {"main"},
    }


@pytest.mark.parametrize("inside", [True, False])
def test_a_downloaded_folder_is_served_under_its_own_id(tmp_path: Path, inside: bool) -> None:
    folder = put(tmp_path / "name", {"config.json": b"{}"})
    put(folder, {".cache/huggingface/hfget.json": identity("org/other", "dataset")})
    store = Store(folder if inside else tmp_path)
    assert [str(repo) for repo in store.repos()] == ["datasets/org/other"]
    repo = store.find("dataset", "org/other")
    assert repo is not None
    assert store.listing(repo.folders["main"]).result(20).commit == COMMIT


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"repo_id": 1}', '{"repo_id": "a/b/c"}'])
def test_a_broken_identity_is_ignored(tmp_path: Path, text: str) -> None:
    put(tmp_path / "name", {"a": b"1", ".cache/huggingface/hfget.json": text.encode()})
    assert [str(repo) for repo in Store(tmp_path).repos()] == ["name"]


def test_hashes_are_remembered(tmp_path: Path) -> None:
    cache_file = tmp_path / "cache" / "hashes.json"
    path = tmp_path / "a"
    path.write_bytes(b"one")
    stamp = Stamp.of(path.stat())
    cache = HashCache(cache_file)
    digest = cache.hash(path, stamp, "sha256", threading.Event())
    assert digest == hashlib.sha256(b"one").hexdigest()
    cache.save()
    path.unlink()
    again = HashCache(cache_file)
    assert again.hash(path, stamp, "sha256", threading.Event()) == digest
    with pytest.raises(OSError):
        again.hash(path, stamp._replace(modified_ns=stamp.modified_ns + 1), "sha256",
                   threading.Event())  # fmt: skip


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1, "files": {"a": [1]}}', "\0"])
def test_an_unreadable_hash_cache_is_ignored(tmp_path: Path, text: str) -> None:
    cache_file = tmp_path / "hashes.json"
    cache_file.write_text(text)
    path = tmp_path / "a"
    path.write_bytes(b"one")
    digest = HashCache(cache_file).hash(path, Stamp.of(path.stat()), "sha256", threading.Event())
    assert digest == hashlib.sha256(b"one").hexdigest()
