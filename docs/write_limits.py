"""Writes the table of limits into both docs/network pages: python docs/write_limits.py"""

from __future__ import annotations

import re
from pathlib import Path

from hfget import limits

#: Each page, the heading before its table, and what is said below that.
PAGES = {
    Path(__file__).with_name("network.md"): (
        "## Limits\n",
        "Written by `python docs/write_limits.py` from `src/hfget/limits.py`.\n\n"
        "| | | where the figure comes from |\n",
    ),
    Path(__file__).with_name("network.zh-CN.md"): (
        "## 限制\n",
        "由 `python docs/write_limits.py` 根据 `src/hfget/limits.py` 生成，说明为英文。\n\n"
        "| 限制 | 数值 | 依据 |\n",
    ),
}
_ENTRY = re.compile(r"((?:#: .*\n)+)([A-Z_]+) = ")


def rows() -> list[tuple[str, str, str, str]]:
    """Name, value, what is limited, and why just so much, of every limit."""
    source = Path(limits.__file__).read_text("utf-8")
    found = []
    for comment, name in _ENTRY.findall(source):
        what, bar, why = comment.replace("#: ", "").replace("\n", " ").strip().partition(" | ")
        if not bar:
            raise ValueError(f"{name}: nothing says where the figure comes from")
        found.append((name, shown(getattr(limits, name)), what, why))
    return found


def shown(value: float) -> str:
    if isinstance(value, int) and value >= 1 << 20 and value % (1 << 20) == 0:
        return f"{value >> 20} MiB"
    if isinstance(value, int) and value >= 1 << 10 and value % (1 << 10) == 0:
        return f"{value >> 10} KiB"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def page(path: Path) -> str:
    """The whole page with the table at its end, in place of the one that is there."""
    head, said = PAGES[path]
    before = path.read_text("utf-8").partition(head)[0].rstrip()
    table = "".join(f"| {what} | {value} | {why} |\n" for _, value, what, why in rows())
    return f"{before}\n\n{head}\n{said}|---|---|---|\n{table}"


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(page(path), "utf-8")
