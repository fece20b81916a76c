"""What the resolve and raw routes answer: bytes, ranges, redirects to where the bytes lie."""

from __future__ import annotations

import mimetypes
import os
from dataclasses import dataclass
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hfget.server.answers import RefusalError, entry_not_found
from hfget.server.body import BLOCK_BYTES, FileAnswer, read_at
from hfget.server.listing import Listing, ServedFile, open_checked
from hfget.server.options import Location
from hfget.server.ranges import Span, UnsatisfiableRangeError, none_match, requested_span
from hfget.server.store import Repo


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
    if not file.remote.is_lfs:
        return await _content(asked, file)
    headers = {"X-Repo-Commit": asked.listing.commit, "ETag": f'"{file.remote.blob_id}"'}
    return PlainTextResponse(file.pointer, headers=headers)


async def resolve_answer(asked: FileRequest, location: Location | None) -> Response:
    """The content, or for an LFS file a 302 to the URL that `location` names."""
    file = asked.file
    target = location(asked.repo, asked.listing.commit, file) if location else None
    if target is None or not file.remote.is_lfs:
        return await _content(asked, file)
    headers = {**_identity(asked.listing, file), "Location": target}
    return PlainTextResponse(f"Found. Redirecting to {target}", 302, headers)


async def _content(asked: FileRequest, file: ServedFile) -> Response:
    request, remote = asked.request, file.remote
    headers = _identity(asked.listing, file) | {
        "ETag": f'"{remote.etag}"',
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
    }
    if none_match(request.headers.get("if-none-match"), remote.etag):
        return Response(status_code=304, headers=headers)
    range_header, if_range = request.headers.get("range"), request.headers.get("if-range")
    try:
        asked_for = requested_span(range_header, if_range, remote.etag, remote.size)
    except UnsatisfiableRangeError as error:
        headers["Content-Range"] = f"bytes */{remote.size}"
        raise RefusalError(416, "Range Not Satisfiable", headers=headers) from error
    headers |= _presentation(file)
    span = asked_for or Span(0, remote.size, remote.size)
    status = 200
    if asked_for is not None:
        status = 206
        headers["Content-Range"] = span.content_range
    if request.method == "HEAD" or span.length == 0:
        headers["Content-Length"] = str(span.length)
        return Response(status_code=status, headers=headers)
    if span.length <= BLOCK_BYTES:
        return Response(await run_in_threadpool(_read_small, file, span), status, headers)
    handle = await run_in_threadpool(open_checked, file)
    if handle is None:
        raise ChangedError
    return FileAnswer(handle, span, status, headers)


def _read_small(file: ServedFile, span: Span) -> bytes:
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


def _identity(listing: Listing, file: ServedFile) -> dict[str, str]:
    headers = {"X-Repo-Commit": listing.commit}
    if file.remote.is_lfs:
        headers["X-Linked-Etag"] = f'"{file.remote.etag}"'
        headers["X-Linked-Size"] = str(file.remote.size)
    return headers


def _presentation(file: ServedFile) -> dict[str, str]:
    name = file.remote.path.rpartition("/")[2]
    kind = "text/plain; charset=utf-8"
    if file.remote.is_lfs:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return {
        "Content-Type": kind,
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(name, safe='')}",
    }
