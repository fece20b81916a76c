"""Which part of a repo a weights file is, and in which of the forms that a loader knows (pure).

A part is what a loader loads once: the model of a folder, a component of a pipeline, a voice. All
files of one part are the same numbers in several kinds, precisions and layouts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from hfget.model import RemoteFile
from hfget.selection.gguf import Label, label_of, without_label
from hfget.selection.kinds import (
    BIN,
    COREML,
    GGUF,
    LLAMAFILE,
    METAL,
    METAL_FOLDER,
    MLC,
    MNN,
    NCNN,
    NPZ,
    ONNX,
    OPENVINO,
    OTHER,
    PADDLE,
    SAFETENSORS,
    TENSORFLOW,
    TRAINING,
)
from hfget.selection.stems import FORMAT_FOLDERS, is_index, is_precision, stem_of
from hfget.system import lazy_pattern

#: Other kinds are written from the model of a folder as a whole, whatever the file is called.
NAMED_KINDS = frozenset({SAFETENSORS, BIN, ONNX, NPZ})
_TORCH = frozenset({SAFETENSORS, BIN})

_CUT = lazy_pattern(r"(?:\A|/)(?:onnx|openvino|coreml|saved_model|variables)(?![a-z])[^/]*(?=/|\Z)")
_PACKAGE = lazy_pattern(r"(?:\A|/)([^/]+)\.(?:mlpackage|mlmodelc)(?=/|\Z)")
_ORIGINAL = lazy_pattern(r"(?:\A|/)original(?=/|\Z)")
#: Steps of a training, as transformers, LeRobot, Megatron and others call their folders.
_CHECKPOINT = lazy_pattern(
    r"(?:\A|/)(?:(?:checkpoint|ckpt|step|iter|epoch)[-_]?\d+|checkpoints/\d+)(?=/|\Z)"
)
#: What is exported into a folder of its own: `yolov8n_openvino_model/`, `yolov8n_saved_model/`.
_EXPORT = lazy_pattern(
    r"(?:\A|/)([^/]+)[-_](?:openvino|saved|ncnn|paddle|mnn|web|rknn|imx)_model(?=/|\Z)"
)


#: The folders that are one export as a whole, and the kinds of which they are.
_EXPORTS = (
    (_EXPORT, frozenset({OPENVINO, TENSORFLOW, NCNN, PADDLE, MNN})),
    (_CUT, frozenset({ONNX, OPENVINO, COREML, TENSORFLOW})),
    (_PACKAGE, frozenset({COREML})),
    (METAL_FOLDER, frozenset({METAL})),
)


class PartLayout(IntEnum):
    """The ways to lay a model out; where there are several, a loader takes the first."""

    MAIN = 0
    #: Of the models' makers: Mistral's `consolidated*.safetensors`, Meta's `original/`.
    CONSOLIDATED = 1
    ORIGINAL = 2
    #: The state of a training at some step.
    CHECKPOINT = 3
    #: The checkpoint of a pipeline in one file, for ComfyUI and the like.
    ONE_FILE = 4


class Piece(NamedTuple):
    """A weights file, and what it is a piece of.

    Pieces that agree in folder, part, kind, layout and variant are loaded together.
    """

    file: RemoteFile
    kind: str
    #: Of the model, whatever folders of formats lie between; ends in a slash unless it is empty.
    folder: str
    #: The same but where a pipeline has one component in several folders.
    home: str
    part: str
    layout: PartLayout
    variant: str
    whole: str
    sharded: bool
    #: The index of shards: it holds no weights, and comes with them.
    indexes: bool = False


def pieces(files: Sequence[RemoteFile], kinds: Sequence[str]) -> list[Piece]:
    """The weights among `files`; neither the state of a training nor what is beside GGUF models."""
    found = []
    for file, kind in zip(files, kinds, strict=True):
        if kind in (OTHER, TRAINING):
            continue
        label = label_of(file.path) if kind in (GGUF, LLAMAFILE) else Label("", "")
        if not label.role:
            found.append(_piece(file, kind))
    return found


def folders_of_pipelines(files: Iterable[RemoteFile]) -> frozenset[str]:
    """The folders with the index of a diffusers pipeline, with a slash at the end."""
    name = "model_index.json"
    return frozenset(file.path[: -len(name)] for file in files if _is_named(file.path, name))


def components(files: Iterable[RemoteFile]) -> frozenset[str]:
    """The folders that have a config.json, with a slash at the end."""
    name = "config.json"
    return frozenset(file.path[: -len(name)] for file in files if _is_named(file.path, name))


def _is_named(path: str, name: str) -> bool:
    return path.endswith(name) and path[-len(name) - 1 : -len(name)] in ("", "/")


def _piece(file: RemoteFile, kind: str) -> Piece:
    folder, _, base = file.path.rpartition("/")
    place = _place(folder, kind)
    above, layout = place.above, place.layout
    if place.exported is not None or kind == MLC:
        part = stem_of(place.exported, kind).part if place.exported else ""
        return Piece(file, kind, above, above, part, layout, place.variant, folder, True)
    name = base.lower()
    if kind in (GGUF, LLAMAFILE):
        name = without_label(name)
    stem = stem_of(name, kind)
    if stem.consolidated and layout is PartLayout.MAIN:
        layout = PartLayout.CONSOLIDATED
    part = "" if layout is PartLayout.ORIGINAL else stem.part
    variant = "-".join(filter(None, (stem.variant, place.variant)))
    whole, sharded = stem.whole, stem.sharded
    return Piece(file, kind, above, above, part, layout, variant, whole, sharded, is_index(name))


class _Place(NamedTuple):
    """The folder of a model, its layout and variant as its folders tell them.

    Where all of a folder is one export, `exported` is the name of what it was made of, empty for
    the model of the folder above; else None.
    """

    above: str
    layout: PartLayout = PartLayout.MAIN
    variant: str = ""
    exported: str | None = None


@lru_cache(maxsize=4096)
def _place(folder: str, kind: str) -> _Place:
    lower = folder.lower()
    if kind in _TORCH:
        for pattern, layout in (
            (_ORIGINAL, PartLayout.ORIGINAL),
            (_CHECKPOINT, PartLayout.CHECKPOINT),
        ):
            if match := pattern.search(lower):
                return _Place(_slashed(folder[: match.start()]), layout)
    for pattern, kinds in _EXPORTS:
        if kind in kinds and (match := pattern.search(lower)):
            name = match[1] if pattern.groups else ""
            return _Place(_slashed(folder[: match.start()]), exported=name)
    names, variant = [], []
    for name in folder.split("/"):
        if kind != GGUF and (
            is_precision(name.lower()) or (kind in _TORCH and name.lower() in FORMAT_FOLDERS)
        ):
            variant.append(name.lower())
            continue
        if name.lower() in FORMAT_FOLDERS:
            continue
        if kind == GGUF and not without_label(name.lower()).strip("-_."):
            continue
        names.append(name)
    return _Place(_slashed("/".join(names)), variant="-".join(variant))


def _slashed(folder: str) -> str:
    folder = folder.strip("/")
    return f"{folder}/" if folder else ""
