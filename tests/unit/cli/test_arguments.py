"""What people type and copy becomes what typer reads; what is meant is never inverted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from hfget.cli.arguments import Arguments, read
from hfget.cli.main import make_app
from hfget.cli.other_tools import INSTEAD, NOT_NEEDED
from hfget.errors import UsageError
from hfget.options.download import OPTIONS

COMMANDS: Any = typer.main.get_command(make_app())


def arguments(*words: str, command: str = "get") -> Arguments:
    return read(words, COMMANDS.commands[command].params, "hfget")


def understood(*words: str, command: str = "get") -> dict[str, Any]:
    """The parameters that typer makes of the words; an older typer says a list as a tuple."""
    found = COMMANDS.commands[command]
    context = typer.Context(found, parent=typer.Context(COMMANDS))
    found.parse_args(context, list(words))
    given = {name: value for name, value in context.params.items() if value}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in given.items()}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def files(*names: str) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


PATTERNS = [
    (["r", "--exclude", "A", "B", "C"], [], ["A", "B", "C"], []),
    (["r", "--include", "*.json", "*.txt"], ["*.json", "*.txt"], [], []),
    (["r", "--include=*.json", "*.txt"], ["*.json", "*.txt"], [], []),
    (["r", "--include", "a", "b", "--exclude", "c", "d"], ["a", "b"], ["c", "d"], []),
    (["r", "--include", "a", "--include", "b"], ["a", "b"], [], []),
    (["r", "f", "--exclude", "A", "B"], [], ["A", "B"], ["f"]),
    (["r", "--exclude", "A", "-x", "4"], [], ["A"], []),
    (["r", "--exclude", "A", "B", "-q", "f"], [], ["A", "B"], ["f"]),
    (["r", "--exclude", "A", "--", "f"], [], ["A"], ["f"]),
    (["--include", "*.json", "r"], ["*.json"], [], []),
    (["--include", "*.json", "*.txt", "r"], ["*.json", "*.txt"], [], []),
    (["--include", "a.json", "b.json", "o/r"], ["a.json", "b.json"], [], []),
    (["--include", "*.json", "r", "config.json"], ["*.json"], [], ["config.json"]),
    (["--exclude", "a.bin", "b.bin", "r"], [], ["a.bin", "b.bin"], []),
    (["--exclude", "A", "B", "--local-dir", "d", "r"], [], ["A", "B"], []),
    (["--exclude", "A", "B", "-x", "4", "r"], [], ["A", "B"], []),
    (["--include", "a", "b", "--exclude", "c", "d.bin", "r"], ["a", "b"], ["c", "d.bin"], []),
    (["--include", "*.json", "https://hf.co/o/r"], ["*.json"], [], []),
]


@pytest.mark.parametrize(("words", "include", "exclude", "named"), PATTERNS)
def test_words_behind_a_pattern_option_are_patterns(
    words: list[str], include: list[str], exclude: list[str], named: list[str]
) -> None:
    found = understood(*words)
    assert found["repo"] in ("r", "o/r", "https://hf.co/o/r")
    assert list(found.get("include", ())) == include
    assert list(found.get("exclude", ())) == exclude
    assert list(found.get("files", ())) == named


@pytest.mark.parametrize(
    ("words", "weights", "quant", "names"),
    [
        (["r", "--weights", "safetensors", "onnx"], ["safetensors", "onnx"], [], []),
        (["r", "--weights=bin", "GGUF", "a.json"], ["bin", "GGUF"], [], ["a.json"]),
        (["r", "--quant", "Q4_K_M", "q8_0", "f"], [], ["Q4_K_M", "q8_0"], ["f"]),
        (["r", "--quant", "Q4_K_M", "--", "Q8_0"], [], ["Q4_K_M"], ["Q8_0"]),
        (["r", "onnx", "--weights", "onnx"], ["onnx"], [], ["onnx"]),
        (["--weights", "bin", "onnx", "a.json"], ["bin"], [], ["a.json"]),
    ],
)
def test_kinds_and_labels_behind_their_option_are_values_of_it(
    words: list[str], weights: list[str], quant: list[str], names: list[str]
) -> None:
    found = arguments(*words)
    given = understood(*found.words)
    assert (given.get("weights", []), given.get("quant", [])) == (weights, quant)
    assert given.get("files", []) == names
    assert bool(found.notes) == (len(weights) + len(quant) > 1)


def test_words_behind_a_pattern_option_are_patterns_when_listing_too() -> None:
    found = understood("r", "--exclude", "A", "B", command="ls")
    assert list(found["exclude"]) == ["A", "B"] and "files" not in found


@given(
    patterns=st.lists(
        st.text("abc*?./[]-_", min_size=1).filter(lambda word: not word.startswith("-")), min_size=1
    ),
    flag=st.sampled_from(["--include", "--exclude"]),
)
def test_nothing_behind_a_pattern_option_becomes_a_file(patterns: list[str], flag: str) -> None:
    words = arguments("org/repo", flag, *patterns).words
    assert words[0] == "org/repo"
    assert set(words[1::2]) <= {flag}, "a word became a file"
    assert len(words) % 2 == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--exclude", "A", "r", "f.bin"], "files to fetch, or patterns"),
        (["--exclude", "A", "one", "two"], "which of one, two is the repo?"),
        (["--include", "*.a", "*.b", "*.c"], "no repo is named"),
    ],
)
def test_what_is_not_plain_is_asked_and_never_guessed(words: list[str], why: str) -> None:
    with pytest.raises(UsageError, match=why) as raised:
        arguments(*words)
    assert raised.value.hint.startswith("put the repo first: hfget REPO --")


STARS = [
    (["a.bin", "b.bin"], ["a.bin", "b.bin"], ["*.bin"]),
    (["a.bin", "b.bin", "c.txt"], ["a.bin", "b.bin"], ["*.bin"]),
    (["a.bin", "b.bin"], ["a.bin", "b.bin", "*.h5"], ["*.bin", "*.h5"]),
    (["a.bin", "b.bin"], ["onnx", "a.bin", "b.bin"], ["onnx", "*.bin"]),
    (["a.json", "b.json", "c.x", "d.x"], ["a.json", "b.json", "c.x", "d.x"], ["*.json", "*.x"]),
    (["a.json", "b.json", "c.txt"], ["a.json", "b.json", "c.txt"], ["*.json", "c.txt"]),
    (["x/a.bin", "x/b.bin"], ["x/a.bin", "x/b.bin"], ["x/*"]),
    (["x/a.bin", "x/b.bin", "x/c"], ["x/a.bin", "x/b.bin"], ["x/*.bin"]),
    (["x/a", "x/b.bin", "x/c"], ["x/a", "x/b.bin", "x/c"], ["x/*"]),
    ([".a.bin", "b.bin", "c.bin"], ["b.bin", "c.bin"], ["*.bin"]),
]


@pytest.mark.parametrize(("here", "words", "patterns"), STARS)
@pytest.mark.parametrize("flag", ["--include", "--exclude"])
def test_names_that_a_star_gives_here_are_that_star(
    flag: str, here: list[str], words: list[str], patterns: list[str]
) -> None:
    files(*here)
    found = understood("r", flag, *words)
    assert list(found[flag[2:]]) == patterns and "files" not in found
    (said,) = arguments("r", flag, *words).notes
    assert said.level == "warning" and said.text.startswith("the shell has put ")
    assert all(f"'{pattern}'" in said.text for pattern in patterns if pattern not in words)


@pytest.mark.parametrize(
    ("here", "words"),
    [
        (["a.bin"], ["a.bin"]),  # one may have been typed
        (["a.bin", "b.bin", "c.bin"], ["a.bin", "b.bin"]),  # a star would have found more
        (["a.bin"], ["a.bin", "b.bin"]),
        ([], ["a.bin", "b.bin"]),
        (["a", "b"], ["a", "b"]),
        (["a.json", "c.txt"], ["a.json", "c.txt", "d*"]),
    ],
)
def test_names_that_no_star_gives_stay(here: list[str], words: list[str]) -> None:
    files(*here)
    found = arguments("r", "--exclude", *words)
    assert found.words == ["r", *(word for name in words for word in ("--exclude", name))]
    (said,) = found.notes
    assert said.level == "info", "it is said how they were read"


def test_names_in_a_download_may_be_asked_for_again_but_are_left_out_by_their_star() -> None:
    files(".cache/huggingface/CACHEDIR.TAG", "a.json", "b.json")
    assert understood("r", "--include", "a.json", "b.json")["include"] == ["a.json", "b.json"]
    assert understood("r", "--exclude", "a.json", "b.json")["exclude"] == ["*.json"]
    assert "put quotes around it" in arguments("r", "--include", "a.json", "b.json").notes[0].text


@pytest.mark.parametrize("name", [flag for known in OPTIONS.values() for flag in known.flags])
def test_underscores_and_dashes_are_the_same_in_every_option(name: str) -> None:
    option = next(known for known in OPTIONS.values() if name in known.flags)
    value = ["2"] if option.metavar else []
    other = f"--{name[2:].replace('-', '_')}" if name.startswith("--") else name
    assert understood("r", other, *value) == understood("r", name, *value)
    if value and name.startswith("--"):
        assert understood("r", f"{other}=2") == understood("r", name, "2")


def test_the_values_of_options_are_left_as_they_are() -> None:
    found = understood("r", "--revision", "5_0", "--local_dir", "my_dir", "--include", "a_b")
    assert (found["revision"], found["local_dir"], found["include"]) == ("5_0", "my_dir", ["a_b"])
    assert understood("r", "--include=--odd_name")["include"] == ["--odd_name"]
    assert understood("r", "--", "--local_dir")["files"] == ["--local_dir"]


@pytest.mark.parametrize(
    "flag", [known.flags[-1] for known in OPTIONS.values() if known.metavar and known.flags]
)
def test_an_option_is_not_the_value_of_another(flag: str) -> None:
    with pytest.raises(UsageError, match=f"{flag} requires an argument, and --dry-run is an"):
        arguments("r", flag, "--dry_run")


@pytest.mark.parametrize("name", NOT_NEEDED)
def test_what_is_not_needed_is_taken_and_said(name: str) -> None:
    values = NOT_NEEDED[name].values
    value = [] if not values else ["x" if values == "any" else "False"]
    found = arguments("r", name, *value, "-q")
    assert found.words == ["r", "-q"]
    (said,) = found.notes
    assert said.text.startswith(f"{name} is not needed: ")
    if values != "any":
        assert arguments("r", name, "config.json").words == ["r", "config.json"]
    if name.startswith("--"):
        assert arguments("r", name.replace("-", "_").replace("__", "--", 1)).words == ["r"]


@pytest.mark.parametrize("name", INSTEAD)
def test_what_others_have_is_answered_by_name(name: str) -> None:
    with pytest.raises(UsageError, match=f"no such option: {name}$") as raised:
        arguments("r", name, "x")
    assert raised.value.hint == INSTEAD[name]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("--max-workers", "hfget calls it --jobs"),
        ("--max_workers", "hfget calls it --jobs"),
        ("--force-download", "hfget calls it --force"),
        ("--output-dir", "hfget calls it --local-dir"),
        ("--directory-prefix", "hfget calls it --local-dir"),
        ("--branch", "hfget calls it --revision"),
        ("--type", "hfget calls it --repo-type"),
        ("--mirror", "hfget calls it --endpoint"),
        ("--index-url", "hfget calls it --endpoint"),
        ("--max-connection-per-server", "hfget calls it --connections"),
        ("--max_overall_download_limit", "hfget calls it --limit-rate"),
        ("--force-reinstall", "hfget calls it --force"),
        ("--allow-overwrite", "hfget calls it --force"),
        ("--reject", "hfget calls it --exclude"),
        ("--num-workers", "hfget calls it --jobs"),
        ("--local-dri", "did you mean --local-dir?"),
        ("--LOCAL_DIR", "did you mean --local-dir"),
        ("--inclde", "did you mean --include"),
        ("--no-such-thing-at-all", "hfget --help"),
    ],
)
def test_an_unknown_option_leads_to_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match="no such option") as raised:
        arguments("r", name, "x")
    assert raised.value.hint.startswith(hint)


def test_none_of_the_others_options_hides_one_of_ours() -> None:
    """That of another command is its own there, as `--format` of `hfget urls`."""
    ours = {
        flag for name in ("get", "ls") for p in COMMANDS.commands[name].params for flag in p.opts
    }
    assert not ours & (NOT_NEEDED.keys() | INSTEAD.keys())
    assert not NOT_NEEDED.keys() & INSTEAD.keys()


def test_every_option_that_an_answer_names_exists() -> None:
    ours = {flag for p in COMMANDS.commands["get"].params for flag in p.opts} | {"--help"}
    texts = [*INSTEAD.values(), *(unneeded.why for unneeded in NOT_NEEDED.values())]
    for option in re.findall(r"(?<![\w-])--?[a-z][\w-]*", " ".join(texts)):
        assert option in ours | {"-r"}, option  # -r is of the shell's `read`


def test_other_commands_know_their_own_options_alone() -> None:
    with pytest.raises(UsageError) as raised:
        arguments("d", "-O", command="verify")
    assert raised.value.hint == "hfget --help"
    with pytest.raises(UsageError) as raised:
        arguments("d", "--qiet", command="verify")
    assert raised.value.hint.startswith("did you mean --quiet?")


@given(st.lists(st.text("-=x q/*_", max_size=6), max_size=8))
def test_any_words_are_read_or_refused(words: list[str]) -> None:
    try:
        arguments(*words)
    except UsageError as error:
        assert error.message and error.hint
