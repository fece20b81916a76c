"""Taking its record from a file that was found wrong, so that the next download repairs it.

The log then says of that very file that it is wrong: it may be replaced without `--force`, and
nothing else in the folder is fetched again. A file of which no record says that it was downloaded
stays as it is: it may be the user's own.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from hfget.destinations import record_codec
from hfget.destinations.hub_cache.cached_snapshot import CachedSnapshot
from hfget.destinations.record_files import LOG_NAME
from hfget.destinations.record_log import WRONG, Entry, RecordLog
from hfget.destinations.safe_directories import Seen
from hfget.destinations.wanted_files import Home, Wanted


def withdraw_in_folder(records: Path, wanted: Wanted | None, wrong: Mapping[str, Path]) -> None:
    """`wrong` are places by path. huggingface_hub's record goes too, where hfget has its own.

    Raises OSError.
    """
    log = RecordLog(records / LOG_NAME)
    for path, place in wrong.items():
        entry = log.get(path)
        if entry is None and record_codec.read_metadata(records, path) is None:
            continue
        home = wanted.home(path) if wanted is not None and path in wanted.files else None
        if entry is not None:
            home = Home(entry.repo_type, entry.repo_id, entry.commit, "")
        _mark(log, path, place, home)
        if wanted is not None and path in wanted.files:
            record_codec.forget(records, path)
    log.write()


def withdraw_in_cache(snapshot: CachedSnapshot, wrong: Mapping[str, Path]) -> None:
    """`wrong` are the blobs, or the files without a blob, by path. Raises OSError."""
    log = RecordLog(snapshot.log_path)
    home = Home(snapshot.repo_type, snapshot.repo_id, snapshot.commit, "")
    for path, place in wrong.items():
        target = snapshot.root / path
        name = f"snapshots/{snapshot.commit}/{path}"
        if place != target:
            name = f"blobs/{target.readlink().name}"
        _mark(log, name, place, home)
    log.write()


def _mark(log: RecordLog, name: str, place: Path, home: Home | None) -> None:
    found = os.lstat(place)
    if stat.S_ISREG(found.st_mode):
        repo = home[:3] if home is not None else ("", "", "")
        log.add(name, Entry(WRONG, Seen.of(found).stamp, *repo))
    else:
        log.drop(name)
