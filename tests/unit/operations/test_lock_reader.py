"""A lock file comes from outside: what it cannot mean is refused, and said by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli as tomllib
from hypothesis import given
from hypothesis import strategies as st

from hfget.destinations.path_rules import why_hostile
from hfget.errors import HfgetError, UnsafeError, UsageError
from hfget.model import RemoteFile, RepoRef, is_commit, is_etag
from hfget.operations.lock_files.lock_file import LockedRepo, check_folders, lock_text, write_lock
from hfget.operations.lock_files.lock_reader import parse_lock, read_lock
from tests.support.verdicts import refused

SHA1, SHA256, COMMIT = "a" * 40, "b" * 64, "c" * 40
FILES = (RemoteFile("a.json", 2, SHA1), RemoteFile("w.bin", 1 << 40, "", SHA256))
GOOD = LockedRepo(RepoRef("org/m"), "m", {}, COMMIT, FILES)

ENTRY = f"""
[[repo]]
id = "org/m"
type = "model"
commit = "{COMMIT}"
folder = "m"
files = [
    {{ path = "a.json", size = 2, hash = "git-sha1:{SHA1}" }},
]
"""


def read(tmp_path: Path, text: str) -> tuple[LockedRepo, ...]:
    path = tmp_path / "hfget.lock"
    path.write_text(text, encoding="utf-8")
    return read_lock(path)


def refusal(tmp_path: Path, text: str) -> HfgetError:
    with pytest.raises(HfgetError) as raised:
        read(tmp_path, text)
    assert raised.value.hint
    return raised.value


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    chosen: dict[str, Any] = {
        "files": ("a.json",),
        "include": ("*.json", '"odd" \\ name'),
        "quant": ("Q4_K_M",),
        "all_variants": True,
        "safe_only": True,
    }
    repos = (
        LockedRepo(RepoRef("org/d", "dataset", "refs/pr/1"), "data/d", chosen, COMMIT, FILES),
        LockedRepo(RepoRef("gpt2", "model", "v1"), "gpt2", {}, COMMIT, FILES),
        LockedRepo(RepoRef("org/later"), "later", {}),
    )
    write_lock(tmp_path / "hfget.lock", repos)
    found = read_lock(tmp_path / "hfget.lock")
    assert sorted(found, key=lambda repo: repo.folder) == sorted(
        repos, key=lambda repo: repo.folder
    )
    assert lock_text(found) == lock_text(repos) == (tmp_path / "hfget.lock").read_text()


def test_the_text_is_the_same_in_whatever_order(tmp_path: Path) -> None:
    one = LockedRepo(RepoRef("a/x"), "x", {}, COMMIT, FILES)
    other = LockedRepo(RepoRef("a/x", "dataset"), "y", {}, COMMIT, FILES[::-1])
    assert lock_text([one, other]) == lock_text([other, one])
    lines = lock_text([one]).splitlines()
    assert sum("path = " in line for line in lines) == len(FILES), "a line a file"


@given(
    st.lists(
        st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20),
        min_size=1,
        unique=True,
    )
)
def test_any_path_is_valid_toml(paths: list[str]) -> None:
    files = tuple(RemoteFile(path, 1, SHA1) for path in paths)
    text = lock_text([LockedRepo(RepoRef("org/m"), "m", {"include": tuple(paths)}, COMMIT, files)])
    (entry,) = tomllib.loads(text)["repo"]
    assert [row["path"] for row in entry["files"]] == sorted(paths)
    assert entry["include"] == paths


def test_a_link_to_a_lock_file_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("")
    (tmp_path / "hfget.lock").symlink_to("real")
    write_lock(tmp_path / "hfget.lock", [GOOD])
    assert (tmp_path / "hfget.lock").is_symlink() and read_lock(tmp_path / "real") == (GOOD,)


def changed(old: str, new: str) -> str:
    assert old in ENTRY
    return "version = 1" + ENTRY.replace(old, new)


WRONG = [
    ("version = 2\n", "version is 2"),
    (ENTRY, "version is None"),
    ("version = 1\nrepos = 1\n", "unknown key repos"),
    ("version = 1\nrepo = 1\n", "not a list of tables"),
    ("version = 1\n[[repo]\n", "not valid TOML"),
    ("a = [" + "[" * 50_000, "not valid TOML"),
    (changed('id = "org/m"', ""), "id is missing"),
    (changed("org/m", "org/../m"), "org/../m"),
    (changed("org/m", "https://hub.example/org/m"), "hub.example"),
    (changed("org/m", "org/m:Q4"), "org/m:Q4 is not the id"),
    (changed('"model"', '"modell"'), "type is none of"),
    (changed(COMMIT, "main"), "not a commit hash"),
    (changed(f'commit = "{COMMIT}"', ""), "files without a commit"),
    (changed("folder =", "folders ="), "unknown key folders"),
    (changed("size = 2", "size = -1"), "not a number of bytes"),
    (changed("size = 2", "size = true"), "not a number of bytes"),
    (changed("size = 2", "size = 9223372036854775807"), "not a number of bytes"),
    (changed(SHA1, "0" * 39), "is not sha256:"),
    (changed("git-sha1", "md5"), "is not sha256:"),
    (changed("git-sha1", "sha256"), "is not sha256:"),
    (changed("size = 2, ", ""), "path, size and hash"),
    (changed("size = 2", "size = 2, url = 'http://x'"), "path, size and hash"),
    (changed("folder =", "include = 3\nfolder ="), "include must hold strings"),
    (changed("folder =", "safe-only = 'no'\nfolder ="), "True or False"),
    (changed("folder =", "revision = 'a b'\nfolder ="), "cannot be a revision"),
    ("version = 1" + ENTRY + ENTRY, "would share the folder m"),
    (changed("", "") + ENTRY.replace('"m"', '"M/x"'), "would share the folder M/x"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_what_makes_no_sense_is_named(tmp_path: Path, text: str, said: str) -> None:
    error = refusal(tmp_path, text)
    assert isinstance(error, UsageError) and said in error.message
    assert "hfget.lock" in error.message


HOSTILE = ["../x", "/etc/x", "a/../../x", ".git/config", "C:/x", "a\\..\\x", ".cache/huggingface/x"]


@pytest.mark.parametrize("path", HOSTILE)
def test_a_path_that_leads_out_is_refusal(tmp_path: Path, path: str) -> None:
    quoted = path.replace("\\", "\\\\")
    for text in (
        ENTRY.replace('path = "a.json"', f'path = "{quoted}"'),
        ENTRY.replace('folder = "m"', f'folder = "{quoted}"'),
    ):
        error = refusal(tmp_path, f"version = 1\n{text}")
        assert isinstance(error, UnsafeError) and error.exit_code == 8
        assert "do not trust this file" in error.hint


@pytest.mark.parametrize("folder", ["~", "~/.ssh", "~root/x", "~x"])
def test_a_folder_of_the_home_is_refused(tmp_path: Path, folder: str) -> None:
    error = refusal(tmp_path, "version = 1\n" + ENTRY.replace('"m"', f'"{folder}"'))
    assert isinstance(error, UnsafeError) and "do not trust this file" in error.hint


PIECES = st.one_of(
    st.sampled_from(["..", "/", "\\\\", '"', "\n", "[[repo]]", "=======", "-1", "true", "\u202e"]),
    st.text(max_size=6),
)


@given(st.integers(0, len(ENTRY)), st.integers(0, 30), st.lists(PIECES, max_size=3))
def test_whatever_is_changed_it_is_read_safely_or_refused(
    at: int, length: int, pieces: list[str]
) -> None:
    text = "version = 1" + ENTRY[:at] + "".join(pieces) + ENTRY[at + length :]
    try:
        repos = parse_lock(Path("hfget.lock"), text)
    except (UsageError, UnsafeError) as error:
        assert error.message and error.hint
        return refused()
    for repo in repos:
        assert why_hostile(repo.folder) == "" and (is_commit(repo.commit) or not repo.files)
        for file in repo.files:
            assert why_hostile(file.path) == "" and file.size >= 0 and is_etag(file.etag)
    return None


def test_a_file_that_stands_twice_is_refusal(tmp_path: Path) -> None:
    row = f'    {{ path = "a.json", size = 2, hash = "git-sha1:{SHA1}" }},\n'
    error = refusal(tmp_path, "version = 1" + ENTRY.replace(row, row + row))
    assert isinstance(error, UnsafeError) and "listed twice" in error.message


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", "|||||||", "=======", ">>>>>>> other"])
def test_a_merge_conflict_is_named_with_its_line(tmp_path: Path, marker: str) -> None:
    error = refusal(tmp_path, f"version = 1\n{marker}{ENTRY}")
    assert "line 2: " in error.message and "merge conflict" in error.message
    assert "git checkout" in error.hint and "hfget lock --update" in error.hint


def test_what_is_no_file_or_no_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"the lock file .* does not exist"):
        read_lock(tmp_path / "none.lock")
    with pytest.raises(UsageError, match="cannot be read: is a directory"):
        read_lock(tmp_path)
    (tmp_path / "b.lock").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read: not text"):
        read_lock(tmp_path / "b.lock")


def test_repos_share_no_folder() -> None:
    def at(folder: str) -> LockedRepo:
        return LockedRepo(RepoRef("org/m"), folder, {})

    check_folders([at("a"), at("ab"), at("b/a"), at("b/c")])
    for one, other in (("a", "a"), ("a", "A"), ("a/b", "a"), ("a", "a/b/c")):
        with pytest.raises(UsageError, match="would share"):
            check_folders([at(one), at("a-b"), at(other)])
