"""What kind of weights a file holds, told by its name and by what lies beside it (pure).

Names as the libraries write them: transformers and diffusers (`*_WEIGHTS_NAME`), optimum (onnx,
openvino), accelerate and DeepSpeed (training state), whisper.cpp and TheBloke (ggml), MLC, MNN,
Orbax (a folder with `_METADATA` or `manifest.ocdbt`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from hfget.model import RemoteFile
from hfget.system import lazy_pattern

SAFETENSORS = "safetensors"
BIN = "bin"
GGUF = "gguf"
ONNX = "onnx"
TENSORFLOW = "tensorflow"
FLAX = "flax"
OPENVINO = "openvino"
COREML = "coreml"
TFLITE = "tflite"
RUST = "rust"
GGML = "ggml"
MLC = "mlc"
MNN = "mnn"
NEMO = "nemo"
PADDLE = "paddle"
EXECUTORCH = "executorch"
TENSORRT = "tensorrt"
NPZ = "npz"
LLAMAFILE = "llamafile"
METAL = "metal"
NCNN = "ncnn"
TRAINING = "training"
#: Config, tokenizer, README, code, data: all that is not weights.
OTHER = "other"

#: In the order in which they are shown.
KINDS = (
    *(SAFETENSORS, BIN, GGUF, ONNX, TENSORFLOW, FLAX, OPENVINO, COREML, TFLITE, RUST),
    *(GGML, MLC, MNN, NEMO, PADDLE, EXECUTORCH, TENSORRT, NPZ, LLAMAFILE, METAL, NCNN, TRAINING),
    OTHER,
)

_BY_SUFFIX = {
    "safetensors": SAFETENSORS,
    **dict.fromkeys(("bin", "pt", "pth", "ckpt", "pkl", "pickle", "joblib", "torchscript"), BIN),
    **dict.fromkeys(("th", "pyth", "ptl", "dill", "pk", "sav"), BIN),
    **dict.fromkeys(("h5", "hdf5", "keras", "pb"), TENSORFLOW),
    "msgpack": FLAX,
    "mlmodel": COREML,
    **dict.fromkeys(("tflite", "litertlm", "task"), TFLITE),
    "ort": ONNX,
    "ot": RUST,
    "mnn": MNN,
    "nemo": NEMO,
    **dict.fromkeys(("pdparams", "pdiparams", "pdmodel", "pdopt"), PADDLE),
    "pte": EXECUTORCH,
    **dict.fromkeys(("engine", "plan", "trt"), TENSORRT),
    "npz": NPZ,
    "llamafile": LLAMAFILE,
    "distcp": TRAINING,
}
#: What Python's pickle may lie in, among the kinds that are written with it.
_PICKLES = lazy_pattern(
    r"\.(?:bin|pt|pth|ckpt|pkl|pickle|joblib|torchscript|distcp|nemo|pdparams|pdopt"
    r"|th|pyth|ptl|dill|pk|sav)\Z"
)
#: What is put around a pickle: `model_best.pth.tar`, `features.pkl.gz`.
_PACKINGS = (".tar", ".gz", ".bz2", ".xz", ".zst", ".lz4", ".zip")
_PACKED = lazy_pattern(
    r"(\.(?:pth?|ckpt|th|pyth|pkl|pickle|joblib|dill))\.(?:tar|gz|bz2|xz|zst|lz4|zip|tar\.gz)\Z"
)
_PICKLED_KINDS = frozenset({BIN, TRAINING, NEMO, PADDLE})

#: `model.safetensors.index.json`, `diffusion_pytorch_model.bin.index.fp16.json`
_INDEX = lazy_pattern(r"\.(safetensors|bin|h5|msgpack)\.index(?:\.[\w-]+)?\.json\Z")
#: `model.gguf`, and files cut by hand: `model.gguf-split-a`, `model.gguf.part1of2`
_GGUF = lazy_pattern(r"\.gguf(?:[.-](?:part|split)[\w-]*)?\Z")
#: The importance matrix a quantisation was made with: `imatrix.dat`, `model-imatrix.gguf`
_IMATRIX = lazy_pattern(r"imatrix.*\.(?:dat|gguf|gguf_file|imatrix)\Z|\.imatrix\Z")
_TENSORFLOW_PART = lazy_pattern(
    r"(?:ckpt.*|variables)\.(?:index|meta|data-\d{5}-of-\d{5})\Z|\A(?:checkpoint|keras_metadata)\Z"
)
_FOLDER = lazy_pattern(r"(?:\A|/)(onnx|openvino|coreml)(?![a-z])")
_COREML_FOLDER = lazy_pattern(r"\.(?:mlpackage|mlmodelc)(?:/|\Z)")
_COREML_ARCHIVE = lazy_pattern(r"\.(?:mlpackage|mlmodelc)\.zip\Z")
_SAVED_MODEL = lazy_pattern(r"(?:\A|/)saved_model(?:/|\Z)")
_TRAINING_FOLDER = lazy_pattern(r"(?:\A|/)(?:global_step\d+|training_state)(?:/|\Z)")
_TRAINING = lazy_pattern(
    r"(?:\A(?:training_args|optimizer|optim|scheduler|lr_scheduler|scaler|sampler|dl_state_dict"
    r"|rng_state|distrib_optim)[\w.-]*|_optim_states)\.(?:bin|pt|pth)\Z|\Arandom_states_\d+\.pkl\Z"
    r"|\A(?:optimizer|rng)(?:_state)?\.safetensors\Z"
)
_OF_ORBAX = ("/_metadata", "/manifest.ocdbt")
#: Raw numbers of text to speech, and of gpt-oss for Apple's GPUs.
_VOICES = lazy_pattern(r"(?:\A|/)voices?\Z")
METAL_FOLDER = lazy_pattern(r"(?:\A|/)metal\Z")
#: What CTranslate2 writes beside its `model.bin`.
_CTRANSLATE2 = lazy_pattern(r"(?:shared_|source_|target_)?vocabulary\.(?:json|txt)\Z")
_VOCABULARY = lazy_pattern(r"\A(?:tokenizer|vocab|vocabulary|merges|spiece|sentencepiece)[\w.-]*\Z")


#: A graph alone is small; one that holds its model is as large as another file of the model.
_DATA_TO_GRAPH = 10


class _Beside(NamedTuple):
    """What lies beside a file and tells its kind: paths without suffix, folders."""

    #: OpenVINO writes pairs of .xml (the graph) and .bin (the weights), ncnn of .param and .bin.
    openvino: frozenset[str]
    ncnn: frozenset[str]
    #: Files with the numbers of an ONNX graph under its name: `model.onnx`, `model.bin`.
    onnx: frozenset[str]
    #: Folders with the states of DeepSpeed's optimizer, or a distributed checkpoint of PyTorch.
    training: frozenset[str]
    #: Folders that are a checkpoint of Orbax, with all below them.
    orbax: frozenset[str]


def kinds_of(files: Iterable[RemoteFile]) -> list[str]:
    """The kind of each file, one of `KINDS`. The whole listing counts: pairs lie side by side."""
    files = list(files)
    paths = [file.path.lower() for file in files]
    known = set(paths)

    def pairs(suffix: str) -> frozenset[str]:
        stems = (path.removesuffix(suffix) for path in paths if path.endswith(suffix))
        return frozenset(stem for stem in stems if stem + ".bin" in known)

    states = (
        path
        for path in paths
        if "_optim_states." in path or (path.endswith(".distcp") and "/" in path)
    )
    beside = _Beside(
        pairs(".xml"),
        pairs(".param"),
        _data_of_graphs(paths, files),
        frozenset(path.rpartition("/")[0] for path in states),
        frozenset(path.rpartition("/")[0] for path in paths if path.endswith(_OF_ORBAX)) - {""},
    )
    return [_kind(path, beside) for path in paths]


def _data_of_graphs(paths: Sequence[str], files: Sequence[RemoteFile]) -> frozenset[str]:
    """A graph that is much smaller than the file of its name does not hold the model itself."""
    graphs = [path.removesuffix(".onnx") for path in paths if path.endswith(".onnx")]
    if not graphs:
        return frozenset()
    sizes = {path: file.size for path, file in zip(paths, files, strict=True)}
    return frozenset(
        data
        for graph in graphs
        for data in (f"{graph}.bin", f"{graph}.pb.bin")
        if sizes.get(data, 0) > _DATA_TO_GRAPH * sizes[f"{graph}.onnx"]
    )


def is_kind(name: str) -> bool:
    """Whether `--weights` has a kind of that name."""
    return name.lower() in KINDS and name.lower() != OTHER


def may_run_code(path: str, kind: str) -> bool:
    """Whether loading the file unpickles it: pickles can run code. Told by name alone."""
    return kind in _PICKLED_KINDS and _PICKLES.search(_unpacked(path.lower())) is not None


def pickles(files: Sequence[RemoteFile], kinds: Sequence[str]) -> set[str]:
    """The paths of the files that may run code when they are loaded.

    `model.bin` beside CTranslate2's vocabulary is none: that library reads numbers only.
    """
    found = {
        file.path for file, kind in zip(files, kinds, strict=True) if may_run_code(file.path, kind)
    }
    if any(path.endswith("model.bin") for path in found):
        for file in files:
            folder, _, base = file.path.rpartition("/")
            if _CTRANSLATE2.match(base):
                found.discard(f"{folder}/model.bin" if folder else "model.bin")
    return found


def _unpacked(name: str) -> str:
    return _PACKED.sub(r"\1", name) if name.endswith(_PACKINGS) else name


def _kind(path: str, beside: _Beside) -> str:
    folder, _, base = path.rpartition("/")
    base = _unpacked(base)
    stem, _, suffix = base.rpartition(".")
    if _IMATRIX.search(base) or _GGUF.search(base):
        return GGUF
    if kind := _kind_of_folder(folder):
        return kind
    if beside.orbax and not beside.orbax.isdisjoint(_and_above(folder)):
        return FLAX
    if index := _INDEX.search(base):
        return _BY_SUFFIX[index[1]]
    if ".onnx" in base or base == "weights.pb" or path in beside.onnx:
        return ONNX
    if base.startswith("openvino_") or (suffix in ("xml", "bin") and path[:-4] in beside.openvino):
        return OPENVINO
    if suffix in ("param", "bin") and path[: -len(suffix) - 1] in beside.ncnn:
        return NCNN
    if _TENSORFLOW_PART.search(base):
        return TENSORFLOW
    if _COREML_ARCHIVE.search(base):
        return COREML
    if base.endswith(".mnn.weight"):
        return MNN
    kind = _BY_SUFFIX.get(suffix, OTHER) if stem else OTHER
    if kind == BIN and folder in beside.training:
        return TRAINING
    if kind == SAFETENSORS and _TRAINING.search(base):
        return TRAINING
    return _kind_of_pickle(folder, stem, suffix) if kind == BIN else kind


def _kind_of_pickle(folder: str, stem: str, suffix: str) -> str:
    """`bin`, or what other programs and the training put under the same suffixes."""
    if _TRAINING.search(f"{stem}.{suffix}"):
        return TRAINING
    if suffix == "bin":
        if "ggml" in stem:
            return GGML
        if stem.startswith("params_shard_"):
            return MLC
        if _VOCABULARY.search(stem) or _VOICES.search(folder):
            return OTHER
        if METAL_FOLDER.search(folder):
            return METAL
    return BIN


@lru_cache(maxsize=4096)
def _and_above(folder: str) -> frozenset[str]:
    """`a/b` → `a`, `a/b`."""
    parts = folder.split("/")
    return frozenset("/".join(parts[:end]) for end in range(1, len(parts) + 1))


@lru_cache(maxsize=4096)
def _kind_of_folder(folder: str) -> str:
    """The kind to which all files of a folder belong, empty if it is not one."""
    if not folder:
        return ""
    if match := _FOLDER.search(folder):
        return match[1]
    if _COREML_FOLDER.search(folder):
        return COREML
    if _SAVED_MODEL.search(folder):
        return TENSORFLOW
    return TRAINING if _TRAINING_FOLDER.search(folder) else ""


#: The programs that people use for a kind, by their own names.
_LOADERS = {
    SAFETENSORS: "transformers, diffusers, vLLM",
    BIN: "transformers, PyTorch",
    GGUF: "llama.cpp, Ollama, LM Studio",
    ONNX: "ONNX Runtime, optimum",
    TENSORFLOW: "TensorFlow, Keras",
    FLAX: "Flax, JAX",
    OPENVINO: "OpenVINO",
    COREML: "Core ML",
    TFLITE: "LiteRT",
    RUST: "rust-bert",
    GGML: "whisper.cpp",
    MLC: "MLC LLM",
    MNN: "MNN",
    NEMO: "NVIDIA NeMo",
    PADDLE: "PaddlePaddle",
    EXECUTORCH: "ExecuTorch",
    TENSORRT: "TensorRT",
    NPZ: "MLX",
    LLAMAFILE: "llamafile",
    METAL: "gpt-oss (Metal)",
    NCNN: "ncnn",
}


def loaders_of(kind: str) -> str:
    """What loads a kind of weights, the usual program first; empty where none does."""
    return _LOADERS.get(kind, "")
