"""What the embedded hub does not show, does not believe, and does not spend its time on."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hfget.hub.git_ids import git_blob_id
from hfget.server.protocol.hostnames import KnownHosts, public_base
from hfget.server.repos.hashes import HashCache
from hfget.server.repos.listing import Listing
from hfget.server.repos.repo import unfit
from hfget.server.repos.scanning import Scanner
from hfget.server.repos.store import Store
from hfget.server.repos.visibility import Visibility
from tests.unit.server.test_listing import COMMIT, identity, put, record

Write = Callable[[Path], None]


def scan(folder: Path, *, everything: bool = False, homes: tuple[Path, ...] = ()) -> Listing:
    sight = Visibility(folder.resolve(), everything, homes)
    return Scanner(folder, sight, HashCache(), threading.Event()).scan()


def test_a_record_shows_a_hidden_file_with_its_content_only(tmp_path: Path) -> None:
    put(tmp_path, {".env": b"downloaded", ".other": b"mine", ".ci/x.yml": b"y", "a": b"1"})
    for path, content in ((".env", b"downloaded"), (".ci/x.yml", b"y"), (".other", b"theirs")):
        record(tmp_path, path, git_blob_id(content), 1.0)
    listing = scan(tmp_path)
    assert (set(listing.files), listing.withheld) == ({".env", ".ci/x.yml", "a"}, 1)
    put(tmp_path, {".env": b"mine now"})
    assert set(scan(tmp_path).files) == {".ci/x.yml", "a"}


def test_the_list_of_what_was_asked_for_is_a_record_too(tmp_path: Path) -> None:
    files = {".hidden": {"size": 1, "blob_id": git_blob_id(b"h")}}
    put(tmp_path, {
        ".hidden": b"h", ".mine": b"m",
        ".cache/huggingface/hfget.json": identity("org/name", files=files),
    })  # fmt: skip
    assert set(scan(tmp_path).files) == {".hidden"}


@pytest.mark.parametrize("everything", [True, False])
def test_what_others_may_not_read_is_shown_with_all_only(tmp_path: Path, everything: bool) -> None:
    put(tmp_path, {"open": b"1", "mine": b"2", "closed/a": b"3", "closed/b/c": b"4"})
    (tmp_path / "mine").chmod(0o640)
    (tmp_path / "closed").chmod(0o700)
    shown = set(scan(tmp_path, everything=everything).files)
    assert shown == ({"open", "mine", "closed/a", "closed/b/c"} if everything else {"open"})


def test_a_closed_folder_above_a_repo_closes_it(tmp_path: Path) -> None:
    folder = put(tmp_path / "org" / "name", {"a": b"1"})
    (tmp_path / "org").chmod(0o700)
    sight = Visibility(tmp_path.resolve(), homes=())
    assert not Scanner(folder, sight, HashCache(), threading.Event()).scan().files


@pytest.mark.parametrize("everything", [True, False])
@pytest.mark.parametrize("names", [("stored_tokens",), ("token", "hub/x")])
def test_a_home_of_huggingface_hub_is_known_by_its_look(
    tmp_path: Path, names: tuple[str, ...], everything: bool
) -> None:
    put(tmp_path, {"a": b"1", **{f"sub/{name}": b"secret" for name in names}})
    assert set(scan(tmp_path, everything=everything).files) == {"a"}


def test_a_token_file_elsewhere_is_not_shown(tmp_path: Path) -> None:
    put(tmp_path, {"a": b"1", "t": b"secret"})
    assert set(scan(tmp_path, everything=True, homes=(tmp_path.resolve() / "t",)).files) == {"a"}


def test_git_and_records_are_never_shown(tmp_path: Path) -> None:
    put(tmp_path, {"a": b"1", ".git/config": b"g", "b/.cache/huggingface/token": b"t"})
    assert set(scan(tmp_path, everything=True).files) == {"a"}


def _fifo(place: Path) -> None:
    os.mkfifo(place)


def _endless(place: Path) -> None:
    place.symlink_to("/dev/zero")


def _sparse(place: Path) -> None:
    with place.open("wb") as file:
        file.truncate(1 << 40)


def _deep(place: Path) -> None:
    place.write_text("[" * 100_000)


@pytest.mark.parametrize("write", [_fifo, _endless, _sparse, _deep])
@pytest.mark.parametrize(
    "name",
    [
        ".cache/huggingface/hfget.json", ".cache/huggingface/download/a.metadata",
        f".cache/huggingface/trees/{COMMIT}.json", "README.md", ".gitattributes",
    ],
)  # fmt: skip
def test_a_record_that_is_no_small_file_is_none(tmp_path: Path, name: str, write: Write) -> None:
    put(tmp_path, {"a": b"1", ".cache/huggingface/download/b.metadata": b"", name + ".x": b""})
    if "trees" in name:
        put(tmp_path, {".cache/huggingface/hfget.json": identity("org/name")})
    if write is _sparse and "/" not in name:
        pytest.skip("a file of the repo may be large, and is hashed")
    write(tmp_path / name)
    done = threading.Event()

    def look() -> None:
        store = Store(tmp_path)
        for repo in store.repos():
            store.listing(repo.folders["main"]).result(20)
        assert scan(tmp_path).files["a"].remote.size == 1
        done.set()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    assert done.wait(30)


@pytest.mark.parametrize("write", [_fifo, _endless, _sparse, _deep])
def test_a_hash_cache_that_is_no_small_file_is_none(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "hashes.json")
    put(tmp_path / "d", {"a": b"1"})
    path = tmp_path / "d" / "a"
    listing = Scanner(
        tmp_path / "d", Visibility((tmp_path / "d").resolve()),
        HashCache(tmp_path / "hashes.json"), threading.Event(),
    ).scan()  # fmt: skip
    assert listing.files["a"].remote.blob_id == git_blob_id(path.read_bytes())


@pytest.mark.parametrize(
    ("repo_type", "repo_id", "fits"),
    [
        ("model", "gpt2", True), ("model", "org/name", True), ("dataset", "models/name", True),
        ("dataset", "datasets/name", True), ("model", "org/api", True), ("model", "a/v2", True),
        ("model", "datasets", False), ("model", "datasets/name", False),
        ("model", "spaces/name", False), ("model", "api/models", False), ("model", "api", False),
        ("model", "v2/name", False), ("model", "gpt2/resolve", False),
        ("model", "gpt2/tree", False),
        ("dataset", "org/raw", False), ("dataset", "resolve", False), ("space", "a/info", False),
        ("model", "..", False), ("model", "../name", False), ("model", ".x/y", False),
        ("model", "a/b/c", False), ("model", "a b", False), ("model", "a/b.git", False),
        ("model", "a\n", False), ("model", "", False), ("model", "ü/x", False),
    ],
)  # fmt: skip
def test_ids_that_are_words_of_the_protocol(repo_type: str, repo_id: str, fits: bool) -> None:
    assert (unfit(repo_type, repo_id) is None) is fits  # type: ignore[arg-type]


def test_no_repo_poses_as_another(tmp_path: Path) -> None:
    """By its place or by its record; the folder in its own place is the repo."""
    claims = {
        "aaa": identity("org/name"), "bbb": identity("datasets/org"), "ccc": identity("api/models"),
        "ddd": identity("org/own"), "eee": identity("../../etc"),
    }  # fmt: skip
    for name, text in claims.items():
        put(tmp_path / name, {"a": b"1", ".cache/huggingface/hfget.json": text})
    put(tmp_path, {"org/name/a": b"2", "gpt2/a": b"3", "datasets/org/real/a": b"4"})
    said: list[str] = []
    store = Store(tmp_path, note=said.append)
    found = {str(repo): repo.folders["main"].name for repo in store.repos()}
    assert found == {
        "org/name": "name",
        "org/own": "ddd",
        "gpt2": "gpt2",
        "datasets/org/real": "real",
    }
    for name in ("aaa", "bbb", "ccc", "eee"):
        assert any(name in line and "not served" in line for line in said)


def test_a_hub_cache_is_served_as_its_repos(tmp_path: Path) -> None:
    cache = tmp_path / "hub"
    repo = cache / "datasets--org--data"
    blobs = {git_blob_id(b"{}"): b"{}", "d" * 64: b"damaged"}
    put(repo, {f"blobs/{etag}": content for etag, content in blobs.items()})
    put(
        repo, {"refs/main": COMMIT.encode(), "refs/refs/pr/1": b"e" * 40, "blobs/x.incomplete": b""}
    )
    put(cache, {"CACHEDIR.TAG": b"", "version.txt": b"1", "blobs/ab/" + "a" * 64: b"shared"})
    for commit, names in ((COMMIT, (".hidden.json", "a/b.json", "bad")), ("e" * 40, ("x",))):
        for name in names:
            place = repo / "snapshots" / commit / name
            place.parent.mkdir(parents=True, exist_ok=True)
            blob = "d" * 64 if name == "bad" else git_blob_id(b"{}")
            place.symlink_to(os.path.relpath(repo / "blobs" / blob, place.parent))
    (repo / "snapshots" / COMMIT / "out").symlink_to("/etc/passwd")
    (repo / "snapshots" / COMMIT / "ref").symlink_to("../../refs/main")
    for root in (cache, tmp_path):
        store = Store(root)
        assert [str(found) for found in store.repos()] == ["datasets/org/data"]
        found = store.find("dataset", "org/data")
        assert found is not None and set(found.folders) == {"main", "refs/pr/1"}
        listing = store.listing(found.folders["main"]).result(20)
        assert set(listing.files) == {".hidden.json", "a/b.json"} and listing.commit == COMMIT


def test_names_of_hosts() -> None:
    hosts = KnownHosts(["hub.example", ".lan"])
    for known in ("hub.example", "HUB.example.:80", "a.lan", "a.b.lan:1", "[::1]", "10.0.0.1:80"):
        assert hosts.knows(known)
    for unknown in ("lan", "evillan", "x.hub.example", "", ":80", "a b", "1.2.3.4.evil", "a@b"):
        assert not hosts.knows(unknown)


def test_a_link_is_absolute_only_where_that_is_known() -> None:
    hosts = KnownHosts(["hub.example"])
    seen = {"host": "localhost:80"}
    assert public_base(seen, "http", "1.1", hosts) == "http://localhost:80"
    assert public_base(seen, "http", "1.0", hosts) is None
    assert public_base({}, "http", "1.1", hosts) is None
    passed_on = {**seen, "x-forwarded-host": "hub.example", "x-forwarded-proto": "https"}
    assert public_base(passed_on, "http", "1.0", hosts) == "https://hub.example"
    passed_on["x-forwarded-host"] = "evil.example"
    assert public_base(passed_on, "http", "1.1", hosts) is None
    assert public_base({"host": "evil.example"}, "http", "1.1", None) == "http://evil.example"


def test_a_second_look_sees_what_is_other(tmp_path: Path) -> None:
    """A file that was changed, lies elsewhere, or may be shown for another reason by now."""
    put(tmp_path, {"a": b"1", "same": b"1", "to/x": b"1", "closed/b": b"1"})
    os.link(tmp_path / "to/x", tmp_path / "to/y")
    (tmp_path / "link").symlink_to("to/x")
    record(tmp_path, "closed/b", git_blob_id(b"what was downloaded"), 1.0)
    scanner = Scanner(tmp_path, Visibility(tmp_path.resolve()), HashCache(), threading.Event())
    first = scanner.scan()
    assert {"a", "closed/b"} <= set(first.files) and scanner.scan() is first
    (tmp_path / "a").write_bytes(b"other")
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("to/y")
    (tmp_path / "closed").chmod(0o700)
    second = scanner.scan().files
    assert second["a"].remote.blob_id == git_blob_id(b"other")
    assert second["link"].real == tmp_path.resolve() / "to/y"
    assert "closed/b" not in second and second["same"] == first.files["same"]
