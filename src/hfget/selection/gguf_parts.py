"""What goes with the GGUF models of a label although its names have another one (pure).

The encoders and the VAE of an image model, the vocoder of a speech model are written in one or two
precisions; the program that runs the model loads them too. Another model of the repo is not a part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hfget.model import RemoteFile
from hfget.selection.gguf import Label, bits_of, label_spans, stem
from hfget.system import lazy_pattern

#: What ComfyUI-GGUF, stable-diffusion.cpp and llama-tts load beside a model, by the names of files.
_PART = lazy_pattern(
    r"(?<![a-z])(?:vae|ae|clip(?:[-_](?:[lgh]|vision))?|u?m?t5\w*|text[-_]?encoders?|encoder"
    r"|(?:wav)?tokenizer|vocoder|codec|snac|mimi|hift|hifigan|token2wav|connectors?)(?![a-z])"
)
#: The same by the names of folders, where plainer words are sure enough.
_PART_FOLDER = lazy_pattern(
    rf"(?:{_PART.pattern}|(?<![a-z])(?:vision|audio|tts|clip_vision)(?![a-z]))"
)
_RUNS = lazy_pattern(r"[-_.\s]+")


class Beside(NamedTuple):
    """`parts` come with the models of a label, `left` are other models that do not have it.

    Of each the precision that is nearest to the models', as of a projector.
    """

    parts: tuple[RemoteFile, ...]
    left: tuple[RemoteFile, ...]


def beside(
    named: Iterable[RemoteFile], files: Sequence[RemoteFile], labels: Mapping[str, Label]
) -> Beside:
    """What of `files` is neither a model of `named` nor the same model under another label."""
    models = [file for file in named if not labels[file.path].role]
    told = {_part(file, labels) for file in models}
    if not models:
        return Beside((), ())
    of_encoders = any(map(_is_part, told))
    bits = bits_of(labels[models[0].path].quant)
    others: dict[str, list[RemoteFile]] = defaultdict(list)
    for file in files:
        if not labels[file.path].role and (part := _part(file, labels)) not in told:
            others[part].append(file)
    parts: list[RemoteFile] = []
    left: list[RemoteFile] = []
    for part, found in others.items():
        best = min((labels[file.path] for file in found), key=lambda one: _distance(one, bits))
        nearest = [file for file in found if labels[file.path] == best]
        (parts if _is_part(part) and not of_encoders else left).extend(nearest)
    return Beside(tuple(parts), tuple(left))


def _distance(label: Label, bits: int) -> tuple[int, str]:
    return abs(bits_of(label.quant) - bits), label.quant


def _is_part(part: str) -> bool:
    folder, _, name = part.rpartition("/")
    return bool(_PART.search(name) or _PART_FOLDER.search(folder))


def _part(file: RemoteFile, labels: Mapping[str, Label]) -> str:
    """Folders and name in small letters, up to what tells a precision.

    Words behind that tell how it was made: `IQ4_XS-imat`, `Q4_K_M-pure`.
    """
    path = stem(file.path).lower()
    told = path.removesuffix(labels[file.path].quant.lower())
    path = told if told[-1:] not in ("", "/") else path  # its label is all of its name
    names = map(_before_label, path.split("/"))
    return "/".join(filter(None, (_RUNS.sub("-", name).strip("-") for name in names)))


def _before_label(name: str) -> str:
    spans = label_spans(name)
    if not spans:
        return name
    before = name[: spans[0][0]]
    return before if before.strip("-_. ") else name[spans[-1][1] :]
