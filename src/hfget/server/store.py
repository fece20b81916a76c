"""Which repos a folder holds, under which ids and revisions.

`DIR/org/name` is a model, `DIR/name` too, `DIR/datasets/...` and `DIR/spaces/...` the other
types; `name@REV` (REV percent-encoded) is another revision of `name`. A folder that hfget
downloaded says itself which repo it is.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from hfget.model import URL_PREFIXES, RepoType
from hfget.server import records
from hfget.server.hashes import HashCache, Stopped
from hfget.server.listing import Listing, Scanner
from hfget.server.walk import is_inside

MAIN = "main"
_HASHING_THREADS = 2
_TYPE_FOLDERS: dict[str, RepoType] = {"datasets": "dataset", "spaces": "space"}


@dataclass(frozen=True, slots=True)
class Repo:
    """A repo and the folder of each of its revisions (`main`, `refs/pr/1`, a tag, ...)."""

    repo_id: str
    repo_type: RepoType
    folders: Mapping[str, Path]

    def __str__(self) -> str:
        return URL_PREFIXES[self.repo_type] + self.repo_id


@dataclass(slots=True)
class _Scan:
    future: Future[Listing]
    finished: float | None = None


@dataclass
class Store:
    """The repos under `root`. Thread-safe; listings are made in threads of its own.

    `rescan_seconds` is how long a look at the disk counts as fresh. `aliases` maps an old
    id to the one it answers with a redirect to, both as `str(repo)`, e.g. `datasets/a/b`.
    """

    root: Path
    hash_cache: Path | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    rescan_seconds: float = 1.0
    note: Callable[[str], None] = lambda text: None

    def __post_init__(self) -> None:
        self.root = self.root.resolve(strict=True)
        self._hashes = HashCache(self.hash_cache)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._turns = threading.Semaphore(_HASHING_THREADS)
        self._scanners: dict[Path, Scanner] = {}
        self._scans: dict[Path, _Scan] = {}
        self._repos: dict[str, Repo] = {}
        self._looked: float | None = None
        self._warned: set[str] = set()

    def repos(self) -> tuple[Repo, ...]:
        with self._lock:
            if self._looked is None or time.monotonic() - self._looked > self.rescan_seconds:
                self._repos = self._discover()
                self._looked = time.monotonic()
            return tuple(self._repos.values())

    def find(self, repo_type: RepoType, repo_id: str) -> Repo | None:
        self.repos()
        return self._repos.get(URL_PREFIXES[repo_type] + repo_id)

    def alias(self, repo_type: RepoType, repo_id: str) -> str | None:
        """The id under which a renamed repo is found today, None if it was not renamed."""
        prefix = URL_PREFIXES[repo_type]
        target = self.aliases.get(prefix + repo_id)
        return None if target is None else target.removeprefix(prefix)

    def listing(self, folder: Path) -> Future[Listing]:
        """The listing of a revision's folder; hashing a large one may take minutes."""
        with self._lock:
            scan = self._scans.get(folder)
            if scan is not None and (
                scan.finished is None or time.monotonic() - scan.finished <= self.rescan_seconds
            ):
                return scan.future
            scan = self._scans[folder] = _Scan(Future())
            scanner = self._scanners.setdefault(
                folder, Scanner(folder, self.root, self._hashes, self._stop)
            )
        threading.Thread(target=self._run, args=(scanner, scan), daemon=True).start()
        return scan.future

    def warm(self) -> None:
        """Make all listings, so that no client waits for hashing; blocks until done or closed."""
        for repo in self.repos():
            for revision, folder in repo.folders.items():
                try:
                    listing = self.listing(folder).result()
                except Exception as error:
                    self._warn(f"{repo} at {revision} cannot be listed: {error}")
                    continue
                if listing.missing:
                    self._warn(
                        f"{repo} at {revision} is incomplete: {listing.missing} files of commit "
                        f"{listing.commit} are not here; clients get the others only"
                    )

    def forget(self) -> None:
        """Look at the disk again at the next request."""
        with self._lock:
            self._looked = None
            self._scans = {
                folder: scan for folder, scan in self._scans.items() if scan.finished is None
            }

    def close(self) -> None:
        self._stop.set()
        self._hashes.save()

    def _run(self, scanner: Scanner, scan: _Scan) -> None:
        with self._turns:
            try:
                listing = scanner.scan()
            except Stopped as error:
                scan.future.set_exception(error)
                return
            except Exception as error:
                scan.finished = float("-inf")
                scan.future.set_exception(error)
                return
            self._hashes.save()
        scan.finished = time.monotonic()
        scan.future.set_result(listing)

    def _discover(self) -> dict[str, Repo]:
        folders: dict[tuple[RepoType, str], dict[str, Path]] = {}
        for repo_type, path_id, folder in self._candidates():
            base, _, revision = path_id.partition("@")
            record = records.read_folder_record(folder)
            key = (record.repo_type, record.repo_id) if record else (repo_type, base)
            name = unquote(revision).removeprefix("refs/heads/") if revision else MAIN
            taken = folders.setdefault(key, {}).setdefault(name, folder)
            if taken != folder:
                self._warn(f"{folder} is not served: {taken} is {key[1]} at {name} already")
        return {
            str(repo): repo
            for (repo_type, repo_id), revisions in sorted(folders.items())
            for repo in [Repo(repo_id, repo_type, revisions)]
        }

    def _candidates(self) -> Iterator[tuple[RepoType, str, Path]]:
        if records.read_folder_record(self.root):
            yield "model", self.root.name, self.root
            return
        for folder in self._subfolders(self.root):
            repo_type = _TYPE_FOLDERS.get(folder.name)
            if repo_type is None:
                yield from self._in_namespace("model", folder)
            else:
                for child in self._subfolders(folder):
                    yield from self._in_namespace(repo_type, child)

    def _in_namespace(
        self, repo_type: RepoType, folder: Path
    ) -> Iterator[tuple[RepoType, str, Path]]:
        """`folder` itself if it is a repo, else the repos in it."""
        children = [] if records.has_records(folder) else self._subfolders(folder)
        if records.has_records(folder) or (
            _has_files(folder) and not any(records.has_records(child) for child in children)
        ):
            yield repo_type, folder.name, folder
        else:
            for child in children:
                yield repo_type, f"{folder.name}/{child.name}", child

    def _subfolders(self, folder: Path) -> list[Path]:
        try:
            with os.scandir(folder) as entries:
                return sorted(
                    Path(entry.path)
                    for entry in entries
                    if not entry.name.startswith(".")
                    and entry.is_dir()
                    and is_inside(Path(entry.path).resolve(), self.root)
                )
        except OSError:
            return []

    def _warn(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self.note(text)


def _has_files(folder: Path) -> bool:
    try:
        return any(
            entry.is_file() and (not entry.name.startswith(".") or entry.name == ".gitattributes")
            for entry in os.scandir(folder)
        )
    except OSError:
        return False
