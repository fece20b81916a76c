"""Which files of a snapshot are wanted: names, globs, kinds of weights, quantisations (pure).

A *pattern* is a glob as huggingface_hub reads it. A *kind* is a format of weights (safetensors,
gguf, onnx). A *label* names one quantisation of GGUF files. A *group* is all files of one kind or
label.
"""

from __future__ import annotations

from hfget.selection.gguf import label_of, looks_like_label, projectors, whole_name
from hfget.selection.groups import Group, groups_of
from hfget.selection.kinds import is_kind, loaders_of
from hfget.selection.labels import files_meant, labels_of
from hfget.selection.patterns import Selection, absent, select, selection_remarks
from hfget.selection.weights import Choice, split_words

__all__ = [
    "Choice",
    "Group",
    "Selection",
    "absent",
    "files_meant",
    "groups_of",
    "is_kind",
    "label_of",
    "labels_of",
    "loaders_of",
    "looks_like_label",
    "projectors",
    "select",
    "selection_remarks",
    "split_words",
    "whole_name",
]
