"""What the documents say is so: options exist, links lead somewhere, examples run."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from hfget.cli.main import make_app
from hfget.cli.other_tools import INSTEAD, NOT_NEEDED
from hfget.options.synonyms import OTHER_NAMES
from hfget.settings import ENV_NAMES
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_model
from tests.support.command import HFGET, ShellAt

ROOT = Path(__file__).parents[2]
DOCS = [
    *(ROOT / name for name in ("README.md", "README.zh-CN.md", "CHANGELOG.md")),
    *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]

#: Places where an error says what a report, a program or several errors say.
MESSAGES_NOT_FOUND = 8


def examples(path: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", path.read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_links_within_the_project_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_every_option_that_is_spoken_of_exists() -> None:
    known = {"--install-completion"}  # of the program, not of a command
    commands = (
        *("ls", "urls", "verify", "list", "prune", "mirrors", "serve"),
        *("lock", "sync", "outdated"),
    )
    for command in ((), *((name,) for name in commands)):
        done = subprocess.run(
            [*HFGET, *command, "--help" if command else "--help-all"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        known |= set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", done.stdout))
    known |= NOT_NEEDED.keys() | INSTEAD.keys()  # answered by name
    others = "hf|huggingface-cli|./hfd.sh|pip|python3?|git|docker|sbatch|vllm|aria2c|curl|wget"
    for path in DOCS:
        # Commands of others are named with their options too: `hf download --local-dir`.
        text = re.sub(
            rf"`(?:{others}) [^`]*`|<a id=[^>]*>|^\$ (?:.*python -m|docker|pip) .*$"
            "|^(?:RUN|COPY) .*$",
            "",
            path.read_text(),
            flags=re.M,
        )
        for option in re.findall(r"(?<![\w/#-])--[a-z][\w-]*", text):
            name = option.replace("_", "-")
            assert name in known or name[2:].replace("-", "_") in OTHER_NAMES, (
                f"{path.name}: {option}"
            )


def test_the_example_of_the_settings_has_every_variable() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = [match[1] for line in lines if (match := re.match(r"#?([A-Z_]+)=", line))]
    assert sorted(named) == sorted(ENV_NAMES)
    source = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    read = set(re.findall(r"\"((?:HF|HFGET|XDG)_[A-Z_]+)\"", source))
    assert read <= set(ENV_NAMES), "a variable that is read is not among the settings"


def test_the_example_of_the_settings_changes_nothing(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, "org/model", {"config.json": "{}"})
    shell = shell_at(start_hub().endpoint)
    done = shell.run("org/model", "--env-file", ROOT / ".env.example")
    assert (done.code, done.out) == (0, f"{shell.directory / 'model'}\n"), done.err


@pytest.mark.parametrize(
    "path", [path for path in DOCS if examples(path)], ids=lambda path: str(path.name)
)
def test_python_examples_run(
    path: Path, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    files: dict[str, str | int] = {"config.json": "{}", "model.safetensors": 2 * MiB}
    make_model(repos_root, "openai-community/gpt2", files)
    hub = start_hub(aliases={"gpt2": "openai-community/gpt2"})
    shell = shell_at(hub.endpoint)
    code = "\n".join(examples(path))
    assert "download(" in code
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=shell.directory,
        env=shell.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "model.safetensors" in done.stdout or "gpt2" in done.stdout


def test_the_library_page_names_every_option_and_every_public_name() -> None:
    import hfget
    from hfget.options.download import OPTIONS

    text = (ROOT / "docs" / "library.md").read_text()
    words = set(re.findall(r"\w+", text))
    assert words >= set(OPTIONS)
    assert words >= set(hfget.__all__) - {"__version__"}


def test_the_pages_of_the_options_are_current() -> None:
    writer = runpy.run_path(str(ROOT / "docs" / "write_options.py"))
    for language, name in writer["LANGUAGES"].items():
        written = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert written == writer["page"](language), "run: python docs/write_options.py"


@pytest.mark.parametrize("page", ["serve.md", "serve.zh-CN.md"])
def test_the_options_of_the_server_are_those_of_its_page(page: str) -> None:
    commands: Any = typer.main.get_command(make_app(("get", "serve")))
    options: dict[str, Any] = {}
    for one in commands.commands["serve"].params:
        if one.param_type_name == "option" and not one.hidden and one.name != "help":
            value = f" {one.metavar}" if one.metavar else ""
            options |= {f"{name}{value}": one.default for name in one.opts}
    text = (ROOT / "docs" / page).read_text("utf-8")
    rows = {
        option: meaning
        for cell, meaning in re.findall(r"^\| (`-[^|]*) \| (.*) \|$", text, re.M)
        for option in re.findall("`([^`]+)`", cell)
    }
    assert sorted(rows) == sorted(options)
    for option, default in options.items():
        if type(default) in (str, int, float):
            told = f"{default:g}" if type(default) is float else str(default)
            assert told in rows[option], option


@pytest.mark.parametrize("page", ["environment", "exit-codes"])
def test_the_tables_in_chinese_have_the_rows_of_the_english_page(page: str) -> None:
    def rows(name: str) -> list[str]:
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        columns = 2 if page == "environment" else 1
        found = (line.split("|")[1 : 1 + columns] for line in text.splitlines() if "|" in line[:1])
        return [re.sub(r"[^!-~]+", " ", " ".join(row)).strip().replace(",", "") for row in found]

    assert rows(f"{page}.zh-CN.md")[1:] == rows(f"{page}.md")[1:]


def test_the_exit_codes_are_those_of_the_errors() -> None:
    from hfget import errors

    table = (ROOT / "docs" / "exit-codes.md").read_text()
    named = {int(code) for code in re.findall(r"^\| (\d+) \|", table, flags=re.MULTILINE)}
    raised = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.HfgetError)
    }
    assert named == raised | {0}


def test_the_page_on_mirrors_shows_the_hosts_that_are_known() -> None:
    from hfget.http.rewrites import KNOWN

    lines = (ROOT / "docs" / "mirrors.md").read_text("utf-8").splitlines()
    known = [
        f"| {mirror} | `{host}` | `{other}` |"
        for mirror, pairs in KNOWN.items()
        for host, other in pairs
    ]
    begin = lines.index(known[0])
    assert lines[begin : begin + len(known) + 1] == [*known, ""]


def test_the_pages_of_reference_are_current() -> None:
    pages = runpy.run_path(str(ROOT / "docs" / "write_reference.py"))["PAGES"]
    for name, page in pages.items():
        written = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert written == page(), "run: python docs/write_reference.py"
    assert all(f"| `{name}` |" in written for name in ENV_NAMES)


def test_the_pages_of_the_errors_are_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs")
    writer = runpy.run_path(str(ROOT / "docs" / "write_errors.py"))
    for language, name in writer["LANGUAGES"].items():
        written = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert written == writer["page"](language), "run: python docs/write_errors.py"
    assert set(writer["kinds"]()) == set(re.findall(r"^## ([a-z-]+)$", written, flags=re.M))
    without = [one.place for one in writer["_RAISED"] if not one.messages]
    assert len(without) <= MESSAGES_NOT_FOUND, f"the page lacks the messages of {without}"
