"""Which paths of a listing may be written below a folder (pure: strings in, strings out).

A listing comes from a server, so its paths are hostile until checked. A listing with a hostile
path is refused as a whole: the rest cannot be trusted either. A path that only some systems cannot
hold (too long, reserved on Windows, one file with another) is *unfit* there, by itself.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import NamedTuple

from hfget.destinations.path_rules import (
    MAX_COMPONENT_BYTES,
    record_name,
    why_hostile,
    why_not,
    why_unfit,
)
from hfget.errors import UnsafeError
from hfget.messages import advice, joined
from hfget.messages import destination_texts as texts
from hfget.system import safe_text

_NAMED = 10

_NEEDS_FOLDER = texts.FILE_FOR_FOLDER
_RECORD_FOLDERS: tuple[list[str], ...] = ([], ["download"], ["trees"])


class Refusal(NamedTuple):
    """A path that may not be written, as it came, and why.

    `local` where it is only unfit: another system could write it.
    """

    path: str
    reason: str
    local: bool


def check_paths(
    paths: Iterable[str], *, windows: bool = False, case_insensitive: bool = False
) -> None:
    """Raise UnsafeError if one of `paths` may not be written below a folder, or two collide.

    `windows` adds the names that Windows gives another meaning, `case_insensitive` the names
    that are one file on a file system that folds case and normal forms. The error names up to
    10 paths, escaped. Time and memory grow with the listing's size (1 million paths: seconds).
    """
    _raise_for(_refusals(list(paths), windows=windows, folding=case_insensitive))


def check_hostile(paths: Iterable[str]) -> None:
    """As `check_paths`, but of paths that no system should write; unfit ones pass."""
    refusals = _refusals(list(paths), windows=False, folding=False)
    _raise_for(refusal for refusal in refusals if not refusal.local)


def unfit_paths(
    paths: Iterable[str],
    *,
    windows: bool = False,
    case_insensitive: bool = False,
    longest: int = MAX_COMPONENT_BYTES,
) -> dict[str, str]:
    """Which of `paths`, none of them hostile, cannot be written here, and why.

    `longest` is how many bytes a name may have. Of paths that are one file the first can be.
    """
    unfit: dict[str, str] = {}
    fit = []
    for path in paths:
        if reason := why_unfit(path, windows=windows, longest=longest):
            unfit[path] = reason
        else:
            fit.append(path)
    if case_insensitive:
        first: dict[str, str] = {}
        for path, reason in _collisions(fit, folding=True):
            key = _key(path, folding=True)
            if first.setdefault(key, path) != path or reason == _NEEDS_FOLDER:
                unfit[path] = reason
    return unfit


def _raise_for(refusals: Iterator[Refusal]) -> None:
    shown = list(islice(refusals, _NAMED))
    if not shown:
        return
    count, local = len(shown), all(refusal.local for refusal in shown)
    for refusal in refusals:
        count += 1
        local &= refusal.local
    named = [quoted(refusal.path) + " " + refusal.reason for refusal in shown]
    raise UnsafeError(
        texts.REPO_REFUSED(count=count, paths=joined(with_rest(named, count), "; ")),
        hint=advice.DOWNLOAD_ON_LINUX if local else advice.TELL_OWNER,
        path=safe_text(shown[0].path),
    )


def check_root(root: Path, paths: Iterable[str]) -> None:
    """Raise UnsafeError if `paths` below `root` would be records of another download."""
    names = [record_name(name) for name in root.absolute().parts]
    inside = any(
        pair == (".cache", "huggingface") and (names[place + 2 : place + 3] in _RECORD_FOLDERS)
        for place, pair in enumerate(pairwise(names))
    )
    if not inside and names[-1:] == [".cache"]:
        inside = any(record_name(path.partition("/")[0]) == "huggingface" for path in paths)
    if inside:
        raise UnsafeError(
            texts.FOLDER_OF_RECORDS(root=safe_text(str(root))),
            hint=advice.OTHER_FOLDER,
        )


def destination(root: Path, path: str) -> Path:
    """Where `path` of a repo lies below `root`. Raises UnsafeError as `check_paths` does."""
    check_path(path)
    return root / path


def check_path(path: str) -> None:
    """Raise UnsafeError if `path` by itself may not be written below a folder, as `check_paths`."""
    windows = os.name == "nt"
    if why_not(path, windows=windows):
        check_paths((path,), windows=windows)


def warnings_for(paths: Iterable[str], most: int = _NAMED) -> list[str]:
    """Up to `most` lines on paths that would not work on Windows, and one on how many more."""
    odd = ((path, reason) for path in paths if (reason := why_not(path, windows=True)))
    lines = [quoted(path) + " " + reason for path, reason in islice(odd, most)]
    return with_rest(lines, len(lines) + sum(1 for _ in odd))


def _refusals(listing: list[str], *, windows: bool, folding: bool) -> Iterator[Refusal]:
    sound: list[str] = []
    for path in listing:
        reason = why_not(path, windows=windows)
        if reason:
            yield Refusal(path, reason, local=not why_hostile(path))
        else:
            sound.append(path)
    clashing = set()
    for path, reason in _collisions(sound, folding=False):
        clashing.add(path)
        yield Refusal(path, reason, local=False)
    if folding:
        for path, reason in _collisions(sound, folding=True):
            if path not in clashing:
                yield Refusal(path, reason, local=True)


def with_rest(lines: list[str], count: int) -> list[str]:
    """`lines`, and how many more of `count` there are."""
    return [*lines, texts.AND_MORE(more=count - len(lines))] if count > len(lines) else lines


def _collisions(paths: list[str], *, folding: bool) -> Iterator[tuple[str, str]]:
    """Paths that are the same, or a file where another path needs a folder; and which of both.

    With NUL, which no sound path holds, in place of the slash a path sorts directly before
    everything below it, so that neighbours tell; no set of all folders is needed, which a
    listing of deep paths could make a thousand times larger than itself.
    """
    keys = sorted(_key(path, folding=folding) for path in paths)
    needs_folder: set[str] = set()
    clashing: dict[str, dict[str, None]] = {}
    for first, second in pairwise(keys):
        if first == second:
            clashing[first] = {}
        elif second.startswith(first) and second[len(first)] == "\0":
            clashing[first] = {}
            needs_folder.add(first)
    if not clashing:
        return
    del keys
    for path in paths:
        key = _key(path, folding=folding)
        if key in clashing:
            clashing[key][path] = None
    for key, group in clashing.items():
        for path in group:
            yield path, _collision(path, group, needs_folder=key in needs_folder)


def _collision(path: str, group: Iterable[str], *, needs_folder: bool) -> str:
    if needs_folder:
        return _NEEDS_FOLDER
    other = next((name for name in group if name != path), None)
    if other is None:
        return texts.LISTED_TWICE
    return texts.SAME_FILE(other=quoted(other))


def _key(path: str, *, folding: bool) -> str:
    key = path.replace("/", "\0")
    if not folding:
        return key
    if key.isascii():
        return key.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", key).casefold())


def quoted(path: str) -> str:
    return f"'{safe_text(path, 120)}'"
