"""Of files that are the same weights, those that a loader of the repo's layout loads (pure).

A file is left out only where its twin is kept: the same part of the same model in a kind that was
asked for, or in the precision or layout that a loader takes first. What exists once always comes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hfget.model import RemoteFile
from hfget.selection.kinds import BIN, GGUF, KINDS, LLAMAFILE, ONNX, OPENVINO, SAFETENSORS
from hfget.selection.parts import NAMED_KINDS, PartLayout, Piece, pieces
from hfget.selection.pipelines import in_pipelines, of_one_file
from hfget.selection.stems import export_of, is_precision, preference
from hfget.system import lazy_pattern

#: Kinds of which a loader takes one precision; the others leave the choice to the program.
_ONE_VARIANT = frozenset({SAFETENSORS, BIN, "flax", "tensorflow", "npz"})
_TORCH = frozenset({SAFETENSORS, BIN})
#: Kinds of which an export is several files that are loaded together.
_IN_PARTS = frozenset({ONNX, OPENVINO})
#: What the folder of an export holds in several precisions.
_EXPORTED = lazy_pattern(
    r"\.onnx|\.(?:safetensors|bin|xml|pth?|ckpt|msgpack|h5|keras|npz|llamafile|ort|ot|nemo|pte"
    r"|tflite|litertlm|task|engine|plan|trt)(?:\.|\Z)"
)
#: The names that transformers.js has for what it looks for under another (its `dtype`s).
_SYNONYMS = {"q8": "quantized"}
_PLAIN = frozenset({"fp32", "f32"})
#: Two files of the same numbers differ by their headers: one in a hundred at most.
_ALIKE = 0.01
#: The same model is smaller quantised, but no smaller model is its original.
_SMALLEST_ORIGINAL = 0.5


class Twins(NamedTuple):
    """`kept` and `left` are pieces; what is in neither was not asked about.

    `variants` are those of `left` in kinds that were asked for: another precision or layout.
    `unloaded` are those that lie beside a pipeline's folders, which it loads instead.
    `only` are those of `kept` in other kinds: their parts exist in no kind that was asked for.
    """

    kept: tuple[Piece, ...]
    left: tuple[Piece, ...]
    variants: tuple[Piece, ...]
    unloaded: tuple[Piece, ...]
    only: tuple[Piece, ...]


def twins(
    files: Sequence[RemoteFile],
    kinds: Sequence[str],
    wanted: frozenset[str],
    *,
    all_variants: bool = False,
    named: Sequence[str] = (),
) -> Twins:
    """Which weights are kept where the kinds `wanted` were asked for, at least one of them.

    Of parts that have a precision of `named` that one comes.
    """
    there = pieces(files, kinds)
    weights = [piece for piece in there if not piece.indexes]
    found = _unified(in_pipelines(files, weights))
    by_part: dict[tuple[str, str], list[Piece]] = defaultdict(list)
    for piece in found:
        by_part[piece.folder, piece.part].append(piece)
    kept: set[str] = set()
    only: set[str] = set()
    singles = of_one_file(by_part, wanted)
    for key, members in by_part.items():
        if key[0] in singles.components:
            continue
        of_kind = [piece for piece in members if piece.kind in wanted]
        if all_variants and of_kind and not named:
            kept.update(piece.file.path for piece in of_kind)
            continue
        if members[0].layout is PartLayout.ONE_FILE and key[0] not in singles.roots:
            continue
        if not of_kind:
            of_kind = _of_first_kind(members)
            only.update(piece.file.path for piece in of_kind)
        kept.update(piece.file.path for piece in _loaded(of_kind, named))
    copies = _copies(by_part, kept & only, kept - only)
    kept -= copies
    only &= kept
    if indexes := [piece for piece in there if piece.indexes]:
        indexes = _placed(indexes, weights, found)
        kept.update(_wanted_indexes(indexes, found, kept, wanted))
        found += indexes
    left = [piece for piece in found if piece.file.path not in kept]
    return Twins(
        tuple(piece for piece in found if piece.file.path in kept),
        tuple(left),
        tuple(piece for piece in left if piece.kind in wanted and not _is_single(piece)),
        tuple(piece for piece in left if piece.kind in wanted and _is_single(piece)),
        tuple(piece for piece in found if piece.file.path in only),
    )


def _is_single(piece: Piece) -> bool:
    return piece.layout is PartLayout.ONE_FILE


def is_named(piece: Piece, words: Sequence[str]) -> bool:
    """Whether one of `words` stands in the name of the file, between separators.

    An ONNX export in float32 has a name without a word for it.
    """
    name = piece.file.path.lower()
    for word in _lower(words):
        if re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", name):
            return True
        base = name.rpartition("/")[2]
        if word in _PLAIN and piece.kind == ONNX and _EXPORTED.search(base):
            return not export_of(base)[1]
    return False


def _lower(words: Sequence[str]) -> list[str]:
    lower = [word.lower() for word in words]
    return lower + [_SYNONYMS[word] for word in lower if word in _SYNONYMS]


def _placed(indexes: Iterable[Piece], weights: list[Piece], found: list[Piece]) -> list[Piece]:
    """`indexes`, each as a piece of the part of its shards, which `weights` became in `found`."""
    became = {_loaded_with(old): new for old, new in zip(weights, found, strict=True)}
    placed = []
    for piece in indexes:
        shard = became.get(_loaded_with(piece), piece)
        placed.append(piece._replace(folder=shard.folder, part=shard.part, layout=shard.layout))
    return placed


def _wanted_indexes(
    indexes: Iterable[Piece], found: Iterable[Piece], kept: set[str], wanted: frozenset[str]
) -> set[str]:
    """The indexes of the shards that are kept, and those of no shards at all."""
    comes: dict[tuple[str, ...], bool] = defaultdict(bool)
    for piece in found:
        comes[_loaded_with(piece)] |= piece.file.path in kept
    return {
        piece.file.path for piece in indexes if comes.get(_loaded_with(piece), piece.kind in wanted)
    }


def _loaded_with(piece: Piece) -> tuple[str, ...]:
    return piece.folder, piece.part, piece.kind, piece.layout.name, piece.variant


def _loaded(members: list[Piece], named: Sequence[str]) -> list[Piece]:
    """Of pieces of one part those that are loaded together, for each kind."""
    alternatives: dict[tuple[str, str], list[Piece]] = defaultdict(list)
    for piece in members:
        alternatives[piece.kind, piece.home].append(piece)
    loaded: list[Piece] = []
    for (kind, _), found in alternatives.items():
        if named and any(is_named(piece, named) for piece in found):
            loaded += _of_precision(found, named)
        else:
            loaded += _first(found) if kind in _ONE_VARIANT else found
    return loaded


def _of_precision(members: list[Piece], named: Sequence[str]) -> list[Piece]:
    """`members` in a precision of `named`: each that has it, the others as they are.

    An encoder and a decoder are exported each by itself; their config and tokenizer lie beside.
    """
    exports: dict[str, list[Piece]] = defaultdict(list)
    chosen = []
    for piece in members:
        folder, _, base = piece.file.path.lower().rpartition("/")
        if _EXPORTED.search(base):
            of_all = piece.kind not in _IN_PARTS
            folder = "/".join(name for name in folder.split("/") if not is_precision(name))
            exports["" if of_all else f"{folder}/{export_of(base)[0]}"].append(piece)
        else:
            chosen.append(piece)
    for found in exports.values():
        chosen += _named_most_exactly(found, named) or found
    return chosen


def _named_most_exactly(found: Iterable[Piece], named: Sequence[str]) -> list[Piece]:
    """Those of one export that have no words but `named`, else all that have them.

    `qint8_avx512` means `model_qint8_avx512.onnx` rather than `model_qint8_avx512_vnni.onnx`.
    """
    hits = [piece for piece in found if is_named(piece, named)]
    told = {part for word in _lower(named) for part in re.split(r"[-_.]", word)}
    exact = [
        piece
        for piece in hits
        if told.issuperset(export_of(piece.file.path.lower().rpartition("/")[2])[1])
    ]
    return exact or hits


def _first(members: list[Piece]) -> list[Piece]:
    """The first layout of `members`, and of it the variant that is the default."""
    first = min(piece.layout for piece in members)
    members = [piece for piece in members if piece.layout == first]
    if first in (PartLayout.ORIGINAL, PartLayout.CHECKPOINT):
        return members
    best = min((piece.variant for piece in members), key=preference)
    members = [piece for piece in members if piece.variant == best]
    shards: dict[str, int] = defaultdict(int)
    for piece in members:
        if piece.sharded:
            shards[piece.whole] += piece.file.size
    # A file beside shards of its name holds all of them.
    return [
        piece
        for piece in members
        if piece.sharded or not _alike(piece.file.size, shards.get(piece.whole, -1))
    ]


def _of_first_kind(members: list[Piece]) -> list[Piece]:
    kind = min((piece.kind for piece in members), key=KINDS.index)
    return [piece for piece in members if piece.kind == kind]


def _unified(found: list[Piece]) -> list[Piece]:
    """`found`, with files that are written from a folder's model named as pieces of it.

    `64-fp16.tflite`, `model-Q4_K_M.gguf`, `parakeet.nemo`: their names are free. So is that of a
    model that is alone in its folder: `kokoro-v1_0.pth` beside `onnx/`.
    """
    folders: dict[str, list[Piece]] = defaultdict(list)
    for piece in found:
        folders[piece.folder].append(piece)
    renamed: set[str] = set()
    for members in folders.values():
        torch = [piece for piece in members if piece.kind in _TORCH]
        named = set() if torch else {p.part for p in members if p.kind in NAMED_KINDS} - {""}
        exports = [
            piece
            for piece in members
            if piece.part not in named
            and (piece.kind not in NAMED_KINDS or (piece.kind == ONNX and not piece.part))
        ]
        parts = {piece.part for piece in torch}
        if not exports or (len(parts) > 1 and "" not in parts):
            continue
        part = "" if "" in parts or not parts else parts.pop()
        originals = [piece for piece in torch if piece.part == part]
        if originals and _too_small(originals, exports):
            continue
        renamed.update(piece.file.path for piece in (*exports, *originals))
    return [piece._replace(part="") if piece.file.path in renamed else piece for piece in found]


def _too_small(originals: list[Piece], exports: list[Piece]) -> bool:
    """Whether `originals` cannot be what the others were made of: a VAE beside a GGUF model."""
    named = originals[0].part == ""
    models: dict[str, int] = defaultdict(int)
    for piece in exports:
        if not named or piece.kind in (GGUF, LLAMAFILE):
            models[f"{piece.kind} {piece.whole} {piece.variant}"] += piece.file.size
    return bool(models) and _size(originals) < _SMALLEST_ORIGINAL * min(models.values())


def _copies(
    by_part: dict[tuple[str, str], list[Piece]], only: set[str], kept: set[str]
) -> set[str]:
    """Of `only` what is as large as the one other model of its folder, which comes.

    SAM 2's `sam2_hiera_large.pt` beside `model.safetensors`: pickles have names of their own.
    """
    models: dict[str, list[Piece]] = {}
    pickles: dict[str, list[list[Piece]]] = defaultdict(list)
    for (folder, part), members in by_part.items():
        mine = [piece for piece in members if piece.file.path in kept or piece.file.path in only]
        if not part:
            models[folder] = mine
        elif mine and mine[0].kind == BIN:
            pickles[folder].append(mine)
    copies: set[str] = set()
    for folder, found in pickles.items():
        model = models.get(folder, [])
        alike = [mine for mine in found if model and _alike(_size(mine), _size(model))]
        if len(alike) == 1:
            both = {piece.file.path for piece in (*alike[0], *model)}
            copies.update(both & only if both & kept else ())
    return copies


def _size(members: Iterable[Piece]) -> int:
    return sum(piece.file.size for piece in members)


def _alike(one: int, other: int) -> bool:
    return abs(one - other) <= _ALIKE * max(one, other)
