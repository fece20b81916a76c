"""What the resolve, raw and blobs routes answer: bytes, ranges, redirects to where bytes lie."""

from __future__ import annotations

import os
from collections.abc import Mapping
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
    none_match,
    requested_span,
)
from hfget.server.repos.listing import Listing, ServedFile, Supply
from hfget.server.repos.repo import Repo
from hfget.server.repos.scanning import open_checked

#: Content is never a page of this origin: a repo may hold scripts that its readers did not write.
_INERT = {
    "Content-Type": "application/octet-stream",
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
    """Content that is in memory, or a range of it."""
    found = _span(request, etag, len(data), name, identity)
    if isinstance(found, Response):
        return found
    span, status, headers = found
    headers["Content-Length"] = str(span.length)
    body = b"" if request.method == "HEAD" else data[span.start : span.stop]
    return Response(body, status, headers)


async def file_answer(request: Request, file: ServedFile, identity: dict[str, str]) -> Response:
    """The content of a file, or a range of it. Raises ChangedError."""
    remote = file.remote
    found = _span(request, remote.etag, remote.size, remote.path, identity)
    if isinstance(found, Response):
        return found
    span, status, headers = found
    if request.method == "HEAD" or span.length == 0:
        if remote.size == 0 and file.supply is not None:
            file.supply.pull()  # kept like any other, though hf does not ask for its content
        headers["Content-Length"] = str(span.length)
        return Response(status_code=status, headers=headers)
    if file.supply is not None:
        located = await run_in_threadpool(file.supply.located)
        if located is None:
            return _arriving(request, file.supply, span, headers)
        file = located
    if span.length <= BLOCK_BYTES:
        return Response(await run_in_threadpool(_read_small, file, span), status, headers)
    handle = await run_in_threadpool(open_checked, file)
    if handle is None:
        raise ChangedError
    return FileAnswer(handle, span, status, headers)


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


def _span(
    request: Request, etag: str, size: int, path: str, identity: dict[str, str]
) -> Response | tuple[ByteRange, int, dict[str, str]]:
    """What is asked for, the status and the headers; an answer if nothing is to be sent."""
    headers = content_headers(identity, etag, path)
    if none_match(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    asked, if_range = request.headers.get("range"), request.headers.get("if-range")
    try:
        span = requested_span(asked, if_range, etag, size)
    except UnsatisfiableRangeError as error:
        refused = {**identity, "ETag": headers["ETag"], "Accept-Ranges": "bytes"}
        refused["Content-Range"] = f"bytes */{size}"
        raise RefusalError(416, "Range Not Satisfiable", headers=refused) from error
    if span is None:
        if asked and size == 0:
            # @huggingface/hub takes the size from here, and gives up without
            headers["Content-Range"] = "bytes */0"
        return ByteRange(0, size, size), 200, headers
    headers["Content-Range"] = span.content_range
    return span, 206, headers


def _arriving(
    request: Request, supply: Supply, span: ByteRange, headers: dict[str, str]
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
