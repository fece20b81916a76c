"""`--weights` and `--quant`: what is kept of a listing (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import selection_texts as texts
from hfget.model import RemoteFile
from hfget.selection.gguf import is_projector, label_of, projectors
from hfget.selection.gguf_parts import beside
from hfget.selection.kinds import GGUF, KINDS, OTHER, TRAINING, kinds_of, pickles
from hfget.selection.labels import files_meant, labels_of, told_apart
from hfget.selection.missing_weights import check_kinds, check_words, no_gguf, no_label
from hfget.selection.twins import twins

ALL = "all"


class Choice(NamedTuple):
    """Kinds of weights and labels; empty means all.

    Labels alone mean GGUF files; with other kinds they are words in the names of those.
    """

    weights: tuple[str, ...] = ()
    quants: tuple[str, ...] = ()
    #: Every precision and layout, not only the one that a loader takes.
    all_variants: bool = False

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that are kept; empty if all are."""
        named = frozenset(kind.lower() for kind in self.weights)
        if ALL in named:
            return frozenset()
        return named or (frozenset({GGUF}) if self.quants else named)

    def __bool__(self) -> bool:
        return bool(self.kinds or self.quants)


def split_words(given: str | Iterable[str] | None) -> tuple[str, ...]:
    """`["Q4_K_M,Q8_0", "bf16"]` → `("Q4_K_M", "Q8_0", "bf16")`."""
    texts = [given] if isinstance(given, str) else given or ()
    words = (word.strip() for text in texts for word in text.split(","))
    return tuple(dict.fromkeys(filter(None, words)))


class Chosen(NamedTuple):
    """The files that are kept, in the order of the listing, and what is worth a line."""

    files: tuple[RemoteFile, ...]
    #: Left out for another precision or layout.
    variants: tuple[RemoteFile, ...] = ()
    #: Left out because a pipeline loads its folders, not the checkpoints beside them.
    unloaded: tuple[RemoteFile, ...] = ()
    #: Left out because the label names others more exactly.
    namesakes: tuple[RemoteFile, ...] = ()
    #: Left out because they are other models, and there in other labels only.
    unlabelled: tuple[RemoteFile, ...] = ()
    #: Kept in a kind that was not asked for: no other holds these parts.
    only: tuple[RemoteFile, ...] = ()


def choose(
    files: Sequence[RemoteFile], choice: Choice, *, narrowed: bool = False
) -> tuple[RemoteFile, ...]:
    """The files of the kinds and labels of `choice`, with all that has no twin among them.

    `narrowed` says that `files` are only a part of the repo. Raises UsageError for a kind or a
    label that is not among them; its hint lists those that are, with their sizes.
    """
    return decide(files, choice, narrowed=narrowed).files


def decide(files: Sequence[RemoteFile], choice: Choice, *, narrowed: bool = False) -> Chosen:
    """As `choose`, with what it leaves out and what it keeps all the same."""
    if not choice:
        return Chosen(tuple(files))
    kept, kinds = choice.kinds, kinds_of(files)
    labels_of_gguf = choice.quants if not kept or GGUF in kept else ()
    check_kinds(kept - {GGUF} if labels_of_gguf else kept, files, kinds, narrowed=narrowed)
    gguf = [file for file, kind in zip(files, kinds, strict=True) if kind == GGUF]
    of_labels = _OfLabels(gguf)
    if labels_of_gguf:
        of_labels = _of_labels(gguf, choice, files, narrowed=narrowed)
    words = () if labels_of_gguf else choice.quants
    wanted = {file.path for file in of_labels.files}
    # What a label leaves out is not the twin for which another kind stays away.
    there = [
        (file, kind)
        for file, kind in zip(files, kinds, strict=True)
        if kind != GGUF or file.path in wanted
    ]
    found = twins(
        [file for file, _ in there],
        [kind for _, kind in there],
        kept or frozenset(KINDS),
        all_variants=choice.all_variants or not kept,
        named=words,
    )
    check_words(words, found, narrowed=narrowed)
    weights = {piece.file.path for piece in found.kept}
    if GGUF not in kept and not any(piece.kind == GGUF for piece in found.kept):
        wanted = set()

    def stays(file: RemoteFile, kind: str) -> bool:
        if kind == GGUF:
            return file.path in wanted and (file.path in weights or _beside(file, labels_of_gguf))
        if kind == TRAINING:
            return not kept or kind in kept
        return kind == OTHER or file.path in weights

    chosen = tuple(file for file, kind in zip(files, kinds, strict=True) if stays(file, kind))
    variants, unloaded = (
        tuple(piece.file for piece in left if piece.kind != GGUF)
        for left in (found.variants, found.unloaded)
    )
    only = tuple(piece.file for piece in found.only)
    return Chosen(chosen, variants, unloaded, of_labels.namesakes, of_labels.unlabelled, only)


def without_pickles(
    files: Sequence[RemoteFile], repo: Sequence[RemoteFile]
) -> tuple[RemoteFile, ...]:
    """Those of `files`, a part of `repo`, that run no code when loaded, as far as names tell.

    Raises UsageError if there are none.
    """
    risky = pickles(repo, kinds_of(repo))
    left = tuple(file for file in files if file.path not in risky)
    if files and not left:
        raise UsageError(
            texts.SAFE_ONLY_LEAVES_NOTHING,
            hint=advice.CHOOSE_OTHERS,
        )
    return left


class _OfLabels(NamedTuple):
    """The GGUF files of labels with what belongs to them, and what is worth a line."""

    files: list[RemoteFile]
    #: Models that a label names less exactly than others.
    namesakes: tuple[RemoteFile, ...] = ()
    unlabelled: tuple[RemoteFile, ...] = ()


def _of_labels(
    files: Sequence[RemoteFile], choice: Choice, repo: Sequence[RemoteFile], *, narrowed: bool
) -> _OfLabels:
    """The GGUF files of these labels, with the projectors and parts that belong to the models."""
    if not files:
        raise no_gguf(choice.quants, repo, narrowed=narrowed)
    labels = labels_of(files)
    chosen: dict[str, RemoteFile] = {}
    others: dict[str, RemoteFile] = {}
    for quant in choice.quants:
        found = files_meant(quant, files, labels)
        if not found:
            raise no_label(quant, files, narrowed=narrowed)
        if not choice.all_variants:
            found, longer = told_apart(found, labels)
            others.update((file.path, file) for file in longer)
        chosen.update((file.path, file) for file in found)
    parts, left = beside((*chosen.values(), *others.values()), files, labels)
    if not any(is_projector(labels[path]) for path in chosen):
        models = [file for path, file in chosen.items() if not labels[path].role]
        chosen.update((file.path, file) for file in projectors(models, files))
    chosen.update((file.path, file) for file in parts)
    namesakes = tuple(file for path, file in others.items() if path not in chosen)
    return _OfLabels(list(chosen.values()), namesakes, left)


def _beside(file: RemoteFile, labels: Sequence[str]) -> bool:
    return bool(labels) or label_of(file.path).role != ""
