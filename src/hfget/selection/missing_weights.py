"""What to say where no weights are of the kind, the label or the precision asked for (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from hfget.errors import UsageError
from hfget.messages import advice, joined
from hfget.messages import selection_texts as texts
from hfget.model import RemoteFile
from hfget.selection.gguf import looks_like_label
from hfget.selection.kinds import KINDS, OTHER, kinds_of
from hfget.selection.labels import labels_of
from hfget.selection.parts import pieces
from hfget.selection.stems import export_of
from hfget.selection.twins import Twins, is_named
from hfget.system import lazy_pattern, safe_text, size_text

#: In bytes; tokenizers and pictures are smaller.
_LARGE = 100_000_000
_DATA = lazy_pattern(
    r"(?i)\.(?:parquet|arrow|feather|avro|csv|tsv|jsonl?|txt|xml|sqlite3?|db|zip|7z|rar|tar|gz|tgz|bz2"
    r"|xz|zst|lz4|wav|mp3|flac|ogg|mp4|mkv|avi|webm|png|jpe?g|tiff?|gif|webp|pdf|np[yz]|h5ad|pcd|bag)\Z"
)
#: A repo may have some thirty quantisations; an error lists so many.
_MOST_LISTED = 40


def check_words(words: Sequence[str], found: Twins, *, narrowed: bool) -> None:
    """Raises UsageError for a precision that is in no name of the kinds that were asked for."""
    for word in words:
        if not any(is_named(piece, (word,)) for piece in found.kept):
            sizes: dict[str, int] = {}
            for piece in (*found.kept, *found.variants):
                base = piece.file.path.lower().rpartition("/")[2]
                if written := piece.variant or "_".join(export_of(base)[1]):
                    sizes[written] = sizes.get(written, 0) + piece.file.size
            raise UsageError(
                texts.NO_PRECISION(who=_who(narrowed=narrowed), word=safe_text(word, 80)),
                hint=texts.THERE_ARE(sizes=_with_sizes(sizes.items()))
                if sizes
                else advice.LEAVE_QUANT_OUT,
            )


def check_kinds(
    wanted: Iterable[str], files: Sequence[RemoteFile], kinds: Sequence[str], *, narrowed: bool
) -> None:
    sizes = _sizes(files, kinds)
    missing = sorted(set(wanted) - set(sizes))
    if not missing:
        return
    if not sizes:
        raise _nothing_known(files, narrowed=narrowed)
    raise UsageError(
        texts.NO_WEIGHTS_OF_KIND(who=_who(narrowed=narrowed), missing=_listed(missing)),
        hint=texts.THERE_ARE(sizes=_with_sizes(sizes.items())),
    )


def _nothing_known(files: Sequence[RemoteFile], *, narrowed: bool) -> UsageError:
    """Names tell no kind; a large file may be weights all the same."""
    unknown = (file for file in files if file.size >= _LARGE and not _DATA.search(file.path))
    largest = max(unknown, key=lambda file: file.size, default=None)
    if largest is None:
        return UsageError(
            texts.NO_WEIGHTS(who=_who(narrowed=narrowed)), hint=advice.LEAVE_WEIGHTS_OUT
        )
    return UsageError(
        texts.NO_KNOWN_WEIGHTS(
            who=_who(narrowed=narrowed),
            path=safe_text(largest.path, 120),
            size=size_text(largest.size),
        ),
        hint=advice.LEAVE_WEIGHTS_OUT,
    )


def _sizes(files: Sequence[RemoteFile], kinds: Sequence[str]) -> dict[str, int]:
    """The kinds of weights there are, in their order, with their bytes."""
    sums = dict.fromkeys((kind for kind in KINDS if kind != OTHER), -1)
    for file, kind in zip(files, kinds, strict=True):
        if kind != OTHER:
            sums[kind] = max(sums[kind], 0) + file.size
    return {kind: size for kind, size in sums.items() if size >= 0}


def no_gguf(quants: Sequence[str], files: Sequence[RemoteFile], *, narrowed: bool) -> UsageError:
    return UsageError(texts.NO_GGUF(who=_who(narrowed=narrowed)), hint=_no_gguf_hint(quants, files))


def no_label(quant: str, files: Sequence[RemoteFile], *, narrowed: bool) -> UsageError:
    message = texts.NO_QUANT(who=_who(narrowed=narrowed), quant=safe_text(quant, 80))
    return UsageError(message, hint=_labels_hint(quant, files))


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


def _who(*, narrowed: bool) -> str:
    return texts.CHOSEN_FILES_HOLD if narrowed else texts.REPO_HAS


def _with_sizes(sizes: Iterable[tuple[str, int]]) -> str:
    named = [f"{safe_text(name, 80)} ({size_text(size)})" for name, size in sizes]
    more = len(named) - _MOST_LISTED
    return ", ".join(named[:_MOST_LISTED]) + (texts.AND_MORE_SIZES(more=more) if more > 0 else "")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(safe_text(word, 80) for word in words)
