"""The labels by which GGUF files are asked for, and the files that a label means (pure).

As llama.cpp's `common/download.cpp` finds them: the label, in any case, followed by `.` or `-`,
anywhere in the path. Unlike there a label is told apart from a longer one (`IQ2_KS` from
`smol-IQ2_KS`, `BF16` from `MXFP4_MOE_BF16`), and all files that it names are taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from hfget.model import RemoteFile
from hfget.selection.gguf import Label, label_of, label_span, label_spans, stem, whole_name
from hfget.system import lazy_pattern

_IMATRIX_MODELS = "i1-"
_SEPARATORS = lazy_pattern(r"[-.](?=[^-.]*\Z)")
_AUXILIARY = frozenset({"mmproj", "imatrix"})


def labels_of(files: Iterable[RemoteFile]) -> dict[str, Label]:
    """The label of each GGUF file, by path.

    Where a name tells no quantisation, what tells it apart from the other models is its label:
    `…-APEX-I-Compact.gguf` → `I-Compact`. Where all models are drafts, drafts are the models.
    """
    labels = {file.path: label_of(file.path) for file in files}
    if labels and all(label.role for label in labels.values()):
        labels = {
            path: label if label.role in _AUXILIARY else Label("", label.quant)
            for path, label in labels.items()
        }
    models = {path: stem(_base(path)) for path, label in labels.items() if not label.role}
    unnamed = [path for path in models if not labels[path].quant]
    if not unnamed or len(set(models.values())) == 1:
        return labels
    shared = _shared(models.values())
    cut = _SEPARATORS.search(shared)
    start = cut.end() if cut else 0
    for path in unnamed:
        labels[path] = Label("", models[path][start:])
    return labels


def files_meant(
    wanted: str, files: Sequence[RemoteFile], labels: Mapping[str, Label]
) -> list[RemoteFile]:
    """The GGUF files that `wanted` names: by label, by name or path, by the end of a name."""
    return (
        _of_label(wanted, files, labels) or _of_name(wanted, files) or _found(wanted, files, labels)
    )


def told_apart(
    files: Sequence[RemoteFile], labels: Mapping[str, Label]
) -> tuple[list[RemoteFile], list[RemoteFile]]:
    """`files` of one label, and those of them that have more words before it.

    Of `m-Q4_K_M` and `m-abliterated-Q4_K_M` the label means the first. `HighNoise-Q4_K_M` and
    `LowNoise-Q4_K_M` are both meant.
    """
    before = {
        file.path: name[: label_span(name)[0]].rstrip("-._").lower()
        for file in files
        for name in [stem(_base(file.path))]
        if not labels[file.path].role
    }
    shortest = set(before.values())
    longer = {
        path
        for path, words in before.items()
        if any(words[:end] in shortest for end, char in enumerate(words) if char in "-._")
    }
    return (
        [file for file in files if file.path not in longer],
        [file for file in files if file.path in longer],
    )


def _of_label(
    wanted: str, files: Sequence[RemoteFile], labels: Mapping[str, Label]
) -> list[RemoteFile]:
    """Case does not count, everything else does.

    `Q4_K_M` also means `i1-Q4_K_M` where no plain one is: the prefix tells that an importance
    matrix was used (mradermacher), and llama.cpp and the Hub's pages leave it out.
    """
    name = wanted.lower()
    for meant in (name, _IMATRIX_MODELS + name):
        found = [file for file in files if str(labels[file.path]).lower() == meant]
        if found:
            return found
    return []


def _of_name(wanted: str, files: Sequence[RemoteFile]) -> list[RemoteFile]:
    """By a file's name or path and its shards, as ollama takes them, with or without ending."""
    name = whole_name(wanted.strip("/")).lower()
    found = []
    for file in files:
        path = whole_name(file.path).lower()
        names = {path, stem(path)}
        if "/" not in name:
            folder, _, base = path.rpartition("/")
            names = {base, stem(base), folder.rpartition("/")[2]}
        if name in names:
            found.append(file)
    return found


def _found(
    wanted: str, files: Sequence[RemoteFile], labels: Mapping[str, Label]
) -> list[RemoteFile]:
    """The models of which the name ends in `wanted`; else those, but not all, that have it."""
    models = [file for file in files if not labels[file.path].role]
    search = re.compile(rf"(?<![a-z0-9]){re.escape(wanted.lower())}(?=[-./]|\Z)")
    within: list[RemoteFile] = []
    at_end: list[RemoteFile] = []
    for file in models:
        path = stem(file.path).lower()
        spans = label_spans(path)
        for match in search.finditer(path):
            if any(_is_part(match, start, end) for start, end in spans):
                continue
            (at_end if match.end() == len(path) else within).append(file)
            break
    return at_end or (within if len(within) < len(models) else [])


def _is_part(match: re.Match[str], start: int, end: int) -> bool:
    """Whether the match is a part of a label, or overlaps with one."""
    overlaps = match.start() < end and start < match.end()
    return overlaps and not (match.start() <= start and end <= match.end())


def _shared(names: Iterable[str]) -> str:
    """What all of `names` begin with."""
    first, last = min(names := list(names)), max(names)
    end = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:end]


def _base(path: str) -> str:
    return path.rpartition("/")[2]
