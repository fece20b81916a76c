"""The files of a repo as a tree: folders with the sum of what is below them (pure)."""

from __future__ import annotations

from collections.abc import Iterable

from hfget.messages import translated
from hfget.model import RemoteFile
from hfget.system import cells, count_text, padded, size_text
from hfget.ui.sentences import shown

_STEP = "  "


def tree_lines(files: Iterable[RemoteFile]) -> list[str]:
    """A line for each folder and each file, by name; a folder's has its size and files in sum."""
    named = ((tuple(file.path.split("/")), file) for file in files)
    ordered = sorted(named, key=lambda one: one[0])
    sums: dict[tuple[str, ...], tuple[int, int]] = {}
    for parts, file in ordered:
        for depth in range(1, len(parts)):
            count, size = sums.get(parts[:depth], (0, 0))
            sums[parts[:depth]] = count + 1, size + file.size
    rows: list[tuple[str, str]] = []
    above: tuple[str, ...] = ()
    for parts, file in ordered:
        for depth in range(1, len(parts)):
            folder = parts[:depth]
            if above[:depth] != folder:
                count, size = sums[folder]
                about = translated(count_text(count, "file"))
                rows.append(
                    (size_text(size), f"{_STEP * (depth - 1)}{shown(folder[-1])}/  {about}")
                )
        above = parts
        rows.append((size_text(file.size), f"{_STEP * (len(parts) - 1)}{shown(parts[-1])}"))
    width = max((cells(size) for size, _ in rows), default=0)
    return [f"  {padded(size, width, right=True)}  {name}" for size, name in rows]
