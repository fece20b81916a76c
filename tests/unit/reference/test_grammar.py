"""Every form of a reference that is understood, and what it means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hfget.model import PathKind, RepoRef, RepoType
from hfget.reference import parse
from hfget.reference.revision_paths import trail_candidates

HUB = "https://huggingface.co"
MIRROR = "https://hf-mirror.com"
COMMIT = "0123456789abcdef0123456789abcdef01234567"

MODEL = RepoRef("org/name")
DATASET = RepoRef("org/name", "dataset")
SPACE = RepoRef("org/name", "space")


def at(revision: str, path: str = "", kind: PathKind = PathKind.ANY) -> RepoRef:
    return replace(MODEL, revision=revision, path=path, path_kind=kind)


def trail(kind: PathKind, *segments: str) -> RepoRef:
    return replace(MODEL, trail=segments, path_kind=kind)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("org/name", MODEL),
        ("org/name/", MODEL),
        ("org//name", MODEL),
        ("models/org/name", MODEL),
        ("datasets/org/name", DATASET),
        ("spaces/org/name/", SPACE),
        ("gpt2", RepoRef("gpt2")),
        ("datasets/squad", RepoRef("squad", "dataset")),
        ("dataset/name", RepoRef("dataset/name")),
        ("org/name@v1.0", at("v1.0")),
        ("org/name@refs/pr/1", at("refs/pr/1")),
        ("org/name@refs%2Fpr%2F1", at("refs/pr/1")),
        (f"org/name@{COMMIT.upper()}", at(COMMIT)),
        ("org/name@feature/x", trail(PathKind.ANY, "feature", "x")),
        ("gpt2@main", RepoRef("gpt2", revision="main")),
        ("org/name/tree/main", at("main")),
        ("org/name/blob/main/a@1.txt", trail(PathKind.FILE, "main", "a@1.txt")),
        ("docs/hub/tree/main", RepoRef("docs/hub", revision="main")),
        ("gpt2/blob/main/a.txt", replace(trail(PathKind.FILE, "main", "a.txt"), repo_id="gpt2")),
        ("org/name/resolve/main/a.bin?download=true#L1", trail(PathKind.FILE, "main", "a.bin")),
    ],
)
def test_plain_forms(text: str, expected: RepoRef) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hf://org/name", MODEL),
        ("hf://models/org/name/", MODEL),
        ("HF://datasets/org/name", DATASET),
        ("hf://spaces/org/name", SPACE),
        ("hf://gpt2", RepoRef("gpt2")),
        ("hf://gpt2@main/config.json", replace(at("main", "config.json"), repo_id="gpt2")),
        ("hf://org/name/data/a%20b.txt", replace(MODEL, path="data/a%20b.txt")),
        ("hf://org/name/file@1.txt", replace(MODEL, path="file@1.txt")),
        ("hf://models/org/name/a@1.txt", replace(MODEL, path="a@1.txt")),
        (
            "hf://datasets/squad@v1/a.txt",
            replace(at("v1", "a.txt"), repo_id="squad", repo_type="dataset"),
        ),
        ("hf://org/name@v1/data/a.txt", at("v1", "data/a.txt")),
        ("hf://datasets/org/name@rev/path", replace(at("rev", "path"), repo_type="dataset")),
        ("hf://org/name@refs/pr/1/a.txt", at("refs/pr/1", "a.txt")),
        ("hf://org/name@refs/pr/1", at("refs/pr/1")),
        ("hf://org/name@refs/convert/parquet/default", at("refs/convert/parquet", "default")),
        ("hf://org/name@feature%2Fx/a.txt", at("feature/x", "a.txt")),
        ("hf://org/name@feature/x/a.txt", at("feature", "x/a.txt")),
    ],
)
def test_hf_addresses(text: str, expected: RepoRef) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("org/name", MODEL),
        ("org/name/", MODEL),
        ("org/name.git", MODEL),
        ("org%2Fname", MODEL),
        ("org%2Fname/tree", MODEL),
        ("org%2Fname/tree/main", at("main")),
        ("org/datasets", RepoRef("org/datasets")),
        ("dataset/name/tree/main", RepoRef("dataset/name", revision="main")),
        ("org/settings", RepoRef("org/settings")),
        (
            "org/tree/blob/main/a.txt",
            replace(trail(PathKind.FILE, "main", "a.txt"), repo_id="org/tree"),
        ),
        ("models/org/name", MODEL),
        ("datasets/org/name", DATASET),
        ("spaces/org/name", SPACE),
        ("gpt2", RepoRef("gpt2")),
        ("gpt2/tree/main", RepoRef("gpt2", revision="main")),
        (
            "gpt2/blob/main/config.json",
            RepoRef("gpt2", trail=("main", "config.json"), path_kind=PathKind.FILE),
        ),
        ("org/name?library=transformers", MODEL),
        ("org/name#usage", MODEL),
        ("org/name/tree", MODEL),
        ("org/name/tree/main/", at("main")),
        (
            "org/name/tree/main?show_file_info=model.safetensors",
            at("main", "model.safetensors", PathKind.FILE),
        ),
        (
            "org/name?show_file_info=a%2Fb.gguf",
            replace(MODEL, path="a/b.gguf", path_kind=PathKind.FILE),
        ),
        ("org/name/tree/main/a?show_file_info=a/b.gguf", at("main", "a/b.gguf", PathKind.FILE)),
        ("org/name/tree/f/x?show_file_info=b.gguf", trail(PathKind.FILE, "f", "x", "b.gguf")),
        ("org/name/tree/main/data/sub", trail(PathKind.ANY, "main", "data", "sub")),
        ("org/name/blob/main/a.txt", trail(PathKind.FILE, "main", "a.txt")),
        ("org/name/raw/main/a.txt", trail(PathKind.FILE, "main", "a.txt")),
        ("org/name/blame/main/a.txt", trail(PathKind.FILE, "main", "a.txt")),
        ("org/name/resolve/main/a.bin?download=true", trail(PathKind.FILE, "main", "a.bin")),
        ("org/name/resolve/main/a%20b%23c.bin#L1", trail(PathKind.FILE, "main", "a b#c.bin")),
        ("org/name/blob/main/%E6%96%87.txt", trail(PathKind.FILE, "main", "文.txt")),
        ("org/name/blob/main/文ＡＢ.txt", trail(PathKind.FILE, "main", "文ＡＢ.txt")),
        ("org/name/tree/main/a%2Fb", trail(PathKind.ANY, "main", "a/b")),
        ("org/name/blob/feature/x/a.txt", trail(PathKind.FILE, "feature", "x", "a.txt")),
        ("org/name/blob/feature%2Fx/a.txt", at("feature/x", "a.txt", PathKind.FILE)),
        ("org/name/blob/refs%2Fpr%2F1/a.txt", at("refs/pr/1", "a.txt", PathKind.FILE)),
        ("org/name/tree/refs/pr/1/sub", at("refs/pr/1", "sub")),
        ("org/name/tree/refs/pr/1", at("refs/pr/1")),
        ("org/name/tree/fix%2312", at("fix#12")),
        (f"org/name/resolve/{COMMIT}/a/b.bin", at(COMMIT, "a/b.bin", PathKind.FILE)),
        (f"org/name/commit/{COMMIT}", at(COMMIT)),
        ("org/name/commits/main", at("main")),
        ("api/models/org/name", MODEL),
        ("api/datasets/org/name", DATASET),
        (
            f"api/resolve-cache/datasets/org/name/{COMMIT}/a.txt",
            replace(at(COMMIT, "a.txt", PathKind.FILE), repo_type="dataset"),
        ),
        ("api/models/org/name/revision/refs%2Fpr%2F1", at("refs/pr/1")),
        ("api/models/org/name/tree/main/data", trail(PathKind.ANY, "main", "data")),
        (
            f"api/resolve-cache/models/org/name/{COMMIT}/a%20b.txt?x=1",
            at(COMMIT, "a b.txt", PathKind.FILE),
        ),
    ],
)
def test_pages_and_api_addresses(path: str, expected: RepoRef) -> None:
    assert parse(f"{HUB}/{path}") == replace(expected, endpoint=HUB)
    assert parse(f"hf.co/{path}") == replace(expected, endpoint=HUB)
    assert parse(f"{MIRROR}/{path}") == replace(expected, endpoint=MIRROR)


@pytest.mark.parametrize(
    ("start", "endpoint"),
    [
        ("huggingface.co", HUB),
        ("HTTPS://HuggingFace.co.", HUB),
        ("http://huggingface.co:80", HUB),
        ("https://huggingface.co:443", HUB),
        ("https:/huggingface.co", HUB),
        ("https://www.huggingface.co", HUB),
        ("https://someone:password@huggingface.co", HUB),
        ("hf-mirror.com", MIRROR),
        ("https://alpha.hf-mirror.com", "https://alpha.hf-mirror.com"),
        ("http://localhost", "http://localhost"),
        ("http://hub.localhost", "http://hub.localhost"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://localhost:8090", "http://localhost:8090"),
        ("http://127.0.0.1:8090", "http://127.0.0.1:8090"),
        ("http://[::1]:8090", "http://[::1]:8090"),
        ("http://192.168.1.5:8090", "http://192.168.1.5:8090"),
        ("http://box.lan:8090", "http://box.lan:8090"),
    ],
)
def test_the_host_of_a_url_is_its_endpoint(start: str, endpoint: str) -> None:
    assert parse(f"{start}/org/name") == replace(MODEL, endpoint=endpoint)


@pytest.mark.parametrize(
    ("endpoint", "text", "expected"),
    [
        ("https://hub.corp", "https://hub.corp/org/name", "https://hub.corp"),
        ("https://hub.corp", "HUB.corp./org/name", "https://hub.corp"),
        ("https://hub.corp.", "hub.corp/org/name", "https://hub.corp"),
        ("hub.corp", "hub.corp/org/name", "https://hub.corp"),
        ("http://hub.corp:81", "hub.corp:81/org/name", "http://hub.corp:81"),
        ("http://hub.corp:81", "hub.corp/org/name", "http://hub.corp:81"),
        ("http://hub.corp:81", "hub.corp:82/org/name", "http://hub.corp:82"),
        ("http://box:8090", "box:8090/org/name", "http://box:8090"),
        ("https://hub.corp/hf", "https://hub.corp/hf/org/name", "https://hub.corp/hf"),
        ("https://hub.corp/a/b/", "hub.corp/a/b/org/name", "https://hub.corp/a/b"),
        ("https://hub.corp/hf", "https://hub.corp/org/name", "https://hub.corp"),
        ("https://hub.corp/hf", "https://huggingface.co/org/name", HUB),
        ("https://hub.corp/hf", "org/name", None),
        ("hub.corp", "models/org/name", None),
    ],
)
def test_the_named_endpoint_is_known(endpoint: str, text: str, expected: str | None) -> None:
    assert parse(text, endpoint=endpoint) == replace(MODEL, endpoint=expected)


def test_a_dot_in_a_name_makes_no_host() -> None:
    assert parse("v1.5/name", endpoint="https://hub.corp") == RepoRef("v1.5/name")


def test_a_prefix_is_taken_off_pages_too() -> None:
    ref = parse("hub.corp/hf/datasets/org/name/tree/main/sub", endpoint="https://hub.corp/hf")
    assert ref == replace(
        trail(PathKind.ANY, "main", "sub"), repo_type="dataset", endpoint="https://hub.corp/hf"
    )


@pytest.mark.parametrize("text", ["org/name", "datasets/org/name", f"{HUB}/datasets/org/name"])
def test_the_type_of_a_flag(text: str) -> None:
    assert parse(text, repo_type="dataset").repo_type == "dataset"


@pytest.mark.parametrize(
    ("text", "revision", "expected"),
    [
        ("org/name", " v1 ", at("v1")),
        ("org/name", COMMIT.upper(), at(COMMIT)),
        (f"org/name@{COMMIT}", COMMIT.upper(), at(COMMIT)),
        ("org/name@v1", "v1", at("v1")),
        ("org/name@feature/x", "feature/x", at("feature/x")),
        ("org/name/blob/feature/x/a.txt", "feature/x", at("feature/x", "a.txt", PathKind.FILE)),
        ("org/name/blob/feature/x/a.txt", "feature", at("feature", "x/a.txt", PathKind.FILE)),
        ("hf://org/name/a.txt", "feature/x", at("feature/x", "a.txt")),
    ],
)
def test_the_revision_of_a_flag(text: str, revision: str, expected: RepoRef) -> None:
    assert parse(text, revision=revision) == expected


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("org/name", []),
        ("org/name@refs/pr/1", []),
        ("org/name@a/b", [("a", "b"), ("a/b", "")]),
        ("org/name/tree/a/b/c", [("a", "b/c"), ("a/b", "c"), ("a/b/c", "")]),
        ("org/name/blob/a/b/c", [("a", "b/c"), ("a/b", "c")]),
        ("org/name/blob/main/a b.txt".replace(" ", "%20"), [("main", "a b.txt")]),
        ("org/name/tree/main/my%20data/x", [("main", "my data/x")]),
    ],
)
def test_candidates_are_the_splits_that_git_allows(
    text: str, candidates: list[tuple[str, str]]
) -> None:
    assert list(trail_candidates(parse(text))) == candidates


def test_a_deep_path_costs_a_bounded_number_of_requests() -> None:
    ref = parse(f"{HUB}/org/name/tree/main/" + "/".join("x" * 500))
    assert 1 <= len(list(trail_candidates(ref))) <= 12


@pytest.mark.parametrize("kind", ["model", "dataset", "space"])
def test_the_text_of_a_reference_is_a_reference(kind: RepoType) -> None:
    for repo_id in ("org/name", "name", "Org_1/na-me.v2"):
        ref = RepoRef(repo_id, kind)
        assert parse(str(ref)) == ref
