"""Lists of files as aria2c, wget, curl and sha256sum read them (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hfget.errors import UsageError
from hfget.messages import external_texts as texts
from hfget.model import RemoteFile
from hfget.system import safe_text


class Download(NamedTuple):
    """A file, where a program gets it, and the token it has to send, if it is told one."""

    file: RemoteFile
    url: str
    authorization: str = ""


def curl_line(name: str, value: str) -> str:
    """`name = "value"` of a curl config, whatever is in the value."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    for char, letter in (("\t", "t"), ("\n", "n"), ("\r", "r"), ("\v", "v")):
        escaped = escaped.replace(char, f"\\{letter}")
    return f'{name} = "{escaped}"'


def plain(downloads: Sequence[Download]) -> list[str]:
    return [one.url for one in downloads]


def for_aria2c(downloads: Sequence[Download]) -> list[str]:
    """`aria2c -i FILE`: a line a URL, its options behind blanks.

    Raises UsageError for a name that begins or ends with a blank: aria2c writes another file.
    """
    lines = []
    for one in downloads:
        if one.file.path != one.file.path.strip():
            raise UsageError(texts.BLANK_AROUND(path=repr(safe_text(one.file.path, 120))))
        lines += [one.url, f"  out={one.file.path}"]
        if one.file.sha256:
            lines.append(f"  checksum=sha-256={one.file.sha256}")
        if one.authorization:
            lines.append(f"  header=Authorization: {one.authorization}")
    return lines


def for_curl(downloads: Sequence[Download]) -> list[str]:
    """`curl -K FILE`: what holds for all first, then a pair of lines for each file."""
    lines = ["location", "fail", "globoff", "create-dirs"]
    if downloads and (authorization := downloads[0].authorization):
        lines.append(curl_line("header", f"Authorization: {authorization}"))
    for one in downloads:
        lines += [curl_line("url", one.url), curl_line("output", one.file.path)]
    return lines


def checksums(downloads: Sequence[Download]) -> list[str]:
    """`sha256sum -c`: what has a git hash only is a comment, which it passes over."""
    lines = []
    for one in downloads:
        path, mark = one.file.path, ""
        if any(char in path for char in "\\\n\r"):
            path = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
            mark = "\\"
        if one.file.sha256:
            lines.append(f"{mark}{one.file.sha256}  {path}")
        else:
            lines.append(f"# git-sha1 {one.file.blob_id}  {path}")
    return lines


def as_json(downloads: Sequence[Download]) -> list[str]:
    """An object a file and line."""
    return [json.dumps(_fields(one), ensure_ascii=True) for one in downloads]


def _fields(one: Download) -> dict[str, object]:
    fields: dict[str, object] = {
        "file": one.file.path,
        "url": one.url,
        "size": one.file.size,
        "hash_kind": one.file.hash_kind,
        "hash": one.file.etag,
    }
    if one.authorization:
        fields["headers"] = {"Authorization": one.authorization}
    return fields


_WRITERS = {
    "plain": plain,
    "aria2c": for_aria2c,
    "wget": plain,
    "curl": for_curl,
    "json": as_json,
    "checksums": checksums,
}
FORMATS = tuple(_WRITERS)
#: Those that have a place for a token.
WITH_TOKEN = ("aria2c", "curl", "json")


def written(format: str, downloads: Iterable[Download]) -> list[str]:
    """The lines of a list in one of `FORMATS`."""
    return _WRITERS[format](list(downloads))
