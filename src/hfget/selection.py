"""Which files of a snapshot are wanted: path of a URL, names, globs, kinds of weights (pure).

Globs are huggingface_hub's (`filter_repo_objects`): fnmatch on the whole path, case counts,
`*` crosses `/`, and a pattern that ends in `/` means the folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import translate
from itertools import islice
from typing import NamedTuple

from hfget.errors import EntryNotFoundError, UsageError
from hfget.model import PathKind, RemoteFile
from hfget.text import safe_text
from hfget.weights import Choice, choose, without_pickles

_MAX_PATTERN = 1_000
#: Single-character wildcards behind a `*` are tried at every place of every path.
_FEW_WILDCARDS = 16
_MAX_WORK = 200_000_000
_NEAR_MISSES = 3
#: difflib takes some 10 µs a candidate.
_MAX_CANDIDATES = 5_000
_WILDCARDS = re.compile(r"[?\[]")


class Selection(NamedTuple):
    """What is wanted of a repo; the empty selection wants all.

    `names` and `include` add up; of these `choice` keeps some kinds of weights and all that is
    not weights; `exclude` takes away, then `safe_only` what can run code when it is loaded.
    `path` (from a URL) bounds them all: only files at or below it are taken.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    path: str = ""
    path_kind: PathKind = PathKind.ANY
    choice: Choice = Choice()
    safe_only: bool = False


def select(files: Sequence[RemoteFile], selection: Selection) -> tuple[RemoteFile, ...]:
    """The files wanted, in the order of the listing.

    Raises UsageError for a name or a pattern that matches nothing, for weights that are not
    there, and where nothing is left; EntryNotFoundError if the path of a URL is not in the listing.
    """
    chosen = _under(files, selection.path, selection.path_kind)
    if selection.names or selection.include:
        names, patterns = _sorted_out(chosen, selection.names)
        plain = _literal(selection.include) & {file.path for file in chosen}
        names |= plain
        patterns += [
            _checked(pattern, chosen) for pattern in selection.include if pattern not in plain
        ]
        for pattern in patterns:
            if next(iter(_matching(chosen, pattern)), None) is None:
                raise _no_match(pattern, chosen)
        if patterns:
            names.update(file.path for file in _filtered(chosen, allow=patterns))
        chosen = tuple(file for file in chosen if file.path in names)
    chosen = choose(chosen, selection.choice, narrowed=len(chosen) < len(files))
    if selection.exclude and chosen:
        excludes = [_checked(pattern, chosen) for pattern in selection.exclude]
        left = tuple(_filtered(chosen, ignore=excludes))
        if not left:
            raise UsageError(
                "--exclude leaves none of the files",
                hint="make the pattern narrower: " + _listed(selection.exclude[:3]),
            )
        chosen = left
    return without_pickles(chosen) if selection.safe_only else chosen


def absent(files: Sequence[RemoteFile], selection: Selection) -> tuple[str, ...]:
    """The files that are asked for by name and not in the listing; no folders and no patterns.

    An empty listing proves nothing.
    """
    asked = [name for name in (*selection.names, *selection.include) if not _is_glob(name)]
    if selection.path_kind is not PathKind.FOLDER:
        asked.append(selection.path.strip("/"))
    known = {file.path for file in files}
    known.update(folder[:-1] for path in tuple(known) for folder in _folders_of(path))
    return tuple(name for name in dict.fromkeys(asked) if name and name not in known and files)


def _under(files: Sequence[RemoteFile], path: str, kind: PathKind) -> tuple[RemoteFile, ...]:
    """The file at `path`, or the files below it."""
    path = path.strip("/")
    if not path:
        return tuple(files)
    if kind is not PathKind.FOLDER:
        exact = tuple(file for file in files if file.path == path)
        if exact:
            return exact
    if kind is not PathKind.FILE:
        below = tuple(file for file in files if file.path.startswith(path + "/"))
        if below:
            return below
    what = {PathKind.FILE: "file", PathKind.FOLDER: "folder"}.get(kind, "file or folder")
    raise EntryNotFoundError(
        f"the repo has no {what} {safe_text(path)}",
        hint=_hint(path, files),
        path=safe_text(path),
    )


def _sorted_out(files: Sequence[RemoteFile], names: Sequence[str]) -> tuple[set[str], list[str]]:
    """The paths that positional names mean, and those names that are patterns."""
    paths = {file.path for file in files}
    wanted: set[str] = set()
    folders: set[str] = set()
    patterns: list[str] = []
    for name in names:
        if name in paths:
            wanted.add(name)
        elif _is_glob(name):
            patterns.append(_checked(name, files))
        else:
            folders.add(name.rstrip("/") + "/")
    if folders:
        missing = set(folders)
        for path in paths:
            above = folders.intersection(_folders_of(path))
            if above:
                missing -= above
                wanted.add(path)
        for name in names:
            if name not in paths and name.rstrip("/") + "/" in missing:
                raise _no_match(name, files)
    return wanted, patterns


def _literal(patterns: Iterable[str]) -> set[str]:
    """Those that match nothing but themselves: a set finds them among many files at once."""
    return {pattern for pattern in patterns if not _is_glob(pattern)}


def _is_glob(text: str) -> bool:
    return any(char in text for char in "*?[")


def _folders_of(path: str) -> Iterable[str]:
    """`a/b/c` → `a/`, `a/b/`."""
    end = path.find("/")
    while end >= 0:
        yield path[: end + 1]
        end = path.find("/", end + 1)


def _checked(pattern: str, files: Sequence[RemoteFile]) -> str:
    """`pattern` in a form that matches the same in bounded time. Raises UsageError."""
    if not pattern:
        raise UsageError("a pattern is empty", hint="leave it out to take all files")
    if len(pattern) > _MAX_PATTERN:
        raise UsageError(
            f"a pattern of {len(pattern)} characters: {safe_text(pattern, 40)}",
            hint=f"a pattern may have {_MAX_PATTERN}",
        )
    wildcards = len(_WILDCARDS.findall(pattern)) if "*" in pattern else 0
    if wildcards > _FEW_WILDCARDS and wildcards * sum(len(f.path) for f in files) > _MAX_WORK:
        raise UsageError(
            f"a pattern with {wildcards} wildcards on {len(files)} files: {safe_text(pattern, 40)}",
            hint="use * for several characters at once",
        )
    try:
        re.compile(translate(pattern))
    except re.error as error:  # some versions of fnmatch on a reversed range
        raise UsageError(
            f"{_listed([pattern])} is no pattern: {error}", hint="quote it, or name the files"
        ) from error
    # Within brackets a run of stars is not a wildcard.
    return pattern if "[" in pattern else re.sub(r"\*{2,}", "*", pattern)


def _matching(files: Iterable[RemoteFile], pattern: str) -> Iterable[RemoteFile]:
    return _filtered(files, allow=[pattern])


def _filtered(
    files: Iterable[RemoteFile], *, allow: list[str] | None = None, ignore: list[str] | None = None
) -> Iterable[RemoteFile]:
    from huggingface_hub.utils import filter_repo_objects  # type: ignore[attr-defined]

    matched: Iterable[RemoteFile] = filter_repo_objects(
        files, allow_patterns=allow, ignore_patterns=ignore, key=lambda file: file.path
    )
    return matched


def _no_match(wanted: str, files: Sequence[RemoteFile]) -> UsageError:
    if any(file.path == wanted for file in files):
        hint = "to take the file of this very name, give it behind the repo, without --include"
    else:
        hint = _hint(wanted, files)
    return UsageError(f"no file matches {_listed([wanted])}", hint=hint)


def _hint(wanted: str, files: Sequence[RemoteFile]) -> str:
    near = _near_misses(wanted, files)
    return f"did you mean {_listed(near)}?" if near else "hfget ls shows what the repo has"


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(safe_text(text, 120) for text in texts) or "''"


def _near_misses(wanted: str, files: Sequence[RemoteFile]) -> list[str]:
    """Up to three paths, folders (`data/`) or kinds of file (`*.json`) like `wanted`.

    What differs in case only, or is the whole base name, comes before what is similar. A kind
    is no answer to who wanted one file (`confg.json`).
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
