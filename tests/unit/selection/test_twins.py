"""What is left out has a twin that is kept, whatever the listing and its order."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfget.errors import UsageError
from hfget.model import RemoteFile
from hfget.selection.kinds import GGUF, KINDS, OTHER, TRAINING, kinds_of
from hfget.selection.stems import stem_of
from hfget.selection.twins import twins
from hfget.selection.weights import Choice, choose, decide

MB = 1_000_000

_FOLDERS = st.sampled_from(
    [
        *("", "", "unet/", "vae/", "vae_decoder/", "text_encoder/", "text_encoders/", "original/"),
        *("onnx/", "fp16/", "gguf/", "checkpoint-5/", "2_Dense/", "a/original/", "LLM/", "metal/"),
    ]
)
_STEMS = st.sampled_from(
    [
        *("model", "pytorch_model", "diffusion_pytorch_model", "adapter_model", "consolidated"),
        *("flux1-dev", "ae", "vae", "consolidated.00", "tf_model", "decoder_model_merged", "llm"),
    ]
)
_VARIANTS = st.sampled_from(["", "", "", ".fp16", "-bf16", "_quantized", ".non_ema", "-Q4_K_M"])
_SHARDS = st.sampled_from(["", "", "-00001-of-00002", "-00002-of-00002"])
_ENDINGS = st.sampled_from(
    ["safetensors", "bin", "pth", "onnx", "gguf", "h5", "msgpack", "npz", "tflite", "ckpt"]
)
_FILES = st.builds(
    lambda *parts: "".join(parts[:-1]) + f".{parts[-1]}",
    *(_FOLDERS, _STEMS, _VARIANTS, _SHARDS, _ENDINGS),
)
_INDEXES = st.sampled_from(
    [
        *("model_index.json", "unet/config.json", "vae/config.json", "vae_decoder/config.json"),
        *("model.safetensors.index.json", "unet/model.safetensors.index.json", "config.json"),
        "text_encoder/config.json",
    ]
)
REPOS = st.dictionaries(
    st.one_of(_FILES, _FILES, _INDEXES), st.sampled_from([1, 100 * MB, 101 * MB, 900 * MB])
)
WANTED = st.sampled_from([("safetensors",), ("bin",), ("onnx",), ("gguf",), ("safetensors", "bin")])


def files_of(repo: dict[str, int]) -> list[RemoteFile]:
    return [RemoteFile(path, size, "0" * 40) for path, size in repo.items()]


@settings(max_examples=400)
@given(REPOS, WANTED)
def test_what_is_left_out_has_a_twin_that_is_kept(repo: dict[str, int], wanted: tuple[str]) -> None:
    files = files_of(repo)
    kinds = kinds_of(files)
    found = twins(files, kinds, frozenset(wanted))
    assert {p.file.path for p in (*found.kept, *found.left)} == {
        file.path for file, kind in zip(files, kinds, strict=True) if kind not in (OTHER, TRAINING)
    }
    # An index holds no weights, and is nobody's twin.
    parts = {(piece.folder, piece.part) for piece in found.kept if not piece.indexes}
    for piece in found.left:
        if piece.indexes:
            continue
        twin = (piece.folder, piece.part) in parts
        pipeline = any(folder.startswith(piece.folder) for folder, _ in parts)
        one_file = any(piece.folder.startswith(folder) for folder, _ in parts)
        copy = any(folder == piece.folder and not (part and piece.part) for folder, part in parts)
        assert twin or copy or ("model_index.json" in repo and (pipeline or one_file))
    # A kind that nobody asked for comes only where a part has no other.
    asked = {(p.folder, p.part) for p in found.kept if p.kind in wanted and not p.indexes}
    assert not [p for p in found.only if (p.folder, p.part) in asked]


@settings(max_examples=200)
@given(REPOS, WANTED, st.randoms(use_true_random=False))
def test_the_choice_does_not_depend_on_the_order_of_the_listing(
    repo: dict[str, int], wanted: tuple[str], chance: random.Random
) -> None:
    files = files_of(repo)
    mixed = chance.sample(files, len(files))

    def outcome(listing: list[RemoteFile]) -> object:
        try:
            made = decide(listing, Choice(wanted))
        except UsageError as error:
            return error.message
        return [{file.path for file in part} for part in made]

    assert outcome(files) == outcome(mixed)


@settings(max_examples=200)
@given(REPOS, WANTED)
def test_shards_come_together_and_with_their_index(
    repo: dict[str, int], wanted: tuple[str]
) -> None:
    def whole(path: str) -> str:
        return re.sub(r"-0000\d-of-00002", "", path)

    try:
        made = {file.path for file in choose(files_of(repo), Choice(wanted))}
    except UsageError:
        return
    for path in repo:
        if whole(path) != path:
            shards = {
                other for other in repo if whole(other) == whole(path) and other != whole(path)
            }
            assert not shards & made or shards <= made
            index = f"{whole(path)}.index.json"
            assert index not in repo or (path in made) == (index in made)


@settings(max_examples=200)
@given(REPOS, WANTED)
def test_every_variant_brings_all_of_the_kinds_that_were_asked_for(
    repo: dict[str, int], wanted: tuple[str]
) -> None:
    files = files_of(repo)
    kinds = kinds_of(files)
    try:
        made = set(choose(files, Choice(wanted, all_variants=True)))
    except UsageError:
        assert any(kind not in kinds for kind in wanted)
        return
    pipeline = "model_index.json" in repo
    for file, kind in zip(files, kinds, strict=True):
        if kind in wanted and kind != GGUF and not pipeline:
            assert file in made


@pytest.mark.parametrize(
    ("base", "kind", "part", "variant"),
    [
        ("model.safetensors", "safetensors", "", ""),
        ("diffusion_pytorch_model.non_ema.safetensors", "safetensors", "", "nonema"),
        ("model.fp32-00001-of-00002.safetensors", "safetensors", "", "fp32"),
        ("model.safetensors.index.fp32.json", "safetensors", "", "fp32"),
        ("model.safetensors-00001-of-00017.safetensors", "safetensors", "", ""),
        ("model-1-of-61.safetensors", "safetensors", "", ""),
        ("tf_model.h5", "tensorflow", "", ""),
        ("qwen_2.5_vl_7b_fp8_scaled.safetensors", "safetensors", "qwen-2-5-vl-7b", "fp8-scaled"),
        ("open_clip_pytorch_model.bin", "bin", "open-clip", ""),
        ("v1-5-pruned-emaonly.ckpt", "bin", "v1-5-pruned", "emaonly"),
        ("decoder_model_merged_q4f16.onnx", "onnx", "", "q4f16"),
        ("model.onnx_data_1", "onnx", "", ""),
        ("speech_tokenizer_v2.batch.onnx", "onnx", "speech-tokenizer-v2-batch", ""),
        ("bert_model.ckpt.data-00000-of-00001", "tensorflow", "bert", ""),
        ("wan2.1_t2v_14b_720p.safetensors", "safetensors", "wan2-1-t2v-14b-720p", ""),
        ("vit-b-32.pt", "bin", "vit-b-32", ""),
        ("64.tflite", "tflite", "64", ""),
        ("diffusion.pt", "bin", "diffusion", ""),
        ("f5tts.safetensors", "safetensors", "f5tts", ""),
        ("q1.pth", "bin", "q1", ""),
        ("model_best.pth.tar", "bin", "best", ""),
        ("llm.mnn.weight", "mnn", "llm", ""),
    ],
)
def test_words_of_a_name(base: str, kind: str, part: str, variant: str) -> None:
    assert kind in KINDS
    assert stem_of(base, kind)[:2] == (part, variant)


def test_a_hundred_thousand_names_are_few_steps_each() -> None:
    """No step looks at every other file: ten times the files are ten times the calls."""
    import sys

    def calls(number: int) -> int:
        files = [
            RemoteFile(f"p{n % 50}/m{n}.{e}", n, "") for n in range(number) for e in ("bin", "pt")
        ]
        files.append(RemoteFile("model.safetensors", 1, ""))
        count = 0

        def profile(_frame: object, event: str, _argument: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(profile)
        try:
            decide(files, Choice(("safetensors",)))
        finally:
            sys.setprofile(None)
        return count

    assert calls(2_000) < 15 * calls(200)
