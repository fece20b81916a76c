"""What partials are called, so that a later run finds them and two processes never share one."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from hfget.partials.recovery import ARIA2C, DATA_SUFFIX
from hfget.system import ProcessIdentity


def stem_for(directory: Path, path: str, etag: str) -> Path:
    """Where the partial of repo file `path` rests, without suffix: short whatever the name is."""
    return directory / f"{digest_of(path)}.{etag[:8]}"


def digest_of(path: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha1(path.encode()).digest()).decode().rstrip("=")


def own_name(stem: Path) -> Path:
    """A new name for data that this process alone writes to."""
    return stem.with_name(f"{stem.name}.{ProcessIdentity.mine()}{DATA_SUFFIX}")


def aria2c_name(stem: Path) -> Path:
    """Where aria2c writes what becomes the file; its notes lie beside it."""
    return stem.with_name(f"{stem.name}.{ARIA2C}{DATA_SUFFIX}")
