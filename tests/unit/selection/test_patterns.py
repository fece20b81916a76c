"""Which files names, globs and paths choose; huggingface_hub's own filter is the oracle."""

from __future__ import annotations

import time
from collections.abc import Sequence
from fnmatch import fnmatchcase

import pytest
from huggingface_hub.utils import filter_repo_objects  # type: ignore[attr-defined]
from hypothesis import given, settings
from hypothesis import strategies as st

from hfget.errors import EntryNotFoundError, UsageError
from hfget.model import PathKind, RemoteFile
from hfget.selection.patterns import Selection, select, selection_remarks
from hfget.selection.weights import Choice

REPO = (
    ".gitattributes",
    "README.md",
    "config.json",
    "data/test-00000-of-00001.parquet",
    "data/train-00000-of-00002.parquet",
    "data/train-00001-of-00002.parquet",
    "data/deep/er/notes.md",
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "odd/a[1].txt",
    "odd/b*.txt",
    "onnx/Model.onnx",
    "tokenizer.json",
)


def listing(paths: Sequence[str]) -> tuple[RemoteFile, ...]:
    return tuple(RemoteFile(path, 1, "0" * 40) for path in paths)


def chosen(selection: Selection, paths: Sequence[str] = REPO) -> list[str]:
    return [file.path for file in select(listing(paths), selection)]


def refusal(selection: Selection, paths: Sequence[str] = REPO) -> UsageError:
    with pytest.raises(UsageError) as caught:
        chosen(selection, paths)
    return caught.value


def test_nothing_asked_means_all() -> None:
    assert chosen(Selection()) == list(REPO)
    assert chosen(Selection(), ()) == []
    assert chosen(Selection(exclude=("*",)), ()) == []


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(names=("tokenizer.json", "config.json")), ["config.json", "tokenizer.json"]),
        (Selection(names=("config.json", "config.json")), ["config.json"]),
        (Selection(names=("data/deep",)), ["data/deep/er/notes.md"]),
        (Selection(names=("data/deep/",)), ["data/deep/er/notes.md"]),
        (Selection(names=("odd/a[1].txt",)), ["odd/a[1].txt"]),
        (Selection(names=("odd/b*.txt",)), ["odd/b*.txt"]),
        (Selection(names=("*.md",)), ["README.md", "data/deep/er/notes.md"]),
        (Selection(names=("README.md", "onnx")), ["README.md", "onnx/Model.onnx"]),
        (Selection(include=("*.md",)), ["README.md", "data/deep/er/notes.md"]),
        (Selection(include=("onnx/",)), ["onnx/Model.onnx"]),
        (Selection(include=("onnx\\*",)), ["onnx/Model.onnx"]),
        (Selection(include=("config.json",)), ["config.json"]),
        (Selection(include=("[ct]o*.json",)), ["config.json", "tokenizer.json"]),
        (Selection(include=("data/t*",), exclude=("*train*",)), [REPO[3]]),
        (Selection(exclude=("data/", "*.safetensors", "*.json", ".*", "o*")), [REPO[1]]),
        (Selection(include=("*.json",), names=("README.md",)), [REPO[1], REPO[2], REPO[12]]),
        (Selection(path="data/deep"), ["data/deep/er/notes.md"]),
        (Selection(path="data/deep/", path_kind=PathKind.FOLDER), ["data/deep/er/notes.md"]),
        (Selection(path="config.json", path_kind=PathKind.FILE), ["config.json"]),
        (Selection(path="data", include=("*.md",)), ["data/deep/er/notes.md"]),
        (Selection(path="data", exclude=("*.parquet",)), ["data/deep/er/notes.md"]),
    ],
)  # fmt: skip
def test_what_is_chosen(selection: Selection, expected: list[str]) -> None:
    assert chosen(selection) == expected


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        ("*.bin", "--exclude *.bin matches no file"),
        ("data", "--exclude data matches no file; --exclude 'data/' leaves 4 files out"),
        ("train", "--exclude train matches no file; --exclude '*train*' leaves 2 files out"),
        ("ONNX", "--exclude ONNX matches no file; did you mean onnx/?"),
        ("*.JSON", "--exclude *.JSON matches no file; did you mean *.json?"),
    ],
)
def test_an_exclude_that_matches_nothing_is_said(pattern: str, line: str) -> None:
    selection = Selection(exclude=(pattern,))
    assert chosen(selection) == list(REPO)
    assert selection_remarks(listing(REPO), selection) == [line]


def test_an_exclude_that_matches_is_not_told_of() -> None:
    for excludes in (("*.md", "data/"), ("config.json",), ()):
        assert selection_remarks(listing(REPO), Selection(exclude=excludes)) == []
    within = Selection(path="data", exclude=("*.json",))
    assert selection_remarks(listing(REPO), within) == []


def test_an_advised_pattern_matches_what_the_line_says() -> None:
    for pattern in ("data", "train", "deep", "00001-of", "odd"):
        (line,) = selection_remarks(listing(REPO), Selection(exclude=(pattern,)))
        advised, number = line.split("'")[1], int(line.split("leaves ")[1].split()[0])
        left = chosen(Selection(exclude=(advised,)))
        assert len(REPO) - len(left) == number > 0


def test_an_include_without_wildcard_may_have_been_meant_as_a_part() -> None:
    error = refusal(Selection(include=("00001-of",)))
    assert "'*00001-of*' matches 2 files" in error.hint
    assert "model-00001-of-00002.safetensors" in error.hint
    assert "'*" not in refusal(Selection(include=("confg.json",))).hint


def test_what_is_excluded_has_cost_no_twin() -> None:
    paths = ("config.json", "consolidated.safetensors", "model.safetensors", "pytorch_model.bin")
    choice = Choice(("safetensors",))
    assert chosen(Selection(choice=choice), paths) == [paths[0], paths[2]]
    without = Selection(choice=choice, exclude=("model.*",))
    assert chosen(without, paths) == [paths[0], paths[1]]
    safe = Selection(choice=Choice(("bin",)), safe_only=True)
    assert "contain no bin weights" in refusal(safe, paths).message


@pytest.mark.parametrize(
    ("selection", "message", "hint"),
    [
        (Selection(include=("*.JSON",)), "no file matches *.JSON", "did you mean *.json?"),
        (Selection(include=(".json",)), "no file matches .json", "*.json"),
        (Selection(include=("data",)), "no file matches data", "did you mean data/?"),
        (Selection(include=("Onnx/",)), "no file matches Onnx/", "did you mean onnx/?"),
        (Selection(include=("*.md", "*.bin")), "no file matches *.bin", "hfget ls"),
        (Selection(include=("odd/a[1].txt",)), "no file matches odd/a[1].txt", "without --include"),
        (Selection(include=("[",)), "no file matches [", "hfget ls"),
        (Selection(include=("",)), "a pattern is empty", "leave it out"),
        (Selection(names=("confg.json",)), "no file matches confg", "did you mean config.json?"),
        (Selection(include=("safetensor",)), "no file matches safetensor", "*.safetensors?"),
        (Selection(names=("CONFIG.JSON",)), "no file matches", "did you mean config.json?"),
        (Selection(names=("./config.json",)), "no file matches", "config.json"),
        (Selection(names=("notes.md",)), "no file matches", "did you mean data/deep/er/notes.md?"),
        (Selection(names=("deep",)), "no file matches deep", "did you mean data/deep/?"),
        (Selection(names=("",)), "no file matches ''", "hfget ls"),
        (Selection(names=("config.json", "nothing")), "no file matches nothing", "hfget ls"),
        (Selection(names=("config.json", "nothing/")), "no file matches nothing/", "hfget ls"),
        (Selection(include=("?" * 900,)), "no file matches ???", "hfget ls"),
        (Selection(exclude=("*",)), "--exclude leaves none", "make the pattern narrower: *"),
        (Selection(include=("*.md",), exclude=("*.md",)), "--exclude leaves none", "*.md"),
        (Selection(path="data", names=("config.json",)), "no file matches config.json", "hfget ls"),
        (Selection(include=("\x1b[31m*",)), "no file matches \\x1b[31m*", "hfget ls"),
        (Selection(include=("*" * 5_000,)), "a pattern of 5000 characters", "may have 1000"),
    ],
)  # fmt: skip
def test_what_matches_nothing_is_an_error(selection: Selection, message: str, hint: str) -> None:
    error = refusal(selection)
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("path", "kind", "what", "hint"),
    [
        ("confg.json", PathKind.FILE, "file confg.json", "did you mean config.json?"),
        ("data", PathKind.FILE, "file data", "did you mean data/?"),
        ("config.json", PathKind.FOLDER, "folder config.json", "did you mean config.json?"),
        ("dat", PathKind.FOLDER, "folder dat", "did you mean data/?"),
        ("zzz", PathKind.ANY, "file or folder zzz", "hfget ls"),
    ],
)
def test_the_path_of_a_url_must_exist(path: str, kind: PathKind, what: str, hint: str) -> None:
    with pytest.raises(EntryNotFoundError) as caught:
        chosen(Selection(path=path, path_kind=kind))
    assert caught.value.exit_code == 3
    assert f"the repo has no {what}" in caught.value.message
    assert hint in caught.value.hint


def test_near_misses_are_three_and_escaped() -> None:
    paths = [f"weights-{number:02d}\x1b.bin" for number in range(30)]
    hint = refusal(Selection(names=("weights-05.bin",)), paths).hint
    assert hint.count("\\x1b") == 3
    assert "\x1b" not in hint


def test_near_misses_are_of_the_right_kind() -> None:
    assert refusal(Selection(include=(".gitattribute",))).hint == "did you mean .gitattributes?"
    assert refusal(Selection(names=("Readme.md",))).hint == "did you mean README.md?"


def test_a_pattern_that_would_take_very_long_is_refused() -> None:
    tree = [f"{number:0100d}" for number in range(5_000)]
    error = refusal(Selection(exclude=("*" + "?" * 900,)), tree)
    assert "a pattern with 900 wildcards on 5000 files" in error.message
    assert "use * for several characters" in error.hint


def test_an_empty_repo_has_no_near_misses() -> None:
    assert refusal(Selection(include=("*",)), ()).hint == "hfget ls shows what the repo has"


SEGMENTS = st.text(alphabet="abAB.[]!*?-_é", min_size=1, max_size=4)
TREES = st.lists(st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join), max_size=12, unique=True)
PATTERNS = st.text(alphabet="abAB.[]!*?-_/\\é", min_size=1, max_size=8)


@settings(max_examples=600, deadline=None)
@given(TREES, st.lists(PATTERNS, max_size=3), st.lists(PATTERNS, max_size=2))
def test_globs_are_those_of_huggingface_hub(
    tree: list[str], include: list[str], exclude: list[str]
) -> None:
    expected = list(
        filter_repo_objects(tree, allow_patterns=include or None, ignore_patterns=exclude or None)
    )
    useless = [
        pattern
        for pattern in include
        if not list(filter_repo_objects(tree, allow_patterns=pattern))
    ]
    try:
        found = chosen(Selection(include=tuple(include), exclude=tuple(exclude)), tree)
    except UsageError as error:
        assert useless or (not expected and exclude), error
    else:
        assert found == expected
        assert not useless


@settings(max_examples=300, deadline=None)
@given(TREES, st.data())
def test_names_are_files_or_folders(tree: list[str], data: st.DataObject) -> None:
    known = sorted({"/".join(path.split("/")[:end]) for path in tree for end in (1, 2, 3)})
    if not known:
        return
    names = data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=3))
    expected = []
    for path in tree:
        for name in names:
            below = not any(char in name for char in "*?[") and path.startswith(name + "/")
            glob = name not in tree and fnmatchcase(path, name)
            if path == name or (below and name not in tree) or glob:
                expected.append(path)
                break
    try:
        assert chosen(Selection(names=tuple(names)), tree) == expected
    except UsageError:
        assert any(char in name for name in names for char in "*?[")


PATHOLOGICAL = {
    "stars": "*" * 1_000,
    "stars and letters": "*a" * 500,
    "stars and any": "*?" * 500,
    "any": "?" * 1_000,
    "star, then any": "*" + "?" * 999,
    "star, then a few any": "*" + "?" * 16 + "!",
    "star, then letters": "*" + "a" * 990 + "!",
    "star, then classes": "*" + "[a-z]" * 199 + "!",
    "star, then a few classes": "*" + "[!b]" * 15 + "!",
    "unclosed": "*" + "[" * 900,
    "reversed": "[z-a]" * 200,
}


@pytest.mark.timeout(100)
@pytest.mark.parametrize("pattern", PATHOLOGICAL.values(), ids=PATHOLOGICAL)
@pytest.mark.parametrize("name", ["data/train-{:05d}-of-99999.parquet", "a" * 60 + "{}"])
def test_pathological_patterns_are_matched_or_refused_in_bounded_time(
    pattern: str, name: str
) -> None:
    """What backtracks (exponential in a path's length) runs into the time limit."""
    tree = [name.format(number) for number in range(20_000)]
    try:
        found = chosen(Selection(include=(pattern,)), tree)
    except UsageError as error:
        assert error.hint
        assert len(error.message) < 300
    else:
        assert found == tree


def test_many_plain_patterns_cost_hardly_more_than_one() -> None:
    tree = [f"data/{number:06d}.bin" for number in range(20_000)]

    def seconds(include: tuple[str, ...]) -> float:
        runs = []
        for _ in range(3):
            begun = time.perf_counter()
            assert len(chosen(Selection(include=include), tree)) == len(include)
            runs.append(time.perf_counter() - begun)
        return min(runs)

    assert seconds(tuple(tree[::20])) < 20 * seconds((tree[7],))
