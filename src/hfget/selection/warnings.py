"""What is worth a line about the weights that were chosen, or not chosen (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from hfget.errors import UsageError
from hfget.messages import joined
from hfget.messages import selection_texts as texts
from hfget.model import RemoteFile
from hfget.selection.kinds import (
    BIN,
    GGUF,
    ONNX,
    OPENVINO,
    OTHER,
    SAFETENSORS,
    TFLITE,
    kinds_of,
    pickles,
)
from hfget.selection.labels import labels_of
from hfget.selection.stems import export_of, preference
from hfget.selection.weights import Choice, choose, decide
from hfget.system import count_text, safe_text, size_text

_MOST_NAMES = 3
_LEFT_TO_PROGRAMS = frozenset({ONNX, OPENVINO, TFLITE})
_MODELS = (".onnx", ".ort", ".xml", ".tflite")


def remarks(
    repo: Sequence[RemoteFile],
    narrowed: Sequence[RemoteFile],
    choice: Choice,
    *,
    safe_only: bool,
    of_pickles: bool = True,
) -> list[str]:
    """A line each about what `choice` makes of `narrowed`, a part of `repo`.

    Of weights in another precision or layout, or of a longer label, that are left out, of kinds
    that come in several precisions, of parts that come in a kind that
    was not asked for, of pickles where safetensors come as well, and of pickles that
    `--safe-only` left out of the repo.
    """
    chosen = decide(narrowed, choice, narrowed=len(narrowed) < len(repo))
    lines = []
    # Of a precision that was named the others are no news.
    if chosen.variants and (not choice.quants or GGUF in choice.kinds):
        lines.append(texts.VARIANTS_LEFT_OUT(variants=_named(chosen.variants)))
    if chosen.unloaded and (not choice.quants or GGUF in choice.kinds):
        lines.append(texts.UNLOADED_LEFT_OUT(files=_named(chosen.unloaded)))
    if chosen.namesakes:
        lines.append(
            texts.NAMESAKES_LEFT_OUT(
                namesakes=_named(chosen.namesakes), quants=safe_text(", ".join(choice.quants), 80)
            )
        )
    if chosen.unlabelled:
        lines.append(_of_other_models(narrowed, chosen.unlabelled, choice))
    if chosen.only:
        wanted = joined(sorted(choice.kinds), " or ")
        lines.append(texts.NOT_IN_PRECISION(wanted=wanted, only=_named(chosen.only)))
    if choice and not choice.quants and not choice.all_variants:
        lines += _of_precisions(chosen.files, choice)
    of_pickles = of_pickles and BIN not in choice.kinds
    risky = pickles(repo, kinds_of(repo)) if of_pickles or safe_only else set()
    if of_pickles:
        lines += _of_pickles(chosen.files, risky, choice)
    if safe_only and risky:
        weights = any(kind != OTHER for kind in kinds_of(chosen.files))
        lines.append(
            texts.RISKY_LEFT_OUT(risky=count_text(len(risky), "file"))
            + ("" if weights else texts.NO_WEIGHTS_REMAIN)
        )
    return lines


def _of_other_models(
    files: Sequence[RemoteFile], left: Sequence[RemoteFile], choice: Choice
) -> str:
    """Of models without the label that was asked for, and the labels that bring them too."""
    kinds = kinds_of(files)
    labels = labels_of(file for file, kind in zip(files, kinds, strict=True) if kind == GGUF)
    theirs = dict.fromkeys(str(labels[file.path]) for file in left)
    return texts.UNLABELLED_LEFT_OUT(
        files=_named(left),
        quants=safe_text(", ".join(choice.quants), 80),
        more=safe_text(",".join((*choice.quants, *theirs)), 200),
    )


def _of_pickles(files: Sequence[RemoteFile], risky: set[str], choice: Choice) -> list[str]:
    """Of pickles among `files`, where safetensors come too; advice only where it loses nothing."""
    found = {file.path for file in files} & risky
    if not found or SAFETENSORS not in kinds_of(files):
        return []
    line = texts.RISKY(found=count_text(len(found), "file"))
    try:
        safe = choose(files, Choice((SAFETENSORS,)))
    except UsageError:
        return [line]
    rest = found & {file.path for file in safe}
    if choice or len(rest) == len(found):
        return [texts.RISKY_ALONE(line=line)]
    if rest:
        return [texts.RISKY_SOME(line=line, some=len(found) - len(rest))]
    return [texts.RISKY_ALL(line=line)]


def _of_precisions(files: Sequence[RemoteFile], choice: Choice) -> list[str]:
    """Kinds that were asked for and come in several precisions, of which a program loads one."""
    found: dict[str, set[str]] = {}
    for file, kind in zip(files, kinds_of(files), strict=True):
        base = file.path.rpartition("/")[2].lower()
        if kind in choice.kinds & _LEFT_TO_PROGRAMS and base.endswith(_MODELS):
            found.setdefault(kind, set()).add("_".join(export_of(base)[1]))
    return [
        texts.SEVERAL_PRECISIONS(
            kind=kind,
            variants=len(variants),
            one=safe_text(min(variants - {""}, key=preference), 40),
        )
        for kind, variants in sorted(found.items())
        if len(variants) > 1
    ]


def _named(files: Sequence[RemoteFile]) -> str:
    """`a.bin, b.bin and 3 more (4.1 GB)`, the largest first."""
    largest = sorted(files, key=lambda file: (-file.size, file.path))
    shown = ", ".join(safe_text(file.path, 80) for file in largest[:_MOST_NAMES])
    more = len(files) - _MOST_NAMES
    size = size_text(sum(file.size for file in files))
    return texts.NAMES_MORE(names=shown, more=more, size=size) if more > 0 else f"{shown} ({size})"
