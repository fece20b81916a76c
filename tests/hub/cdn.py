"""A store of LFS content behind signed URLs that expire, as S3-like services have it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode

from hfget.server.protocol.ranges import UnsatisfiableRangeError, none_match, requested_spans
from hfget.server.repos.listing import ServedFile
from hfget.server.repos.repo import Repo
from tests.hub.wire import BLOCK_BYTES, Answer, Head, answer

_ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{}</Code><Message>{}</Message></Error>'
)


class Cdn:
    """Signs URLs valid for `ttl` seconds and answers them. `signatures` are all it gave."""

    def __init__(self, ttl: float) -> None:
        self.ttl = ttl
        self._key = secrets.token_bytes(16)
        self._files: dict[str, Path] = {}
        self.signatures: set[str] = set()

    def sign(self, origin_url: str, repo: Repo, file: ServedFile) -> str:
        """The URL under which `file` can be had from now on for `ttl` seconds."""
        self._files[file.remote.etag] = file.real
        path = f"/repos/{quote(repo.repo_id)}/{file.remote.etag}"
        name = quote(file.remote.path.rpartition("/")[2], safe="")
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Date": str(int(time.time() * 1000)),
            "X-Amz-Expires": str(self.ttl),
            "response-content-disposition": f"inline; filename*=UTF-8''{name}",
        }
        signed = f"{path}?{urlencode(query)}"
        signature = self._signature(signed)
        self.signatures.add(signature)
        return f"{origin_url}{signed}&X-Amz-Signature={signature}"

    def __call__(self, head: Head) -> Answer:
        if head.method not in ("GET", "HEAD"):
            return _refusal(405, "MethodNotAllowed", "Only GET and HEAD")
        if head.get("Authorization") is not None:
            return _refusal(
                400, "InvalidArgument", "Only one auth mechanism allowed: found Authorization"
            )
        signed, _, signature = head.target.rpartition("&X-Amz-Signature=")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return _refusal(403, "SignatureDoesNotMatch", "The signature does not match")
        query = parse_qs(signed.partition("?")[2])
        made = int(query["X-Amz-Date"][0]) / 1000
        if time.time() > made + float(query["X-Amz-Expires"][0]):
            return _refusal(403, "AccessDenied", "Request has expired")
        file = self._files[head.path.rpartition("/")[2]]
        return _content(head, file, query["response-content-disposition"][0])

    def _signature(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def _content(head: Head, file: Path, disposition: str) -> Answer:
    size = file.stat().st_size
    # a CDN has ETags of its own, which are not the hub's
    etag = hashlib.sha256(str(file).encode()).hexdigest()[:32]
    headers = {
        "Content-Type": "binary/octet-stream",
        "Content-Disposition": disposition,
        "Accept-Ranges": "bytes",
        "ETag": f'"{etag}"',
    }
    if none_match(head.get("If-None-Match"), etag):
        return answer(304, headers)
    try:
        spans = requested_spans(head.get("Range"), head.get("If-Range"), etag, size)
    except UnsatisfiableRangeError:
        return answer(416, {**headers, "Content-Range": f"bytes */{size}"})
    span = spans[0] if len(spans) == 1 else None
    start, stop = (span.start, span.stop) if span else (0, size)
    if span:
        headers["Content-Range"] = span.content_range
    bare = answer(206 if span else 200, {**headers, "Content-Length": str(stop - start)})
    return bare.with_body(_read(file, start, stop), stop - start)


def _read(file: Path, start: int, stop: int) -> Iterator[bytes]:
    with file.open("rb", buffering=0) as source:
        source.seek(start)
        while start < stop:
            block = source.read(min(BLOCK_BYTES, stop - start))
            if not block:
                return
            start += len(block)
            yield block


def _refusal(status: int, code: str, message: str) -> Answer:
    body = _ERROR.format(code, message).encode()
    return answer(status, {"Content-Type": "application/xml"}, body)
