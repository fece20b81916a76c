"""What the resolve, raw and blobs routes answer: bytes, ranges, redirects to where bytes lie."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hfget.server.protocol.access import Location
from hfget.server.protocol.answers import RefusalError, entry_not_found, upstream_refusal
from hfget.server.protocol.arriving import ArrivingAnswer
from hfget.server.protocol.body import BLOCK_BYTES, FileAnswer, read_at
from hfget.server.protocol.ranges import (
    ByteRange,
    UnsatisfiableRangeError,
    matches,
    multipart,
    none_match,
    requested_spans,
)
from hfget.server.repos.listing import Listing, ServedFile, Supply
from hfget.server.repos.repo import Repo
from hfget.server.repos.scanning import open_checked

#: Content is never a page of this origin: a repo may hold scripts that its readers did not write.
_CONTENT_TYPE = "application/octet-stream"
_INERT = {
    "Content-Type": _CONTENT_TYPE,
    "Content-Security-Policy": "sandbox",
    "X-Content-Type-Options": "nosniff",
}


class ChangedError(Exception):
    """The file on disk is not the one that was listed; the folder must be listed again."""


@dataclass(frozen=True, slots=True)
class FileRequest:
    """One request for one file of a listing."""

    request: Request
    repo: Repo
    listing: Listing
    path: str

    @property
    def file(self) -> ServedFile:
        found = self.listing.files.get(self.path)
        if found is None:
            raise entry_not_found(self.path, self.listing.commit)
        return found


async def raw_answer(asked: FileRequest) -> Response:
    """The content as git has it: of an LFS file the pointer."""
    file = asked.file
    identity = {"X-Repo-Commit": asked.listing.commit}
    if file.remote.is_lfs:
        name = file.remote.path
        return bytes_answer(asked.request, file.pointer, file.remote.blob_id, name, identity)
    return await file_answer(asked.request, file, identity)


async def resolve_answer(asked: FileRequest, location: Location | None) -> Response:
    """The content, or for an LFS file a 302 to the URL that `location` names."""
    file = asked.file
    identity = identity_of(asked.listing, file)
    target = location(asked.repo, asked.listing.commit, file) if location else None
    if target is None or not file.remote.is_lfs:
        return await file_answer(asked.request, file, identity)
    headers = {**identity, "Location": target}
    return PlainTextResponse(f"Found. Redirecting to {target}", 302, headers)


def bytes_answer(
    request: Request, data: bytes, etag: str, name: str, identity: dict[str, str]
) -> Response:
    """Content that is in memory, or ranges of it."""
    found = _content(request, etag, len(data), name, identity)
    if isinstance(found, Response):
        return found
    pieces = [
        data[one.start : one.stop] if isinstance(one, ByteRange) else one for one in found.pieces
    ]
    body = b"" if request.method == "HEAD" else b"".join(pieces)
    return Response(body, found.status, found.headers)


async def file_answer(request: Request, file: ServedFile, identity: dict[str, str]) -> Response:
    """The content of a file, or ranges of it. Raises ChangedError."""
    remote, supply = file.remote, file.supply
    is_here = supply is None or supply.known() is not None
    found = _content(
        request, remote.etag, remote.size, remote.path, identity, may_be_several=is_here
    )
    if isinstance(found, Response):
        return found
    if request.method == "HEAD" or remote.size == 0:
        if remote.size == 0 and supply is not None:
            supply.pull()  # kept like any other, though hf does not ask for its content
        return Response(status_code=found.status, headers=found.headers)
    only = found.pieces[0] if len(found.pieces) == 1 else None
    if supply is not None:
        located = await run_in_threadpool(supply.located)
        if located is None:
            if not isinstance(only, ByteRange):
                raise ChangedError
            return _arriving(request, supply, only, found.headers)
        file = located
    if isinstance(only, ByteRange) and only.length <= BLOCK_BYTES:
        block = await run_in_threadpool(_read_small, file, only)
        return Response(block, found.status, found.headers)
    handle = await run_in_threadpool(open_checked, file)
    if handle is None:
        raise ChangedError
    return FileAnswer(handle, found.pieces, found.status, found.headers)


def content_headers(identity: Mapping[str, str], etag: str, path: str) -> dict[str, str]:
    """What is said of content whatever part of it is asked for."""
    name = quote(path.rpartition("/")[2], safe="")
    return {
        **identity,
        **_INERT,
        "ETag": f'"{etag}"',
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
    }


@dataclass(frozen=True, slots=True)
class _Content:
    """What is to be sent: spans of a file, with the lines between several."""

    pieces: Sequence[bytes | ByteRange]
    status: int
    headers: dict[str, str]


def _content(
    request: Request,
    etag: str,
    size: int,
    path: str,
    identity: dict[str, str],
    *,
    may_be_several: bool = True,
) -> Response | _Content:
    """What is asked for, or an answer where nothing is to be sent. Raises RefusalError."""
    headers = content_headers(identity, etag, path)
    of_all = {**identity, "ETag": headers["ETag"], "Accept-Ranges": "bytes"}
    if not matches(request.headers.get("if-match"), etag):
        raise RefusalError(412, "Precondition Failed", headers=of_all)
    if none_match(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    asked, if_range = request.headers.get("range"), request.headers.get("if-range")
    try:
        spans = requested_spans(asked, if_range, etag, size)
    except UnsatisfiableRangeError as error:
        refused = {**of_all, "Content-Range": f"bytes */{size}"}
        raise RefusalError(416, "Range Not Satisfiable", headers=refused) from error
    if not spans or (len(spans) > 1 and not may_be_several):
        if asked and size == 0:
            # @huggingface/hub takes the size from here, and gives up without
            headers["Content-Range"] = "bytes */0"
        headers["Content-Length"] = str(size)
        return _Content((ByteRange(0, size, size),), 200, headers)
    if len(spans) == 1:
        headers["Content-Range"] = spans[0].content_range
        headers["Content-Length"] = str(spans[0].length)
        return _Content(spans, 206, headers)
    # content cannot have its own hash in it
    pieces, length = multipart(spans, _CONTENT_TYPE, boundary=etag)
    headers["Content-Type"] = f"multipart/byteranges; boundary={etag}"
    headers["Content-Length"] = str(length)
    return _Content(pieces, 206, headers)


def _arriving(
    request: Request, supply: Supply, span: ByteRange, headers: Mapping[str, str]
) -> Response:
    """What upstream brings. Who asks for all that is left has a whole file in the end."""
    asked = request.headers.get("range", "")
    completes = span.stop == span.size and (span.start == 0 or asked.strip().endswith("-"))
    token = request.headers.get("authorization")
    return ArrivingAnswer(
        supply.pull(),
        span,
        headers,
        completes=completes,
        patience=supply.patience,
        refused=lambda error: upstream_refusal(error, with_token=bool(token)).response(),
    )


def _read_small(file: ServedFile, span: ByteRange) -> bytes:
    handle = open_checked(file)
    if handle is None:
        raise ChangedError
    try:
        block = read_at(handle, span.length, span.start)
    finally:
        os.close(handle)
    if len(block) != span.length:
        raise ChangedError
    return block


def identity_of(listing: Listing, file: ServedFile) -> dict[str, str]:
    """What the Hub says of a file besides its content."""
    headers = {"X-Repo-Commit": listing.commit}
    if file.remote.is_lfs:
        headers["X-Linked-Etag"] = f'"{file.remote.etag}"'
        headers["X-Linked-Size"] = str(file.remote.size)
    return headers
