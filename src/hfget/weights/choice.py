"""`--weights` and `--quant`: what is kept of a listing, and what to say if nothing fits (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from hfget.errors import UsageError
from hfget.model import RemoteFile
from hfget.text import safe_text, size_text
from hfget.weights.gguf import (
    files_named,
    is_projector,
    label_of,
    labels_meant,
    looks_like_label,
    projectors,
)
from hfget.weights.groups import Group, groups, kinds_in
from hfget.weights.kinds import GGUF, OTHER, kinds_of, may_run_code

ALL = "all"
#: A repo may have some thirty quantisations; an error lists so many.
_MOST_LISTED = 40


class Choice(NamedTuple):
    """Kinds of weights and labels of GGUF files; empty means all.

    Labels alone mean that of the weights only GGUF files are wanted.
    """

    weights: tuple[str, ...] = ()
    quants: tuple[str, ...] = ()

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


def choose(
    files: Sequence[RemoteFile], choice: Choice, *, narrowed: bool = False
) -> tuple[RemoteFile, ...]:
    """The files of the kinds and labels of `choice`, with all that is not weights.

    `narrowed` says that `files` are only a part of the repo. Raises UsageError for a kind or a
    label that is not among them; its hint lists those that are, with their sizes.
    """
    if not choice:
        return tuple(files)
    kept, have = choice.kinds, groups(files)
    if choice.quants and kept and GGUF not in kept:
        raise UsageError(
            f"--quant chooses GGUF files, --weights only {_listed(choice.weights)}",
            hint="leave one of them out, or name gguf too",
        )
    _check_kinds(kept - {GGUF} if choice.quants else kept, have, narrowed)
    kinds = kinds_of(files)
    gguf = [file for file, kind in zip(files, kinds, strict=True) if kind == GGUF]
    if choice.quants:
        gguf = _of_labels(gguf, choice.quants, have, narrowed)
    wanted = {file.path for file in gguf}

    def stays(file: RemoteFile, kind: str) -> bool:
        if kind == OTHER:
            return True
        return (not kept or kind in kept) and (kind != GGUF or file.path in wanted)

    return tuple(file for file, kind in zip(files, kinds, strict=True) if stays(file, kind))


def without_pickles(files: Sequence[RemoteFile]) -> tuple[RemoteFile, ...]:
    """The files that run no code when they are loaded, as far as names tell.

    Raises UsageError if there are none.
    """
    kinds = kinds_of(files)
    left = tuple(
        file for file, kind in zip(files, kinds, strict=True) if not may_run_code(file.path, kind)
    )
    if files and not left:
        raise UsageError(
            "--safe-only leaves none of the files: loading each of them may run code",
            hint="choose others, or leave --safe-only out",
        )
    return left


def _of_labels(
    files: Sequence[RemoteFile], quants: Sequence[str], have: Sequence[Group], narrowed: bool
) -> list[RemoteFile]:
    """The GGUF files of these labels, with the projectors that belong to the models."""
    if not files:
        raise UsageError(f"{_who(narrowed)} no GGUF files", hint=_no_gguf_hint(quants, have))
    labels = {file.path: label_of(file.path) for file in files}
    chosen: dict[str, RemoteFile] = {}
    for quant in quants:
        meant = labels_meant(quant, labels.values())
        found = [file for file in files if labels[file.path] in meant]
        found = found or files_named(quant, files)
        if not found:
            raise UsageError(
                f"{_who(narrowed)} no GGUF file {safe_text(quant, 80)}",
                hint=_labels_hint(quant, have),
            )
        chosen.update((file.path, file) for file in found)
    if not any(is_projector(labels[path]) for path in chosen):
        models = [file for path, file in chosen.items() if not labels[path].role]
        chosen.update((file.path, file) for file in projectors(models, files))
    return list(chosen.values())


def _check_kinds(wanted: Iterable[str], have: Sequence[Group], narrowed: bool) -> None:
    sizes = kinds_in(have)
    missing = sorted(set(wanted) - set(sizes))
    if not missing:
        return
    if not sizes:
        raise UsageError(f"{_who(narrowed)} no weights", hint="leave --weights out")
    raise UsageError(
        f"{_who(narrowed)} no {_listed(missing)} weights",
        hint=f"there are {_with_sizes(sizes.items())}",
    )


def _no_gguf_hint(quants: Sequence[str], have: Sequence[Group]) -> str:
    sizes = kinds_in(have)
    hint = f"there are {_with_sizes(sizes.items())}" if sizes else "there are no weights at all"
    return hint + _revision_hint(quants)


def _labels_hint(wanted: str, have: Sequence[Group]) -> str:
    """The labels there are: first those that look like `wanted`, then all."""
    sizes = {group.quant: group.size for group in have if group.kind == GGUF and group.quant}
    if not sizes:
        return "their names tell no quantisation: name the file" + _revision_hint([wanted])
    near = _near(wanted, sizes)
    hint = f"did you mean {_with_sizes((label, sizes[label]) for label in near)}? " if near else ""
    rest = [(label, size) for label, size in sizes.items() if label not in near]
    if rest:
        hint += f"there {'also ' if near else ''}are {_with_sizes(rest)}"
    return hint.strip() + _revision_hint([wanted])


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
    return "; a revision is named by org/name@REV or --revision"


def _who(narrowed: bool) -> str:
    return "the files chosen by name or pattern hold" if narrowed else "the repo has"


def _with_sizes(sizes: Iterable[tuple[str, int]]) -> str:
    texts = [f"{safe_text(name, 80)} ({size_text(size)})" for name, size in sizes]
    more = len(texts) - _MOST_LISTED
    return ", ".join(texts[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(safe_text(word, 80) for word in words)
