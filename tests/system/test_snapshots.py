"""Whole outputs of typical runs: exit code, stdout and stderr, as in `tests/snapshots`.

`HFGET_UPDATE_SNAPSHOTS=1 pytest tests/system/test_snapshots.py` writes them again; then look at the
difference before it is committed. What differs from run to run is replaced: ports, times, paths.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hub import LocalHub, effects
from tests.hub.faults import Fault
from tests.hub.repos import make_dataset, make_model
from tests.support.command import Shell, new_shell

SNAPSHOTS = Path(__file__).parents[1] / "snapshots"
UPDATE = os.environ.get("HFGET_UPDATE_SNAPSHOTS") == "1"

#: Name of the snapshot: the command line; `;` between several commands of one folder.
RUNS: dict[str, str] = {
    "get": "org/small",
    "get again": "org/small ; org/small",
    "get file": "org/small config.json",
    "get folder": "org/small onnx/",
    "get dataset": "datasets/org/data",
    "get to cache": "org/small --cache",
    "get local dir": "org/small --local-dir models/small",
    "get quiet": "org/small --quiet",
    "dry run": "org/small --dry-run",
    "dry run again": "org/small ; org/small --dry-run",
    "include": "org/small --include *.json",
    "include without match": "org/small --include *.gguf",
    "include near": "org/small --include confg.json",
    "exclude all": "org/small --exclude *",
    "weights": "org/small --weights safetensors",
    "weights not there": "org/small --weights gguf",
    "quant": "org/small --quant Q4_K_M",
    "safe only": "org/small --safe-only",
    "ls": "ls org/small",
    "ls not there": "ls org/nothing",
    "repo not there": "org/nothing",
    "dataset as model": "org/data",
    "revision not there": "org/small --revision v9",
    "file not there": "org/small nothing.txt",
    "verify": "org/small ; verify small",
    "verify nothing": "verify nothing",
    "verify no record": "verify home",
    "two tokens": "org/small --token a --token-file b",
    "cache and folder": "org/small --cache --local-dir x",
    "option unknown": "org/small --locl-dir x",
    "option of others": "org/small --insecure",
    "option unneeded": "org/small --resume-download",
    "verb of others": "download org/small",
    "command of others": "login",
    "local path": "./small",
    "page without repo": "https://huggingface.co/papers/2401.00001",
    "host unknown": "https://example.com/org/small",
    "connections too many": "org/small -x 1000",
    "rate wrong": "org/small --limit-rate fast",
    "offline": "org/small",
    "endpoint closed": "org/small --retries 0 --endpoint http://127.0.0.1:9",
    "server error": "org/small --retries 0",
    "wrong bytes": "org/small model.safetensors",
    "folder is file": "org/small --local-dir home/file",
    "help": "--help",
    "ls help": "ls --help",
    "verify help": "verify --help",
    "serve help": "serve --help",
}
FAULTS: dict[str, Sequence[Fault]] = {
    "server error": [Fault(effects.Status(500), times=None)],
    "wrong bytes": [Fault(effects.Garbage(), origin="cdn", times=None)],
}
ENVIRONMENT = {"offline": {"HF_HUB_OFFLINE": "1"}}
VARIABLE = (
    (re.compile(r"^\d+%.*\n", re.MULTILINE), ""),  # progress, of which a slow machine tells
    (re.compile(r"(127\.0\.0\.1|localhost):\d+"), r"\1:PORT"),
    (re.compile(r"@ [0-9a-f]{7}\b"), "@ COMMIT"),
    (re.compile(r"\d+(\.\d+)? s\b"), "TIME"),
    (re.compile(r"\d+(\.\d+)? [kMG]?B/s"), "SPEED"),
)


@pytest.fixture
def shell(
    repos_root: Path,
    start_hub: Callable[..., LocalHub],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Shell]:
    files: dict[str, bytes | str | int] = {
        "config.json": "{}",
        "model.safetensors": 300_000,
        "pytorch_model.bin": 300_000,
        "onnx/model.onnx": 20_000,
    }
    make_model(repos_root, "org/small", files)
    make_dataset(repos_root, "org/data", {"train.csv": "a,b\n1,2\n"})
    name = request.node.callspec.params["name"]
    hub = start_hub()
    for fault in FAULTS.get(name, ()):
        hub.faults.add(replace(fault))
    shell = new_shell(tmp_path / "work", hub.endpoint)
    (shell.directory / "home" / "file").write_text("here\n")
    yield shell.with_env(COLUMNS="80", **ENVIRONMENT.get(name, {}))


def plain(text: str, shell: Shell) -> str:
    text = text.replace(str(shell.directory), "WORK")
    for pattern, word in VARIABLE:
        text = pattern.sub(word, text)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def check_whole_output(folder: Path, name: str, commands: str, shell: Shell) -> None:
    """Run the commands, and hold all that they say to the snapshot of that name."""
    told = ""
    for command in commands.split(" ; "):
        done = shell.run(*command.split())
        told += plain(f"$ hfget {command}\nexit code: {done.code}", shell)
        for stream, text in (("stdout", done.out), ("stderr", done.err)):
            told += f"--- {stream}\n{plain(text, shell)}" if text else ""
    kept = folder / f"{name.replace(' ', '-')}.txt"
    if UPDATE:
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(told, encoding="utf-8")
    assert kept.exists() and told == kept.read_text(encoding="utf-8"), (
        "see HFGET_UPDATE_SNAPSHOTS above"
    )


@pytest.mark.parametrize("name", RUNS)
def test_the_whole_output(name: str, shell: Shell) -> None:
    check_whole_output(SNAPSHOTS, name, RUNS[name], shell)


def test_each_snapshot_is_of_a_run() -> None:
    assert {path.stem for path in SNAPSHOTS.glob("*.txt")} == {n.replace(" ", "-") for n in RUNS}
