"""What a listing proves by itself, against git."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfget.hub.git_ids import git_blob_id, lfs_pointer, pointer_size
from hfget.hub.proof import prove
from hfget.model import Proof, RemoteFile
from hfget.server.repos.hashes import git_tree_ids
from tests.support.loopback import git_sha1, sha256

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not there")


def lfs(path: str, size: int = 7, seed: str = "x") -> RemoteFile:
    digest = sha256(seed.encode())
    return RemoteFile(path, size, git_blob_id(lfs_pointer(digest, size)), digest)


def plain(path: str) -> RemoteFile:
    return RemoteFile(path, 1, git_sha1(path.encode()))


def folders_of(*files: RemoteFile) -> dict[str, str]:
    return git_tree_ids({file.path: file.blob_id for file in files})


@pytest.mark.parametrize("size", [0, 9, 10, 5_000_000_000])
def test_a_pointer_is_as_long_as_it_is(size: int) -> None:
    assert pointer_size(size) == len(lfs_pointer("a" * 64, size))


def test_what_fits_is_counted() -> None:
    files = (lfs("a.bin"), plain("b/c"), lfs("b/d/e.bin"))
    proved = prove(files, folders_of(*files))
    assert proved.counts == Proof(2, 2, 2, 2)
    assert proved.unfit == proved.unproven == ()


def test_another_sha256_or_size_does_not_fit() -> None:
    right = lfs("a.bin")
    for wrong in (replace(right, sha256="a" * 64), replace(right, size=8)):
        proved = prove([wrong], {})
        assert proved.counts == Proof(1, 0) and proved.unfit == ("a.bin",)


def test_a_pointer_of_another_form_proves_nothing_and_contradicts_nothing() -> None:
    file = replace(lfs("a.bin"), blob_id="b" * 40)
    assert prove([file], {}, {"a.bin"}) == (Proof(1, 0), (), ())
    assert prove([replace(file, blob_id="")], {}) == (Proof(1, 0), (), ())


def test_a_folder_that_lacks_a_file_or_has_another_is_unproven() -> None:
    files = [plain("f/a"), plain("f/b"), plain("g/h/i"), plain("j/k")]
    folders = folders_of(*files)
    assert prove(files, folders).unproven == ()
    assert prove(files[1:], folders).unproven == ("f",)
    assert prove([*files, plain("f/c")], folders).unproven == ("f",)
    other = replace(files[2], blob_id="a" * 40)
    assert prove([*files[:2], other, files[3]], folders).unproven == ("g/h",)
    assert prove(files[:3], folders).unproven == ("j",), "nothing is listed in it"
    assert prove(files, {**folders, "j": ""}).unproven == ("j",), "it gives no id"
    nameless = replace(files[3], blob_id="")
    assert prove([*files[:3], nameless], folders).unproven == ("j",)


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=6)
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=3).map("/".join), min_size=1, max_size=12)


@given(PATHS)
def test_the_server_and_the_client_agree_on_git(paths: list[str]) -> None:
    taken: set[str] = set()
    for path in paths:
        above = {"/".join(path.split("/")[:n]) for n in range(1, path.count("/") + 1)}
        if not above & taken and not any(other.startswith(path + "/") for other in taken):
            taken.add(path)
    files = [plain(path) for path in sorted(taken)]
    assert prove(files, folders_of(*files)).unproven == ()


@needs_git
def test_git_gives_the_same_ids(tmp_path: Path) -> None:
    """With names that git sorts as if a folder ended with a slash, and an executable."""
    contents = {"x/a.b/1": "1", "x/a/2": "2", "x/a-b": "3", "x/a0": "4", "ü/é b": "5", "bin/r": "6"}
    for path, text in contents.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "bin/r").chmod(0o755)
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}

    def git(*words: str) -> str:
        command = ["git", "-C", str(tmp_path), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout

    git("init", "-q")
    git("add", ".")
    listed = git("ls-tree", "-r", "-t", "-z", git("write-tree").strip()).split("\0")[:-1]
    entries = [line.split("\t") for line in listed]
    files = [RemoteFile(path, 1, info.split()[2]) for info, path in entries if " blob " in info]
    folders = {path: info.split()[2] for info, path in entries if " tree " in info}
    assert set(folders) == {"x", "x/a", "x/a.b", "ü", "bin"}
    assert prove(files, folders).unproven == ("bin",)
