"""What may have been meant by a name or a pattern that matches nothing (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import islice

from hfget.model import RemoteFile

_NEAR_MISSES = 3
#: difflib takes some 10 µs a candidate.
_MAX_CANDIDATES = 5_000


def near_misses(wanted: str, files: Sequence[RemoteFile]) -> list[str]:
    """Up to three paths, folders (`data/`) or kinds of file (`*.json`) like `wanted`.

    What differs in case only, or is the whole base name, comes before what is similar. A kind
    does not help a user who wanted one file (`confg.json`).
    """
    key = wanted.strip("/").casefold()
    if not key:
        return []
    same: dict[str, None] = {}
    similar: dict[str, str] = {}
    of_a_kind = not key.lstrip("*").rpartition(".")[0]
    for suggestion, names in _suggestions(files):
        if suggestion.startswith("*.") and not of_a_kind:
            continue
        for name in names:
            folded = name.casefold()
            if folded == key or folded == f"*{key}":
                same[suggestion] = None
            elif len(similar) < _MAX_CANDIDATES and _alike(folded, key):
                similar.setdefault(folded, suggestion)
    close = get_close_matches(key[:200], similar, n=2 * _NEAR_MISSES) if not same else []
    found = dict.fromkeys([*same, *(similar[name] for name in close)])
    return list(islice(found, _NEAR_MISSES))


def _suggestions(files: Sequence[RemoteFile]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """What could have been meant, each with the names by which it may have been meant."""
    seen: set[str] = set()
    for file in files:
        base = file.path.rpartition("/")[2]
        yield file.path, (file.path, base)
        stem, dot, kind = base.rpartition(".")
        pattern = f"*.{kind}"
        if stem and dot and pattern not in seen:
            seen.add(pattern)
            yield pattern, (pattern,)
        folder = file.path[: -len(base)]
        while folder and folder not in seen:
            seen.add(folder)
            name = folder[:-1]
            yield folder, (name, name.rpartition("/")[2])
            folder = name[: name.rfind("/") + 1]


def _alike(name: str, key: str) -> bool:
    """Cheap and necessary for similarity: lengths within the ratio that difflib wants (0.6)."""
    return 2 * min(len(name), len(key)) >= 0.6 * (len(name) + len(key)) and len(name) <= 400


def holding(wanted: str, files: Iterable[RemoteFile]) -> list[str]:
    """The paths in which `wanted` stands somewhere; case counts, as in patterns."""
    return [file.path for file in files if wanted in file.path] if wanted else []
