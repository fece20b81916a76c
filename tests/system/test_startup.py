"""Commands that only talk are quick: they import nothing they do not need."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from hfget.cli.commands.help import TOPICS
from hfget.cli.help_text import COMMON
from hfget.cli.main import COMMANDS, make_app

ROOT = Path(__file__).parents[2]
HEAVY = {
    *(
        "requests",
        "urllib3",
        "huggingface_hub",
        "httpx",
        "filelock",
        "dotenv",
        "pydantic",
    ),
    *("starlette", "uvicorn", "rich.progress", "rich.live", "rich.markdown"),
}
EXIT_CODES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 124, 129, 130, 143)
#: Of commands that can give but some of them.
CODES = {
    "ls": {0, 1, 2, 3, 4, 5, 8, 129, 130, 143},
    "verify": {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 129, 130, 143},
    "list": {0, 1, 2, 129, 130, 143},
    "prune": {0, 1, 2, 7, 129, 130, 143},
    "mirrors": {0, 1, 2, 3, 4, 5, 6, 8, 129, 130, 143},
    "serve": {0, 1, 2},
    "help": {0, 1, 2},
}


def imported_by(*arguments: str) -> set[str]:
    """The modules that `hfget ARGUMENTS` has imported when it ends."""
    code = (
        "import sys\n"
        "from hfget.cli.main import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["-h"],
        ["--version"],
        ["ls", "--help"],
        ["mirrors", "--help"],
        ["serve", "--help"],
    ],
)
def test_talk_needs_no_heavy_import(arguments: list[str]) -> None:
    modules = imported_by(*arguments)
    assert "hfget.cli.main" in modules
    assert not modules & HEAVY
    assert not {name for name in modules if name.startswith(("hfget.ui", "hfget.transfer"))}
    meant = {"get", "ls", COMMANDS[arguments[0]].module if arguments[0] in COMMANDS else "get"}
    found = {name for name in modules if name.startswith("hfget.cli.commands.")}
    assert found == {f"hfget.cli.commands.{name}" for name in meant}


def test_the_main_help_has_the_arguments_that_commands_take() -> None:
    commands: Any = typer.main.get_command(make_app())
    found = {name: command.arguments_text() for name, command in commands.commands.items()}
    assert found == {name: place.arguments for name, place in COMMANDS.items()}


def test_a_download_does_without_the_server_and_the_commands_of_others() -> None:
    code = "import sys, hfget.operations.run, hfget.ui.live; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    modules = set(done.stdout.split())
    assert not modules & {"starlette", "uvicorn", "rich.progress", "rich.live", "rich.markdown"}
    assert not {name for name in modules if name.startswith(("hfget.server", "hfget.cli"))}


def test_importing_the_package_imports_nothing() -> None:
    code = "import sys, hfget; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    names = {name for name in done.stdout.split() if name.startswith("hfget")}
    assert names == {"hfget"}


def help_of(*arguments: str, stderr: bool = False, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "hfget", *arguments],
        env={"PYTHONIOENCODING": "ascii", "COLUMNS": "80", "PATH": ""},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code
    return (done.stderr if stderr else done.stdout).decode("ascii")


@pytest.mark.parametrize(
    "command", ["", "get", "ls", "verify", "list", "prune", "mirrors", "serve", "help"]
)
def test_help_fits_and_tells_the_exit_codes(command: str) -> None:
    text = help_of(*command.split(), "--help-all" if command in ("", "get") else "--help")
    assert max(map(len, text.splitlines())) <= 80
    table = text.partition("Exit codes:\n")[2].partition("\n\n")[0]
    codes = {int(code) for code in re.findall(r"(?:^| ) +(\d+)  ", table, re.M)}
    assert codes == CODES.get(command, set(EXIT_CODES))


def test_help_of_the_main_command_comes_in_three_sizes() -> None:
    short, brief, whole = help_of(stderr=True, code=2), help_of("--help"), help_of("--help-all")
    assert len(short.splitlines()) == 15
    assert len(re.findall(r"^  hfget ", short, re.M)) == 5
    assert len(re.findall(r"^  -", brief, re.M)) == 20
    assert len(re.findall(r"^  -", whole, re.M)) > 35
    for text in (short, brief, whole):
        assert max(map(len, text.splitlines())) <= 80
        assert "hfget help" in text and "--install-completion" in text
    assert "Examples:" in brief and "Examples:" in whole


def test_help_names_every_option_and_command() -> None:
    words = set(help_of("--help-all").replace(",", " ").split())
    assert words >= {
        *("--include", "--exclude", "--revision", "--repo-type", "--dataset", "--space"),
        *("--local-dir", "--endpoint", "--token", "--hf-token", "--token-file", "--no-token"),
        *("-x", "--connections", "-j", "--jobs", "--retries", "--dry-run", "--force"),
        *("--quiet", "--json", "--debug", "--version", "--env-file", "--no-wait", "--no-fsync"),
        *("ls", "verify", "list", "prune", "mirrors", "serve", "REPO", "[FILES]..."),
    }


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_a_page_that_is_installed_too(topic: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hfget", "help", topic], capture_output=True, timeout=60, check=True
    )
    assert done.stdout.decode() == (ROOT / "docs" / TOPICS[topic]).read_text("utf-8")
    installed = (ROOT / "pyproject.toml").read_text("utf-8")
    for name in (TOPICS[topic], TOPICS[topic].replace(".md", ".zh-CN.md")):
        if (ROOT / "docs" / name).exists():
            assert f'"docs/{name}" = "hfget/pages/{name}"' in installed


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Exit code 3. The endpoint"), ("zh_CN", "退出码 3。端点上没有")]
)
def test_the_word_in_brackets_of_an_error_is_explained(language: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hfget", "help", "repo-not-found"],
        env={**os.environ, "HFGET_LANG": language, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        timeout=60,
        check=True,
    )
    text = done.stdout.decode()
    assert text.startswith("## repo-not-found\n") and said in text
    assert text.count("## ") == 1


def test_a_topic_that_is_none_gets_those_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hfget", "help", "me"], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert all(topic in done.stderr.decode() for topic in TOPICS)


@pytest.mark.parametrize("name", sorted(COMMON))
def test_what_is_common_is_there(name: str) -> None:
    commands = typer.main.get_command(make_app()).commands  # type: ignore[attr-defined]
    params = {param.name for param in commands["get"].params}
    assert name in params | {"help"}


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("hfget ver", "verify"), ("hfget --loc", "--local-dir"), ("hfget ls --incl", "--include")],
)
def test_shells_complete_commands_and_options(typed: str, offered: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from hfget.cli.main import main; main()"],
        env={
            "PATH": "",
            "_HFGET_COMPLETE": "complete_bash",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(len(typed.split()) - 1),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.split() == [offered], done.stderr
