"""What a path by itself may be, below a folder (pure: strings in, strings out)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

from hfget.messages import destination_texts as texts
from hfget.system import lazy_pattern

MAX_COMPONENT_BYTES = 255
MAX_PATH_BYTES = 4_096
#: Paths that need no closer look on POSIX: most of all there are.
_PLAIN = re.compile(
    r"\w(?:[\w.=+@,()-]*[\w=+@,()-])?(?:/\w(?:[\w.=+@,()-]*[\w=+@,()-])?)*", re.ASCII
)
_CONTROL = lazy_pattern("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DRIVE = lazy_pattern(r"[A-Za-z]:")
#: What HFS+ ignores in a name (git, `next_hfs_char` in utf8.c), and other invisible characters.
_IGNORABLE = lazy_pattern(
    "[\u00ad\u034f\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
#: `.git` and its short name on NTFS, also with what NTFS drops behind it (git, `is_ntfs_dotgit`).
_GIT = lazy_pattern(r"(?:\.git|git~1)[ .]*(?::.*)?", re.DOTALL)
_RECORDS = texts.WHERE_RECORDS_ARE
#: How the Hub cache names a repo's folder, in which `trees` are listings.
_REPO_FOLDERS = ("models--", "datasets--", "spaces--")
#: https://learn.microsoft.com/windows/win32/fileio/naming-a-file, and the console's two names.
_DEVICE = lazy_pattern(
    r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:[.:].*)?", re.DOTALL
)
_DEVICE_IN_PLAIN = lazy_pattern(r"(?i)(?:^|/)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:[./]|\Z)")
_NOT_ON_WINDOWS = lazy_pattern(r'[<>:"|?*]')
#: The second name NTFS gives a file whose own is longer: PROGRA~1.
_SHORT_NAME = lazy_pattern(r"(?=[^.]{2,8}(?:\.|\Z))[^.~]+~[0-9]+(?:\.[^.]{0,3})?", re.DOTALL)


def is_repo_folder(name: str) -> bool:
    """Whether the Hub cache keeps a repo in a folder of that name."""
    return name.startswith(_REPO_FOLDERS)


def why_not(path: str, *, windows: bool) -> str:
    """Why `path` by itself may not be written; empty if it may."""
    if len(path) <= MAX_COMPONENT_BYTES and _PLAIN.fullmatch(path):
        return _why_not_plain_here(path) or _why_not_plain(path, windows=windows)
    return why_hostile(path) or why_unfit(path, windows=windows)


def why_hostile(path: str) -> str:
    """Why `path` may be written on no system; empty if it may."""
    if len(path) <= MAX_COMPONENT_BYTES and _PLAIN.fullmatch(path):
        return _why_not_plain_here(path)
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


def why_unfit(path: str, *, windows: bool, longest: int = MAX_COMPONENT_BYTES) -> str:
    """Why `path`, which is not hostile, cannot be written here; empty if it can."""
    if len(path) <= longest and _PLAIN.fullmatch(path):
        return _why_not_plain(path, windows=windows)
    if len(path.encode()) > MAX_PATH_BYTES:
        return texts.PATH_TOO_LONG(most=MAX_PATH_BYTES)
    for segment in path.split("/"):
        if len(segment.encode()) > longest:
            return texts.NAME_TOO_LONG(most=longest)
        if windows and (reason := _why_not_on_windows(segment)):
            return reason
    return ""


def _why_not_plain(path: str, *, windows: bool) -> str:
    return texts.WINDOWS_RESERVED if windows and _DEVICE_IN_PLAIN.search(path) else ""


def _why_not_plain_here(path: str) -> str:
    """Of what `_why_not_here` refuses only a cached repo's folder is plain."""
    return _why_not_here(path.split("/")) if "--" in path else ""


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
    names = [record_name(segment) for segment in segments]
    if names == [".cache"]:
        return _RECORDS
    for number, name in enumerate(names):
        if name.startswith(".hfget"):
            return texts.OWN_RECORDS
        inner = names[number + 1] if number + 1 < len(names) else ""
        if name == ".cache" and inner == "huggingface":
            return _RECORDS
        if inner == "trees" and is_repo_folder(name) and number + 2 < len(names):
            return texts.CACHE_LISTINGS
    return ""


@lru_cache(maxsize=8_192)
def record_name(segment: str) -> str:
    """`segment` as it is compared with the names of the folders that hold records."""
    return _lookalike(segment).rstrip(". ")


def _lookalike(segment: str) -> str:
    """`segment` as a file system or a program that folds characters may read it."""
    if segment.isascii():
        return segment.lower()
    return unicodedata.normalize("NFKC", _IGNORABLE.sub("", segment)).casefold()
