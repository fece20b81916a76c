"""The files of a repo in groups: one for each kind of weights or label of GGUF files (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hfget.model import RemoteFile, Snapshot
from hfget.selection.gguf import Label
from hfget.selection.kinds import GGUF, KINDS, OTHER, kinds_of
from hfget.selection.labels import labels_of


class Group(NamedTuple):
    """Files that are chosen together. `quant` is empty but for GGUF files with a label."""

    kind: str
    quant: str
    files: tuple[RemoteFile, ...]

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(file.size for file in self.files)

    @property
    def is_weights(self) -> bool:
        return self.kind != OTHER

    @property
    def name(self) -> str:
        """`safetensors`, `gguf Q4_K_M`."""
        return f"{self.kind} {self.quant}" if self.quant else self.kind


def groups(files: Sequence[RemoteFile]) -> tuple[Group, ...]:
    """Every file in exactly one group; GGUF models by size, what belongs to them after that."""
    found: dict[tuple[str, Label], list[RemoteFile]] = {}
    kinds = kinds_of(files)
    labels = labels_of(f for f, kind in zip(files, kinds, strict=True) if kind == GGUF)
    for file, kind in zip(files, kinds, strict=True):
        label = labels.get(file.path, Label("", ""))
        found.setdefault((kind, label), []).append(file)
    made = [
        (KINDS.index(kind), label.role != "", Group(kind, str(label), tuple(members)))
        for (kind, label), members in found.items()
    ]
    made.sort(key=lambda entry: (*entry[:2], entry[2].size, entry[2].quant))
    return tuple(group for _, _, group in made)


def groups_of(snapshot: Snapshot) -> tuple[Group, ...]:
    """The groups of a model or a space; none of a dataset, where such files are data."""
    return () if snapshot.ref.repo_type == "dataset" else groups(snapshot.files)
