"""What a finished download is loaded with: where it is sure, and where nothing is said."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import pytest
from rich.console import Console

from hfget.events import Finished, Planned, Resolved
from hfget.model import ItemState, Plan, PlanItem, RemoteFile, RepoRef, Snapshot
from hfget.ui import Display
from hfget.ui.ci_logs import ClockedLines, GitHubLines
from hfget.ui.lines import LinesDisplay
from hfget.ui.live import LiveDisplay
from hfget.ui.next_step import next_lines, next_step
from hfget.ui.quiet import QuietDisplay
from tests.unit.ui.test_all_displays import Stream, report_of

GPT2 = json.dumps({"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}).encode()
WEIGHTS = {"model.safetensors": b"x"}
MODEL = {"config.json": GPT2, **WEIGHTS}
SHARDS = {f"model-0000{n}-of-00002.safetensors": b"x" for n in (1, 2)}
INDEX = {"model.safetensors.index.json": b"{}"}
AUTO = 'in Python: AutoModelForCausalLM.from_pretrained("{root}")'
DATA = 'in Python: load_dataset("{root}"{config})'


def _live(stream: TextIO) -> Display:
    return LiveDisplay(Console(file=stream, force_terminal=stream.isatty(), width=200))


def gguf(architecture: bytes = b"llama") -> bytes:
    """The beginning of a file as llama.cpp writes it."""
    key = b"general.architecture"
    head = b"GGUF" + struct.pack("<IQQQ", 3, 1, 1, len(key)) + key
    return head + struct.pack("<IQ", 8, len(architecture)) + architecture


def config(kind: str, name: str, **more: object) -> dict[str, bytes]:
    return {
        "config.json": json.dumps({"model_type": kind, "architectures": [name], **more}).encode()
    }


def card(front: str) -> dict[str, bytes]:
    return {"README.md": f"---\n{front}\n---\n# Data\n".encode(), "a.parquet": b"PAR1"}


def planned(root: Path, files: Mapping[str, bytes], ref: RepoRef, left_out: int = 0) -> Plan:
    """All of it is on disk but the last `left_out` files, which the plan does not have either."""
    listed = [RemoteFile(path, len(data), "a" * 40) for path, data in files.items()]
    chosen = listed[: len(listed) - left_out]
    for file in chosen:
        path = root / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[file.path])
    items = tuple(PlanItem(f, root, ItemState.COMPLETE, f.size) for f in chosen)
    return Plan(Snapshot(ref, "", "c" * 40, tuple(listed)), root, items)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (MODEL, AUTO),
        ({"config.json": GPT2, **SHARDS, **INDEX}, AUTO),
        ({"config.json": GPT2, "pytorch_model.bin": b"x"}, AUTO),
        (
            {**config("bert", "BertForSequenceClassification"), **WEIGHTS},
            'in Python: AutoModelForSequenceClassification.from_pretrained("{root}")',
        ),
        (
            {**config("t5", "T5ForConditionalGeneration"), **WEIGHTS},
            'in Python: AutoModel.from_pretrained("{root}")',
        ),
        ({**MODEL, "modules.json": b"[]"}, 'in Python: SentenceTransformer("{root}")'),
        (
            {
                "model_index.json": b'{"_class_name": "P", "unet": ["diffusers", "U"]}',
                "unet/config.json": b"{}",
                "unet/diffusion_pytorch_model.safetensors": b"x",
            },
            'in Python: DiffusionPipeline.from_pretrained("{root}")',
        ),
        # what would not load, or by other means than these
        ({"config.json": GPT2, **SHARDS}, ""),
        ({"config.json": GPT2, "model.fp16.safetensors": b"x"}, ""),
        ({"config.json": GPT2, "tf_model.h5": b"x"}, ""),
        (WEIGHTS, ""),
        ({**config("x", "XForCausalLM", auto_map={}), **WEIGHTS}, ""),
        ({**config("llama", "LlamaForCausalLM", quantization={}), **WEIGHTS}, ""),
        ({**config("wav2vec2", "Wav2Vec2ForSequenceClassification"), **WEIGHTS}, ""),
        ({"config.json": b"[[" * 9000, **WEIGHTS}, ""),
        ({"config.json": b"\xff{}", **WEIGHTS}, ""),
        ({"model_index.json": b'{"unet": ["mine", "U"]}', "unet/config.json": b"{}"}, ""),
        # GGUF
        ({"x-Q4_K_M.gguf": gguf()}, "llama-cli -m {root}/x-Q4_K_M.gguf"),
        ({"x-Q8_0.gguf": gguf(b"nomic-bert")}, "llama-server -m {root}/x-Q8_0.gguf"),
        (
            {"x-Q8_0.gguf": gguf(), "mmproj-F16.gguf": gguf(b"clip")},
            "llama-server -m {root}/x-Q8_0.gguf --mmproj {root}/mmproj-F16.gguf",
        ),
        (
            {f"q/x-Q8_0-0000{n}-of-00002.gguf": gguf() for n in (1, 2)},
            "llama-cli -m {root}/q/x-Q8_0-00001-of-00002.gguf",
        ),
        ({"q/x-Q8_0-00001-of-00002.gguf": gguf()}, ""),
        ({"a b-Q8_0.gguf": gguf()}, "llama-cli -m '{root}/a b-Q8_0.gguf'"),
        ({"x-Q8_0.gguf": gguf(b"flux")}, ""),
        ({"x-Q8_0.gguf": b"not a model"}, ""),
        ({"esc\x1b[2J-Q8_0.gguf": gguf()}, "llama-cli -m $'{root}/esc\\033[2J-Q8_0.gguf'"),
    ],
)
def test_of_a_model(tmp_path: Path, files: dict[str, bytes], expected: str) -> None:
    root = tmp_path / "m"
    step = next_step(planned(root, files, RepoRef("org/m")))
    assert str(step) == expected.replace("{root}", str(root))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"train.csv": b"a\n1\n", "README.md": b"# no front matter"}, ""),
        (card("license: mit"), ""),
        (card("configs:\n- config_name: one\n- config_name: 'two'\nlicense: mit"), ', "one"'),
        (card("configs:\n- config_name: one\n- config_name: two\n  default: true"), ""),
        (card("configs:\n- config_name: only"), ""),
        (card("dataset_info:\n- config_name: a\n- config_name: b"), ""),
        ({"a.csv": b"a", "b.json": b"{}"}, None),
        ({"a.csv": b"a", "m.py": b"code"}, None),
        ({"a.txt": b"a"}, None),
    ],
)
def test_of_a_dataset(tmp_path: Path, files: dict[str, bytes], expected: str | None) -> None:
    root, ref = tmp_path / "d", RepoRef("org/d", "dataset")
    step = next_step(planned(root, files, ref))
    whole = DATA.replace("{root}", str(root)).replace("{config}", expected or "")
    assert str(step) == ("" if expected is None else whole)
    assert next_step(planned(root, files, ref, left_out=1)) == "", "only a part is here"


def test_in_the_cache_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    root = tmp_path / "models--org--m" / "snapshots" / ("c" * 40)
    plan = planned(root, MODEL, RepoRef("org/m"))
    assert str(next_step(plan)).endswith('AutoModelForCausalLM.from_pretrained("org/m")')
    other = replace(plan, snapshot=replace(plan.snapshot, ref=RepoRef("org/m", revision="v1")))
    assert str(next_step(other)).endswith('from_pretrained("org/m", revision="v1")')
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "another"))
    assert str(root) in next_step(plan)


def test_what_may_not_be_shown_is_not_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plan = planned(Path("m"), MODEL, RepoRef("org/m"))
    assert next_lines(plan) == ["  next: " + AUTO.replace("{root}", "./m")]
    assert next_lines(planned(tmp_path / "esc\x1b[2J", MODEL, RepoRef("org/m"))) == []
    assert next_lines(planned(tmp_path / ("long/" * 300), MODEL, RepoRef("org/m"))) == []
    assert next_lines(planned(tmp_path / "s", MODEL, RepoRef("org/m", "space"))) == []


def test_a_part_is_not_said_to_load(tmp_path: Path) -> None:
    files = {**MODEL, "modules.json": b"[]", "1_Pooling/config.json": b"{}"}
    ref = RepoRef("org/m")
    assert "SentenceTransformer(" in next_step(planned(tmp_path, files, ref))
    assert next_step(planned(tmp_path, files, ref, left_out=1)) == ""


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("made", [_live, LinesDisplay, ClockedLines, GitHubLines, QuietDisplay])
def test_it_is_said_at_a_terminal(
    tmp_path: Path, made: Callable[[TextIO], Display], terminal: bool
) -> None:
    stream = Stream(terminal=terminal)
    plan = planned(tmp_path / "m", MODEL, RepoRef("org/m"))
    report = replace(report_of(plan.snapshot), root=plan.root)
    with (display := made(stream)):
        for event in (Resolved(plan.snapshot), Planned(plan), Finished(report)):
            display(event)
        display(Finished(report, "one of several"))
    said = stream.text.count("AutoModelForCausalLM.from_pretrained(")
    assert said == (1 if terminal and made in (_live, LinesDisplay) else 0)
