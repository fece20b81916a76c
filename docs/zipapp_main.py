"""What `hfget.pyz` begins with: it unpacks itself once, into the user's cache, and runs from there.

From a folder Python keeps what it has compiled, so that later starts are as quick as those of an
installed hfget; and what reads files beside a module finds them.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

OLDEST = (3, 10)
PACKAGES = "packages/"


def main() -> None:
    if sys.version_info < OLDEST:
        sys.exit("error: hfget needs Python 3.10 or later\n  next: python3.12 hfget.pyz ...")
    archive = sys.path[0]
    with zipfile.ZipFile(archive) as packed:
        name = "app-" + packed.read("DIGEST").decode("ascii")
        place = unpacked(packed, cache(), name)
    sys.path[0] = str(place)
    sys.argv[0] = "hfget"
    from hfget.cli.start import main as run

    run()


def cache() -> Path | None:
    """Where the user's programs keep what they can make again; None where it cannot be used."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    folder = Path(base) / "hfget"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = folder.stat()
    except OSError:
        return None
    mine = not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o022)
    return folder if folder.is_absolute() and mine and os.access(folder, os.W_OK) else None


def unpacked(packed: zipfile.ZipFile, folder: Path | None, name: str) -> Path:
    """The folder of the packages: complete as soon as it has its name."""
    if folder is not None and (folder / name).is_dir():
        return folder / name
    fresh = Path(tempfile.mkdtemp(prefix="hfget-", dir=folder))
    if folder is None:
        atexit.register(shutil.rmtree, fresh, ignore_errors=True)
    members = [one for one in packed.namelist() if one.startswith(PACKAGES)]
    packed.extractall(fresh, members)
    if folder is None:
        return fresh / PACKAGES
    try:
        (fresh / PACKAGES).rename(folder / name)
    except OSError:  # another process was sooner
        if not (folder / name).is_dir():
            raise
    shutil.rmtree(fresh, ignore_errors=True)
    return folder / name


if __name__ == "__main__":
    main()
