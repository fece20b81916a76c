"""A lock file as it is found: it comes from outside, so every value is checked before it counts."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hfget.destinations import check_hostile
from hfget.errors import HfgetError, UnsafeError, UsageError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import (
    API_NAMES,
    URL_PREFIXES,
    RemoteFile,
    RepoRef,
    is_commit,
    is_sha1,
    is_sha256,
    repo_type_named,
)
from hfget.operations.lock_files.lock_file import (
    KEYS,
    LOCK_VERSION,
    LockedRepo,
    check_folder,
    check_folders,
    chosen_of,
)
from hfget.options import DownloadOptions
from hfget.reference import parse
from hfget.system import command, os_reason, safe_text

_MOST_BYTES = 256 << 20
_MOST_SIZE = 1 << 62
_CONFLICT = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?= |$)", re.MULTILINE)
_KEYS = frozenset({"id", "type", "revision", "commit", "folder", "files"})
_OPTIONS = {key: name for name, key in KEYS.items()}


class _Wrong(Exception):
    """What no lock file says."""


def read_lock(path: Path) -> tuple[LockedRepo, ...]:
    """The repos of a lock file. Raises as `parse_lock` does, and UsageError if there is none."""
    return parse_lock(path, _text(path))


def parse_lock(path: Path, text: str) -> tuple[LockedRepo, ...]:
    """The repos that the text of the lock file at `path` names.

    Raises UsageError for what makes no sense, UnsafeError for paths that must not be written.
    """
    _refuse_conflict(path, text)
    try:
        repos = _repos(_parsed(text))
        check_folders(repos)
    except _Wrong as wrong:
        raise UsageError(
            texts.OF(name=_shown(path), message=wrong.args[0]), hint=advice.LOCK_ANEW
        ) from wrong
    except HfgetError as error:
        hint = (
            advice.DO_NOT_TRUST
            if isinstance(error, UnsafeError)
            else error.hint or advice.LOCK_ANEW
        )
        raise type(error)(texts.OF(name=_shown(path), message=error.message), hint=hint) from error
    return repos


def _text(path: Path) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        text = texts.NO_LOCK_FILE(path=_shown(path))
        raise UsageError(text, hint=advice.MAKE_LOCK_FILE) from None
    except (OSError, UnicodeDecodeError) as error:
        why = os_reason(error)
        raise UsageError(
            texts.LOCK_FILE_UNREADABLE(path=_shown(path), why=why), hint=advice.LOCK_ANEW
        ) from error
    if len(text) > _MOST_BYTES:
        raise UsageError(texts.LOCK_FILE_TOO_LARGE(path=_shown(path)), hint=advice.LOCK_ANEW)
    return text


def _refuse_conflict(path: Path, text: str) -> None:
    marker = _CONFLICT.search(text)
    if marker is not None:
        line = text.count("\n", 0, marker.start()) + 1
        one_side = command("git", "checkout", options=["--theirs"], operands=[str(path)])
        raise UsageError(
            texts.MERGE_CONFLICT(path=_shown(path), line=line, marker=marker[0]),
            hint=advice.TAKE_ONE_SIDE(command=one_side),
        )


def _parsed(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _Wrong(texts.NOT_TOML(why=safe_text(str(error), 200))) from error


def _repos(document: Mapping[str, Any]) -> tuple[LockedRepo, ...]:
    version = document.get("version")
    if version != LOCK_VERSION:
        found = safe_text(str(version), 40)
        raise _Wrong(texts.LOCK_VERSION_IS(found=found, known=LOCK_VERSION))
    _refuse_unknown(document, {"version", "repo"}, texts.THE_FILE)
    tables = document.get("repo", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise _Wrong(texts.REPO_NOT_TABLES)
    return tuple(_repo(table) for table in tables)


def _repo(table: Mapping[str, Any]) -> LockedRepo:
    repo_id = _text_of(table, "id")
    where = safe_text(repo_id, 120)
    _refuse_unknown(table, _KEYS | _OPTIONS.keys(), where)
    kind = repo_type_named(table.get("type", "model"))
    if kind is None:
        raise _Wrong(texts.NO_SUCH_TYPE(where=where, known=", ".join(API_NAMES)))
    revision = _text_of(table, "revision") if "revision" in table else None
    ref = parse(URL_PREFIXES[kind] + repo_id, repo_type=kind, revision=revision)
    if ref != RepoRef(repo_id, kind, ref.revision):
        raise _Wrong(texts.NOT_A_REPO_ID(where=where))
    folder = _text_of(table, "folder") if "folder" in table else ref.name
    check_folder(folder)
    chosen = {_OPTIONS[key]: value for key, value in table.items() if key in _OPTIONS}
    try:
        options = DownloadOptions(**chosen)
    except TypeError as error:
        raise _Wrong(f"{where}: {safe_text(str(error), 200)}") from error
    if "commit" not in table:
        if "files" in table:
            raise _Wrong(texts.FILES_WITHOUT_COMMIT(where=where))
        return LockedRepo(ref, folder, chosen_of(options))
    commit = _text_of(table, "commit")
    if not is_commit(commit):
        raise _Wrong(texts.NOT_A_COMMIT(where=where, commit=safe_text(commit, 80)))
    return LockedRepo(ref, folder, chosen_of(options), commit, _files(table.get("files"), where))


def _files(rows: Any, where: str) -> tuple[RemoteFile, ...]:
    if not isinstance(rows, list) or not rows:
        raise _Wrong(texts.FILES_NOT_LISTED(where=where))
    files = tuple(_file(row, where) for row in rows)
    check_hostile(file.path for file in files)
    return files


def _file(row: Any, where: str) -> RemoteFile:
    if not isinstance(row, dict) or row.keys() != {"path", "size", "hash"}:
        raise _Wrong(texts.FILE_HAS(where=where))
    path, size = _text_of(row, "path"), row["size"]
    kind, _, digest = _text_of(row, "hash").partition(":")
    if type(size) is not int or not 0 <= size < _MOST_SIZE:
        raise _Wrong(texts.NOT_A_SIZE(where=where, path=safe_text(path, 120)))
    if kind == "sha256" and is_sha256(digest):
        return RemoteFile(path, size, "", digest)
    if kind == "git-sha1" and is_sha1(digest):
        return RemoteFile(path, size, digest)
    raise _Wrong(texts.NOT_A_HASH(where=where, path=safe_text(path, 120)))


def _text_of(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise _Wrong(texts.NOT_A_TEXT(key=key))
    return value


def _refuse_unknown(table: Mapping[str, Any], known: frozenset[str] | set[str], where: str) -> None:
    if unknown := sorted(table.keys() - known):
        raise _Wrong(texts.UNKNOWN_KEY(where=where, key=safe_text(unknown[0], 80)))


def _shown(path: Path) -> str:
    return safe_text(str(path), 200)
