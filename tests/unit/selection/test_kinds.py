"""Kinds of weights, groups and the labels of GGUF files, told by names."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfget.model import RemoteFile
from hfget.selection.gguf import label_of
from hfget.selection.groups import groups
from hfget.selection.kinds import KINDS, OTHER, kinds_of, may_run_code
from tests.support.weights_listings import LISTINGS, files_of

GROUPS = {
    "gpt2": {
        "safetensors": 1,
        "bin": 1,
        "onnx": 4,
        "tensorflow": 1,
        "flax": 1,
        "tflite": 2,
        "rust": 1,
        "other": 8,
    },
    "bert": {
        "safetensors": 1,
        "bin": 1,
        "onnx": 1,
        "tensorflow": 1,
        "flax": 1,
        "coreml": 3,
        "rust": 1,
        "other": 7,
    },
    "llama": {"safetensors": 3, "bin": 4, "other": 8},
    "diffusers": {"safetensors": 9, "bin": 5, "other": 10},
    "thebloke": {
        "gguf Q2_K": 1,
        "gguf Q4_0": 1,
        "gguf Q4_K_S": 1,
        "gguf Q4_K_M": 1,
        "gguf Q6_K": 2,
        "other": 3,
    },
    "unsloth": {
        "gguf UD-IQ2_XXS": 1,
        "gguf IQ4_NL": 1,
        "gguf Q4_0": 1,
        "gguf Q4_K_M": 1,
        "gguf UD-Q4_K_XL": 1,
        "gguf BF16": 2,
        "gguf imatrix": 2,
        "gguf mmproj-BF16": 1,
        "gguf mmproj-F16": 1,
        "gguf mmproj-F32": 1,
        "other": 3,
    },
    "bartowski": {
        "gguf IQ4_XS": 1,
        "gguf Q4_K_M": 1,
        "gguf Q4_K_L": 1,
        "gguf Q8_0": 1,
        "gguf BF16": 1,
        "gguf imatrix": 1,
        "gguf mmproj-BF16": 1,
        "gguf mmproj-F16": 1,
        "other": 2,
    },
    "mradermacher": {
        "gguf i1-IQ2_XXS": 1,
        "gguf i1-Q4_K_M": 1,
        "gguf i1-Q6_K": 2,
        "gguf imatrix": 1,
        "other": 1,
    },
    "sentence transformer": {
        "safetensors": 1,
        "bin": 2,
        "onnx": 3,
        "tensorflow": 1,
        "openvino": 4,
        "rust": 1,
        "other": 11,
    },
    "whisper": {"safetensors": 4, "bin": 4, "flax": 1, "other": 8},
    "checkpoints": {"safetensors": 2, "training": 5, "other": 9},
    "dataset": {"other": 6},
}


@pytest.mark.parametrize("name", LISTINGS)
def test_the_groups_of_well_known_repos(name: str) -> None:
    found = groups(files_of(LISTINGS[name]))
    assert {group.name: len(group.files) for group in found} == GROUPS[name]
    assert sum(group.size for group in found) == sum(LISTINGS[name].values())


def test_groups_come_in_a_fixed_order_models_by_size() -> None:
    assert [group.name for group in groups(files_of(LISTINGS["bartowski"]))] == [
        "gguf IQ4_XS",
        "gguf Q4_K_M",
        "gguf Q4_K_L",
        "gguf Q8_0",
        "gguf BF16",
        "gguf imatrix",
        "gguf mmproj-BF16",
        "gguf mmproj-F16",
        "other",
    ]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("MODEL.SAFETENSORS", "safetensors"),
        ("adapter_model.bin", "bin"),
        ("open_clip_pytorch_model.bin", "bin"),
        ("learned_embeds.bin", "bin"),
        ("sklearn_model.joblib", "bin"),
        ("scaler.pkl", "bin"),
        ("tf_model.h5.index.json", "tensorflow"),
        ("flax_model.msgpack.index.json", "flax"),
        ("saved_model/1/variables/variables.data-00000-of-00001", "tensorflow"),
        ("saved_model/1/assets/vocab.txt", "tensorflow"),
        ("bert_model.ckpt.index", "tensorflow"),
        ("bert_model.ckpt.data-00000-of-00001", "tensorflow"),
        ("v1-5-pruned.ckpt", "bin"),
        ("model.onnx_data", "onnx"),
        ("model.onnx_data_1", "onnx"),
        ("unet/weights.pb", "onnx"),
        ("voices/en_US-amy.onnx.json", "onnx"),
        ("onnx_fp16/tokenizer.json", "onnx"),
        ("onnxruntime.md", "other"),
        ("text_encoder/openvino_model.bin", "openvino"),
        ("openvino_tokenizer.xml", "openvino"),
        ("ggml-base-encoder.mlmodelc.zip", "coreml"),
        ("Unet.mlmodelc/weights/weight.bin", "coreml"),
        ("gemma3-1b-it-int4.litertlm", "tflite"),
        ("llama-2-7b.ggmlv3.q4_0.bin", "ggml"),
        ("ggml-base.en-q5_1.bin", "ggml"),
        ("params_shard_0.bin", "mlc"),
        ("optimizer.bin", "training"),
        ("rng_state_3.pth", "training"),
        ("random_states_0.pkl", "training"),
        ("bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt", "training"),
        ("scheduler/scheduler_config.json", "other"),
        ("tokenizer.bin", "other"),
        ("imatrix.txt", "other"),
        ("calibration/imatrix.dat", "gguf"),
        ("graph.xml", "other"),
        (".bin", "other"),
        ("bin", "other"),
        ("modeling_custom.py", "other"),
        ("", "other"),
    ],
)
def test_a_file_has_a_kind_by_its_name(path: str, kind: str) -> None:
    assert kinds_of([RemoteFile(path, 1, "")]) == [kind]


def test_a_graph_and_its_weights_are_a_pair() -> None:
    def kinds(*paths: str) -> list[str]:
        return kinds_of([RemoteFile(path, 1, "") for path in paths])

    assert kinds("a/face.xml", "a/face.bin") == ["openvino", "openvino"]
    assert kinds("a/face.xml", "b/face.bin") == ["other", "bin"]


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("model-Q4_K_M.gguf", "Q4_K_M"),
        ("model.Q4_K_M.gguf", "Q4_K_M"),
        ("model_q4_k_m.gguf", "Q4_K_M"),
        ("Phi-3-mini-4k-instruct-q4.gguf", "Q4"),
        ("Phi-3-mini-4k-instruct-fp16.gguf", "FP16"),
        ("Q8_0.gguf", "Q8_0"),
        ("model-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"),
        ("model-IQ2_XXS.gguf", "IQ2_XXS"),
        ("model-f16.gguf", "F16"),
        ("model-BF16-00001-of-00002.gguf", "BF16"),
        ("grok-1-IQ3_XS-split-00003-of-00009.gguf", "IQ3_XS"),
        ("model.i1-Q4_K_M.gguf", "i1-Q4_K_M"),
        ("gpt-oss-20b-mxfp4.gguf", "MXFP4"),
        ("Qwable-35B-A3B-MXFP4_MOE.gguf", "MXFP4_MOE"),
        ("model-TQ1_0.gguf", "TQ1_0"),
        ("model-Q4_K_M_L.gguf", "Q4_K_M_L"),
        ("model-Q4_0_4_4.gguf", "Q4_0_4_4"),
        ("model-IQ4_KSS.gguf", "IQ4_KSS"),
        ("model-Q8_0_R8.gguf", "Q8_0_R8"),
        ("model-F32-Q2_K.gguf", "Q2_K"),
        ("model-Q4_K_M-imat.gguf", "Q4_K_M"),
        ("model-Q4_K_M_imatrix.gguf", "Q4_K_M"),
        ("bert-bge-small/ggml-model-f16-big-endian.gguf", "F16"),
        ("UD-Q3_K_XL/Kimi-UD-Q3_K_XL-00001-of-00011.gguf", "UD-Q3_K_XL"),
        ("Q4_K_M/model-00001-of-00003.gguf", "Q4_K_M"),
        ("Q8_0/old/model.gguf", "Q8_0"),
        ("big.Q6_K.gguf-split-a", "Q6_K"),
        ("big.i1-Q6_K.gguf.part1of2", "i1-Q6_K"),
        ("mmproj-model-f16.gguf", "mmproj-F16"),
        ("gemma-3-4b.mmproj-Q8_0.gguf", "mmproj-Q8_0"),
        ("BF16/mmproj.gguf", "mmproj"),
        ("mtp-model-Q8_0.gguf", "mtp-Q8_0"),
        ("Qwen-27B-MTP-Q8_0.gguf", "Q8_0"),
        ("model-imatrix.gguf", "imatrix"),
        ("imatrix-model-BF16.dat", "imatrix"),
        ("imatrix_unsloth.gguf_file", "imatrix"),
        ("Codestral-22B-v0.1.gguf", ""),
        ("Qwen2.5-7B.gguf", ""),
    ],
)
def test_a_gguf_file_has_a_label_by_its_name(path: str, label: str) -> None:
    assert str(label_of(path)) == label
    assert kinds_of([RemoteFile(path, 1, "")]) == ["gguf"]


@pytest.mark.parametrize(
    ("path", "risky"),
    [
        ("pytorch_model.bin", True),
        ("original/consolidated.00.pth", True),
        ("v1-5-pruned.CKPT", True),
        ("optimizer.pt", True),
        ("training_args.bin", True),
        ("model.pkl", True),
        ("model.joblib", True),
        ("asr.nemo", True),
        ("model.safetensors", False),
        ("pytorch_model.bin.index.json", False),
        ("ggml-base.bin", False),
        ("openvino_model.bin", False),
        ("tokenizer.bin", False),
        ("tf_model.h5", False),
        ("modeling_custom.py", False),
    ],
)
def test_pickles_are_told_by_name(path: str, risky: bool) -> None:
    (kind,) = kinds_of([RemoteFile(path, 1, "")])
    assert may_run_code(path, kind) is risky


_WORDS = st.sampled_from(
    ["model", "onnx", "Q4_K_M", "UD-Q4_K_XL", "mmproj", "imatrix", "i1-Q8_0", "optimizer", "x"]
)
_ENDINGS = st.sampled_from(
    ["gguf", "bin", "xml", "safetensors", "bin.index.json", "pt", "onnx_data", "json", "", "dat"]
)
_SHARDS = st.sampled_from(["", "-00001-of-00002", "-00002-of-00002"])
_NAMES = st.builds(
    lambda words, shard, ending: "-".join(words) + shard + (f".{ending}" if ending else ""),
    st.lists(_WORDS, min_size=1, max_size=3),
    _SHARDS,
    _ENDINGS,
)
PATHS = st.builds(
    "/".join, st.lists(_WORDS, max_size=2).flatmap(lambda f: _NAMES.map(lambda n: [*f, n]))
)


@settings(max_examples=200)
@given(st.lists(st.one_of(PATHS, st.text(max_size=30)), unique=True, max_size=30))
def test_every_file_is_in_exactly_one_group(paths: list[str]) -> None:
    files = [RemoteFile(path, 1, "") for path in paths]
    found = groups(files)
    members = Counter(file.path for group in found for file in group.files)
    assert members == Counter(paths)
    assert all(group.kind in KINDS for group in found)
    assert len({(group.kind, group.quant) for group in found}) == len(found)
    assert all(group.quant == "" for group in found if group.kind == OTHER)
