"""Which weights are wanted of a repo that holds the same ones several times (docs/weights.md).

Pure: names and sizes of files in, files and sentences out.
"""

from __future__ import annotations

from hfget.weights.choice import Choice, Chosen, choose, decide, split_words, without_pickles
from hfget.weights.groups import Group, groups, groups_of
from hfget.weights.remarks import remarks

__all__ = [
    "Choice",
    "Chosen",
    "Group",
    "choose",
    "decide",
    "groups",
    "groups_of",
    "remarks",
    "split_words",
    "without_pickles",
]
