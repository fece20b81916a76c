"""References with what copying leaves around them, and pasted command lines."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from hfget.errors import UsageError
from hfget.model import PathKind, RepoRef
from hfget.reference import parse

HUB = "https://huggingface.co"
MODEL = RepoRef("org/name")
ON_HUB = replace(MODEL, endpoint=HUB)
FILE = replace(ON_HUB, trail=("main", "a.bin"), path_kind=PathKind.FILE)


@pytest.mark.parametrize(
    "text",
    [
        "  org/name\n",
        '"org/name"',
        "'org/name'",
        "`org/name`",
        "“org/name”",
        "「org/name」",
        "《org/name》。",
        "<org/name>",
        "(org/name)",
        "[org/name]",
        "org/name)",
        "org/name.",
        "org/name, ",
        '"org/name",',
        "org/name。",
        "ｏｒｇ／ｎａｍｅ",
        "org／name．",
        "\ufefforg/\u200bname",
        "\u202aorg/name\u202c",
    ],
)
def test_dirt_is_taken_off(text: str) -> None:
    assert parse(text) == MODEL


@pytest.mark.parametrize(
    "text",
    [
        "<https://huggingface.co/org/name>",
        "(https://huggingface.co/org/name).",
        "[org/name](https://huggingface.co/org/name)",
        '[org/name](https://huggingface.co/org/name "a title")',
        "https：//huggingface.co/org/name",
        "ｈｔｔｐｓ://ｈｕｇｇｉｎｇｆａｃｅ.ｃｏ/org/name",
    ],
)
def test_dirt_is_taken_off_addresses(text: str) -> None:
    assert parse(text) == ON_HUB


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hf download org/name", MODEL),
        ("$ hf download org/name --quiet", MODEL),
        ("huggingface-cli download --resume-download org/name --local-dir d", MODEL),
        ("hf download org/name --local-dir d --local-dir-use-symlinks False", MODEL),
        ("HF_HUB_OFFLINE=0 HF_TOKEN=x hf download 'org/name'", MODEL),
        ("hf download \\\n  org/name \\\n  --max-workers 4", MODEL),
        ("hf download org/name config.json", replace(MODEL, path="config.json")),
        ("hf download org/name data/", replace(MODEL, path="data")),
        ("hf download org/name --revision v1", replace(MODEL, revision="v1")),
        (
            "hf download org/name a.txt --revision=refs/pr/1",
            replace(MODEL, revision="refs/pr/1", path="a.txt"),
        ),
        ("hf download org/name --type dataset", RepoRef("org/name", "dataset")),
        ("hf download --repo-type=Datasets org/name", RepoRef("org/name", "dataset")),
        ("hf download datasets/org/name --type dataset", RepoRef("org/name", "dataset")),
        ("hf download hf://spaces/org/name", RepoRef("org/name", "space")),
        ("hf download https://huggingface.co/org/name", ON_HUB),
        (
            "HF_ENDPOINT=https://hf-mirror.com hf download org/name",
            replace(MODEL, endpoint="https://hf-mirror.com"),
        ),
        (
            "HF_ENDPOINT=http://localhost:8090/hf/ hf download org/name",
            replace(MODEL, endpoint="http://localhost:8090/hf"),
        ),
        (
            "HF_ENDPOINT=HTTP://Box:8090 hf download org/name",
            replace(MODEL, endpoint="http://box:8090"),
        ),
        ("HF_ENDPOINT=hf-mirror.com hf download https://hf.co/org/name", ON_HUB),
    ],
)
def test_hf_commands(text: str, expected: RepoRef) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("git clone https://huggingface.co/org/name", ON_HUB),
        ("git clone https://huggingface.co/org/name.git dir", ON_HUB),
        ("git lfs install\ngit clone https://huggingface.co/org/name", ON_HUB),
        ("GIT_LFS_SKIP_SMUDGE=1 git clone git@hf.co:org/name", ON_HUB),
        ("git clone ssh://git@hf.co/org/name", ON_HUB),
        (
            "git clone --depth 1 -b v1 https://huggingface.co/org/name",
            replace(ON_HUB, revision="v1"),
        ),
        ("git clone --branch=v1 https://huggingface.co/org/name", replace(ON_HUB, revision="v1")),
        (
            "git -c http.proxy=http://127.0.0.1:7890 clone https://huggingface.co/datasets/org/name",
            replace(ON_HUB, repo_type="dataset"),
        ),
        ("git@hf.co:spaces/org/name", replace(ON_HUB, repo_type="space")),
    ],
)
def test_git_commands(text: str, expected: RepoRef) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "wget https://huggingface.co/org/name/resolve/main/a.bin",
        'wget -c "https://huggingface.co/org/name/resolve/main/a.bin?download=true" -O a.bin',
        "curl -LO huggingface.co/org/name/resolve/main/a.bin",
        "curl -x http://127.0.0.1:7890 -L https://huggingface.co/org/name/resolve/main/a.bin -o b",
        "curl -H 'Authorization: Bearer x' https://huggingface.co/org/name/resolve/main/a.bin",
        "wget -x https://huggingface.co/org/name/resolve/main/a.bin",
        "aria2c -x 16 -s 16 https://huggingface.co/org/name/resolve/main/a.bin",
        "% curl -L 'https://huggingface.co/org/name/resolve/main/a.bin",
    ],
)
def test_download_commands(text: str) -> None:
    assert parse(text) == FILE


def test_a_command_may_name_the_endpoint() -> None:
    ref = parse("wget hub.corp/hf/org/name/resolve/main/a.bin", endpoint="https://hub.corp/hf")
    assert ref == replace(FILE, endpoint="https://hub.corp/hf")


def test_flags_beside_a_command() -> None:
    ref = parse("hf download org/name a.txt", repo_type="space", revision="v1")
    assert ref == RepoRef("org/name", "space", revision="v1", path="a.txt")
    with pytest.raises(UsageError, match="--revision says v2"):
        parse("hf download org/name --revision v1", revision="v2")
    with pytest.raises(UsageError, match="--repo-type says model"):
        parse("hf download org/name --type dataset", repo_type="model")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("hf download", "names no repo", "org/name"),
        ("hf download --quiet", "names no repo", "org/name"),
        ("hf upload org/name .", "only `hf download`", "org/name"),
        ("hf download org/name a.txt b.txt", "chooses files", "hfget org/name a.txt b.txt"),
        ("hf download org/name *.json", "chooses files", "hfget org/name '*.json'"),
        ("hf download org/name --include '*.json'", "chooses files", "--include"),
        ("hf download org/name --exclude='*.bin'", "chooses files", "--exclude '*.bin'"),
        ("hf download org/name --type kernel", "unknown repo type kernel", "dataset"),
        ("hf download org/name ../a.txt", "cannot be a path", "without"),
        (
            "hf download https://hf.co/org/name/blob/main/a.txt b.txt",
            "names a file beside",
            "org/name",
        ),
        ("hf download hf://org/name/a.txt b.txt", "names a file beside", "org/name"),
        ("HF_ENDPOINT=https://example.com hf download org/name", "not a hub", "--endpoint"),
        ("HF_ENDPOINT=box:8090 hf download org/name", "box is not a hub", "--endpoint https://box"),
        ("git lfs install", "git command names no URL", "org/name"),
        ("git pull origin main", "git command names no URL", "org/name"),
        ("curl -x http://127.0.0.1:7890", "curl command names no URL", "org/name"),
        ("wget https://hf.co/org/a https://hf.co/org/b", "several URLs", "one at a time"),
    ],
)
def test_commands_that_cannot_be_followed(text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        parse(text)
    assert hint in caught.value.hint


@pytest.mark.parametrize("program", ["hf", "huggingface-cli", "git", "wget", "curl", "aria2c"])
def test_a_command_pasted_without_quotes(program: str) -> None:
    with pytest.raises(UsageError, match="is a program") as caught:
        parse(program)
    assert f"hfget '{program} …'" in caught.value.hint


@pytest.mark.parametrize(
    "shape", ["{}", " '{}' ", "Bearer {}", "HF_TOKEN={}", "--token {}", "models/{}", "x {} y/z"]
)
def test_a_pasted_token_is_not_repeated(shape: str) -> None:
    token = "h" + "f_" + secrets.token_hex(17)
    with pytest.raises(UsageError) as caught:
        parse(shape.format(token))
    assert token[4:] not in caught.value.message + caught.value.hint


def test_a_name_like_a_token_is_a_name() -> None:
    repo_id = "org/h" + "f_" + "a" * 24
    assert parse(repo_id) == RepoRef(repo_id)


def test_a_pasted_token_is_recognised() -> None:
    with pytest.raises(UsageError, match="token") as caught:
        parse("h" + "f_" + secrets.token_hex(17))
    assert "--token" in caught.value.hint
