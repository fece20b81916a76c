"""A folder against what was recorded of it: offline, every byte read and hashed again."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from hfget import events
from hfget.destinations import (
    LOG_NAME,
    RECORD_NAME,
    RECORDS,
    CachedSnapshot,
    Home,
    Owners,
    RecordLog,
    Wanted,
    destination,
    linked_blob,
    read_metadata,
    read_wanted,
    recorded_file,
    recorded_paths,
    was_recorded_since,
    withdraw_in_cache,
    withdraw_in_folder,
)
from hfget.errors import NotFoundError, UnsafeError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import RemoteFile
from hfget.operations.on_disk.hash_progress import HashProgress
from hfget.operations.on_disk.verified import FileState, Verification, VerifiedFile
from hfget.partials import hash_file
from hfget.settings import user_path
from hfget.system import check_shortage, disk_error, is_inside, os_reason, reading_other_users


def verify(
    folder: str | os.PathLike[str],
    *,
    observer: events.Observer = events.ignore,
    stop: threading.Event | None = None,
) -> Verification:
    """Hash every recorded file of `folder` again, ignoring sizes and times that look right.

    What should be there is what hfget was asked for and what hf or hfget recorded as
    downloaded. `folder` may be a snapshot in the Hub cache. `observer` gets a `Progress` a few
    times a second. What is wrong is not believed by the next download any more, which then
    replaces it. Raises NotFoundError if nothing is recorded there. No network.

    Example:
        from hfget import verify

        verdict = verify("models/gpt2")
        assert verdict.ok
        print(verdict.bytes_hashed, "bytes are as recorded")
    """
    with reading_other_users():  # a record is compared here, not believed
        return _verify(user_path(folder, texts.THE_FOLDER), observer, stop)


def _check_readable(records: Path) -> None:
    """Raise DiskError where records may lie that cannot be looked at."""
    try:
        os.listdir(records)  # noqa: PTH208 (nothing is looked at)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise disk_error(error, records, "reading") from error


def _verify(root: Path, observer: events.Observer, stop: threading.Event | None) -> Verification:
    records = root / RECORDS
    wanted = read_wanted(records, anyones=True)
    cached = CachedSnapshot.at(root)
    expected = cached.expected() if cached else _expected(records, wanted)
    if not expected:
        _check_readable(records)
        raise NotFoundError(
            texts.NO_RECORD(root=root),
            hint=advice.NAME_DOWNLOAD_FOLDER,
        )
    own = () if cached else (records, records / RECORD_NAME, records / LOG_NAME)
    for text in Owners(root, *own).cautions():
        observer(events.Note(text, "warning"))
    check = _Check(root, stop, cached)
    sampler = HashProgress({path: check.size(path) for path in expected}, observer)
    verdicts: list[VerifiedFile] = []
    for path in sorted(expected):
        with sampler.file(path) as hashed:
            verdict = check(expected[path], hashed)
        if verdict is None:
            break
        verdicts.append(verdict)
    withdrawn = _withdraw(check, verdicts, records, wanted)
    verdicts += [VerifiedFile(path, FileState.EXTRA) for path in _extra(root, set(expected))]
    repo = cached or wanted
    return Verification(
        root,
        repo.repo_id if repo else "",
        repo.repo_type if repo else "model",
        repo.commit if repo else "",
        sampler.bytes_done,
        tuple(verdicts),
        cached.cache if cached else None,
        _homes(expected, records, wanted, cached),
        withdrawn,
    )


def _withdraw(
    check: _Check, verdicts: list[VerifiedFile], records: Path, wanted: Wanted | None
) -> bool:
    """Take the records of what is wrong away; false if they cannot be written."""
    wrong = {}
    for file in verdicts:
        if file.state is FileState.CHANGED:
            with suppress(OSError, UnsafeError):
                wrong[file.path] = check.place(file.path)
    try:
        if wrong and check.cached is not None:
            withdraw_in_cache(check.cached, wrong)
        elif wrong:
            withdraw_in_folder(records, wanted, wrong)
    except OSError:
        return False
    return True


def _homes(
    expected: Iterable[str],
    records: Path,
    wanted: Wanted | None,
    cached: CachedSnapshot | None,
) -> dict[str, Home]:
    """Which repo each file is of: by what was asked for, else by what was recorded."""
    if cached is not None:
        home = Home(cached.repo_type, cached.repo_id, cached.commit, cached.endpoint)
        return dict.fromkeys(expected, home)
    log = RecordLog(records / LOG_NAME)
    homes = {}
    for path in expected:
        if wanted is not None and path in wanted.files:
            homes[path] = wanted.home(path)
        elif (entry := log.get(path)) is not None and entry.repo_id:
            homes[path] = Home(*entry.repo, entry.commit, wanted.endpoint if wanted else "")
    return homes


def _expected(records: Path, wanted: Wanted | None) -> dict[str, RemoteFile]:
    """By path, the content each file should have (`recorded_file` where only that is known).

    What hfget was asked for counts, unless `hf` has recorded other content since then.
    """
    files = dict(wanted.files) if wanted else {}
    for path in recorded_paths(records):
        metadata = read_metadata(records, path, anyones=True)
        asked = files.get(path)
        if metadata is None or (asked is not None and asked.etag == metadata.etag):
            continue
        if wanted and asked and not was_recorded_since(records, path, wanted.written):
            continue
        files[path] = recorded_file(path, metadata.etag)
    return files


class _Check:
    """One file after the other against what it should be.

    A record is data from the disk: a path in it that leads out of the folder is not followed.
    """

    def __init__(
        self, root: Path, stop: threading.Event | None, cached: CachedSnapshot | None
    ) -> None:
        self._root = cached.root if cached else root
        self._stop = stop
        self.cached = cached
        self._inside: dict[Path, bool] = {}
        self._log = RecordLog(root / RECORDS / LOG_NAME)

    def size(self, path: str) -> int:
        """The file's size on disk; 0 where there is none that may be looked at."""
        with suppress(OSError, UnsafeError):
            return self._found(path)[1]
        return 0

    def place(self, path: str) -> Path:
        """Where the content of a recorded file lies. Raises OSError, UnsafeError."""
        return self._found(path)[0]

    def __call__(self, file: RemoteFile, hashed: Callable[[int], None]) -> VerifiedFile | None:
        """The verdict; None if the run was stopped. `hashed` is told how many bytes are hashed."""
        try:
            target, size = self._found(file.path)
            if file.size not in (-1, size):
                said = texts.SIZE_DIFFERS(size=size, size2=file.size)
                return self._changed(file, said, self._not_ours(file.path))
            actual = hash_file(target, file.hash_kind, stop=self._stop, progress=hashed)
        except UnsafeError as error:
            return self._changed(file, error.message, self._obstacle(file.path))
        except (FileNotFoundError, NotADirectoryError):
            obstacle = self._obstacle(file.path)
            return VerifiedFile(file.path, FileState.MISSING, obstacle=obstacle)
        except OSError as error:
            check_shortage(error, file.path)
            said = texts.UNREADABLE(strerror=os_reason(error))
            return self._changed(file, said, self._obstacle(file.path))
        if actual is None:
            return None
        if actual != file.etag:
            said = texts.HASH_DIFFERS(hash_kind=file.hash_kind, actual=actual, etag=file.etag)
            return self._changed(file, said, self._not_ours(file.path))
        return VerifiedFile(file.path, FileState.OK)

    def _found(self, path: str) -> tuple[Path, int]:
        """Where a recorded file is and its size. Raises OSError, UnsafeError."""
        try:
            target = destination(self._root, path)
        except UnsafeError as error:
            raise UnsafeError(texts.RECORDED_PATH_OUT) from error
        if target.parent not in self._inside:
            self._inside[target.parent] = is_inside(target.parent, self._root)
        if not self._inside[target.parent]:
            raise UnsafeError(texts.LINK_OUT)
        if self.cached is not None:
            return self.cached.locate(target)
        found = target.lstat()
        if stat.S_ISLNK(found.st_mode) and (blob := linked_blob(target)) is not None:
            target = Path(os.path.realpath(blob[0]))
            found = target.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return target, found.st_size

    def _obstacle(self, path: str) -> Path | None:
        """What stands where a file should be, or on the way there, and no download replaces.

        A record that names a path outside stands in its own way.
        """
        if self.cached is not None:
            return None
        try:
            target = destination(self._root, path)
        except UnsafeError:
            return self._root / RECORDS / RECORD_NAME
        for folder in reversed(target.parents[: len(Path(path).parts) - 1]):
            if os.path.lexists(folder) and not (
                os.path.isdir(folder) and is_inside(folder, self._root)
            ):
                return folder
        with suppress(OSError):
            if not stat.S_ISREG(target.lstat().st_mode):
                return target
        return None

    def _not_ours(self, path: str) -> Path | None:
        """A file that was never downloaded here is the user's own: no download replaces it."""
        target, records = self._root / path, self._root / RECORDS
        known = (
            self.cached is not None
            or self._log.get(path) is not None
            or read_metadata(records, path, anyones=True) is not None
        )
        return None if known or os.path.islink(target) else target

    @staticmethod
    def _changed(file: RemoteFile, detail: str, obstacle: Path | None = None) -> VerifiedFile:
        return VerifiedFile(file.path, FileState.CHANGED, detail, obstacle)


def _extra(root: Path, expected: set[str]) -> Iterator[str]:
    """Files in the folder that no record speaks of; the records themselves are not looked at."""
    for directory, folders, names in os.walk(root):
        relative = Path(directory).relative_to(root)
        if relative == Path(".cache"):
            folders[:] = [name for name in folders if name != "huggingface"]
        folders[:] = sorted(name for name in folders if name != ".git")
        links = [name for name in folders if os.path.islink(os.path.join(directory, name))]
        for name in sorted(names + links):
            path = (relative / name).as_posix()
            if path not in expected:
                yield path
