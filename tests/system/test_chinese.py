"""Whole outputs in Simplified Chinese, as in `tests/snapshots/zh_CN`, and who gets them.

`HFGET_UPDATE_SNAPSHOTS=1 pytest tests/system/test_chinese.py` writes them again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hfget.system import cells
from tests.hub import LocalHub, effects
from tests.hub.faults import Fault
from tests.hub.repos import make_dataset, make_model
from tests.support.command import Shell, new_shell
from tests.support.terminal import TMUX, Terminal
from tests.system import test_snapshots
from tests.system.test_snapshots import SNAPSHOTS, check_whole_output

RUNS: dict[str, str] = {
    "get": "org/small",
    "get again": "org/small ; org/small",
    "get file": "org/small config.json",
    "include near": "org/small --include confg.json",
    "repo not there": "org/nothing",
    "revision not there": "org/small --revision v9",
    "verify": "org/small ; verify small",
    "verify no record": "verify home",
    "option unknown": "org/small --locl-dir x",
    "connections too many": "org/small -x 1000",
    "offline": "org/small",
    "server error": "org/small --retries 0",
    "wrong bytes": "org/small model.safetensors",
    "two repos": "org/small datasets/org/data",
    "list of repos": "-i repos.txt",
    "list wrong": "-i none.txt",
    "several endpoints": "org/small --retries 1 --endpoint http://127.0.0.1:9",
    "tool not there": "org/small --tool aria2c --aria2c-path none",
    "no such shard": "org/small --shard 3/2",
    "dry run": "org/small --dry-run",
    "ls": "ls org/small",
    "urls": "urls org/small",
    "urls format": "urls org/small --format toml",
    "lock": "lock org/small ; lock org/small --update ; sync ; sync --check",
    "lock not there": "sync",
    "outdated": "org/small ; outdated small",
    "list nowhere": "list none",
    "prune": "prune",
    "prune age": "prune --older-than soon",
    "mirrors": "mirrors org/small --endpoint http://127.0.0.1:9",
    "repo before options": "-j 2 ls",
    "nothing": "",
    "help": "--help",
    "help all": "--help-all",
    "topic not there": "help nothing",
    "topic is command": "help ls",
    "ls help": "ls --help",
    "urls help": "urls --help",
    "verify help": "verify --help",
    "lock help": "lock --help",
    "sync help": "sync --help",
    "outdated help": "outdated --help",
    "list help": "list --help",
    "prune help": "prune --help",
    "mirrors help": "mirrors --help",
    "serve help": "serve --help",
    "help help": "help --help",
    "log of GitHub": "org/small --retries 0",
}
FAULTS: dict[str, Sequence[Fault]] = {
    **test_snapshots.FAULTS,
    "log of GitHub": [Fault(effects.Status(500), origin="cdn", times=None)],
}
ENVIRONMENT = {
    **test_snapshots.ENVIRONMENT,
    "log of GitHub": {"CI": "true", "GITHUB_ACTIONS": "true"},
}
FOLDER = SNAPSHOTS / "zh_CN"


@pytest.fixture
def shell(
    repos_root: Path,
    start_hub: Callable[..., LocalHub],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Shell]:
    files: dict[str, bytes | str | int] = {"config.json": "{}", "model.safetensors": 300_000}
    make_model(repos_root, "org/small", files)
    make_dataset(repos_root, "org/data", {"train.csv": "a,b\n1,2\n"})
    called = getattr(request.node, "callspec", None)
    name = called.params.get("name", "") if called else ""
    hub = start_hub()
    for fault in FAULTS.get(name, ()):
        hub.faults.add(replace(fault))
    shell = new_shell(tmp_path / "work", hub.endpoint)
    (shell.directory / "repos.txt").write_text("org/small\ndatasets/org/data --include '*.csv'\n")
    chinese = {"HFGET_LANG": "zh_CN", "PYTHONIOENCODING": "utf-8"}
    yield shell.with_env(COLUMNS="80", **chinese, **ENVIRONMENT.get(name, {}))


@pytest.mark.parametrize("name", RUNS)
def test_the_whole_output(name: str, shell: Shell) -> None:
    check_whole_output(FOLDER, name, RUNS[name], shell)


def test_each_snapshot_is_of_a_run() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {n.replace(" ", "-") for n in RUNS}


@pytest.mark.skipif(TMUX is None, reason="tmux is missing: no terminal to look at")
def test_columns_stand_below_each_other_in_a_terminal(shell: Shell) -> None:
    assert shell.run("org/small").code == 0
    with Terminal(shell.with_env(LANG="C.UTF-8")) as terminal:
        terminal.type("hfget list")
        text = terminal.wait_for(lambda text: "项下载" in text)
    head, row = (line for line in text.splitlines() if "位置" in line or "./small" in line)
    assert cells(head.partition("位置")[0]) == cells(row.partition("./small")[0])
    assert cells(head.partition("日期")[0]) == cells(row.partition("20")[0])


@pytest.mark.parametrize(
    ("variables", "chinese"),
    [
        ({"HFGET_LANG": "zh-Hans"}, True),
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LC_MESSAGES": "zh_SG.UTF-8", "LANG": "en_US.UTF-8"}, True),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, False),
        ({"HFGET_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, False),
        ({"HFGET_LANG": "zh_CN", "PYTHONIOENCODING": "ascii"}, False),
        ({"LANG": "zh_TW.UTF-8"}, False),
    ],
)
def test_the_environment_chooses(variables: dict[str, str], chinese: bool, shell: Shell) -> None:
    none = {"HFGET_LANG": "", "LC_ALL": "", "LC_MESSAGES": "", "LANG": ""}
    done = shell.with_env(**none).with_env(**variables).run("-x", "1000")
    assert ("错误：" in done.err) is chinese
    assert ("error: " in done.err) is not chinese


def test_an_env_file_chooses(shell: Shell) -> None:
    (shell.directory / "settings").write_text("HFGET_LANG=zh_CN\n")
    asked = shell.with_env(HFGET_LANG="", LANG="C", HF_HUB_OFFLINE="1")
    assert "错误：" in asked.run("org/none", "--env-file", "settings").err


def test_json_stays_english(shell: Shell) -> None:
    event = json.loads(shell.run("org/nothing", "--json").out.splitlines()[-1])
    assert event["kind"] == "repo-not-found"
    assert json.dumps(event, ensure_ascii=False).isascii()


def test_a_program_is_asked_by_its_own_variable(shell: Shell) -> None:
    code = (
        "import hfget\n"
        "try: hfget.download('a b')\n"
        "except hfget.HfgetError as error: print(error, '|', error.message)\n"
    )
    said = {}
    for name, variables in {
        "own": {"HFGET_LANG": "zh_CN"},
        "locale": {"HFGET_LANG": "", "LANG": "zh_CN.UTF-8"},
    }.items():
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=shell.with_env(**variables).environment(),
            cwd=shell.directory,
            capture_output=True,
            timeout=60,
            check=True,
        )
        said[name] = done.stdout.decode().strip()
    assert said["own"] == "a b 含有空格 | a b contains spaces"
    assert said["locale"] == "a b contains spaces | a b contains spaces"


def test_english_reads_no_catalogue(shell: Shell) -> None:
    code = (
        "import sys, os\n"
        "opened = []\n"
        "hear = lambda name, about: opened.append(str(about[0])) if name == 'open' else None\n"
        "sys.addaudithook(hear)\n"
        "sys.argv = ['hfget', '-x', '1000']\n"
        "from hfget.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([path for path in opened if path.endswith('.mo')])\n"
    )
    for language, read in (("en", False), ("zh_CN", True)):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=shell.with_env(HFGET_LANG=language).environment(),
            cwd=shell.directory,
            capture_output=True,
            timeout=60,
            check=True,
        )
        assert (b"hfget.mo" in done.stdout) is read
