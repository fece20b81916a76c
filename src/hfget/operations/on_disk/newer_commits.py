"""What the hub has newer than downloads that lie here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hfget import events
from hfget.destinations import RECORD_NAME, RECORDS, Wanted, choose_layout, read_wanted
from hfget.errors import HfgetError, NotFoundError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import RemoteFile, RepoChange, Snapshot, is_commit, repo_type_named
from hfget.operations.lock_files.locking import changed_files
from hfget.operations.planner import make_plan
from hfget.operations.run import Run
from hfget.options import DownloadOptions
from hfget.system import Stop, check_shortage

#: Downloads are looked for so deep below a folder that is none itself.
_MOST_DEEP = 3


def downloads_below(folder: Path) -> list[Path]:
    """The folder, if hfget has downloaded into it, else those below it. Raises NotFoundError."""
    found = list(_downloads(folder, _MOST_DEEP))
    if not found:
        raise NotFoundError(texts.NOTHING_DOWNLOADED(folder=folder), hint=advice.NAME_DOWNLOAD)
    return found


def newer(
    folder: Path,
    options: DownloadOptions,
    observer: events.Observer = events.ignore,
    stop: Stop | None = None,
) -> RepoChange:
    """What the revision that was downloaded into `folder` is at the hub now. Raises HfgetError.

    The endpoint is the one of `options`, else HF_ENDPOINT, else the recorded one. A download of one
    commit is compared with the default branch. Of the whole repo new files count too, of a part
    only those that are here.
    """
    wanted = read_wanted(folder / RECORDS)
    if wanted is None:
        raise NotFoundError(texts.NO_RECORD(root=folder), hint=advice.DOWNLOAD_AGAIN(root=folder))
    repo_type = repo_type_named(wanted.repo_type)
    revision = None if is_commit(wanted.revision) else wanted.revision or None
    options = replace(options, revision=revision, repo_type=repo_type, stale=False)
    endpoint = wanted.endpoint or None
    run = Run(wanted.repo_id, options, observer, stop, recorded_endpoint=endpoint)
    ref = run.asked
    commit = run.pinned_commit()
    here = {path: file for path, file in wanted.files.items() if path not in wanted.homes}
    total = sum(file.size for file in here.values())
    if commit == wanted.commit:
        return RepoChange(ref, str(folder), commit, commit, (), total, 0)
    return _compared(folder, wanted, here, run.snapshot())


def _compared(
    folder: Path, wanted: Wanted, here: Mapping[str, RemoteFile], snapshot: Snapshot
) -> RepoChange:
    ref = snapshot.ref
    layout = choose_layout(ref, local_dir=folder)
    former = layout.recorded(wanted.commit)
    known = {file.path for file in former.files} if former else set()
    whole = bool(known) and known == here.keys()
    now = {file.path: file for file in snapshot.files if whole or file.path in here}
    changes = changed_files(here, now)
    files = tuple(now.values())
    try:
        need = make_plan(replace(snapshot, files=files), files, layout).need_bytes
    except HfgetError:  # a download will say what is the matter with the folder
        need = sum(change.after or 0 for change in changes)
    total = sum(file.size for file in files)
    return RepoChange(ref, str(folder), wanted.commit, snapshot.commit, changes, total, need)


def _downloads(folder: Path, deep: int) -> Iterator[Path]:
    if os.path.isfile(folder / RECORDS / RECORD_NAME):
        yield folder
        return
    for inner in _folders_in(folder) if deep else ():
        yield from _downloads(inner, deep - 1)


def _folders_in(folder: Path) -> Sequence[Path]:
    """Those in a folder that are not hidden; none where it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            names = [each.name for each in entries if each.is_dir(follow_symlinks=False)]
    except OSError as error:
        check_shortage(error, folder)
        return []
    return [folder / name for name in sorted(names) if not name.startswith(".")]
