"""What the name of a weights file tells: of which part it is, and in which precision (pure).

Names are words between `-`, `_` and `.`. Words that name a format (`pytorch_model`, `tf_model`) or
a precision (`fp16`) say how the numbers are written; the words that are left name the part.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from hfget.selection.kinds import ONNX
from hfget.system import lazy_pattern

#: `-00001-of-00003`, `_00001-of-00003`; Mistral's and Meta's `consolidated.00`.
_SHARD = lazy_pattern(r"[-_.]\d{1,6}-of-\d{1,6}(?![0-9])")
_CONSOLIDATED = lazy_pattern(r"\Aconsolidated(?:[-_.]\d+)?\Z")
_INDEX = lazy_pattern(r"\.index(?:\.([\w-]+))?\.json\Z")
_ENDING = lazy_pattern(
    r"\.(?:safetensors|bin|pth?|ckpt|pkl|pickle|joblib|h5|hdf5|keras|pb|msgpack|onnx|ort|ot|npz"
    r"|mlmodel|mlpackage|mlmodelc|tflite|litertlm|task|nemo|pdparams|pdiparams|pdmodel|pdopt|pte"
    r"|engine|plan|trt|xml|param|llamafile|torchscript|zip|meta|index|json|th|pyth|ptl|dill|pk|sav"
    r"|mnn|weight|tar|gz)\Z"
)
_ONNX_DATA = lazy_pattern(r"(?:\.onnx)?[._]data(?:[._]?\d+)?\Z")
_CKPT_DATA = lazy_pattern(r"\.data\Z")
_GGUF_ENDING = lazy_pattern(r"\.gguf(?:[.-](?:part|split)[\w-]*|_file)?\Z")
#: The model, as diffusers and Megatron call it.
_MODEL = lazy_pattern(r"diffusion_(?:pytorch|flax)_model|\Amodel_optim_rng\Z")
_EMA = lazy_pattern(r"non[-_.]?ema|no[-_.]ema(?![a-z])")
_EMA_ONLY = lazy_pattern(r"ema[-_.]?only")

#: Folders that say in which format the model above them is written.
FORMAT_FOLDERS = frozenset(
    (
        *("safetensors", "pytorch", "torch", "flax", "jax", "tf", "tensorflow", "rust", "gguf"),
        *("ggml", "tflite", "mlx", "torchscript"),
    )
)
_FORMATS = frozenset(
    (
        *("pytorch", "torch", "tf", "flax", "jax", "rust", "openvino", "model"),
        *("weights", "weight", "onnx", "tflite", "coreml", "keras", "mlx", "ggml", "gguf"),
        *("inference", "safetensors", "checkpoint", "saved", "variables"),
    )
)
PRECISION = lazy_pattern(
    r"bf16|bfp16|fp?(?:4|8|16|32|64)(?:mixed)?|b?float(?:8|16|32|64)|half|q?u?int\d(?:f\d{1,2})?"
    r"|[qw]\d(?:a\d{1,2}|f\d{1,2})|q[2-8]|w[48]|\d{1,2}bits?|(?:32|64|128|1024)g|bnb\d?|nf\d|(?:mx|nv)fp\d|mixed"
    r"|e\dm\d(?:fn)?|fp8e\dm\d(?:fn)?|quantized|gptq|awq|scaled|nonema|emaonly"
)
#: The files of one ONNX export.
_ONNX_PARTS = frozenset(
    (
        *("encoder", "decoder", "merged", "with", "past", "prefill", "embed", "tokens", "vision"),
        *("audio", "text", "lm", "head", "init", "language"),
    )
)
#: The levels of optimum and the processors that an export is meant for.
_LEVELS = frozenset(("o1", "o2", "o3", "o4", "arm64", "avx2", "avx512", "vnni", "optimized"))
_WORDS = lazy_pattern(r"[-_.\s]+")
#: What a loader takes that is told nothing: no word, then the precision of the training.
_PREFERRED = ("", "bf16", "fp16", "f16", "fp32", "f32", "fp8")


class Stem(NamedTuple):
    """`part` is empty for the model itself; `variant` for the one that is loaded by default.

    `whole` tells file names apart that have the same part and variant. `sharded` says that the
    file is one of several.
    """

    part: str
    variant: str
    whole: str
    consolidated: bool
    sharded: bool


@lru_cache(maxsize=8192)
def stem_of(base: str, kind: str) -> Stem:
    """The words of `base`, a name in lower case without folders and GGUF label."""
    sharded = _SHARD.search(base) is not None
    named_variant = ""
    if index := _INDEX.search(base):
        named_variant = index[1] or ""
        base, sharded = base[: index.start()], True
    whole = _GGUF_ENDING.sub("", _SHARD.sub("", base))
    if kind == ONNX:
        whole = _ONNX_DATA.sub("", whole)
    whole = _ENDING.sub("", _CKPT_DATA.sub("", whole))
    whole = _ENDING.sub("", _SHARD.sub("", whole))
    if _CONSOLIDATED.match(whole):
        return Stem("", named_variant, "consolidated", True, sharded or whole != "consolidated")
    name = _MODEL.sub("model", whole)
    if "ema" in name:
        name = _EMA_ONLY.sub("emaonly", _EMA.sub("nonema", name))
    words = [word for word in _WORDS.split(name) if word and word not in _FORMATS]
    variant = [word for word in words if is_precision(word)]
    part = [word for word in words if not is_precision(word)]
    if kind == ONNX and all(word in _ONNX_PARTS or word in _LEVELS for word in part):
        part = []
    if named_variant and named_variant not in variant:
        variant.append(named_variant)
    return Stem("-".join(part), "-".join(variant), whole, False, sharded)


def is_index(base: str) -> bool:
    """Whether the file says which shard has which tensor."""
    return _INDEX.search(base) is not None


def export_of(base: str) -> tuple[str, tuple[str, ...]]:
    """What of an export the file is, and how it is written.

    `decoder_model_merged_q4.onnx` → `decoder-merged`, `q4`; `model_qint8_avx512.onnx` → `model`,
    `qint8`, `avx512`.
    """
    whole = _ENDING.sub("", _ONNX_DATA.sub("", _SHARD.sub("", base)))
    words = [word for word in _WORDS.split(whole) if word and word not in _FORMATS]
    written = tuple(word for word in words if is_precision(word) or word in _LEVELS)
    return "-".join(word for word in words if word not in written) or "model", written


@lru_cache(maxsize=4096)
def is_precision(word: str) -> bool:
    """Whether the word says how the numbers of a model are written: `fp16`, `4bit`, `non_ema`."""
    return PRECISION.fullmatch(word) is not None


def preference(variant: str) -> tuple[bool, int, bool, str]:
    """Sorts variants: the one that a loader takes by default comes first.

    What lies in a folder of its format comes behind what lies in the folder of the model.
    """
    words = variant.split("-")
    plain = "-".join(word for word in words if word not in FORMAT_FOLDERS)
    rank = _PREFERRED.index(plain) if plain in _PREFERRED else len(_PREFERRED)
    if "nonema" in words:
        rank += len(_PREFERRED)
    # Fewer processors load four-bit floats than integers.
    return plain != variant, rank, "fp4" in variant, variant
