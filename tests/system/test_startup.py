"""Commands that only talk are quick: they import nothing they do not need."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    *(
        "requests",
        "urllib3",
        "huggingface_hub",
        "httpx",
        "tenacity",
        "filelock",
        "dotenv",
        "pydantic",
    ),
    *("starlette", "uvicorn", "rich.progress", "rich.live", "rich.markdown"),
}
EXIT_CODES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 129, 130, 143)


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


def help_of(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "hfget", *arguments, "--help"],
        env={"PYTHONIOENCODING": "ascii", "COLUMNS": "80", "PATH": ""},
        capture_output=True,
        timeout=60,
        check=True,
    )
    return done.stdout.decode("ascii")


@pytest.mark.parametrize("arguments", [[], ["get"], ["ls"], ["verify"], ["mirrors"], ["serve"]])
def test_help_fits_and_tells_the_exit_codes(arguments: list[str]) -> None:
    text = help_of(*arguments)
    assert max(map(len, text.splitlines())) <= 80
    codes = text.partition("Exit codes:")[2].split()
    assert all(str(code) in codes for code in EXIT_CODES)


def test_help_names_every_option_and_command() -> None:
    words = set(help_of().replace(",", " ").split())
    assert words >= {
        *("--include", "--exclude", "--revision", "--repo-type", "--dataset", "--space"),
        *("--local-dir", "--endpoint", "--token", "--hf-token", "--token-file", "--no-token"),
        *("-x", "--connections", "-j", "--jobs", "--retries", "--dry-run", "--force"),
        *("--quiet", "--json", "--debug", "--version", "--env-file", "--no-wait", "--no-fsync"),
        *("ls", "verify", "mirrors", "serve", "REPO", "[FILES]..."),
    }


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
