"""`hfget ls`: the groups on a terminal, on a pipe and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from hfget.model import RepoRef, RepoType, Snapshot
from hfget.ui.lines import LinesDisplay
from hfget.ui.ndjson import NdjsonDisplay
from tests.support.weights_listings import (
    BARTOWSKI,
    DATASET,
    LISTINGS,
    LLAMA,
    MRADERMACHER,
    files_of,
)
from tests.unit.ui.test_all_displays import Stream


def snapshot(listing: Mapping[str, int], repo_type: RepoType = "model") -> Snapshot:
    ref = RepoRef("org/name", repo_type)
    return Snapshot(ref, "https://hub.example", "c" * 40, tuple(files_of(listing)))


def listed(listing: Mapping[str, int], *, terminal: bool = True) -> list[str]:
    messages, results = Stream(), Stream(terminal=terminal)
    LinesDisplay(messages, results=results).listing(snapshot(listing))
    assert messages.text == ""
    return results.text.splitlines()


def test_a_terminal_shows_the_groups_after_the_files() -> None:
    assert listed(LLAMA)[len(LLAMA) + 1 :] == [
        "15 files, 40.5 GB",
        "",
        "  13.5 GB  3 files  safetensors  transformers, diffusers, vLLM",
        "  27.0 GB  4 files  bin          transformers, PyTorch",
        "   1.0 MB  8 files  all else",
        "to fetch one of them: --weights safetensors or --pick",
    ]
    assert listed(MRADERMACHER)[len(MRADERMACHER) + 3 :] == [
        "  13.0 GB  1 file   gguf i1-IQ2_XXS  llama.cpp, Ollama, LM Studio",
        "  42.0 GB  1 file   gguf i1-Q4_K_M   llama.cpp, Ollama, LM Studio",
        "  59.0 GB  2 files  gguf i1-Q6_K     llama.cpp, Ollama, LM Studio",
        "  25.0 MB  1 file   gguf imatrix     llama.cpp, Ollama, LM Studio",
        "   5.0 kB  1 file   all else",
        "to fetch one of them: --quant i1-IQ2_XXS or --pick",
    ]


def test_a_narrow_terminal_shows_the_groups_without_what_loads_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert listed(LLAMA)[-5:] == [
        "  13.5 GB  3 files  safetensors",
        "  27.0 GB  4 files  bin",
        "   1.0 MB  8 files  all else",
        "to fetch one of them: --weights",
        "  safetensors or --pick",
    ]


def test_no_groups_where_there_is_nothing_to_tell() -> None:
    assert len(listed(DATASET)) == len(DATASET) + 2
    assert len(listed({"model.safetensors": 1})) == 3
    one_kind = listed({"model.safetensors": 1, "config.json": 1})
    assert one_kind[-1] == "  1 B  1 file  all else"


def test_a_pipe_gets_the_files_alone() -> None:
    lines = listed(BARTOWSKI, terminal=False)
    assert [line.split("\t")[2] for line in lines] == sorted(BARTOWSKI)


def records(shown: Snapshot) -> list[dict[str, Any]]:
    stream = Stream()
    NdjsonDisplay(stream).listing(shown)
    return [json.loads(line) for line in stream.text.splitlines()]


@pytest.mark.parametrize("name", LISTINGS)
def test_json_has_every_file_in_one_group(name: str) -> None:
    told = records(snapshot(LISTINGS[name]))
    groups = [record for record in told if record["event"] == "group"]
    total = told[-1]
    assert total["event"] == "total"
    assert sum(group["files"] for group in groups) == total["files"] == len(LISTINGS[name])
    assert sum(group["bytes"] for group in groups) == total["bytes"]
    assert all(group["quant"] is None or group["kind"] == "gguf" for group in groups)


def test_a_dataset_has_no_groups() -> None:
    data = snapshot({"train.pt": 1, "README.md": 1}, "dataset")
    assert [record["event"] for record in records(data)] == ["file", "file", "total"]
