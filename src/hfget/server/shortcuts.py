"""Plain requests for files that are here, answered without the framework.

Two thirds of what a small file costs is spent on parsing a request in every form that HTTP allows,
and on handing it from layer to layer. Clients write theirs in one plain form: what has just been
looked up in the ordinary way is answered from here for a second. All else goes the ordinary way.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias
from urllib.parse import unquote

from hfget.server.answered import KEPT_BYTES, Answered, Revision
from hfget.server.protocol.access import OpenAccess, ServeOptions
from hfget.server.protocol.answers import RefusalError
from hfget.server.protocol.body import read_if_in_memory
from hfget.server.protocol.files import content_headers, identity_of
from hfget.server.protocol.ranges import ByteRange, UnsatisfiableRangeError, requested_spans
from hfget.server.repos.listing import Listing, ServedFile
from hfget.server.repos.scanning import open_checked

#: So long what was looked up counts, in seconds: as long as a look at the disk does.
_FRESH_SECONDS = 1.0
#: Up to here content is read at once, if the system has it in memory.
_SMALL_BYTES = 256 << 10
_MOST_REVISIONS, _MOST_HEADS, _MOST_BLOCKS = 256, 100_000, 1024
_MOST_REQUEST = 8 << 10
_LINE = re.compile(rb"(GET|HEAD) (/[!$&-;=@-Z_a-z~%]*) HTTP/1\.1")
_FIELD = re.compile(rb"([A-Za-z0-9-]+): *([\x20-\x7e]*)")
#: Fields that change nothing here; of others, those in `_READ` are looked at.
_READ = frozenset({b"host", b"range", b"if-range", b"if-none-match", b"authorization"})
_ORDINARY = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"origin",
                       b"te", b"trailer", b"if-match"})  # fmt: skip
#: Those with which something else than the whole may be asked for.
_PARTIAL = frozenset({"range", "if-range", "if-none-match"})

#: The headers of every answer.
Default: TypeAlias = Sequence[tuple[bytes, bytes]]


class Ready(NamedTuple):
    """An answer: its head, and its content in memory or as a span of an open file."""

    head: bytes
    body: bytes = b""
    handle: int | None = None
    span: ByteRange | None = None


class PlainRequest(NamedTuple):
    """A GET or HEAD of a client that is let in; the fields that are looked at by lower name."""

    line: bytes
    is_head: bool
    target: bytes
    headers: Mapping[str, str]


class Shortcuts:
    """The revisions that were asked for within the last second. For the event loop alone."""

    def __init__(self, options: ServeOptions) -> None:
        self.options = options
        #: Has `learn` called for what a path means, if it means anything; the app's routes know.
        self.look_up: Callable[[str], Coroutine[object, object, None]] | None = None
        self._looking: dict[bytes, asyncio.Future[None]] = {}
        self._revisions: OrderedDict[bytes, Revision] = OrderedDict()
        self._heads: dict[tuple[str, str], bytes] = {}
        #: Fields as clients write them, most with every request alike; only of those let in.
        self._blocks: dict[bytes, Mapping[str, str]] = {}
        #: Those that ask for nothing but the whole.
        self._plain: set[bytes] = set()
        self._answered = Answered()
        self._default: tuple[Sequence[tuple[bytes, bytes]], bytes] = ((), b"")

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
        extra, until = _lines(headers), time.monotonic() + _FRESH_SECONDS
        known = self._revisions.get(key)
        if known is not None and known.listing is listing and known.extra == extra:
            known.until = until
        else:
            if known is not None:
                known.until = 0.0
            self._revisions[key] = Revision(listing, extra, until)
        self._revisions.move_to_end(key)
        if len(self._revisions) > _MOST_REVISIONS:
            self._revisions.popitem(last=False)

    def again(self, data: bytes, default: Default) -> bytes | None:
        """The answer of a request that was answered from here before, if it still is right."""
        line, _, block = data.partition(b"\r\n")
        if block not in self._plain:
            return None
        try:
            rest = self._answered.again(line)
        except OSError:
            return None
        return None if rest is None else b"HTTP/1.1 200 OK\r\n%s%s" % (self._of(default), rest)

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
                self._plain.clear()
            self._blocks[block] = headers
            if not headers.keys() & _PARTIAL:
                self._plain.add(block)
        return PlainRequest(first, line[1] == b"HEAD", line[2], headers)

    def is_unknown(self, asked: PlainRequest) -> bool:
        """Whether the revision would have to be looked up."""
        key = _key(asked.target)
        revision = self._revisions.get(key)
        return bool(key) and (revision is None or time.monotonic() > revision.until)

    async def find_out(self, asked: PlainRequest) -> None:
        """Have it looked up: once for all who ask for a revision at the same time."""
        key = _key(asked.target)
        work = self._looking.get(key)
        if work is None and self.look_up is not None:
            work = asyncio.ensure_future(self.look_up(asked.target.decode("ascii")))
            self._looking[key] = work
            work.add_done_callback(lambda done: self._looking.pop(key))
        if work is not None:
            await asyncio.shield(work)

    def answer(self, asked: PlainRequest, default: Default, *, may_send: bool) -> Ready | None:
        """The answer; None where it must go the ordinary way.

        Where it `may_send`, it may have an open file, which is then the caller's.
        """
        found = self._find(asked.target)
        if found is None:
            return None
        try:
            ready = self._ready(asked, *found, self._of(default))
        except (UnsatisfiableRangeError, OSError):
            return None
        if ready is not None and ready.handle is not None and not may_send:
            os.close(ready.handle)
            return None
        return ready

    def _find(self, target: bytes) -> tuple[Revision, ServedFile, ServedFile] | None:
        """The revision, the file in its listing, and where that lies."""
        key = _key(target)
        revision = self._revisions.get(key)
        if revision is None or time.monotonic() > revision.until:
            return None
        path = target[len(key) :].decode("ascii")
        file = revision.listing.files.get(unquote(path) if "%" in path else path)
        here = file.supply.known() if file is not None and file.supply is not None else file
        return (revision, file, here) if file is not None and here is not None else None

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

    def _of(self, default: Default) -> bytes:
        """`default` as lines."""
        if default is not self._default[0]:
            self._default = default, b"".join(b"%s: %s\r\n" % pair for pair in default)
        return self._default[1]

    def _ready(
        self,
        asked: PlainRequest,
        revision: Revision,
        file: ServedFile,
        here: ServedFile,
        default: bytes,
    ) -> Ready | None:
        """Raises UnsatisfiableRangeError, OSError."""
        headers = asked.headers
        if "if-none-match" in headers:
            return None
        remote = here.remote
        status, span, content_range = b"200 OK", ByteRange(0, remote.size, remote.size), b""
        if "range" in headers:
            parts = requested_spans(
                headers["range"], headers.get("if-range"), remote.etag, remote.size
            )
            if len(parts) != 1:
                return None
            status, span = b"206 Partial Content", parts[0]
            content_range = f"content-range: {span.content_range}\r\n".encode()
        rest = b"%s%s%scontent-length: %d\r\n\r\n" % (
            revision.extra, self._head(revision.listing, here), content_range, span.length
        )  # fmt: skip
        head = b"HTTP/1.1 %s\r\n%s%s" % (status, default, rest)
        may_keep = not headers.keys() & _PARTIAL
        if asked.is_head or span.length == 0:
            if may_keep:
                self._answered.keep(asked.line, rest, revision, file, None)
            return Ready(head)
        handle = open_checked(here)
        if handle is None:
            return None
        if span.length > _SMALL_BYTES:
            return Ready(head, handle=handle, span=span)
        try:
            body = read_if_in_memory(handle, span)
        finally:
            os.close(handle)
        if body is None:
            return None
        if may_keep and len(body) <= KEPT_BYTES:
            self._answered.keep(asked.line, rest + body, revision, file, here)
        return Ready(head, body)

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
