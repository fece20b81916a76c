"""What partials are called, so that a later run finds them and two processes never share one."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from hfget.model import Span
from hfget.system import ProcessIdentity

DATA_SUFFIX, JOURNAL_SUFFIX = ".incomplete", ".hfget-journal"
#: What aria2c writes to has this in the place of an owner, and its notes beside it.
_ARIA2C, _NOTES_SUFFIX = "aria2c", ".aria2"
_NOTES = DATA_SUFFIX + _NOTES_SUFFIX
SUFFIXES = (DATA_SUFFIX, JOURNAL_SUFFIX, JOURNAL_SUFFIX + ".new", _NOTES, _NOTES + "__temp")
# digest of the path, first digits of the etag, perhaps a range of the file, perhaps an owner
_NAME = re.compile(r"([\w-]{27}\.[0-9a-f]{8}(?:\.r\d{1,20}-\d{1,20})?)(?:\.([0-9a-z-]+))?")


class NameParts(NamedTuple):
    """What the name of a partial, or of its journal, says; `rest` is all but its suffix."""

    rest: str
    stem: str
    owner: ProcessIdentity | None
    is_aria2c: bool = False


def parts_of(name: str) -> NameParts | None:
    """None for any other name, and where whose it is cannot be told: another version's, perhaps."""
    for suffix in SUFFIXES:
        match = _NAME.fullmatch(name.removesuffix(suffix)) if name.endswith(suffix) else None
        if match is not None:
            owner = ProcessIdentity.parse(match.group(2)) if match.group(2) else None
            if owner is not None or match.group(2) in (None, _ARIA2C):
                return NameParts(match.group(0), match.group(1), owner, match.group(2) == _ARIA2C)
    return None


def stem_for(directory: Path, path: str, etag: str) -> Path:
    """Where the partial of repo file `path` rests, without suffix: short whatever the name is."""
    return directory / f"{digest_of(path)}.{etag[:8]}"


def range_stem(stem: Path, span: Span) -> Path:
    """Where the partial of these bytes alone rests."""
    return stem.with_name(f"{stem.name}.r{span[0]}-{span[1]}")


def split_stem(stem: Path) -> tuple[Path, Span | None]:
    """The stem of the whole file, and which bytes of it `stem` is for, if not all."""
    whole, mark, ends = stem.name.rpartition(".r")
    start, dash, end = ends.partition("-")
    if not (mark and dash and start.isdigit() and end.isdigit()):
        return stem, None
    return stem.with_name(whole), (int(start), int(end))


def digest_of(path: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha1(path.encode()).digest()).decode().rstrip("=")


def own_name(stem: Path) -> Path:
    """A new name for data that this process alone writes to."""
    return stem.with_name(f"{stem.name}.{ProcessIdentity.mine()}{DATA_SUFFIX}")


def aria2c_name(stem: Path) -> Path:
    """Where aria2c writes what becomes the file; its notes lie beside it."""
    return stem.with_name(f"{stem.name}.{_ARIA2C}{DATA_SUFFIX}")


def aria2c_notes(data: Path) -> Path:
    """What aria2c has noted of the file that it writes to."""
    return data.with_name(data.name + _NOTES_SUFFIX)


def journal_of(data: Path) -> Path:
    return data.with_name(data.name.removesuffix(DATA_SUFFIX) + JOURNAL_SUFFIX)
