"""Names of files here that the shell has put in place of a pattern without quotes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from hfget.system import lazy_pattern

#: What the files of repos end in: such a word is not a repo where another can be.
_FILE = lazy_pattern(
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
        return bool(word) and os.path.lexists(word) and not os.path.isdir(word)
    except ValueError:  # a NUL
        return False


def is_download(folder: Path) -> bool:
    """Whether files were downloaded into `folder`: names in it may be names in the repo."""
    return os.path.isdir(folder / ".cache" / "huggingface")


def with_stars(words: Sequence[str]) -> list[str]:
    """`words` with every run of names that a shell makes of `*.ENDING` or `FOLDER/*` here put back.

    One name alone may have been typed and stays, and so does what a star would not have given.
    """
    groups: dict[tuple[str, str], set[str]] = {}
    for word in words:
        if not is_glob(word) and os.path.lexists(word):
            groups.setdefault((os.path.dirname(word), ""), set()).add(Path(word).name)
            groups.setdefault(_kind(word), set()).add(Path(word).name)
    stars = {
        (folder, ending)
        for (folder, ending), names in groups.items()
        if (folder or ending) and len(names) > 1 and names == _matching(folder, ending)
    }
    put_back = {}
    for word in words:
        folder, ending = _kind(word)
        if word in put_back or is_glob(word):
            continue
        if (folder, "") in stars:
            put_back[word] = os.path.join(folder, "*")
        elif (folder, ending) in stars:
            put_back[word] = os.path.join(folder, f"*{ending}")
    return list(dict.fromkeys(put_back.get(word, word) for word in words))


def _kind(word: str) -> tuple[str, str]:
    return os.path.dirname(word), Path(word).suffix


def _matching(folder: str, ending: str) -> set[str]:
    """What a `*` with this ending finds in `folder`: nothing that begins with a dot."""
    try:
        names = os.listdir(folder or ".")  # noqa: PTH208
    except OSError:
        return set()
    return {name for name in names if name.endswith(ending) and not name.startswith(".")}
