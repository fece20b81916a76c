"""What hfget fetched is loaded by transformers and datasets, offline, from cache and folder.

Needs torch, transformers and datasets (`make test-interop`); skipped where they are missing.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hfget import download, plan
from hfget.ui.next_step import next_step
from tests.hub import LocalHub
from tests.support.command import Shell, new_shell
from tests.support.consumers import DATASET, GPT2, MODEL, load, make_sources

pytestmark = [
    pytest.mark.interop,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        any(not importlib.util.find_spec(name) for name in ("torch", "transformers", "datasets")),
        reason="torch, transformers and datasets are not installed (make test-interop)",
    ),
]

REPOS = ("gpt2", "org/sharded", "org/bert")
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_ENDPOINT": "http://127.0.0.1:9"}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sources")
    make_sources(root)
    return root


@pytest.fixture(scope="module")
def hub(sources: Path) -> Iterator[LocalHub]:
    with LocalHub(sources, aliases={"gpt2": "openai-community/gpt2"}) as hub:
        yield hub


@pytest.fixture(scope="module")
def right(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """By repo, what transformers load of its source: all in one process."""
    shell = new_shell(tmp_path_factory.mktemp("right"), "")
    names = {repo: str(sources / repo.replace("gpt2", "openai-community/gpt2")) for repo in REPOS}
    found = load(MODEL, *names.values(), shell=shell, **OFFLINE)
    return {repo: found[name] for repo, name in names.items()}


@pytest.fixture
def shell(hub: LocalHub, tmp_path: Path) -> Shell:
    return new_shell(tmp_path / "work", hub.endpoint)


def fetch(shell: Shell, hub: LocalHub, *arguments: str) -> Path:
    """Download, and once more: the second run fetches no content. The place it names."""
    first = shell.run(*arguments)
    assert first.code == 0, first.err
    hub.clear_log()
    assert shell.run(*arguments).out == first.out
    assert hub.requests(path="*/resolve/*") == [] and hub.bytes_sent("cdn") == 0
    return shell.directory / first.out.strip()


@pytest.mark.parametrize("repo", REPOS)
def test_transformers_load_from_the_cache(
    repo: str, right: dict[str, object], hub: LocalHub, shell: Shell
) -> None:
    fetch(shell, hub, repo, "--cache")
    assert load(MODEL, repo, shell=shell, **OFFLINE) == {repo: right[repo]}


@pytest.mark.parametrize("repo", REPOS)
def test_transformers_load_from_a_folder(
    repo: str, right: dict[str, object], hub: LocalHub, shell: Shell
) -> None:
    folder = fetch(shell, hub, repo)
    assert load(MODEL, folder, shell=shell, **OFFLINE) == {str(folder): right[repo]}


def test_the_classes_of_gpt2_find_it_by_its_old_name(hub: LocalHub, shell: Shell) -> None:
    fetch(shell, hub, "gpt2", "--cache")
    ids = load(GPT2, "gpt2", shell=shell, **OFFLINE)
    assert isinstance(ids, list) and ids[-1] == 2 and len(ids) > 3


@pytest.mark.parametrize(
    ("repo", "first"),
    [
        ("org/parquet", [100, "the quick brown fox jumps over the lazy dog"]),
        ("org/lines", [2, "a"]),
        ("org/rows", [2, "a"]),
    ],
)
def test_datasets_load(repo: str, first: list[object], hub: LocalHub, shell: Shell) -> None:
    """From a folder offline; from the cache with the hub at hand, without a byte of content."""
    folder = fetch(shell, hub, repo, "--dataset")
    assert load(DATASET, folder, shell=shell, **OFFLINE) == first
    fetch(shell, hub, repo, "--dataset", "--cache")
    hub.clear_log()
    assert load(DATASET, repo, shell=shell) == first
    content = [r for r in hub.requests(method="GET") if r.status in (200, 206)]
    assert [r.path for r in content if r.origin == "cdn" or "/resolve/" in r.path] == []


def test_what_is_said_to_load_a_download_loads_it(hub: LocalHub, shell: Shell) -> None:
    """The line at the end of a run, as it stands."""
    lines = ["from transformers import *", "from datasets import load_dataset", "import json"]
    for repo in ("gpt2", "org/bert", "datasets/org/parquet"):
        folder = shell.directory / repo.replace("/", "-")
        download(repo, local_dir=folder, endpoint=[hub.endpoint])
        step = next_step(plan(repo, local_dir=folder, endpoint=[hub.endpoint]))
        lines.append(step.removeprefix("in Python: "))
        assert lines[-1].endswith(f'("{folder}")')
    load("\n".join([*lines, "print(json.dumps(1))"]), shell=shell, **OFFLINE)


@pytest.mark.skipif(not importlib.util.find_spec("accelerate"), reason="accelerate is missing")
def test_the_page_on_fine_tuning_runs(hub: LocalHub, shell: Shell) -> None:
    """What it fetches, with the datasets of this hub, then its run, offline."""
    page = Path(__file__).parents[2] / "docs" / "fine-tuning.md"
    code = re.search(r"```py\n(.*?)```", page.read_text("utf-8"), flags=re.DOTALL)
    assert code and "models/gpt2" in code[1] and "data/name" in code[1]
    fetch(shell, hub, "gpt2", "--weights", "safetensors", "--local-dir", "models/gpt2")
    fetch(shell, hub, "org/parquet", "--dataset", "--local-dir", "data/name")
    done = subprocess.run(
        [sys.executable, "-c", code[1]],
        cwd=shell.directory,
        env={**shell.environment(), **OFFLINE},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (shell.directory / "out" / "final" / "model.safetensors").exists()
