"""`--weights` and `--quant`: what is kept of a listing, and what to say if nothing fits (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from hfget.errors import UsageError
from hfget.messages import advice, joined
from hfget.messages import selection_texts as texts
from hfget.model import RemoteFile
from hfget.selection.gguf import is_projector, label_of, looks_like_label, projectors
from hfget.selection.kinds import GGUF, KINDS, OTHER, TRAINING, kinds_of, pickles
from hfget.selection.labels import files_meant, labels_of, told_apart
from hfget.selection.parts import pieces
from hfget.selection.twins import Twins, is_named, twins
from hfget.system import safe_text, size_text

ALL = "all"
#: A repo may have some thirty quantisations; an error lists so many.
_MOST_LISTED = 40


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
    #: Left out because the label names others more exactly.
    namesakes: tuple[RemoteFile, ...] = ()
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
    _check_kinds(kept - {GGUF} if labels_of_gguf else kept, _sizes(files, kinds), narrowed)
    gguf = [file for file, kind in zip(files, kinds, strict=True) if kind == GGUF]
    others: list[RemoteFile] = []
    if labels_of_gguf:
        gguf, others = _of_labels(gguf, choice, files, narrowed)
    words = () if labels_of_gguf else choice.quants
    found = twins(
        files,
        kinds,
        kept or frozenset(KINDS),
        all_variants=choice.all_variants or not kept,
        named=words,
    )
    _check_words(words, found, narrowed)
    weights = {piece.file.path for piece in found.kept}
    models = any(piece.kind == GGUF for piece in found.kept)
    wanted = {file.path for file in gguf} if models or GGUF in kept else set()

    def stays(file: RemoteFile, kind: str) -> bool:
        if kind == GGUF:
            return file.path in wanted and (file.path in weights or _beside(file, labels_of_gguf))
        if kind == TRAINING:
            return not kept or kind in kept
        return kind == OTHER or file.path in weights

    chosen = tuple(file for file, kind in zip(files, kinds, strict=True) if stays(file, kind))
    variants = [piece.file for piece in found.variants if piece.kind != GGUF]
    only = tuple(piece.file for piece in found.only)
    return Chosen(chosen, tuple(variants), tuple(others), only)


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


def _of_labels(
    files: Sequence[RemoteFile], choice: Choice, repo: Sequence[RemoteFile], narrowed: bool
) -> tuple[list[RemoteFile], list[RemoteFile]]:
    """The GGUF files of these labels, with the projectors that belong to the models.

    The second list has the models that a label names less exactly than others.
    """
    if not files:
        raise UsageError(texts.NO_GGUF(who=_who(narrowed)), hint=_no_gguf_hint(choice.quants, repo))
    labels = labels_of(files)
    chosen: dict[str, RemoteFile] = {}
    others: dict[str, RemoteFile] = {}
    for quant in choice.quants:
        found = files_meant(quant, files, labels)
        if not found:
            raise UsageError(
                texts.NO_QUANT(who=_who(narrowed), quant=safe_text(quant, 80)),
                hint=_labels_hint(quant, files),
            )
        if not choice.all_variants:
            found, longer = told_apart(found, labels)
            others.update((file.path, file) for file in longer)
        chosen.update((file.path, file) for file in found)
    if not any(is_projector(labels[path]) for path in chosen):
        models = [file for path, file in chosen.items() if not labels[path].role]
        chosen.update((file.path, file) for file in projectors(models, files))
    return list(chosen.values()), [file for path, file in others.items() if path not in chosen]


def _beside(file: RemoteFile, labels: Sequence[str]) -> bool:
    return bool(labels) or label_of(file.path).role != ""


def _check_words(words: Sequence[str], found: Twins, narrowed: bool) -> None:
    """Raises UsageError for a precision that is in no name of the kinds that were asked for."""
    for word in words:
        if not any(is_named(piece, (word,)) for piece in found.kept):
            sizes: dict[str, int] = {}
            for piece in (*found.kept, *found.variants):
                if piece.variant:
                    sizes[piece.variant] = sizes.get(piece.variant, 0) + piece.file.size
            raise UsageError(
                texts.NO_PRECISION(who=_who(narrowed), word=safe_text(word, 80)),
                hint=texts.THERE_ARE(sizes=_with_sizes(sizes.items()))
                if sizes
                else advice.LEAVE_QUANT_OUT,
            )


def _check_kinds(wanted: Iterable[str], sizes: Mapping[str, int], narrowed: bool) -> None:
    missing = sorted(set(wanted) - set(sizes))
    if not missing:
        return
    if not sizes:
        raise UsageError(texts.NO_WEIGHTS(who=_who(narrowed)), hint=advice.LEAVE_WEIGHTS_OUT)
    raise UsageError(
        texts.NO_WEIGHTS_OF_KIND(who=_who(narrowed), missing=_listed(missing)),
        hint=texts.THERE_ARE(sizes=_with_sizes(sizes.items())),
    )


def _sizes(files: Sequence[RemoteFile], kinds: Sequence[str]) -> dict[str, int]:
    """The kinds of weights there are, in their order, with their bytes."""
    sums = dict.fromkeys((kind for kind in KINDS if kind != OTHER), -1)
    for file, kind in zip(files, kinds, strict=True):
        if kind != OTHER:
            sums[kind] = max(sums[kind], 0) + file.size
    return {kind: size for kind, size in sums.items() if size >= 0}


def _no_gguf_hint(quants: Sequence[str], files: Sequence[RemoteFile]) -> str:
    """What there is instead, and the way to those that have a label in their names."""
    kinds = kinds_of(files)
    sizes = _sizes(files, kinds)
    hint = texts.THERE_ARE(sizes=_with_sizes(sizes.items())) if sizes else texts.THERE_ARE_NONE
    found = [piece for piece in pieces(files, kinds) if is_named(piece, quants)]
    if found:
        kind = found[0].kind
        hint += texts.FOR_THESE(kind=kind, quants=_listed([",".join(quants)]))
    return hint + _revision_hint(quants)


def _labels_hint(wanted: str, files: Sequence[RemoteFile]) -> str:
    """The labels there are: first those that look like `wanted`, then all."""
    labels = labels_of(files)
    sizes: dict[str, int] = {}
    for file in sorted(files, key=lambda file: (labels[file.path].role != "", file.size)):
        if label := str(labels[file.path]):
            sizes[label] = sizes.get(label, 0) + file.size
    models = sorted(file.path for file in files if not labels[file.path].role)
    by_name = advice.NAME_THE_FILE + (
        texts.AS_FILE(models=safe_text(models[0], 120)) if models else ""
    )
    if not sizes:
        return texts.NAMES_WITHOUT_QUANT(by_name=by_name) + _revision_hint([wanted])
    near = _near(wanted, sizes)
    hints = []
    if near:
        named = _with_sizes((label, sizes[label]) for label in near)
        hints.append(advice.DID_YOU_MEAN(this=named))
    rest = sorted(
        ((label, size) for label, size in sizes.items() if label not in near),
        key=lambda entry: (_is_beside(entry[0]), entry[1]),
    )
    if rest:
        others = texts.THERE_ARE_ALSO if near else texts.THERE_ARE
        hints.append(others(sizes=_with_sizes(rest)))
    hint = joined(hints, " ")
    if not near and not any(looks_like_label(label) for label in sizes):
        hint += texts.OR_BY_NAME(by_name=by_name)
    return hint + _revision_hint([wanted])


def _is_beside(label: str) -> bool:
    return label.split("-")[0] in ("mmproj", "imatrix")


def _near(wanted: str, labels: Iterable[str]) -> list[str]:
    """Labels of which `wanted` is a part or which are a part of it, then those that look alike."""
    by_name = {label.lower(): label for label in labels}
    name = wanted.lower()
    akin = [label for low, label in by_name.items() if name in low or low in name]
    alike = [by_name[low] for low in get_close_matches(name[:40], by_name, n=3, cutoff=0.75)]
    return list(dict.fromkeys([*akin, *alike]))[:6]


def _revision_hint(quants: Sequence[str]) -> str:
    """For those who meant a revision with `org/name:main`."""
    if all(looks_like_label(quant) or ".gguf" in quant.lower() for quant in quants):
        return ""
    return texts.REVISION_IS_NAMED


def _who(narrowed: bool) -> str:
    return texts.CHOSEN_FILES_HOLD if narrowed else texts.REPO_HAS


def _with_sizes(sizes: Iterable[tuple[str, int]]) -> str:
    named = [f"{safe_text(name, 80)} ({size_text(size)})" for name, size in sizes]
    more = len(named) - _MOST_LISTED
    return ", ".join(named[:_MOST_LISTED]) + (texts.AND_MORE_SIZES(more=more) if more > 0 else "")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(safe_text(word, 80) for word in words)
