"""GGUF files by their names: quantisation, shards, and the files that go beside a model (pure).

The names are a custom, not a standard. Sources: huggingface.js `packages/tasks/src/gguf.ts`
(the label is the last one in the name, `UD-` belongs to it), llama.cpp `common/download.cpp`
(shards, files that are no models, the choice of a projector).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from hfget.model import RemoteFile
from hfget.system import lazy_pattern

#: `Q4_K_M`, `UD-Q4_K_XL`, `i1-IQ2_XXS`, `TQ1_0`, `MXFP4_MOE_BF16`. Parts behind `_` are short:
#: in `Q4_K_M_imatrix` the last word is not a part of the label.
_LABEL = lazy_pattern(
    r"(?<![A-Z0-9])(UD-|I1-|SMOL-)?"
    r"((?:(?:MX|NV)FP\d{1,2}(?:_[A-Z0-9]{1,4})*"
    r"|(?:I?Q[1-9]\d?|TQ\d|FP\d{1,2}|B?F(?:16|32|64))(?:_[A-Z0-9]{1,3})*))(?![A-Z0-9])"
)
_SHARD = lazy_pattern(r"-\d{5}-of-\d{5}(?=\.gguf\Z)", re.IGNORECASE)
_CUT = lazy_pattern(r"(?<=\.gguf)[.-](?:part|split)[\w-]*\Z", re.IGNORECASE)
_ENDING = lazy_pattern(r"\.(?:gguf|llamafile)\Z", re.IGNORECASE)
_MMPROJ = "mmproj"
_IMATRIX = "imatrix"
#: Draft models for speculative decoding. In capitals, MTP within a name is that of a whole model.
_DRAFT = lazy_pattern(
    r"(?<![A-Za-z0-9])(?:(mtp)(?=-)|((?i:mtp))\Z|((?i:eagle\d?|dflash|dspark|draft)))(?![A-Za-z0-9])"
)
_DRAFT_FOLDER = lazy_pattern(r"\A(?:mtp|eagle\d?|dflash|dspark|drafts?)\Z", re.IGNORECASE)
_IMATRIX_MODELS = "i1-"
#: What is written in small letters by those who use it.
_PREFIXES = {"I1-": _IMATRIX_MODELS, "SMOL-": "smol-"}


class Label(NamedTuple):
    """What a GGUF file is: `role` is empty for a model, `quant` where the name tells none."""

    role: str
    quant: str

    def __str__(self) -> str:
        return "-".join(part for part in self if part)


@lru_cache(maxsize=1 << 17)
def label_of(path: str) -> Label:
    """The label of the GGUF file at `path`: `Q4_K_M`, `mmproj-F16`, `imatrix`; empty if unknown.

    The name of the file counts, then those of the folders above it, nearest first.
    """
    *folders, base = path.split("/")
    base = whole_name(base)
    lower = base.lower()
    quant = _quant(base)
    if _IMATRIX in lower and (
        not quant or lower.startswith(_IMATRIX) or not lower.endswith(".gguf")
    ):
        return Label(_IMATRIX, "")
    if _MMPROJ in lower:
        return Label(_MMPROJ, quant)
    draft = _DRAFT.search(_ENDING.sub("", base))
    above = folders[-1] if folders else ""
    if draft or _DRAFT_FOLDER.match(above):
        word = draft[draft.lastindex or 0] if draft else above
        return Label(word.lower(), quant)
    if not quant:
        quant = next(filter(None, map(_quant, reversed(folders))), "")
    return Label("", quant)


def projectors(models: Iterable[RemoteFile], files: Sequence[RemoteFile]) -> list[RemoteFile]:
    """The mmproj file for each model, as llama.cpp's `find_best_mmproj` chooses it.

    It lies in the model's folder or one above it. The deepest comes first, then the one whose
    bits are nearest to the model's, then the first by name.
    """
    by_folder: dict[str, list[RemoteFile]] = {}
    for file in files:
        if label_of(file.path).role == _MMPROJ:
            by_folder.setdefault(_folder(file.path), []).append(file)
    best: dict[tuple[str, int], RemoteFile] = {}
    for model in models if by_folder else ():
        folder, bits = _folder(model.path), bits_of(label_of(model.path).quant)
        while folder and folder not in by_folder:
            folder = _folder(folder[:-1])
        if folder in by_folder and (folder, bits) not in best:
            best[folder, bits] = _nearest(bits, by_folder[folder])
    return list({file.path: file for file in best.values()}.values())


def _nearest(bits: int, files: Sequence[RemoteFile]) -> RemoteFile:
    return min(files, key=lambda file: (abs(bits_of(label_of(file.path).quant) - bits), file.path))


def is_projector(label: Label) -> bool:
    return label.role == _MMPROJ


def looks_like_label(text: str) -> bool:
    """Whether `text` could be a quantisation, as opposed to a revision or a mistake."""
    return _LABEL.fullmatch(text.upper()) is not None


def _quant(name: str) -> str:
    matches = list(_LABEL.finditer(name.upper()))
    if not matches:
        return ""
    prefix, quant = matches[-1].groups(default="")
    return _PREFIXES.get(prefix, prefix) + quant


def label_spans(text: str) -> list[tuple[int, int]]:
    """Where quantisations stand in a name or a path."""
    return [match.span() for match in _LABEL.finditer(text.upper())]


def label_span(name: str) -> tuple[int, int]:
    """Where the quantisation stands in `name`; at the very end where there is none."""
    spans = label_spans(name)
    return spans[-1] if spans else (len(name), len(name))


def without_label(name: str) -> str:
    """`model-q4_k_m.gguf` → `model-.gguf`."""
    start, end = label_span(name)
    return name[:start] + name[end:]


def stem(name: str) -> str:
    """The name, or path, without ending and without the number of a shard or a piece."""
    return _ENDING.sub("", whole_name(name))


def whole_name(name: str) -> str:
    """The name of the file of which `name` is a shard or a piece."""
    return _SHARD.sub("", _CUT.sub("", name))


def _folder(path: str) -> str:
    """`a/b/c.gguf` → `a/b/`."""
    return path[: path.rfind("/") + 1]


def bits_of(quant: str) -> int:
    """`Q4_K_M` → 4, `BF16` → 16, 0 where the label is not known."""
    digits = re.search(r"\d+", quant.removeprefix(_IMATRIX_MODELS))
    return int(digits[0]) if digits else 0
