"""Command lines of hfd.sh, with hfget in its place, as its help has them and as people post them.

They run in a real shell, in an empty folder and in one with files that the shell puts in place
of a star without quotes: what comes must be the same.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hub.fixtures import StartHub
from tests.hub.repos import make_dataset, make_model
from tests.support.command import Shell, ShellAt, tree
from tests.support.needs import needs

pytestmark = needs("bash")


BLOOM: dict[str, bytes | str | int] = {
    "README.md": "# bloom",
    "config.json": "{}",
    "tokenizer.json": "{}",
    "model.safetensors": 4000,
    "model-00002.safetensors": 3000,
    "pytorch_model.bin": 2000,
    "onnx/decoder_model.onnx": 1500,
    "flax_model.msgpack": 1000,
}
ALL = sorted(BLOOM)
NO_SAFETENSORS = [path for path in ALL if not path.endswith(".safetensors")]
LLAMA = ["config.json", "model.safetensors"]
GPT2 = ["config.json"]
DATA = ["data/train.parquet"]
BLOOM_ID, LLAMA_ID, DATA_ID = (
    "bigscience/bloom-560m",
    "meta-llama/Llama-2-7b",
    "lavita/medical-qa-shared-task-v1-toy",
)
#: What the shell finds for `*.safetensors`, `*.json` and `*.bin`; none is in the repo by this name.
HERE = ("old-1.safetensors", "old-2.safetensors", "a.json", "b.json", "x.bin", "y.bin")

#: line → the folder and the files that come
LINES: dict[str, tuple[str, list[str]]] = {
    f"hfget {BLOOM_ID}": ("bloom-560m", ALL),
    "hfget gpt2": ("gpt2", GPT2),
    "hfget gpt2 -x 4": ("gpt2", GPT2),
    "hfget gpt2 -x 10 -j 5": ("gpt2", GPT2),
    "hfget gpt2 -x4 -j1": ("gpt2", GPT2),
    "hfget gpt2 --tool hfget": ("gpt2", GPT2),
    "hfget gpt2 --local-dir models/gpt2": ("models/gpt2", GPT2),
    "hfget gpt2 --local_dir models/gpt2": ("models/gpt2", GPT2),
    "hfget gpt2 --local-dir=models/gpt2": ("models/gpt2", GPT2),
    "hfget gpt2 --local-dir=~/gpt2": ("home/gpt2", GPT2),
    f"hfget {LLAMA_ID} --hf_username U --hf_token T": ("Llama-2-7b", LLAMA),
    f"hfget {LLAMA_ID} --hf_token T": ("Llama-2-7b", LLAMA),
    f"hfget {LLAMA_ID} --hf_token=T --hf_username=U": ("Llama-2-7b", LLAMA),
    f"hfget {LLAMA_ID} --token T": ("Llama-2-7b", LLAMA),
    f"hfget {LLAMA_ID} --hf_username U --hf_token T -x 4 --local-dir l": ("l", LLAMA),
    f"hfget {BLOOM_ID} --exclude *.safetensors": ("bloom-560m", NO_SAFETENSORS),
    f"hfget {BLOOM_ID} --exclude '*.safetensors'": ("bloom-560m", NO_SAFETENSORS),
    f"hfget {BLOOM_ID} --exclude *.safetensors -x 4": ("bloom-560m", NO_SAFETENSORS),
    f"hfget {BLOOM_ID} --exclude *.safetensors --local-dir b": ("b", NO_SAFETENSORS),
    f"hfget {BLOOM_ID} --exclude *.safetensors *.msgpack *.bin": (
        "bloom-560m",
        ["README.md", "config.json", "onnx/decoder_model.onnx", "tokenizer.json"],
    ),
    f"hfget {BLOOM_ID} --exclude *.safetensors --exclude *.bin": (
        "bloom-560m",
        [path for path in NO_SAFETENSORS if not path.endswith(".bin")],
    ),
    f"hfget {BLOOM_ID} --exclude flax_model.msgpack pytorch_model.bin README.md": (
        "bloom-560m",
        [p for p in ALL if p not in ("flax_model.msgpack", "pytorch_model.bin", "README.md")],
    ),
    f"hfget {BLOOM_ID} --exclude onnx/*": ("bloom-560m", [p for p in ALL if "onnx" not in p]),
    f"hfget {BLOOM_ID} --include *.json": ("bloom-560m", ["config.json", "tokenizer.json"]),
    f"hfget {BLOOM_ID} --include *.json *.md": (
        "bloom-560m",
        ["README.md", "config.json", "tokenizer.json"],
    ),
    f"hfget {BLOOM_ID} --include *.safetensors --exclude model-*": (
        "bloom-560m",
        ["model.safetensors"],
    ),
    f"hfget --exclude *.safetensors -- {BLOOM_ID}": ("bloom-560m", NO_SAFETENSORS),
    f"hfget --include *.json -x 4 {BLOOM_ID}": ("bloom-560m", ["config.json", "tokenizer.json"]),
    f"hfget {DATA_ID} --dataset": (DATA_ID.partition("/")[2], DATA),
    f"hfget {DATA_ID} --dataset -x 4 -j 5": (DATA_ID.partition("/")[2], DATA),
    f"hfget --dataset {DATA_ID}": (DATA_ID.partition("/")[2], DATA),
    "hfget org/exl2 --revision 5_0": ("exl2", ["output.safetensors"]),
    "hfget org/exl2 --revision 5_0 --local-dir exl2-5_0": ("exl2-5_0", ["output.safetensors"]),
    "hfget gpt2 --resume-download --local-dir-use-symlinks False": ("gpt2", GPT2),
    "hfget --resume-download gpt2 --local-dir gpt2": ("gpt2", GPT2),
    "hfget gpt2 --aria2c-path /usr/bin/aria2c": ("gpt2", GPT2),
}
#: The same by another program, which must be there.
BY_PROGRAM: dict[str, tuple[str, list[str]]] = {
    "hfget gpt2 --tool aria2c -x 4": ("gpt2", GPT2),
    "hfget gpt2 --tool aria2c": ("gpt2", GPT2),
    "hfget gpt2 --tool curl": ("gpt2", GPT2),
    f"hfget {BLOOM_ID} --tool wget --exclude *.safetensors": ("bloom-560m", NO_SAFETENSORS),
    f"hfget {BLOOM_ID} --tool aria2c -x 10 -j 5 --include *.json": (
        "bloom-560m",
        ["config.json", "tokenizer.json"],
    ),
    f"hfget {LLAMA_ID} --hf_username U --hf_token T --tool aria2c -x 4": ("Llama-2-7b", LLAMA),
    "hfget gpt2 --tool aria2c --aria2c-path /usr/bin/aria2c": ("gpt2", GPT2),
    "hfget gpt2 --tool aria2c --aria2c_path=aria2c": ("gpt2", GPT2),
}


@pytest.fixture
def shell(repos_root: Path, start_hub: StartHub, shell_at: ShellAt) -> Shell:
    make_model(repos_root, BLOOM_ID, BLOOM)
    make_model(repos_root, LLAMA_ID, {"config.json": "{}", "model.safetensors": 2000})
    make_model(repos_root, "openai-community/gpt2", {"config.json": "{}"})
    make_model(repos_root, "org/exl2", {"README.md": "branches"})
    make_model(repos_root, "org/exl2", {"output.safetensors": 2000}, revision="5_0")
    make_dataset(repos_root, DATA_ID, {"data/train.parquet": 2000})
    hub = start_hub(aliases={"gpt2": "openai-community/gpt2"}, gated=[LLAMA_ID], tokens=["T"])
    return shell_at(hub.endpoint)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("here", [(), HERE], ids=["empty", "files"])
def test_a_line_of_hfd_brings_what_it_says(shell: Shell, line: str, here: tuple[str, ...]) -> None:
    for name in here:
        (shell.directory / name).touch()
    folder, files = LINES[line]
    done = shell.typed(line)
    assert done.code == 0, done.err
    assert sorted(tree(shell.directory / folder)) == files
    assert Path(done.out.strip()) in (Path(folder), shell.directory / folder)
    if any(f" {star} " in f"{line} " for star in ("*.safetensors", "*.json", "*.bin")):
        assert ("the shell has put" in done.err) == bool(here)
    if "hf_username" in line:
        assert "--hf-username is not needed" in done.err
    if "oken T" in line or "oken=T" in line:
        assert "--token shows the token in the process list" in done.err


@needs("aria2c", "wget", "curl")
@pytest.mark.parametrize("line", BY_PROGRAM)
@pytest.mark.parametrize("here", [(), HERE], ids=["empty", "files"])
def test_a_line_that_names_a_program(shell: Shell, line: str, here: tuple[str, ...]) -> None:
    for name in here:
        (shell.directory / name).touch()
    folder, files = BY_PROGRAM[line]
    done = shell.typed(line)
    assert (done.code, done.out.strip()) == (0, str(shell.directory / folder)), done.err
    assert sorted(tree(shell.directory / folder)) == files
    assert not list(shell.directory.rglob("*.aria2*"))


@pytest.mark.parametrize(
    ("pattern", "written", "left"),
    [
        ("onnx", "'onnx/'", [path for path in ALL if "onnx" not in path]),
        ("safetensors", "'*safetensors*'", NO_SAFETENSORS),
        (".bin", "'*.bin*'", [path for path in ALL if not path.endswith(".bin")]),
    ],
)
def test_a_part_of_a_name_is_never_taken_in_silence(
    pattern: str, written: str, left: list[str], shell: Shell
) -> None:
    """hfd.sh searches a pattern anywhere in a path."""
    done = shell.typed(f"hfget {BLOOM_ID} --exclude {pattern}")
    assert done.code == 0
    assert f"--exclude {pattern} matches no file" in done.err
    found = re.search(r"; (--exclude \S+) leaves \d files? out", done.err)
    assert found is not None and found[1] == f"--exclude {written}"
    again = shell.typed(f"hfget {BLOOM_ID} --local-dir again {found[1]}")
    assert again.code == 0
    assert sorted(tree(shell.directory / "again")) == left
    done = shell.typed(f"hfget {BLOOM_ID} --local-dir third --include {pattern}")
    # What is near is named too; that is enough where it is all that hfd.sh would have taken.
    said = (f"'*{pattern}*' matches", f"did you mean *.{pattern}, ")
    assert done.code == 2 and any(text in done.err for text in said)
    assert not (shell.directory / "third").exists()


def test_the_short_option_for_help_works(shell: Shell) -> None:
    done = shell.typed("hfget -h")
    assert done.code == 0 and done.out.startswith("Usage: hfget ")


def test_one_name_that_the_shell_may_have_expanded_is_taken_as_it_came_and_said(
    shell: Shell,
) -> None:
    (shell.directory / "model.safetensors").touch()
    done = shell.typed(f"hfget {BLOOM_ID} --exclude *.safetensors")
    assert done.code == 0
    assert sorted(tree(shell.directory / "bloom-560m")) == [
        path for path in ALL if path != "model.safetensors"
    ]
    assert "put quotes around it: --exclude '*.safetensors'" in done.err


def test_a_token_is_not_repeated_in_any_spelling(shell: Shell) -> None:
    for spelling in ("--hf_token T", "--hf_token=T", "--hf-token T", "--token=T"):
        done = shell.typed(f"hfget org/none {spelling} --local_dir somewhere")
        assert done.code != 0
        assert f"{spelling}" not in done.err.replace("--token, ", "")
