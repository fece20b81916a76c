"""Verbs and command lines of other tools, where hfget wants a repo: answered, never looked up."""

from __future__ import annotations

import shlex

import pytest

from tests.unit.cli.test_main import run

ANSWERS = [
    ("download org/name", "hfget needs no verb: download", "hfget org/name"),
    ("download", "hfget needs no verb: download", "hfget REPO"),
    ("pull gpt2 config.json", "hfget needs no verb: pull", "hfget gpt2 config.json"),
    (
        "download org/name --include '*.json' --revision v1",
        "needs no verb",
        "hfget org/name --include '*.json' --revision v1",
    ),
    (
        "download --local-dir-use-symlinks False org/name --resume-download --type=dataset",
        "needs no verb",
        "hfget org/name --repo-type=dataset\n",
    ),
    ("--debug download org/name", "needs no verb", "hfget --debug org/name"),
    ("help serve", "serve is a command", "hfget serve --help"),
    ("list org/name", "org/name is not a folder", "hfget ls org/name"),
    ("login", "hfget has no command login", "HF_TOKEN"),
    ("upload org/name .", "hfget has no command upload", "only downloads"),
    ("hf download org/name a.json", "hf is a program", "hfget org/name a.json"),
    ("hf download org/name a b", "chooses files", "hfget org/name a b"),
    ("git clone https://huggingface.co/org/name", "git is a program", "hfget org/name"),
    ("./hfd.sh org/name --dataset", "command line of hfd.sh", "datasets/org/name?"),
    ("ollama run hf.co/org/name:Q4_K_M", "command line of ollama", "org/name:Q4_K_M?"),
    ("-hf org/name:Q4_K_M", "command line of llama.cpp", "org/name:Q4_K_M?"),
    ("'-hf org/name:Q4_K_M'", "command line of llama.cpp", "org/name:Q4_K_M?"),
    ("--hf-repo org/name --hf-file a.gguf", "llama.cpp", "hfget org/name a.gguf"),
    ("hfget org/name", "command line of hfget", "hfget org/name"),
    ("snapshot_download org/name", "needs no verb", "hfget org/name"),
    ("update org/name", "needs no verb", "hfget org/name"),
    ("downlaod org/name", "needs no verb", "hfget org/name"),
    ("verfy models/gpt2", "no command verfy", "did you mean hfget verify models/gpt2?"),
    ("server models", "no command server", "did you mean hfget serve models?"),
    ("diff org/name", "no command diff", "hfget org/name --dry-run"),
    ("ll org/name", "no command ll", "hfget ls org/name"),
    ("rm org/name", "no command rm", "hf cache rm"),
    ("cache ls", "no command cache", "hf cache ls"),
    ("repo create x", "no command repo", "run it without hfget: hf repo"),
    ("completion bash", "no command completion", "hfget --install-completion"),
    ("hf auth login --token x", "only `hf download`", "run it without hfget: hf auth login;"),
    ("pip install org/Name", "command line of pip", "did you mean org/Name?"),
    ("uv pip install numpy", "command line of uv", "a reference looks like"),
    ("python -m hfget org/name", "command line of hfget", "hfget org/name"),
    ("sudo hf download org/name", "sudo is a program", "hfget org/name"),
    ("npx hf download org/name a.json", "npx is a program", "hfget org/name a.json"),
    ("datasets org/name", "needs no verb", "hfget org/name --dataset"),
    ("dataset org/name -- -a.json", "needs no verb", "hfget org/name --dataset -- -a.json"),
    ("space org/name", "needs no verb", "hfget org/name --space"),
    ("model org/name", "needs no verb", "hfget org/name\n"),
    ("size org/name", "no command size", "hfget ls org/name"),
    ("bash hfd.sh org/name", "command line of hfd.sh", "did you mean org/name?"),
]


@pytest.mark.parametrize(("line", "message", "hint"), ANSWERS)
def test_it_is_answered_by_name(
    line: str,
    message: str,
    hint: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, *shlex.split(line)) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert hint in said.err
    assert said.out == ""


@pytest.mark.parametrize("options", [["--token", "made-up-1"], ["--hf-token=made-up-1"]])
def test_a_token_is_not_repeated(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "download", "org/name", *options) == 2
    said = capsys.readouterr().err
    assert "org/name" in said
    assert "made-up" not in said


@pytest.mark.parametrize(
    "words",
    [
        ["models/download"],
        ["get", "download"],
        ["org/download"],
        ["servers"],
        ["models/server", "a"],
    ],
)
def test_a_repo_may_still_be_called_so(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *words) != 2
    assert "verb" not in capsys.readouterr().err


def test_the_nearest_option_comes_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "org/name", "--token-fil", "x") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "did you mean --token-file" in said
