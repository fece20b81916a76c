"""Every block of shell in README and docs runs against the hub of the tests, or says why not.

A comment `<!-- not run: REASON -->` in front of a block tells why it is not run. A block of Python
is run if it is marked as `python` (see test_docs.py); `py` is for what needs other packages.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import pytest

from tests.hub import LocalHub
from tests.hub.repos import make_dataset, make_model, make_repo
from tests.support.command import Shell, new_shell
from tests.support.forking import in_a_shell
from tests.support.needs import needs

ROOT = Path(__file__).parents[2]
CHINESE = ".zh-CN.md"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "README.zh-CN.md")),
    *sorted((ROOT / "docs").glob("*.md"), key=lambda path: (path.name.endswith(CHINESE), path)),
]
SHELL = {"console", "sh", "bash", "shell"}
#: At least so many of them are run, and at most so many of them are not.
FEWEST_RUN, MOST_NOT_RUN = 40, 33

BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<why>[^\n]+) -->\n)?```(?P<kind>\w*)[^\n]*\n(?P<text>.*?)^```$",
    flags=re.MULTILINE | re.DOTALL,
)
#: What is installed already, in front of other commands; the extra is looked up.
INSTALL = re.compile(r"pip install '?hfget(?:\[(\w+)\])?'?")


class Block(NamedTuple):
    page: str
    line: int
    kind: str
    text: str
    why_not: str

    @property
    def commands(self) -> str:
        """The lines to type: those behind a `$ `, and those that go on from one."""
        if self.kind != "console":
            return self.text
        lines: list[str] = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                lines.append(line[2:])
            elif lines and lines[-1].endswith("\\"):
                lines.append(line)
        return "\n".join(lines) + "\n"

    @property
    def typed(self) -> str:
        """The commands without remarks, which a page in Chinese has in Chinese."""
        return re.sub(r"\s+#.*", "", self.commands)


def blocks(path: Path) -> Iterator[Block]:
    text = path.read_text("utf-8")
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(path.name, line, found["kind"], found["text"], found["why"] or "")


ALL = {path: list(blocks(path)) for path in PAGES}


def to_run(path: Path) -> list[Block]:
    """The blocks of shell that are run; a page in Chinese has those of the one in English."""
    english = ALL.get(path.with_name(path.name.replace(CHINESE, ".md")), [])
    known = {block.typed for block in english} if path.name.endswith(CHINESE) else set()
    return [
        block
        for block in ALL[path]
        if block.kind in SHELL and not block.why_not and block.typed not in known
    ]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    root = tmp_path_factory.mktemp("hub")
    weights: dict[str, bytes | str | int] = {
        "config.json": "{}",
        "tokenizer.json": "{}",
        "README.md": "# a model\n",
        "model.safetensors": 30_000,
        "pytorch_model.bin": 30_000,
        "onnx/model.onnx": 20_000,
        "onnx/model_q4.onnx": 9_000,
        "model.fp16.safetensors": 15_000,
    }
    small = {name: weights[name] for name in ("config.json", "README.md", "model.safetensors")}
    for name in ("openai-community/gpt2", "org/name", "Xenova/whisper-small"):
        make_model(root, name, weights)
    for name in ("bigscience/bloom-560m", "org/one", "org/four", "org/llama", "org/pipeline"):
        make_model(root, name, weights)
    make_model(root, "sentence-transformers/all-MiniLM-L6-v2", weights)
    make_model(root, "bigscience/bloom-560m", small, revision="5_0")
    make_model(root, "org/name", small, revision="v2")
    ggufs = ("Q4_K_M", "UD-Q4_K_XL", "Q8_0")
    for name, stem in {
        "bartowski/google_gemma-3-4b-it-GGUF": "google_gemma-3-4b-it",
        "unsloth/Qwen3-VL-30B-A3B-Instruct-GGUF": "Qwen3-VL-30B-A3B-Instruct",
        "org/two": "two",
    }.items():
        files: dict[str, bytes | str | int] = {f"{stem}-{quant}.gguf": 9_000 for quant in ggufs}
        make_model(root, name, {**files, "mmproj-F16.gguf": 2_000, "README.md": "# a model\n"})
    make_model(root, "TheBloke/Llama-2-7B-GGUF", {"llama-2-7b.Q4_K_M.gguf": 9_000})
    data: dict[str, bytes | str | int] = {"README.md": "# data\n", "data/train-0.parquet": 9_000}
    make_dataset(root, "org/name", data)
    make_dataset(root, "org/three", {**data, "data/train.parquet": 5_000})
    make_repo(root, "org/name", data, repo_type="dataset", revision="v1.0")
    make_repo(root, "evaluate-metric/accuracy", {"accuracy.py": "\n"}, repo_type="space")
    with LocalHub(root, aliases={"gpt2": "openai-community/gpt2"}) as hub:
        yield hub


def script(commands: str, hub: LocalHub) -> str:
    """The commands, with this hub in place of all others, and what stands for something."""
    for extra in INSTALL.findall(commands):
        assert not extra or f"\n{extra} = [" in (ROOT / "pyproject.toml").read_text("utf-8")
    commands = INSTALL.sub(":", commands)
    commands = re.sub(r"https://(?:hf-mirror\.com|huggingface\.co)", hub.endpoint, commands)
    if "COMMIT" in commands:
        commands = commands.replace("COMMIT", commit(hub))
    return commands


def commit(hub: LocalHub) -> str:
    with urlopen(f"{hub.endpoint}/api/models/org/name", timeout=30) as answer:
        return str(json.load(answer)["sha"])


@needs("bash")
@pytest.mark.parametrize(
    "path", [path for path in PAGES if to_run(path)], ids=lambda path: str(path.name)
)
def test_the_blocks_of_a_page_run(path: Path, hub: LocalHub, tmp_path: Path) -> None:
    """One after the other in one folder, as a reader types them; each in a shell of its own."""
    shell: Shell = new_shell(tmp_path / "work", hub.endpoint)
    environment = shell.environment()
    hfget, inherited = in_a_shell(environment)
    (shell.directory / "models.txt").write_text("org/one\norg/two:Q4_K_M\n")
    lines = ["git init -q"]
    for block in to_run(path):
        for program in ("jq", "aria2c", "git", "tar"):
            used = re.search(rf"^{program}\b|[|&] {program}\b", block.commands, flags=re.MULTILINE)
            if used and shutil.which(program) is None:
                pytest.skip(f"needs {program}")
        lines.append(f"echo '{block.page}:{block.line}' >&2\n(\n{script(block.commands, hub)})")
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", hfget + "\n".join(lines)],
        cwd=shell.directory,
        pass_fds=inherited,
        env={
            **environment,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_what_is_not_run_says_why() -> None:
    shown = [block for page in ALL.values() for block in page if block.kind in SHELL]
    run = [block for path in PAGES for block in to_run(path)]
    not_run = {block.typed for block in shown if block.why_not}
    print(f"{len(shown)} blocks of shell: {len(run)} run, {len(not_run)} not, the rest the same")
    assert len(run) >= FEWEST_RUN and len(not_run) <= MOST_NOT_RUN
    for block in (block for page in ALL.values() for block in page):
        where = f"{block.page}:{block.line}"
        assert block.kind in SHELL or block.kind == "py" or not block.why_not, where
        assert block.kind != "py" or block.why_not, f"{where}: `python` is run, `py` says why not"
        if not block.kind:
            typed = re.search(r"^(?:\$ |hfget [a-z-]|export )", block.text, flags=re.MULTILINE)
            assert not typed, f"{where}: a block of shell without its name"
