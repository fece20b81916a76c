"""What a lock file says: repos at one commit each, with size and hash of every file.

Its text is the same for the same content, in a stable order and a line a file, so that diffs and
merges read well (docs/lock-files.md). It names no endpoint and no time.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from hfget.destinations import check_hostile
from hfget.errors import UnsafeError, UsageError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import RemoteFile, RepoRef, Snapshot
from hfget.options import DEFAULTS, SELECTING, DownloadOptions
from hfget.system import atomic_write, command, disk_error, option, safe_text

LOCK_NAME = "hfget.lock"
LOCK_VERSION = 1
#: What the options that select files are called there; `files` are those that are locked.
KEYS = {name: "paths" if name == "files" else name.replace("_", "-") for name in SELECTING}
_HEAD = "# Written by `hfget lock`; `hfget sync` brings exactly these files, from any mirror.\n"


@dataclass(frozen=True, slots=True)
class LockedRepo:
    """One repo of a lock file: what was asked for, and which commit and files that was.

    `ref.revision` is the branch, tag or commit that was named, or None. `folder` lies below the
    lock file's own. `chosen` has the options that select files, where they are not the defaults.
    Without a `commit` it is not locked yet.
    """

    ref: RepoRef
    folder: str
    chosen: Mapping[str, Any]
    commit: str = ""
    files: tuple[RemoteFile, ...] = ()

    @property
    def snapshot(self) -> Snapshot:
        """What a run begins with that fetches these files and asks for no other."""
        ref = RepoRef(self.ref.repo_id, self.ref.repo_type, self.commit)
        return Snapshot(ref, "", self.commit, self.files, whole=False)

    @property
    def asked(self) -> dict[str, Any]:
        """The options by which the same is asked for again."""
        return {**self.chosen, "revision": self.ref.revision, "repo_type": self.ref.repo_type}


def chosen_of(options: DownloadOptions) -> dict[str, Any]:
    """The options that select files, where they are not the defaults."""
    values = {name: getattr(options, name) for name in SELECTING}
    return {name: value for name, value in values.items() if value != DEFAULTS[name]}


def write_lock(path: Path, repos: Iterable[LockedRepo]) -> None:
    """Write a lock file, in one step. Raises DiskError."""
    try:  # a link to it stays one
        atomic_write(os.path.realpath(path), lock_text(repos), sync=True)
    except OSError as error:
        raise disk_error(error, path) from error


def lock_text(repos: Iterable[LockedRepo]) -> str:
    """The text of a lock file."""
    ordered = sorted(repos, key=lambda repo: (str(repo.ref), repo.folder))
    tables = "".join(f"\n[[repo]]\n{_table(repo)}" for repo in ordered)
    return f"{_HEAD}version = {LOCK_VERSION}\n{tables}"


def check_folders(repos: Iterable[LockedRepo]) -> None:
    """Raise UsageError where two repos would lie in one folder, or one inside another's.

    Names that differ by case alone are one folder on some systems.
    """
    ordered = sorted(repos, key=_folder_key)
    for one, other in pairwise(ordered):
        if _folder_key(other).startswith(_folder_key(one)):
            folder = safe_text(other.folder, 120)
            raise UsageError(
                texts.FOLDER_SHARED(one=one.ref, other=other.ref, folder=folder),
                hint=advice.OWN_FOLDER(
                    command=command(
                        "hfget", "lock", options=["--local-dir", "DIR"], operands=[str(one.ref)]
                    )
                ),
            )


def check_folder(folder: str) -> None:
    """Raise UnsafeError for what is not a folder below the lock file's, or is the home's (`~`)."""
    cause = None
    try:
        check_hostile([folder])
    except UnsafeError as error:
        cause = error
    if cause is not None or folder.startswith("~"):
        raise UnsafeError(
            texts.FOLDER_NOT_BELOW(folder=repr(safe_text(folder, 120))),
            hint=advice.FOLDER_BELOW_LOCK,
        ) from cause


def update_command(path: Path, *repos: str) -> str:
    """The command that moves a lock file, or these repos of it, to newer commits."""
    options = ["--update"]
    if path != Path(LOCK_NAME):
        options += option("-o", str(path))
    return command("hfget", "lock", options=options, operands=repos)


def _folder_key(repo: LockedRepo) -> str:
    """What sorts directly before all that lies below the folder."""
    return f"{repo.folder.casefold()}/"


def _table(repo: LockedRepo) -> str:
    rows = {
        "id": repo.ref.repo_id,
        "type": repo.ref.repo_type,
        "revision": repo.ref.revision,
        "commit": repo.commit,
        "folder": repo.folder,
        **{KEYS[name]: value for name, value in repo.chosen.items()},
    }
    head = "".join(_toml(name, value) for name, value in rows.items() if value)
    if not repo.commit:
        return head
    files = sorted(repo.files, key=lambda file: file.path)
    lines = "".join(f"    {{ {_row(file)} }},\n" for file in files)
    return f"{head}files = [\n{lines}]\n"


def _row(file: RemoteFile) -> str:
    path = _toml("path", file.path).rstrip("\n")
    return f'{path}, size = {file.size}, hash = "{file.hash_kind}:{file.etag}"'


def _toml(name: str, value: Any) -> str:
    import tomli_w

    return tomli_w.dumps({name: list(value) if isinstance(value, tuple) else value})
