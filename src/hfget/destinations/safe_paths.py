"""Which paths of a listing may be written below a folder (pure: strings in, strings out).

A listing comes from a server, so its paths are hostile until checked. A listing with a hostile
path is refused as a whole: the rest cannot be trusted either. A path that only some systems cannot
hold (too long, reserved on Windows, one file with another) is *unfit* there, by itself.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice, pairwise
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from hfget.errors import UnsafeError
from hfget.messages import advice
from hfget.messages import destination_texts as texts
from hfget.system import safe_text

MAX_COMPONENT_BYTES = 255
MAX_PATH_BYTES = 4_096
_NAMED = 10

#: Paths that need no closer look on POSIX: most of all there are.
_PLAIN = re.compile(
    r"\w(?:[\w.=+@,()-]*[\w=+@,()-])?(?:/\w(?:[\w.=+@,()-]*[\w=+@,()-])?)*", re.ASCII
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DRIVE = re.compile(r"[A-Za-z]:")
#: What HFS+ ignores in a name (git, `next_hfs_char` in utf8.c), and other invisible characters.
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
#: `.git` and its short name on NTFS, also with what NTFS drops behind it (git, `is_ntfs_dotgit`).
_GIT = re.compile(r"(?:\.git|git~1)[ .]*(?::.*)?", re.DOTALL)
_NEEDS_FOLDER = texts.FILE_FOR_FOLDER
_RECORDS = texts.WHERE_RECORDS_ARE
_RECORD_FOLDERS: tuple[list[str], ...] = ([], ["download"], ["trees"])
#: How the Hub cache names a repo's folder, in which `trees` are listings.
_CACHED_REPO = ("models--", "datasets--", "spaces--")
#: https://learn.microsoft.com/windows/win32/fileio/naming-a-file, and the console's two names.
_DEVICE = re.compile(
    r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:[.:].*)?", re.DOTALL
)
_DEVICE_IN_PLAIN = re.compile(r"(?i)(?:^|/)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:[./]|\Z)")
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]')
#: The second name NTFS gives a file whose own is longer: PROGRA~1.
_SHORT_NAME = re.compile(r"(?=[^.]{2,8}(?:\.|\Z))[^.~]+~[0-9]+(?:\.[^.]{0,3})?", re.DOTALL)


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
        if reason := _why_unfit(path, windows=windows, longest=longest):
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
    named = [f"{quoted(refusal.path)} {refusal.reason}" for refusal in shown]
    raise UnsafeError(
        texts.REPO_REFUSED(count=count, paths="; ".join(with_rest(named, count))),
        hint=advice.DOWNLOAD_ON_LINUX if local else advice.TELL_OWNER,
        path=safe_text(shown[0].path),
    )


def check_root(root: Path, paths: Iterable[str]) -> None:
    """Raise UnsafeError if `paths` below `root` would be records of another download."""
    names = [_record_name(name) for name in root.absolute().parts]
    inside = any(
        pair == (".cache", "huggingface") and (names[place + 2 : place + 3] in _RECORD_FOLDERS)
        for place, pair in enumerate(pairwise(names))
    )
    if not inside and names[-1:] == [".cache"]:
        inside = any(_record_name(path.partition("/")[0]) == "huggingface" for path in paths)
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
    if _why_not(path, windows=windows):
        check_paths((path,), windows=windows)


def warnings_for(paths: Iterable[str], most: int = _NAMED) -> list[str]:
    """Up to `most` lines on paths that would not work on Windows, and one on how many more."""
    odd = ((path, reason) for path in paths if (reason := _why_not(path, windows=True)))
    lines = [f"{quoted(path)} {reason}" for path, reason in islice(odd, most)]
    return with_rest(lines, len(lines) + sum(1 for _ in odd))


def _refusals(listing: list[str], *, windows: bool, folding: bool) -> Iterator[Refusal]:
    sound: list[str] = []
    for path in listing:
        reason = _why_not(path, windows=windows)
        if reason:
            yield Refusal(path, reason, local=not _why_hostile(path))
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


def _why_not(path: str, *, windows: bool) -> str:
    """Why `path` by itself may not be written; empty if it may."""
    return _why_hostile(path) or _why_unfit(path, windows=windows)


def _why_hostile(path: str) -> str:
    """Why `path` may be written on no system; empty if it may."""
    if len(path) <= MAX_COMPONENT_BYTES and _PLAIN.fullmatch(path):
        return _why_not_here(path.split("/")) if "--" in path else ""
    if not path:
        return texts.EMPTY
    if _CONTROL.search(path):
        return texts.CONTROL_CHARACTERS
    if "\\" in path:
        return texts.BACKSLASH
    segments = path.split("/")
    if not segments[0]:
        return texts.ABSOLUTE
    for segment in segments:
        if reason := _why_not_segment(segment):
            return reason
    return _why_not_here(segments)


def _why_unfit(path: str, *, windows: bool, longest: int = MAX_COMPONENT_BYTES) -> str:
    """Why `path`, which is not hostile, cannot be written here; empty if it can."""
    if len(path) <= longest and _PLAIN.fullmatch(path):
        is_device = windows and _DEVICE_IN_PLAIN.search(path)
        return texts.WINDOWS_RESERVED if is_device else ""
    if len(path.encode()) > MAX_PATH_BYTES:
        return texts.PATH_TOO_LONG(most=MAX_PATH_BYTES)
    for segment in path.split("/"):
        if len(segment.encode()) > longest:
            return texts.NAME_TOO_LONG(most=longest)
        if windows and (reason := _why_not_on_windows(segment)):
            return reason
    return ""


@lru_cache(maxsize=8_192)  # folders come again with each of their files
def _why_not_segment(segment: str) -> str:
    if not segment:
        return texts.EMPTY_SEGMENT
    if segment in (".", ".."):
        return texts.DOTS
    if _DRIVE.match(segment):
        return texts.DRIVE_LETTER
    folded = _lookalike(segment)
    if _climbs(folded) or _climbs(unquote(folded)):
        return texts.LIKE_DOTS
    if _GIT.fullmatch(folded):
        return texts.GIT_FOLDER
    return ""


def _climbs(segment: str) -> bool:
    """Whether this would be `.` or `..` to who sees a separator in it."""
    return any(piece in (".", "..") for piece in re.split(r"[/\\]", segment))


def _why_not_on_windows(segment: str) -> str:
    if _DEVICE.fullmatch(segment):
        return texts.WINDOWS_RESERVED
    if segment[-1] in ". ":
        return texts.DOT_OR_SPACE_AT_END
    if _NOT_ON_WINDOWS.search(segment):
        return texts.WINDOWS_FORBIDDEN
    if _SHORT_NAME.fullmatch(segment):
        return texts.WINDOWS_SHORT_NAME
    return ""


def _why_not_here(segments: list[str]) -> str:
    """Records of downloads lie in `.cache/huggingface` of any folder: a repo must not forge them.

    Any folder below the destination may be the destination of the next download.
    """
    names = [_record_name(segment) for segment in segments]
    if names == [".cache"]:
        return _RECORDS
    for number, name in enumerate(names):
        if name.startswith(".hfget"):
            return texts.OWN_RECORDS
        inner = names[number + 1] if number + 1 < len(names) else ""
        if name == ".cache" and inner == "huggingface":
            return _RECORDS
        if inner == "trees" and name.startswith(_CACHED_REPO) and number + 2 < len(names):
            return texts.CACHE_LISTINGS
    return ""


@lru_cache(maxsize=8_192)
def _record_name(segment: str) -> str:
    return _lookalike(segment).rstrip(". ")


def _lookalike(segment: str) -> str:
    """`segment` as a file system or a program that folds characters may read it."""
    if segment.isascii():
        return segment.lower()
    return unicodedata.normalize("NFKC", _IGNORABLE.sub("", segment)).casefold()


def _collisions(paths: list[str], folding: bool) -> Iterator[tuple[str, str]]:
    """Paths that are the same, or a file where another path needs a folder; and which of both.

    With NUL, which no sound path holds, in place of the slash a path sorts directly before
    everything below it, so that neighbours tell; no set of all folders is needed, which a
    listing of deep paths could make a thousand times larger than itself.
    """
    keys = sorted(_key(path, folding) for path in paths)
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
        key = _key(path, folding)
        if key in clashing:
            clashing[key][path] = None
    for key, group in clashing.items():
        for path in group:
            yield path, _collision(path, group, key in needs_folder)


def _collision(path: str, group: Iterable[str], needs_folder: bool) -> str:
    if needs_folder:
        return _NEEDS_FOLDER
    other = next((name for name in group if name != path), None)
    if other is None:
        return texts.LISTED_TWICE
    return texts.SAME_FILE(other=quoted(other))


def _key(path: str, folding: bool) -> str:
    key = path.replace("/", "\0")
    if not folding:
        return key
    if key.isascii():
        return key.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", key).casefold())


def quoted(path: str) -> str:
    return f"'{safe_text(path, 120)}'"
