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
    NPZ,
    ONNX,
    OPENVINO,
    OTHER,
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
_PACKAGE = lazy_pattern(r"(?:\A|/)[^/]+\.(?:mlpackage|mlmodelc)(?=/|\Z)")
_ORIGINAL = lazy_pattern(r"(?:\A|/)original(?=/|\Z)")
_CHECKPOINT = lazy_pattern(r"(?:\A|/)checkpoint-\d+(?=/|\Z)")


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
    above, layout, variant, is_whole = _place(folder, kind)
    if is_whole or kind == MLC:
        return Piece(file, kind, above, above, "", layout, variant, folder, True)
    name = base.lower()
    if kind in (GGUF, LLAMAFILE):
        name = without_label(name)
    stem = stem_of(name, kind)
    if stem.consolidated and layout is PartLayout.MAIN:
        layout = PartLayout.CONSOLIDATED
    part = "" if layout is PartLayout.ORIGINAL else stem.part
    variant = "-".join(filter(None, (stem.variant, variant)))
    whole, sharded = stem.whole, stem.sharded
    return Piece(file, kind, above, above, part, layout, variant, whole, sharded, is_index(name))


@lru_cache(maxsize=4096)
def _place(folder: str, kind: str) -> tuple[str, PartLayout, str, bool]:
    """The folder of the model, its layout and variant, and whether all of `folder` is one."""
    lower = folder.lower()
    if kind in _TORCH:
        for pattern, layout in (
            (_ORIGINAL, PartLayout.ORIGINAL),
            (_CHECKPOINT, PartLayout.CHECKPOINT),
        ):
            if match := pattern.search(lower):
                return _slashed(folder[: match.start()]), layout, "", False
    if kind in (ONNX, OPENVINO, COREML, TENSORFLOW) and (match := _CUT.search(lower)):
        return _slashed(folder[: match.start()]), PartLayout.MAIN, "", True
    if kind == COREML and (match := _PACKAGE.search(lower)):
        return _slashed(folder[: match.start()]), PartLayout.MAIN, "", True
    if kind == METAL and (match := METAL_FOLDER.search(lower)):
        return _slashed(folder[: match.start()]), PartLayout.MAIN, "", True
    names, variant = [], []
    for name in folder.split("/"):
        if kind in _TORCH and (is_precision(name.lower()) or name.lower() in FORMAT_FOLDERS):
            variant.append(name.lower())
            continue
        if name.lower() in FORMAT_FOLDERS:
            continue
        if kind == GGUF and not without_label(name.lower()).strip("-_."):
            continue
        names.append(name)
    return _slashed("/".join(names)), PartLayout.MAIN, "-".join(variant), False


def _slashed(folder: str) -> str:
    folder = folder.strip("/")
    return f"{folder}/" if folder else ""
