"""Wrong use ends in one block and exit code 2; what is a command and what a repo."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from hfget import verify
from hfget.cli.main import main
from hfget.errors import NotFoundError


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command in this process; nothing here gets as far as the network."""
    monkeypatch.setattr(sys, "argv", ["hfget", *arguments])
    # Nobody listens there; a test that gets so far ends with another code.
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


WRONG = [
    (["gpt2", "-j", "0"], "--jobs must be from 1 to"),
    (["gpt2", "-x", "99999"], "--connections must be from 1 to"),
    (["gpt2", "-x", "many"], "'many' is not a whole number"),
    (["gpt2", "--retries", "-1"], "--retries must not be negative"),
    (["gpt2", "--conections", "3"], "no such option"),
    (["gpt2", "--include"], "requires an argument"),
    (["gpt2", "--repo-type", "modell"], "not one of model, dataset, space"),
    (["gpt2", "--dataset", "--space"], "cannot be used together"),
    (["gpt2", "--local-dir", ""], "is not a folder"),
    (["gpt2", "--local-dir", "-"], "is not a folder"),
    (["gpt2", "--endpoint", "ftp://x"], "--endpoint"),
    (["gpt2", "--token", "a b"], "the token from --token"),
    (["gpt2", "--token", "x", "--token-file", "y"], "cannot be used together"),
    (["gpt2", "--token-file", "/nowhere"], "the token file /nowhere does not exist"),
    (["gpt2", "--env-file", "/nowhere"], "cannot read the env file /nowhere"),
    (["--json-lines"], "no such option"),
    (["ls"], "missing argument 'REPO'"),
    (["verify"], "missing argument 'DIR'"),
    (["-q", "ls", "gpt2"], "ls is a command and comes before its options"),
    (["serve", "/nowhere"], "/nowhere is not a folder"),
    (["serve", "--port", "99999"], "--port must be from 0 to 65535"),
    (["a b c"], ""),
    (["https://example.org/some/page/of/somebody"], ""),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_wrong_use_is_one_block_on_stderr(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    assert run(monkeypatch, *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    errors = [line for line in err.splitlines() if not line.startswith(("note:", "warning:"))]
    first, *rest = errors
    assert first.startswith("error: ") and said in first
    assert len(rest) <= 2 and all(line.startswith("  ") for line in rest)
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [one for one, _ in WRONG if one[0] != "serve"])
def test_wrong_use_is_one_object_with_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    before = [*arguments[:1], "--json", *arguments[1:]]
    if arguments[0] == "-q" or arguments == ["gpt2", "--include"]:
        before = ["--json", *arguments]
    assert run(monkeypatch, *before) == 2
    out, err = capsys.readouterr()
    events = [json.loads(line) for line in out.splitlines()]
    errors = [event for event in events if event["event"] != "note"]
    assert [(event["event"], event["code"], event["kind"]) for event in errors] == [
        ("error", 2, "usage")
    ]
    assert err == ""


def test_a_file_in_place_of_the_folder_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("mine")
    assert run(monkeypatch, "gpt2", "--local-dir", str(tmp_path / "out")) == 2
    assert "is a file, not a folder" in capsys.readouterr().err


def test_nothing_typed_gets_the_help_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 15 and "hfget --help" in err


@pytest.mark.parametrize(
    "arguments",
    [["gpt2"], ["get", "ls"], ["--", "ls"], ["-x", "3", "--", "verify"], ["get", "--", "-x"]],
)
def test_what_is_no_command_is_a_repo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run(monkeypatch, *arguments) != 0
    err = capsys.readouterr().err
    assert "HF_HUB_OFFLINE" in err or "is not a repo" in err, err


def test_an_option_after_the_dashes_is_no_option(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "--bogus", "--", "--json")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gpt2", "--token-file=~/none"], "the token file {home}/none"),
        (["gpt2", "--token_file", "~/none"], "the token file {home}/none"),
        (["ls", "gpt2", "--env-file=~/none"], "cannot read the env file {home}/none"),
        (["gpt2", "--local-dir=~/file"], "--local-dir {home}/file is a file"),
        (["gpt2", "--cache-dir=~/file"], "--cache-dir {home}/file is a file"),
        (["verify", "~/none"], "{home}/none holds no record"),
        (["serve", "~/none"], "{home}/none is not a folder"),
    ],
)
def test_the_home_folder_is_expanded_wherever_a_path_is_taken(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "file").write_text("mine")
    assert run(monkeypatch, *arguments) in (2, 3)
    assert said.format(home=tmp_path) in capsys.readouterr().err


def test_verify_expands_the_home_folder_in_python_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    with pytest.raises(NotFoundError, match=str(tmp_path / "none")):
        verify("~/none")
