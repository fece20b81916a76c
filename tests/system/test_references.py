"""Pasted references against a real hub: what comes, and what is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hub import LocalHub
from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model
from tests.support.command import ShellAt, tree

FILES: dict[str, str | int] = {"a.gguf": 900, "b.gguf": 800, "sub/c.json": "{}", "sub/d.json": "[]"}


@pytest.fixture
def hub(repos_root: Path, start_hub: StartHub) -> LocalHub:
    make_model(repos_root, "org/model", FILES)
    return start_hub()


@pytest.mark.parametrize(
    ("page", "comes"),
    [
        ("/org/model/tree/main/a.gguf", {"a.gguf"}),
        ("/org/model/tree/main/sub", {"sub/c.json", "sub/d.json"}),
        ("/org/model/tree/main/sub/c.json", {"sub/c.json"}),
        ("/org/model?show_file_info=a.gguf", {"a.gguf"}),
        ("/org/model/tree/main/sub?show_file_info=sub%2Fd.json", {"sub/d.json"}),
        ("/org/model/tree/main/sub?show_file_info=d.json", {"sub/d.json"}),
        ("/org/model/resolve/main/b.gguf?download=true", {"b.gguf"}),
        ("/api/models/org/model/refs", set(FILES)),
    ],
)
def test_a_page_brings_what_it_shows(
    page: str, comes: set[str], hub: LocalHub, shell_at: ShellAt
) -> None:
    shell = shell_at(hub.endpoint)
    done = shell.run(hub.endpoint + page)
    assert done.code == 0, done.err
    assert set(tree(shell.directory / "model")) == comes


def test_a_pasted_command_is_carried_out(hub: LocalHub, shell_at: ShellAt) -> None:
    shell = shell_at(hub.endpoint)
    line = f"cd /models && sudo -E wget -c {hub.endpoint}/org/model/resolve/main/a.gguf  # 1 kB"
    done = shell.run(line)
    assert done.code == 0, done.err
    assert set(tree(shell.directory / "model")) == {"a.gguf"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["ollama run hf.co/org/model:Q4_K_M"],
        ["download", "org/model"],
        ["git", "clone", "https://huggingface.co/org/model"],
        ["https://hugingface.co/org/model"],
        ["/data/model"],
        ["AutoModel.from_pretrained('org/model')"],
    ],
)
def test_what_is_answered_asks_no_one(
    arguments: list[str], hub: LocalHub, shell_at: ShellAt
) -> None:
    done = shell_at(hub.endpoint).run(*arguments)
    assert done.code == 2
    assert "org/model" in done.err or "org/name" in done.err
    assert not list(hub.log)
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("line", "comes"),
    [
        ("DIR=$(hf download org/model a.gguf)", {"a.gguf"}),
        ('subprocess.run(["hf", "download", "org/model", "b.gguf"])', {"b.gguf"}),
        ("0 3 * * * hf download org/model sub/c.json", {"sub/c.json"}),
    ],
)
def test_a_command_within_something_else_brings_what_it_names(
    line: str, comes: set[str], hub: LocalHub, shell_at: ShellAt
) -> None:
    shell = shell_at(hub.endpoint)
    done = shell.run(line)
    assert done.code == 0, done.err
    assert set(tree(shell.directory / "model")) == comes
