"""What partials are called, so that a later run finds them and two processes never share one."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from hfget.model import Span
from hfget.partials.recovery import ARIA2C, DATA_SUFFIX
from hfget.system import ProcessIdentity


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
    return stem.with_name(f"{stem.name}.{ARIA2C}{DATA_SUFFIX}")
