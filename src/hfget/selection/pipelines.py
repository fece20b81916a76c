"""Diffusers pipelines: components in folders, and beside them the same in one file (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hfget.model import RemoteFile
from hfget.selection.kinds import GGUF
from hfget.selection.parts import PartLayout, Piece, components, folders_of_pipelines

#: A checkpoint of all is larger than its largest part, unless that is written in float32.
_LEAST_SHARE = 4
#: What a GGUF file of a pipeline holds.
_DENOISERS = frozenset({"transformer", "unet"})


def in_pipelines(files: Sequence[RemoteFile], found: list[Piece]) -> list[Piece]:
    """`found`, with what a diffusers pipeline does not load marked as `PartLayout.ONE_FILE`.

    A pipeline loads the folders that its index names, each with a config.json. Beside them lie
    checkpoints of all in one file, and copies of components under other programs' names.
    """
    roots = folders_of_pipelines(files)
    if not roots:
        return found
    configured = components(files)
    loaded = {
        piece.folder
        for piece in found
        if piece.folder and piece.folder in configured and _above(piece.folder) in roots
    }
    roots = frozenset(_above(folder) for folder in loaded)
    names = {_above(folder): set[str]() for folder in loaded}
    for folder in loaded:
        names[_above(folder)].add(_component(folder))

    def placed(piece: Piece) -> Piece:
        if piece.folder in roots:
            return piece._replace(layout=PartLayout.ONE_FILE)
        root = _above(piece.folder)
        if not piece.folder or root not in roots:
            return piece
        name = _component(piece.folder)
        if piece.folder not in loaded:
            if name in names[root]:
                return piece._replace(
                    folder=root, part=piece.folder + piece.part, layout=PartLayout.ONE_FILE
                )
            return piece
        # ONNX and OpenVINO have the two halves of a VAE in folders of their own.
        return piece._replace(folder=f"{root}vae/") if name == "vae" else piece

    return [placed(piece) for piece in found]


class Singles(NamedTuple):
    """Pipelines of which the one-file checkpoint is wanted, and the folders of their parts."""

    roots: frozenset[str]
    components: frozenset[str]


def of_one_file(by_part: Mapping[tuple[str, str], list[Piece]], wanted: frozenset[str]) -> Singles:
    """Pipelines of which only the one-file checkpoint is there in the kinds `wanted`."""
    singles: dict[str, int] = defaultdict(int)
    largest: dict[str, int] = defaultdict(int)
    parts: dict[str, set[str]] = defaultdict(set)
    of_all: dict[str, bool] = defaultdict(bool)
    served: set[str] = set()
    for (folder, _), members in by_part.items():
        of_kind = [piece for piece in members if piece.kind in wanted]
        if members[0].layout is PartLayout.ONE_FILE:
            singles[folder] += sum(piece.file.size for piece in of_kind)
            of_all[folder] |= any(piece.kind != GGUF for piece in of_kind)
            continue
        root = _above(folder)
        parts[root].add(folder)
        largest[root] = max(largest[root], *(piece.file.size for piece in members))
        if of_kind:
            served.add(root)
    roots = frozenset(
        root
        for root, size in singles.items()
        if root not in served and size and _LEAST_SHARE * size >= largest[root]
    )
    return Singles(
        roots,
        frozenset(
            folder
            for root in roots
            for folder in parts[root]
            if of_all[root] or _component(folder) in _DENOISERS
        ),
    )


def _above(folder: str) -> str:
    """`a/b/` → `a/`; empty for `a/`."""
    return folder[: folder.rstrip("/").rfind("/") + 1]


def _component(folder: str) -> str:
    """`text_encoder_2/` and `text_encoders/` → `text_encoder`, `vae_1_0/` → `vae`."""
    name = folder.rstrip("/").rpartition("/")[2].lower()
    if name == "vae" or name.startswith("vae_"):
        return "vae"
    return name.rstrip("_0123456789").removesuffix("s")
