"""A folder against what was recorded of it: offline, every byte read and hashed again."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from hfget.errors import NotFoundError
from hfget.layout import record
from hfget.model import RemoteFile
from hfget.transfer.digest import hash_file


class FileState(Enum):
    """How a file compares with its record."""

    OK = "ok"
    MISSING = "missing"
    CHANGED = "changed"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class VerifiedFile:
    """One file's verdict; `detail` says what differs."""

    path: str
    state: FileState
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict on a folder. Extra files alone do not make it wrong."""

    root: Path
    repo_id: str
    commit: str
    files: tuple[VerifiedFile, ...]

    def of(self, state: FileState) -> tuple[VerifiedFile, ...]:
        return tuple(file for file in self.files if file.state is state)

    @property
    def ok(self) -> bool:
        return not self.of(FileState.MISSING) and not self.of(FileState.CHANGED)


def verify(
    folder: str | os.PathLike[str],
    *,
    on_file: Callable[[VerifiedFile], None] = lambda file: None,
    stop: threading.Event | None = None,
) -> Verification:
    """Hash every recorded file of `folder` again, ignoring sizes and times that look right.

    What should be there is what hfget was asked for and what hf or hfget recorded as
    downloaded. Raises NotFoundError if nothing is recorded there. No network.
    """
    root = Path(folder)
    records = root / ".cache" / "huggingface"
    wanted = record.read_wanted(records)
    expected = _expected(records, wanted)
    if not expected:
        raise NotFoundError(
            f"{root} holds no record of a download",
            hint="name the folder that hfget or `hf download --local-dir` filled",
        )
    verdicts: list[VerifiedFile] = []
    for path in sorted(expected):
        verdict = _check(root, expected[path], stop)
        if verdict is None:
            break
        verdicts.append(verdict)
        on_file(verdict)
    for path in _extra(root, set(expected)):
        verdicts.append(VerifiedFile(path, FileState.EXTRA))
        on_file(verdicts[-1])
    return Verification(
        root,
        wanted.repo_id if wanted else "",
        wanted.commit if wanted else "",
        tuple(verdicts),
    )


def _expected(records: Path, wanted: record.Wanted | None) -> dict[str, RemoteFile]:
    """By path, the content each file should have; -1 stands for a size nobody recorded."""
    files = dict(wanted.files) if wanted else {}
    for path in record.recorded_paths(records):
        metadata = record.read_metadata(records, path)
        if metadata is not None and path not in files:
            sha256 = metadata.etag if len(metadata.etag) == 64 else None
            files[path] = RemoteFile(path, -1, metadata.etag, sha256)
    return files


def _check(root: Path, file: RemoteFile, stop: threading.Event | None) -> VerifiedFile | None:
    target = root / file.path
    try:
        size = target.stat().st_size
    except OSError:
        return VerifiedFile(file.path, FileState.MISSING)
    if file.size not in (-1, size):
        detail = f"{size} bytes, should be {file.size}"
        return VerifiedFile(file.path, FileState.CHANGED, detail)
    try:
        actual = hash_file(target, file.hash_kind, stop=stop)
    except OSError as error:
        return VerifiedFile(
            file.path, FileState.CHANGED, f"cannot be read: {(error.strerror or 'error').lower()}"
        )
    if actual is None:
        return None
    if actual != file.etag:
        detail = f"{file.hash_kind} is {actual}, should be {file.etag}"
        return VerifiedFile(file.path, FileState.CHANGED, detail)
    return VerifiedFile(file.path, FileState.OK)


def _extra(root: Path, expected: set[str]) -> Iterator[str]:
    """Files in the folder that no record speaks of; the records themselves are not looked at."""
    for directory, folders, names in os.walk(root):
        relative = Path(directory).relative_to(root)
        if relative == Path(".cache"):
            folders[:] = [name for name in folders if name != "huggingface"]
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(names):
            path = (relative / name).as_posix()
            if path not in expected:
                yield path
