"""Repos as the hub has them now, into a lock file; and what changed there since it was written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hfget import events
from hfget.destinations import check_hostile, choose_layout
from hfget.errors import HfgetError, ListingError, UnsafeError, UsageError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import FileChange, RemoteFile, RepoChange, RepoRef, is_commit
from hfget.operations.lock_files.lock_file import (
    LockedRepo,
    check_folder,
    check_folders,
    chosen_of,
    write_lock,
)
from hfget.operations.lock_files.lock_reader import read_lock
from hfget.operations.planner import make_plan
from hfget.operations.run import Run
from hfget.options import DownloadOptions
from hfget.reference import parse
from hfget.system import Stop, safe_text


class Locking:
    """A lock file and the hub that says what its repos are now.

    What the hub says is always asked for, never taken from records.
    """

    def __init__(
        self,
        path: Path,
        options: DownloadOptions,
        observer: events.Observer = events.ignore,
        stop: Stop | None = None,
    ) -> None:
        self._path = path
        self._options = replace(options, stale=False, local_dir=None)
        self._folder = options.local_dir
        self._observer = observer
        self._stop = stop or Stop()

    def lock(self, wanted: Sequence[str]) -> list[RepoChange]:
        """Put these repos into the lock file, as they are now; others that it holds stay.

        Nothing is written unless all of them can be. Raises HfgetError.
        """
        if len(wanted) > 1 and self._folder is not None:
            raise UsageError(texts.FOLDER_OF_ONE, hint=advice.LOCK_ONE_BY_ONE)
        before = read_lock(self._path) if os.path.lexists(self._path) else ()
        repos = {repo.folder: repo for repo in before}
        changed = []
        for text in wanted:
            try:
                repo = self._as_it_is_now(text, self._options)
            except HfgetError as error:
                if len(wanted) > 1 and text not in error.message:
                    error.message = texts.OF(name=safe_text(text, 120), message=error.message)
                raise
            known = repos.get(repo.folder)
            if known is not None and str(known.ref) != str(repo.ref):
                check_folders([known, repo])
            repos[repo.folder] = repo
            changed.append(self.change(known, repo))
        self._write(repos.values())
        return changed

    def update(self, names: Sequence[str] = (), *, write: bool = True) -> list[RepoChange]:
        """Move the repos of the lock file, or those named, to the commits they are at now.

        Says of each what changed; with `write` false that is all. Raises HfgetError.
        """
        before = read_lock(self._path)
        chosen = _named(before, names, self._path) if names else before
        after = [self._moved(repo) if repo in chosen else repo for repo in before]
        pairs = [(old, new) for old, new in zip(before, after, strict=True) if old in chosen]
        changed = [self.change(old if old.commit else None, new) for old, new in pairs]
        if write and tuple(after) != before:
            self._write(after)
        return changed

    def complete(self, repos: Sequence[LockedRepo]) -> tuple[LockedRepo, ...]:
        """Lock what of `repos` has no commit yet, and write that down. Raises HfgetError."""
        after = tuple(repo if repo.commit else self._moved(repo) for repo in repos)
        if after != tuple(repos):
            self._write(after)
        return after

    def change(self, before: LockedRepo | None, after: LockedRepo) -> RepoChange:
        """What differs, and how much of it is not on this disk."""
        was = {file.path: file for file in before.files} if before else {}
        now = {file.path: file for file in after.files}
        return RepoChange(
            after.ref,
            after.folder,
            before.commit if before else "",
            after.commit,
            changed_files(was, now),
            sum(file.size for file in after.files),
            self._need(after),
        )

    def _need(self, repo: LockedRepo) -> int:
        snapshot = repo.snapshot
        try:
            layout = choose_layout(snapshot.ref, local_dir=self._path.parent / repo.folder)
            return make_plan(snapshot, snapshot.files, layout).need_bytes
        except HfgetError:  # `sync` will say what is the matter with the folder
            return sum(file.size for file in repo.files)

    def _moved(self, repo: LockedRepo) -> LockedRepo:
        """The repo at the commit that its revision is now."""
        options = replace(self._options, **repo.asked)
        if repo.commit:
            fixed = repo.ref.revision is not None and is_commit(repo.ref.revision)
            run = Run(str(repo.ref), options, self._observer, self._stop)
            if fixed or run.pinned_commit() == repo.commit:
                return repo
        return replace(self._as_it_is_now(str(repo.ref), options), folder=repo.folder)

    def _as_it_is_now(self, text: str, options: DownloadOptions) -> LockedRepo:
        run = Run(text, options, self._observer, self._stop)
        snapshot = run.snapshot()
        files = run.selected(snapshot)
        run.remark(snapshot)
        check_hostile(file.path for file in files)
        for file in files:
            if file.defect:
                raise ListingError(
                    texts.CANNOT_BE_LOCKED(path=file.path, defect=file.defect), path=file.path
                )
        asked = snapshot.ref
        options = replace(
            options,
            files=(asked.path,) if asked.path else options.files,
            quant=(*asked.quants, *options.quant),
        )
        ref = RepoRef(asked.repo_id, asked.repo_type, asked.revision)
        locked = tuple(RemoteFile(file.path, file.size, *_hash(file)) for file in files)
        folder = self._folder_for(run.asked.name)
        return LockedRepo(ref, folder, chosen_of(options), snapshot.commit, locked)

    def _folder_for(self, name: str) -> str:
        """Where `sync` puts the repo, below the lock file's folder. Raises UsageError."""
        if self._folder is None:
            return name
        folder = Path(os.path.relpath(self._folder, self._path.parent)).as_posix()
        try:
            check_folder(folder)
        except UnsafeError as error:
            raise UsageError(
                texts.OF(name="--local-dir", message=error.message), hint=error.hint
            ) from error
        return folder

    def _write(self, repos: Iterable[LockedRepo]) -> None:
        kept = list(repos)
        check_folders(kept)
        write_lock(self._path, kept)


def changed_files(
    was: Mapping[str, RemoteFile], now: Mapping[str, RemoteFile]
) -> tuple[FileChange, ...]:
    """The files, by path, that are another in `now`, only there, or only in `was`."""
    return tuple(
        FileChange(path, _size(was.get(path)), _size(now.get(path)))
        for path in sorted(was.keys() | now.keys())
        if path not in was or path not in now or was[path].etag != now[path].etag
    )


def _named(repos: Sequence[LockedRepo], names: Sequence[str], path: Path) -> tuple[LockedRepo, ...]:
    """The repos that are meant, by reference or by folder. Raises UsageError."""
    found: list[LockedRepo] = []
    for name in names:
        here = [repo for repo in repos if name in (repo.folder, repo.ref.repo_id, str(repo.ref))]
        if not here:
            meant = parse(name)
            here = [repo for repo in repos if str(repo.ref) == str(meant)]
        if not here:
            shown = safe_text(name, 120)
            known = ", ".join(str(repo.ref) for repo in repos[:5])
            hint = advice.ADD_TO_LOCK(name=shown)
            raise UsageError(
                texts.NOT_IN_LOCK_FILE(name=shown, path=path),
                hint=advice.LOCK_HOLDS(known=known, add=hint) if known else hint,
            )
        found += here
    return tuple(found)


def _hash(file: RemoteFile) -> tuple[str, str | None]:
    """What a lock file has of it: the hash of the content alone."""
    return ("", file.sha256) if file.is_lfs else (file.blob_id, None)


def _size(file: RemoteFile | None) -> int | None:
    return file.size if file is not None else None
