"""Which web pages' scripts may read answers: CORS for origins that were named, for no others."""

from __future__ import annotations

from collections.abc import Collection, Mapping

METHODS = "GET, HEAD, POST, OPTIONS"
_ASKS = "Authorization, Content-Type, If-None-Match, If-Range, Range, X-HF-Download-Counter"
_READS = (
    "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Link, Location, "
    "Retry-After, X-Error-Code, X-Error-Message, X-Linked-Etag, X-Linked-Size, X-Repo-Commit, "
    "X-Total-Count"
)
_SECONDS = "3600"


def cors_headers(
    method: str, headers: Mapping[str, str], origins: Collection[str]
) -> dict[str, str]:
    """What to add to the answer of a request, and to that of the question before it (OPTIONS)."""
    if not origins:
        return {}
    found = {"Vary": "Origin"}
    origin = headers.get("origin", "")
    if origin not in origins and "*" not in origins:
        return found
    found["Access-Control-Allow-Origin"] = "*" if "*" in origins else origin
    found["Access-Control-Expose-Headers"] = _READS
    if method == "OPTIONS":
        found["Access-Control-Allow-Methods"] = METHODS
        found["Access-Control-Allow-Headers"] = _ASKS
        found["Access-Control-Max-Age"] = _SECONDS
        if headers.get("access-control-request-private-network") == "true":
            found["Access-Control-Allow-Private-Network"] = "true"
    return found
