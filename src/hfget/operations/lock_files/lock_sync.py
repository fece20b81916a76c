"""A folder made as a lock file says, and compared with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple

from hfget import events
from hfget.destinations import Layout
from hfget.errors import UsageError
from hfget.messages import operations_texts as texts
from hfget.model import ItemState, RemoteFile, Snapshot
from hfget.operations.batch import Batch, RepoResult
from hfget.operations.from_options import layout_of
from hfget.operations.lock_files.lock_file import LockedRepo, update_command
from hfget.operations.lock_files.lock_reader import read_lock
from hfget.operations.lock_files.locking import Locking
from hfget.operations.occupancy import Consent
from hfget.operations.on_disk.hash_progress import HashProgress
from hfget.operations.planner import place
from hfget.operations.run import Run
from hfget.options import DownloadOptions
from hfget.partials import hash_file
from hfget.system import Stop, check_shortage, os_reason


class Remedy(Enum):
    """What makes a file as it is locked: a sync, one with --force, or a place that is made free."""

    SYNC = auto()
    FORCE = auto()
    MOVE = auto()


class Compared(NamedTuple):
    """A file of a lock file against the disk; `state` is ok, missing, changed or extra."""

    path: str
    state: str
    detail: str
    size: int
    remedy: Remedy = Remedy.SYNC


class Syncing:
    """A lock file, and where what it says goes: into folders below `into`, or the Hub cache."""

    def __init__(
        self,
        path: Path,
        options: DownloadOptions,
        observer: events.Observer = events.ignore,
        stop: Stop | None = None,
        *,
        into: Path | None = None,
    ) -> None:
        self._path = path
        self._options = options
        self._observer = observer
        self._stop = stop or Stop()
        self._into = path.parent if into is None else into

    def sync(self, consent: Consent | None = None, *, frozen: bool = False) -> list[RepoResult]:
        """Bring exactly what is locked. What is not locked yet is locked first, unless `frozen`.

        Raises HfgetError.
        """
        repos = read_lock(self._path)
        if frozen:
            for repo in repos:
                if not repo.commit:
                    raise UsageError(
                        texts.FROZEN_WITHOUT_COMMIT(ref=repo.ref, path=self._path),
                        hint=update_command(self._path, str(repo.ref)),
                    )
        locking = Locking(self._path, self._options, self._observer, self._stop)
        runs = [
            Run(repo.snapshot, self._options_for(repo), self._observer, self._stop)
            for repo in locking.complete(repos)
        ]
        return Batch(runs, self._observer, self._stop).download(consent)

    def compare(self) -> list[Compared]:
        """Every locked file against the disk, without a request; writes nothing.

        A file that hfget has hashed and that has not changed since is not read again.
        """
        repos = read_lock(self._path)
        sizes = {f"{repo.folder}/{file.path}": file.size for repo in repos for file in repo.files}
        hashing = HashProgress(sizes, self._observer)
        return [one for repo in repos for one in self._compared(repo, hashing)]

    def _compared(self, repo: LockedRepo, hashing: HashProgress) -> Iterator[Compared]:
        if not repo.commit:
            yield Compared(repo.folder, "missing", texts.NOT_LOCKED_YET, 0)
            return
        options = self._options_for(repo)
        snapshot = repo.snapshot
        layout = layout_of(snapshot.ref, replace(options, force=False))
        layout.check(snapshot.files)
        for file in snapshot.files:
            path = f"{repo.folder}/{file.path}"
            with hashing.file(path) as hashed:
                state, detail, remedy = _state(layout, snapshot, file, self._stop, hashed)
            yield Compared(path, state, detail, file.size, remedy)
        for removal in layout.obsolete(snapshot, hash_file) if options.delete else ():
            yield Compared(
                f"{repo.folder}/{removal.path}", "changed", texts.NOT_LOCKED, removal.size
            )

    def _options_for(self, repo: LockedRepo) -> DownloadOptions:
        options = self._options
        if options.into_cache:
            return options
        return replace(options, local_dir=self._into / repo.folder)


def _state(
    layout: Layout,
    snapshot: Snapshot,
    file: RemoteFile,
    stop: Stop,
    hashed: Callable[[int], None],
) -> tuple[str, str, Remedy]:
    """What there is of a file, what is wrong with it, and what mends that."""
    placement = place(layout, snapshot, file)
    if placement.blocked is not None:
        return "changed", placement.blocked.message, Remedy.MOVE
    if placement.state is ItemState.COMPLETE:
        return "ok", "", Remedy.SYNC
    if placement.state is ItemState.MISSING:
        return "missing", "", Remedy.SYNC
    known_wrong = placement.state is ItemState.OUTDATED
    if known_wrong and placement.replaceable:
        return "changed", texts.OTHER_THAN_LOCKED, Remedy.SYNC
    try:
        path = placement.present or placement.destination
        actual = hash_file(path, file.hash_kind, stop=stop, progress=hashed)
    except OSError as error:
        check_shortage(error, file.path)
        remedy = Remedy.SYNC if placement.replaceable else Remedy.FORCE
        return "changed", texts.UNREADABLE(strerror=os_reason(error)), remedy
    if actual is None:
        raise stop.error()
    ours = placement.replaceable or placement.half is not None or actual in placement.earlier
    remedy = Remedy.SYNC if ours else Remedy.FORCE
    if known_wrong:
        return "changed", texts.OTHER_THAN_LOCKED, remedy
    if actual != file.etag:
        differs = texts.HASH_DIFFERS(hash_kind=file.hash_kind, actual=actual, etag=file.etag)
        return "changed", differs, remedy
    return "ok", "", Remedy.SYNC
