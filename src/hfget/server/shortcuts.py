"""Plain requests for files that are here, answered without the framework.

Two thirds of what a small file costs is spent on parsing a request in every form that HTTP allows,
and on handing it from layer to layer. Clients write theirs in one plain form: what has just been
looked up in the ordinary way is answered from here for a second. All else goes the ordinary way.
"""

from __future__ import annotations

import errno
import os
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from hfget.server.access import OpenAccess, ServeOptions
from hfget.server.answers import RefusalError
from hfget.server.files import content_headers, identity_of
from hfget.server.listing import Listing, ServedFile
from hfget.server.ranges import ByteRange, UnsatisfiableRangeError, requested_span
from hfget.server.scanning import open_checked
from hfget.system import Stamp

#: So long what was looked up counts, in seconds: as long as a look at the disk does.
_FRESH_SECONDS = 1.0
#: Up to here content is read at once, if the system has it in memory.
_SMALL_BYTES = 256 << 10
#: Contents up to here are kept in memory, so many bytes of them.
_KEPT_BYTES, _MOST_KEPT = 16 << 10, 32 << 20
_MOST_REVISIONS, _MOST_HEADS, _MOST_BLOCKS = 256, 100_000, 1024
_MOST_REQUEST = 8 << 10
_LINE = re.compile(rb"(GET|HEAD) (/[!$&-;=@-Z_a-z~%]*) HTTP/1\.1")
_FIELD = re.compile(rb"([A-Za-z0-9-]+): *([\x20-\x7e]*)")
#: Fields that change nothing here; of others, those in `_READ` are looked at.
_READ = frozenset({b"host", b"range", b"if-range", b"if-none-match", b"authorization"})
_ORDINARY = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"origin",
                       b"te", b"trailer"})  # fmt: skip
_NOT_SO = (errno.EAGAIN, errno.EOPNOTSUPP, errno.EINVAL)


class Ready(NamedTuple):
    """An answer: its head, and its content in memory or as a span of an open file."""

    head: bytes
    body: bytes = b""
    handle: int | None = None
    span: ByteRange | None = None


class PlainRequest(NamedTuple):
    """A GET or HEAD of a client that is let in; the fields that are looked at by lower name."""

    is_head: bool
    target: bytes
    headers: Mapping[str, str]


class _Revision(NamedTuple):
    """A listing, what its answers say besides, and until when that counts (monotonic)."""

    listing: Listing
    extra: bytes
    until: float


@dataclass
class Shortcuts:
    """The revisions that were asked for within the last second. For the event loop alone."""

    options: ServeOptions
    look_up: Callable[[str], Awaitable[None]] | None = None
    _revisions: OrderedDict[bytes, _Revision] = field(default_factory=OrderedDict)
    _heads: dict[tuple[str, str], bytes] = field(default_factory=dict)
    #: Fields as clients write them, most with every request alike; only of those let in.
    _blocks: dict[bytes, Mapping[str, str]] = field(default_factory=dict)
    _kept: dict[Path, tuple[Stamp | None, bytes]] = field(default_factory=dict)
    _kept_total: int = 0
    _default: tuple[Sequence[tuple[bytes, bytes]], bytes] = ((), b"")

    @property
    def are_allowed(self) -> bool:
        """Whether nothing but host and token decides about an answer."""
        options = self.options
        return (
            type(options.access) is OpenAccess and options.location is None and not options.origins
        )

    def learn(
        self,
        raw_path: str,
        path: str,
        listing: Listing,
        headers: Mapping[str, str],
        revisions: Iterable[str],
    ) -> None:
        """`raw_path` was found to mean the file `path` of `listing`, in a repo of `revisions`."""
        before, found, rest = raw_path.partition("/resolve/")
        revision, _, tail = rest.partition("/")
        if not (found and self.are_allowed and path and unquote(tail) == path):
            return
        longer = unquote(revision) + "/"
        if any(name.removeprefix("refs/tags/").startswith(longer) for name in revisions):
            return
        key = f"{before}/resolve/{revision}/".encode("latin-1")
        self._revisions[key] = _Revision(
            listing, _lines(headers), time.monotonic() + _FRESH_SECONDS
        )
        self._revisions.move_to_end(key)
        if len(self._revisions) > _MOST_REVISIONS:
            self._revisions.popitem(last=False)

    def read(self, data: bytes) -> PlainRequest | None:
        """The request that `data` is, whole and nothing else, if it may be answered from here."""
        if not data.endswith(b"\r\n\r\n") or len(data) > _MOST_REQUEST or not self.are_allowed:
            return None
        first, _, block = data.partition(b"\r\n")
        line = _LINE.fullmatch(first)
        if line is None or b"/resolve/" not in line[2]:
            return None
        headers = self._blocks.get(block)
        if headers is None:
            headers = _fields(block[:-4].split(b"\r\n"))
            if headers is None or not self._is_admitted(headers):
                return None
            if len(self._blocks) >= _MOST_BLOCKS:
                self._blocks.clear()
            self._blocks[block] = headers
        return PlainRequest(line[1] == b"HEAD", line[2], headers)

    def is_unknown(self, asked: PlainRequest) -> bool:
        """Whether the revision would have to be looked up."""
        key = _key(asked.target)
        revision = self._revisions.get(key)
        return bool(key) and (revision is None or time.monotonic() > revision.until)

    def answer(
        self, asked: PlainRequest, default: Sequence[tuple[bytes, bytes]], may_send: bool
    ) -> Ready | None:
        """The answer; None where it must go the ordinary way. `default` are the headers of every
        answer; where it `may_send`, it may have an open file, which is then the caller's."""
        found = self._find(asked.target)
        if found is None:
            return None
        try:
            ready = self._ready(asked.is_head, *found, asked.headers, default)
        except (UnsatisfiableRangeError, OSError):
            return None
        if ready is not None and ready.handle is not None and not may_send:
            os.close(ready.handle)
            return None
        return ready

    def _find(self, target: bytes) -> tuple[_Revision, ServedFile] | None:
        key = _key(target)
        revision = self._revisions.get(key)
        if revision is None or time.monotonic() > revision.until:
            return None
        path = target[len(key) :].decode("ascii")
        file = revision.listing.files.get(unquote(path) if "%" in path else path)
        if file is not None and file.supply is not None:
            file = file.supply.known()
        return (revision, file) if file is not None else None

    def _is_admitted(self, headers: Mapping[str, str]) -> bool:
        host, known = headers.get("host", ""), self.options.hosts
        if not host or (known is not None and not known.knows(host)):
            return False
        if self.options.tokens is not None:
            try:
                self.options.tokens.check(headers)
            except RefusalError:
                return False
        return True

    def _ready(
        self,
        is_head: bool,
        revision: _Revision,
        file: ServedFile,
        headers: Mapping[str, str],
        default: Sequence[tuple[bytes, bytes]],
    ) -> Ready | None:
        """Raises UnsatisfiableRangeError, OSError."""
        if "if-none-match" in headers:
            return None
        remote = file.remote
        status, span, content_range = b"200 OK", ByteRange(0, remote.size, remote.size), b""
        if "range" in headers:
            asked, if_range = headers["range"], headers.get("if-range")
            part = requested_span(asked, if_range, remote.etag, remote.size)
            if part is None:
                return None
            status, span = b"206 Partial Content", part
            content_range = f"content-range: {span.content_range}\r\n".encode()
        if default is not self._default[0]:
            self._default = default, b"".join(b"%s: %s\r\n" % pair for pair in default)
        head = b"HTTP/1.1 %s\r\n%s%s%s%scontent-length: %d\r\n\r\n" % (
            status, self._default[1], revision.extra, self._head(revision.listing, file),
            content_range, span.length,
        )  # fmt: skip
        if is_head or span.length == 0:
            return Ready(head)
        kept = self._kept.get(file.real)
        if kept is not None and kept[0] == file.stamp == Stamp.of(os.stat(file.real)):
            return Ready(head, kept[1][span.start : span.stop])
        handle = open_checked(file)
        if handle is None:
            return None
        if span.length > _SMALL_BYTES:
            return Ready(head, handle=handle, span=span)
        try:
            body = _read_if_in_memory(handle, span)
        finally:
            os.close(handle)
        if body is None:
            return None
        if len(body) == remote.size <= _KEPT_BYTES:
            self._keep(file, body)
        return Ready(head, body)

    def _keep(self, file: ServedFile, body: bytes) -> None:
        """Have the content in memory for the next one who asks."""
        self._kept_total += len(body)
        if self._kept_total > _MOST_KEPT:
            self._kept.clear()
            self._kept_total = len(body)
        self._kept[file.real] = file.stamp, body

    def _head(self, listing: Listing, file: ServedFile) -> bytes:
        """The headers that do not depend on the request."""
        key = listing.commit, file.remote.path
        if (known := self._heads.get(key)) is not None:
            return known
        identity = identity_of(listing, file)
        made = _lines(content_headers(identity, file.remote.etag, file.remote.path))
        if len(self._heads) >= _MOST_HEADS:
            self._heads.clear()
        self._heads[key] = made
        return made


def _key(target: bytes) -> bytes:
    """`/org/name/resolve/main/`, nothing where it is not such a path."""
    at = target.find(b"/resolve/")
    end = target.find(b"/", at + len(b"/resolve/"))
    return target[: end + 1] if at > 0 and end > 0 else b""


def _lines(headers: Mapping[str, str]) -> bytes:
    return "".join(f"{name.lower()}: {text}\r\n" for name, text in headers.items()).encode()


def _fields(lines: Sequence[bytes]) -> dict[str, str] | None:
    """The fields that are looked at; None where one is there that is not for this place."""
    found: dict[str, str] = {}
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None:
            return None
        name, value = match[1].lower(), match[2].strip()
        if name in _ORDINARY or (name == b"connection" and value.lower() != b"keep-alive"):
            return None
        if name in _READ:
            if name.decode() in found:
                return None
            found[name.decode()] = value.decode()
    return found


def _read_if_in_memory(handle: int, span: ByteRange) -> bytes | None:
    """The content, None if the disk would have to be waited for, or that cannot be told."""
    if not hasattr(os, "RWF_NOWAIT"):
        return None
    buffer = bytearray(span.length)
    try:
        count = os.preadv(handle, [buffer], span.start, os.RWF_NOWAIT)
    except OSError as error:
        if error.errno in _NOT_SO:
            return None
        raise
    return bytes(buffer) if count == span.length else None
