"""Which files of a snapshot are wanted: path of a URL, names, globs, kinds of weights (pure).

Globs are huggingface_hub's (`filter_repo_objects`): fnmatch on the whole path, case counts,
`*` crosses `/`, and a pattern that ends in `/` means the folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import translate
from typing import NamedTuple

from hfget.errors import EntryNotFoundError, UsageError
from hfget.messages import advice
from hfget.messages import selection_texts as texts
from hfget.model import PathKind, RemoteFile
from hfget.selection.suggestions import holding, near_misses
from hfget.selection.warnings import remarks
from hfget.selection.weights import Choice, choose, without_pickles
from hfget.system import lazy_pattern, safe_text

_MAX_PATTERN = 1_000
#: Single-character wildcards behind a `*` are tried at every place of every path.
_FEW_WILDCARDS = 16
_MAX_WORK = 200_000_000
_NEAR_MISSES = 3
_WILDCARDS = lazy_pattern(r"[?\[]")


class Selection(NamedTuple):
    """What is wanted of a repo; the empty selection wants all.

    `names` and `include` add up; `exclude` takes away, then `safe_only` what can run code when it
    is loaded; of the rest `choice` keeps some kinds of weights and all that has no twin there.
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
    chosen = _narrowed(files, selection)
    return choose(chosen, selection.choice, narrowed=len(chosen) < len(files))


def selection_remarks(
    files: Sequence[RemoteFile], selection: Selection, *, pickles: bool = True
) -> list[str]:
    """What is worth a line about the choice among `files`, as `select` makes it.

    Of an exclude that matches nothing, and of weights (`selection.warnings`); `pickles=False`
    leaves out the warning of those.
    """
    lines = [
        _matches_nothing(pattern, files)
        for pattern in dict.fromkeys(selection.exclude)
        if next(iter(_matching(files, _checked(pattern, files))), None) is None
    ]
    return lines + remarks(
        files,
        _narrowed(files, selection),
        selection.choice,
        safe_only=selection.safe_only,
        of_pickles=pickles,
    )


def _narrowed(files: Sequence[RemoteFile], selection: Selection) -> tuple[RemoteFile, ...]:
    """`files` without what names, patterns and `safe_only` leave out, before weights are chosen.

    Of two files with the same weights the one that is excluded must not have cost the other.
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
    if selection.exclude and chosen:
        excludes = [_checked(pattern, chosen) for pattern in selection.exclude]
        left = tuple(_filtered(chosen, ignore=excludes))
        if not left:
            raise UsageError(
                texts.EXCLUDE_LEAVES_NOTHING,
                hint=advice.NARROWER_PATTERN(pattern=_listed(selection.exclude[:3])),
            )
        chosen = left
    return without_pickles(chosen, files) if selection.safe_only else chosen


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
    what = {PathKind.FILE: "file", PathKind.FOLDER: "folder"}.get(kind, texts.FILE_OR_FOLDER)
    raise EntryNotFoundError(
        texts.NO_SUCH_ENTRY(what=what, path=safe_text(path)),
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
        raise UsageError(texts.EMPTY_PATTERN, hint=advice.LEAVE_PATTERN_OUT)
    if len(pattern) > _MAX_PATTERN:
        raise UsageError(
            texts.PATTERN_TOO_LONG(characters=len(pattern), pattern=safe_text(pattern, 40)),
            hint=texts.PATTERN_LIMIT(most=_MAX_PATTERN),
        )
    wildcards = len(_WILDCARDS.findall(pattern)) if "*" in pattern else 0
    if wildcards > _FEW_WILDCARDS and wildcards * sum(len(f.path) for f in files) > _MAX_WORK:
        raise UsageError(
            texts.PATTERN_TOO_SLOW(
                wildcards=wildcards, files=len(files), pattern=safe_text(pattern, 40)
            ),
            hint=advice.USE_STAR,
        )
    try:
        re.compile(translate(pattern))
    except re.error as error:  # some versions of fnmatch on a reversed range
        raise UsageError(
            texts.NOT_A_PATTERN(pattern=_listed([pattern]), error=error), hint=advice.QUOTE_OR_NAME
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
    known = any(file.path == wanted for file in files)
    hint = texts.NAME_EXACT_FILE if known else _hint(wanted, files)
    return UsageError(texts.NO_MATCH(wanted=_listed([wanted])), hint=hint)


def _hint(wanted: str, files: Sequence[RemoteFile]) -> str:
    near = near_misses(wanted, files)
    held = [] if _is_glob(wanted) else holding(wanted, files)
    if not set(held) <= set(near):
        pattern = _listed([repr(f"*{wanted}*")])
        return texts.DID_YOU_MEAN_HELD(
            held=_listed(near or held[:_NEAR_MISSES]), pattern=pattern, matches=_files(held)
        )
    return advice.DID_YOU_MEAN(this=_listed(near)) if near else advice.LIST_REPO


def _matches_nothing(pattern: str, files: Sequence[RemoteFile]) -> str:
    """A pattern is a whole path; other programs take it for a part of one."""
    text = texts.EXCLUDE_MATCHES_NOTHING(pattern=_listed([pattern]))
    held = [] if _is_glob(pattern) else holding(pattern, files)
    if held:
        folder = pattern.strip("/") + "/"
        below = [path for path in held if path.startswith(folder)]
        written, found = (folder, below) if len(below) == len(held) else (f"*{pattern}*", held)
        return texts.EXCLUDE_LEAVES_OUT(
            text=text, written=_listed([repr(written)]), found=_files(found)
        )
    near = near_misses(pattern, files)
    return texts.EXCLUDE_MAYBE(text=text, near=_listed(near)) if near else text


def _files(paths: Sequence[str]) -> str:
    return "1 file" if len(paths) == 1 else f"{len(paths)} files"


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(safe_text(text, 120) for text in texts) or "''"
