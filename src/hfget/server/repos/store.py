"""The repos of a folder and their listings, made in the background and kept up to date."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from hfget.messages import server_texts as texts
from hfget.model import URL_PREFIXES, RepoType
from hfget.server.repos.cached import CachedRepo
from hfget.server.repos.discovery import Discovery
from hfget.server.repos.hashes import HashCache
from hfget.server.repos.listing import Listing
from hfget.server.repos.provenance import Provenances
from hfget.server.repos.repo import Repo
from hfget.server.repos.scanning import Scanner
from hfget.server.repos.visibility import Visibility
from hfget.system import Stopped

_HASHING_THREADS = 2
#: A look at a large folder takes a while: no more than a tenth of the time is spent on looking.
_LOOKING_SHARE = 10
_LONGEST_LOOK = 1.0  # seconds: the first takes as long as hashing does


@dataclass(slots=True)
class _Scan:
    future: Future[Listing]
    finished: float | None = None
    took: float = 0.0


class Store:
    """The repos under all `roots`. Thread-safe; listings are made in threads of its own.

    `rescan_seconds` is how long a look at the disk counts as fresh.
    """

    rescan_seconds = 1.0

    def __init__(
        self,
        *roots: Path,
        hash_cache: Path | None = None,
        aliases: Mapping[str, str] = MappingProxyType({}),
        note: Callable[[str], None] = lambda text: None,
        everything: bool = False,
        completed: bool = False,
    ) -> None:
        """`aliases` maps an old id to the one it answers with a redirect to, both as `str(repo)`,
        e.g. `datasets/a/b`. With `everything`, hidden files and those that others may not read are
        shown too. What is `completed` from elsewhere is not warned of where files are missing.
        """
        self.roots = [Path(os.path.realpath(root, strict=True)) for root in roots]
        self.everything = everything
        self._aliases = aliases
        self._note = note
        self._completed = completed
        self._provenances = Provenances()
        sights = [Visibility(root, everything) for root in self.roots]
        self._discoveries = [Discovery(one, self._provenances) for one in sights]
        self._sights: dict[Path, Visibility] = {}
        self._hashes = HashCache(hash_cache)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._turns = threading.Semaphore(_HASHING_THREADS)
        self._scanners: dict[Path, Scanner] = {}
        self._scans: dict[Path, _Scan] = {}
        self._repos: dict[tuple[RepoType, str], Repo] = {}
        self._looked: float | None = None
        self._warned: set[str] = set()

    def repos(self) -> tuple[Repo, ...]:
        with self._lock:
            if self._looked is None or time.monotonic() - self._looked > self.rescan_seconds:
                self._repos = self._discover()
                self._looked = time.monotonic()
            return tuple(self._repos.values())

    def _discover(self) -> dict[tuple[RepoType, str], Repo]:
        """All repos; where two folders have a revision, the first counts."""
        found: dict[tuple[RepoType, str], Repo] = {}
        for discovery in self._discoveries:
            for key, repo in discovery.repos(self._warn).items():
                for folder in repo.folders.values():
                    self._sights.setdefault(folder, discovery.sight)
                known = found.get(key)
                folders = {**repo.folders, **(known.folders if known else {})}
                found[key] = Repo(key[1], key[0], folders)
        return found

    def find(self, repo_type: RepoType, repo_id: str) -> Repo | None:
        self.repos()
        return self._repos.get((repo_type, repo_id))

    def alias(self, repo_type: RepoType, repo_id: str) -> str | None:
        """The id under which a renamed repo is found today, None if it was not renamed."""
        prefix = URL_PREFIXES[repo_type]
        target = self._aliases.get(prefix + repo_id)
        return None if target is None else target.removeprefix(prefix)

    def listing(self, folder: Path) -> Future[Listing]:
        """The listing of a revision's folder; hashing a large one may take minutes."""
        with self._lock:
            scan = self._scans.get(folder)
            if scan is not None and (
                scan.finished is None
                or time.monotonic() - scan.finished
                <= max(self.rescan_seconds, scan.took * _LOOKING_SHARE)
            ):
                return scan.future
            scan = self._scans[folder] = _Scan(Future())
            scanner = self._scanners.get(folder)
            if scanner is None:
                sight = self._sights[folder]
                scanner = Scanner(folder, sight, self._hashes, self._stop, self._provenances)
                self._scanners[folder] = scanner
        threading.Thread(target=self._run, args=(scanner, scan), daemon=True).start()
        return scan.future

    def last_listing(self, folder: Path) -> Listing | None:
        """The last listing that was made of a folder, however old; None if there is none."""
        with self._lock:
            scanner = self._scanners.get(folder)
        return scanner.last if scanner else None

    def warm(self) -> None:
        """Make all listings, so that no client waits for hashing; blocks until done or closed."""
        for repo in self.repos():
            for revision, folder in repo.folders.items():
                try:
                    listing = self.listing(folder).result()
                except Exception as error:
                    self._warn(texts.CANNOT_LIST(repo=repo, revision=revision, error=error))
                    continue
                if listing.missing and not (self._completed and CachedRepo.of_snapshot(folder)):
                    self._warn(
                        texts.INCOMPLETE(
                            repo=repo,
                            revision=revision,
                            missing=listing.missing,
                            commit=listing.commit,
                        )
                    )
                if listing.withheld:
                    self._warn(
                        texts.WITHHELD(repo=repo, revision=revision, withheld=listing.withheld)
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
            began = time.monotonic()
            try:
                listing = scanner.scan()
            except Stopped as error:
                scan.future.set_exception(error)
                return
            except Exception as error:
                scan.finished = float("-inf")
                scan.future.set_exception(error)
                return
            scan.took = min(time.monotonic() - began, _LONGEST_LOOK)
            self._hashes.save()
        scan.finished = time.monotonic()
        scan.future.set_result(listing)

    def _warn(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._note(text)
