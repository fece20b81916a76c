"""Where lines of English and Chinese may be broken (pure); its patterns take 5 ms to compile."""

from __future__ import annotations

import re

from hfget.system.text import cells

_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef“”"
#: A wide character or a word, with what may not begin a line after it.
_WORDS = re.compile(rf"[（“]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[，。；：、？！）”]*\s*")
#: A line break between wide characters or beside a mark stands for nothing, others for a blank.
_MARKS = "，。；：、？！（）“”"
_INNER_BREAKS = re.compile(rf"(?<=[{_WIDE}])\n(?=[{_WIDE}])|(?<=[{_MARKS}])\n|\n(?=[{_MARKS}])")


def wrap(text: str, width: int, indent: str, hanging: str = "") -> list[str]:
    """`text` in lines of at most `width` columns behind `indent`, all but the first `hanging`.

    A line may end at a blank and at a wide character, but none begins with a closing mark. The
    lines of a paragraph that is written over several are joined first.
    """
    lines, line = [], indent
    for word in _WORDS.findall(_INNER_BREAKS.sub("", text)):
        if cells(line) + cells(word.rstrip()) > width and line.strip():
            lines.append(line.rstrip())
            line = indent + hanging
        line += word.replace("\n", " ")
    return [*lines, line.rstrip()]
