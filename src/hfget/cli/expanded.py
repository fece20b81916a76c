"""Names of files here that the shell has put in place of a pattern without quotes."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

#: What the files of repos end in: such a word is no repo where another can be.
_FILE = re.compile(
    r"(?i)\.(safetensors|bin|gguf|ggml|pth?|ckpt|onnx(_data)?|ot|h5|msgpack|npz|npy|tflite|pb|"
    r"json|jsonl|txt|md|ya?ml|toml|py|ipynb|model|tiktoken|jinja|spm|vocab|csv|tsv|parquet|arrow|"
    r"zip|tar|gz|xz|zst|7z|png|jpe?g|gif|webp|svg|pdf|mp[34]|wav|flac|llamafile|index)$"
)


def is_glob(word: str) -> bool:
    return any(char in word for char in "*?[")


def looks_like_file(word: str) -> bool:
    return _FILE.search(word) is not None


def is_file_here(word: str) -> bool:
    try:
        return bool(word) and os.path.lexists(word) and not Path(word).is_dir()
    except ValueError:  # a NUL
        return False


def star_of(words: Sequence[str]) -> list[str]:
    """The patterns that a shell would have made just these `words` of, here; [] if none.

    One name alone may have been typed and is left as it is. `*.json *.txt` gives two patterns.
    """
    if len(words) < 2 or any(is_glob(word) or not os.path.lexists(word) for word in words):
        return []
    return _by_ending(words) or _in_one(words)


def _by_ending(words: Sequence[str]) -> list[str]:
    groups: dict[tuple[str, str], list[str]] = {}
    for word in words:
        path = Path(word)
        groups.setdefault((os.path.dirname(word), path.suffix), []).append(path.name)
    if max(map(len, groups.values())) < 2:
        return []
    for (folder, ending), names in groups.items():
        if not ending or set(names) != _matching(folder, "", ending):
            return []
    return [os.path.join(folder, f"*{ending}") for folder, ending in groups]


def _in_one(words: Sequence[str]) -> list[str]:
    folder = os.path.dirname(words[0])
    if any(os.path.dirname(word) != folder for word in words):
        return []
    names = [Path(word).name for word in words]
    if set(names) == _matching(folder):
        return [os.path.join(folder, "*")]
    start = _common(names)
    end = _common([name[len(start) :][::-1] for name in names])[::-1]
    if not (start or end) or set(names) != _matching(folder, start, end):
        return []
    return [os.path.join(folder, f"{start}*{end}")]


def _common(names: Sequence[str]) -> str:
    """What all `names` begin with."""
    first, last = min(names), max(names)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(letter for letter, _ in same)


def _matching(folder: str, start: str = "", end: str = "") -> set[str]:
    """What `start*end` finds in `folder`: without a start nothing that begins with a dot."""
    try:
        names = os.listdir(folder or ".")  # noqa: PTH208
    except OSError:
        return set()
    return {
        name
        for name in names
        if name.startswith(start)
        and name.endswith(end)
        and len(name) >= len(start) + len(end)
        and (start or not name.startswith("."))
    }
